/** What node/survey/agent.sh answers, and how an answer is read. */

/** One visit: questions in order, and as many answers. */
export type Ask = (questions: readonly Question[]) => Promise<readonly Answer[]>;

/** A line, or several of which the first says how many follow, as `QUESTION` makes it. */
export type Question = string;

const asked = (verb: string, ...words: readonly (string | number)[]): Question =>
  [verb, ...words].join(" ").replace(/[\r\n]/g, "?");

/** About many things at once: what a visit costs a node is the programs that it starts. */
const askedOf = (verb: string, all: readonly (string | number)[], ...words: readonly (string | number)[]): Question =>
  [asked(verb, ...words, all.length), ...all.map((each) => asked(String(each)))].join("\n");

export const QUESTION = {
  host: () => asked("host"),
  /** By the names of processes; the kernel keeps 15 letters of each. */
  processes: (names: readonly string[]) => asked("processes", ...names.map((name) => name.slice(0, 15))),
  process: (pids: readonly number[]) => askedOf("process", pids),
  version: (pids: readonly number[]) => askedOf("version", pids),
  listeners: () => asked("listeners"),
  /** Processes with one of these texts in their command line or among their mounts. */
  naming: (texts: readonly string[]) => askedOf("naming", texts),
  unit: (names: readonly string[]) => askedOf("unit", names),
  units: () => asked("units"),
  stats: (paths: readonly string[]) => askedOf("stats", paths),
  /** Paths of what is no folder, so many levels down. */
  folders: (paths: readonly string[], levels: number) => askedOf("folders", paths, levels),
  certificates: (paths: readonly string[]) => askedOf("certificates", paths),
  keys: (paths: readonly string[]) => askedOf("keys", paths),
  /** Configuration files, without what sounds like a secret. */
  texts: (paths: readonly string[]) => askedOf("texts", paths),
  kubeconfigs: (paths: readonly string[]) => askedOf("kubeconfigs", paths),
  /** The public halves of keys in kubeconfigs. */
  innerKeys: (paths: readonly string[]) => askedOf("innerkeys", paths),
  /** What kube-pki has noted of its own work there. */
  record: () => asked("record"),
  served: (places: readonly string[]) => askedOf("served", places),
  cluster: (kubeconfig: string, query: "nodes" | "kubeadm" | "clusterinfo") => asked("cluster", kubeconfig, query),
} as const;

/** How many lines belong to a question after its first one. */
export const linesAfter = (first: string): number =>
  /^(?:process|version|naming|unit|stats|folders|certificates|keys|texts|kubeconfigs|innerkeys|served) /.test(first)
    ? Number(first.split(" ").at(-1))
    : 0;

/** The lines of an answer, split into words. */
export class Answer {
  private constructor(private readonly lines: readonly (readonly string[])[]) {}

  public static of(lines: readonly string[]): Answer {
    return new Answer(lines.map((line) => line.split(" ")));
  }

  /** The words after `name`, of each line that begins so. */
  public all(name: string): readonly (readonly string[])[] {
    return this.lines.filter(([first]) => first === name).map(([, ...rest]) => rest);
  }

  public words(name: string): readonly string[] | undefined {
    return this.all(name)[0];
  }

  /** The free text after `name`; undefined: there is none. */
  public text(name: string): string | undefined {
    const word = this.words(name)?.at(-1);
    return word === undefined || word === "" ? undefined : decoded(word);
  }

  /** Lines as they are. */
  public plain(name: string): string {
    return this.all(name)
      .map((words) => `${words.join(" ")}\n`)
      .join("");
  }

  /** What is behind `name` in the first line that begins so; undefined: there is none. */
  public line(name: string): string | undefined {
    return this.words(name)?.join(" ");
  }

  /** What follows each line "path ...", by that path. */
  public byPath(): ReadonlyMap<string, Answer> {
    return new Map(this.sections("path"));
  }

  /** What follows each line that begins with a word, with the rest of that line. */
  public sections(name: string): readonly (readonly [string, Answer])[] {
    const sections: [string, (readonly string[])[]][] = [];
    for (const line of this.lines) {
      const [word, ...rest] = line;
      if (word === name) sections.push([rest.join(" "), []]);
      else sections.at(-1)?.[1].push(line);
    }
    return sections.map(([rest, lines]) => [rest, new Answer(lines)]);
  }
}

const decoded = (word: string): string => Buffer.from(word, "base64").toString("utf8");

/** What separates answers. */
export const END_OF_ANSWER = ".";
/** The first line: the agent has started, and speaks this version. */
export const GREETING = "survey 1";

/** The answers, one for each question. */
export const askAll = async <const T extends readonly Question[]>(
  ask: Ask,
  questions: T,
): Promise<{ readonly [K in keyof T]: Answer }> => {
  const answers = questions.length === 0 ? [] : await ask(questions);
  if (answers.length !== questions.length)
    throw new Error(`${String(questions.length)} questions, ${String(answers.length)} answers`);
  return answers as { readonly [K in keyof T]: Answer };
};
