/** What happens in a run, as lines for people: each step's begin and end, and at the end a line for each node. */
import { counted } from "../format/counted";
import { tableText, type Column } from "../report/report";
import type { Paint } from "../report/forms/table";
import { STAGES } from "../rollout";
import { aboutText } from "./ahead";
import type { End, Happening, NodeEnd, StepName, Trouble } from "./happening";
import { NO_NODE } from "./tally";

/** Lines of the moment: what is done is told by the step's end, and what is waited for while it is waited for. */
const ROUTINE =
  /^(?:(?:re)?starting |stopping |waiting for |still waiting for |\S+ restarted in |key for \S+ made|\d+ keys made|.*lease was released$)/;

/** Steps of all nodes at once: who begins is seen by who ends. */
const isAtOnce = ({ stage, node }: StepName): boolean =>
  stage === "prepare" ||
  (node !== undefined && stage in STAGES && STAGES[stage as keyof typeof STAGES].on === "all nodes at once");

const whatOf = ({ step, node }: StepName): string => (node === undefined ? step : `${node}: ${step}`);

const placeOf = ({ index, of }: { readonly index?: number; readonly of?: number }): string =>
  index === undefined || of === undefined ? "" : ` (node ${String(index)} of ${String(of)})`;

/** `4 s`, `2 min 5 s`. */
export const spentText = (seconds: number): string =>
  seconds < 60
    ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
    : `${String(Math.floor(seconds / 60))} min ${String(Math.floor(seconds % 60))} s`;

const restartedText = (restarted: readonly string[]): string =>
  restarted.length === 0 ? "" : `; restarted ${[...new Set(restarted)].join(", ")}`;

const leftText = (remaining: number | undefined): string =>
  remaining === undefined ? "" : `; ${aboutText(remaining)} left`;

/** The names of what changes; the reasons, in brackets, are in the JSON form and in `kube-pki due`. */
const whyText = (why = ""): string => {
  const short = why.replace(/; `kube-pki due` says why for each$/, "").replace(/ \([^()]*\)/g, "");
  return short === "" ? "" : `: ${short}`;
};

/** Without an end of line. Nothing for what people need not see. */
export const linesOf = (happening: Happening, paint: Paint = (_tone, text) => text): string[] => {
  switch (happening.event) {
    case "plan": {
      const { steps, nodes, phases, estimateSeconds } = happening;
      if (steps === 0) return ["no node is touched"];
      const rotation = phases.length > 0 ? `, phases ${phases.join(", ")}` : "";
      const about = estimateSeconds === undefined ? "" : `: ${aboutText(estimateSeconds)}`;
      return [`${counted(steps, "step")} on ${counted(nodes, "node")}${rotation}${about}`];
    }
    case "stage": {
      const { stage, phase, phaseIndex, phases, text } = happening;
      const counted =
        phaseIndex === undefined || phases === undefined ? "" : `${String(phaseIndex)} of ${String(phases)}, `;
      const where = phase === undefined ? "" : `phase ${counted}${phase}; `;
      return [`${phase === stage ? `phase ${counted}` : where}${stage}: ${text}`];
    }
    case "step-begun": {
      if (isAtOnce(happening) || happening.stage === "preflight") return [];
      return [`  ${whatOf(happening)}${placeOf(happening)}${whyText(happening.why)}`];
    }
    case "message":
      return ROUTINE.test(happening.text) ? [] : [`  ${happening.node ?? happening.step ?? ""}: ${happening.text}`];
    case "waiting": {
      const { seconds, text } = happening;
      return [`  ${whatOf(happening)}: for ${spentText(seconds)} now${text === undefined ? "" : `: ${text}`}`];
    }
    case "step-ended": {
      const { result, seconds, restarted, remainingSeconds } = happening;
      if (result === "failed") return [paint("bad", `  ${whatOf(happening)}: failed after ${spentText(seconds)}`)];
      if (happening.stage === "prepare" || happening.stage === "preflight") return [];
      const what = `  ${whatOf(happening)}: done in ${spentText(seconds)}`;
      return [`${what}${restartedText(restarted)}${leftText(remainingSeconds)}`];
    }
    case "certificates":
      return [`${counted(happening.issued, "certificate")} issued`];
    case "warning":
      return [paint("warning", `warning: ${happening.text}`)];
    case "interrupted":
      return [
        paint(
          "warning",
          happening.times === 1
            ? "interrupted: what has begun on a node goes to its end, and nothing else begins; once more ends pulumi at once"
            : "interrupted again: pulumi ends at once; what has begun on a node goes to its end there, and the next `pulumi up` goes on (`pulumi cancel` first if the stack is locked)",
        ),
      ];
    case "end":
      return endLines(happening, paint);
  }
};

const RESULTS = { succeeded: "done", failed: "failed", interrupted: "interrupted" } as const;

const COLUMNS: readonly Column<NodeEnd>[] = [
  { title: "NODE", cell: ({ node }) => (node === NO_NODE ? "(cluster)" : node) },
  { title: "RESULT", cell: ({ result }) => RESULTS[result] },
  {
    title: "SECONDS",
    cell: ({ steps }) =>
      Object.values(steps)
        .reduce((sum, each) => sum + each, 0)
        .toFixed(0),
    align: "right",
  },
  {
    title: "STEPS",
    cell: ({ steps }) =>
      Object.entries(steps)
        .map(([step, seconds]) => `${step} ${seconds.toFixed(0)} s`)
        .join(", "),
  },
];

const troubleText = ({ node, step, text }: Trouble): string => {
  const where = node ?? step;
  return where === undefined ? text : `${where}: ${text}`;
};

/** What a run that succeeded has really done about certificates; undefined: nobody has followed it. */
export const doneText = (end: Pick<End, "issued" | "nodes"> | undefined): string => {
  if (end === undefined) return "done";
  if (end.issued > 0) return `done: ${counted(end.issued, "certificate")} renewed and proven`;
  const nodes = end.nodes.filter(({ node }) => node !== NO_NODE).length;
  const again = nodes === 0 ? "" : `; the steps of ${counted(nodes, "node")} ran again and proved what is there`;
  return `done: nothing had to be renewed${again}`;
};

/** The errors come last. */
const endLines = ({ result, seconds, nodes, summary, url, errors }: End, paint: Paint): string[] => {
  const table = nodes.length === 0 ? [] : ["", ...tableText(COLUMNS, nodes).trimEnd().split("\n")];
  const tone = result === "succeeded" ? "good" : "bad";
  const left = result === "interrupted" ? ": the next run goes on where this one ended" : "";
  return [
    ...table,
    ...summaryLines(summary),
    ...(url === undefined ? [] : ["", url]),
    "",
    paint(tone, `${RESULTS[result]} after ${spentText(seconds)}${left}`),
    ...errors.map((error) => paint("bad", `error: ${troubleText(error)}`)),
  ];
};

/** As components/stackOutputs.ts makes it; whatever else a program calls so is not shown. */
const summaryLines = (summary: unknown): string[] => {
  if (typeof summary !== "object" || summary === null) return [];
  const { certificates, authorities } = summary as Readonly<Record<string, unknown>>;
  if (typeof certificates !== "string" || typeof authorities !== "object" || authorities === null) return [];
  const cas = Object.entries(authorities).map(([name, text]) => `CA of ${name}: ${String(text)}`);
  return ["", `certificates: ${certificates}`, ...cas];
};
