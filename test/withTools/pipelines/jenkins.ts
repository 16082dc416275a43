/** Reads a declarative Jenkinsfile, as far as the one in examples/ goes: anything else is a step that only Jenkins can do. */
import { statements, type Statement } from "./groovy";
import { eventOf, known, type Event, type Job, type Step, type Values } from "./job";

/** The blocks inside of a block, by name. */
const inside = ({ body = [] }: Statement, head: string): readonly Statement[] =>
  body.filter((each) => each.head === head).flatMap((each) => each.body ?? []);

const only = (text: string): Statement => {
  const [found] = statements(text).filter(({ head }) => head === "pipeline");
  if (found === undefined) throw new Error("Jenkinsfile: no pipeline");
  return found;
};

export const optionsOf = (text: string): readonly string[] => inside(only(text), "options").map(({ head }) => head);

/** `H 2 * * * %RUN=look`: by event the value of RUN. */
export const schedulesOf = (text: string): Readonly<Record<string, string>> => {
  const lines = inside(only(text), "triggers").flatMap(({ head }) => head.split("\n"));
  const rows = lines.flatMap((line) => {
    const [, cron, run] = /^\s*(\S+ \S+ \S+ \S+ \S+) %RUN=(\w+)$/.exec(line) ?? [];
    return cron === undefined || run === undefined ? [] : [[eventOf(cron), run]];
  });
  return Object.fromEntries(rows) as Readonly<Record<string, string>>;
};

/** Of what is in use under `when`; undefined: it is another block. */
const conditionOf = ({ head, body }: Statement, event: Event, run: string): boolean | undefined => {
  if (head === "changeRequest()") return event === "change";
  if (head === "branch 'main'") return event !== "change";
  const [, wanted] = /^params\.RUN == '(\w+)'$/.exec(body?.[0]?.head ?? "") ?? [];
  return head === "expression" && wanted !== undefined ? wanted === run : undefined;
};

const isWanted = (stage: Statement, event: Event, run: string): boolean =>
  inside(stage, "when").every((each) => {
    const holds = conditionOf(each, event, run);
    if (holds === undefined) throw new Error(`when: the test cannot read ${each.head}`);
    return holds;
  });

const environmentOf = (stage: Statement, values: Values): Record<string, string> =>
  Object.fromEntries(
    inside(stage, "environment").map(({ head }) => {
      const [, name = "", text, id] = /^(\w+) = (?:'(.*)'|credentials\('(.*)'\))$/.exec(head) ?? [];
      // where state is belongs to the test as much as a secret does
      return [name, id === undefined ? (values[name] ?? text ?? "") : known("credentials", id, values)];
    }),
  );

interface Context {
  readonly env: Readonly<Record<string, string>>;
  readonly always?: boolean;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly names: Readonly<Record<string, string>>;
}

const PASSED_ON = ["script", "always"];

const stepsIn = (all: readonly Statement[], context: Context): Step[] =>
  all.flatMap(({ head, body = [] }): Step[] => {
    const { env, lists, names, always } = context;
    const how = { env, ...(always === true && { always }) };
    const [, line] = /^sh '(.*)'$/.exec(head) ?? [];
    if (line !== undefined) return [{ run: line, ...how }];
    if (PASSED_ON.includes(head)) return stepsIn(body, context);
    if (head.startsWith("catchError(")) return stepsIn(body, { ...context, always: true });
    const [, variable, list] = /^for \((\w+) in (\w+)\)$/.exec(head) ?? [];
    if (variable !== undefined && list !== undefined)
      return known("for", list, lists).flatMap((value) =>
        stepsIn(body, { ...context, names: { ...names, [variable]: value } }),
      );
    const [, key, name] = /^withEnv\(\["(\w+)=\$\{(\w+)\}"\]\)$/.exec(head) ?? [];
    if (key !== undefined && name !== undefined)
      return stepsIn(body, { ...context, env: { ...env, [key]: known("withEnv", name, names) } });
    const [, step = head, parameters = ""] = /^([\w.]+)\s*(.*)$/.exec(head) ?? [];
    return [{ hosted: step, with: parameters, ...how }];
  });

/** Jenkins: `sh -xe`, each step by itself. */
const SHELL = ["sh", "-xec"];

export const jobsOf = (text: string, event: Event, values: Values): readonly Job[] => {
  const run = schedulesOf(text)[event] ?? "up";
  const lists = Object.fromEntries(
    [...text.matchAll(/^def (\w+) = \[(.*)\]$/gm)].map(([, name = "", items = ""]) => [
      name,
      [...items.matchAll(/'(.*?)'/g)].map(([, item = ""]) => item),
    ]),
  );
  const ofStages = (parent: Statement, env: Context["env"]): Step[] =>
    inside(parent, "stages").flatMap((stage) => {
      if (!isWanted(stage, event, run)) return [];
      const own = { ...env, ...environmentOf(stage, values) };
      const context = { env: own, lists, names: {} };
      const after = stepsIn(inside(stage, "post"), { ...context, always: true });
      return [...ofStages(stage, own), ...stepsIn(inside(stage, "steps"), context), ...after];
    });
  return [{ name: "build", shell: SHELL, stopsRest: true, steps: ofStages(only(text), {}) }];
};
