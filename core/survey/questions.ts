/** What node/survey/agent.sh answers, and how an answer is read. */

/** One visit: questions in order, and as many answers. */
export type Ask = (questions: readonly Question[]) => Promise<readonly Answer[]>;

/** A line, or several of which the first says how many follow, as `QUESTION` makes it. */
export type Question = string;

const asked = (verb: string, ...words: readonly (string | number)[]): Question =>
  [verb, ...words].join(" ").replace(/[\r\n]/g, "?");

/** About many things at once: what a visit costs a node is the programs that it starts. */
const askedOf = (verb: string, texts: readonly string[]): Question =>
  [asked(verb, texts.length), ...texts.map((text) => asked(text))].join("\n");

export const QUESTION = {
  host: () => asked("host"),
  /** By the names of processes; the kernel keeps 15 letters of each. */
  processes: (names: readonly string[]) => asked("processes", ...names.map((name) => name.slice(0, 15))),
  process: (pid: number) => asked("process", pid),
  version: (pid: number) => asked("version", pid),
  listeners: () => asked("listeners"),
  /** Processes with one of these texts in their command line or among their mounts. */
  naming: (texts: readonly string[]) => askedOf("naming", texts),
  unit: (name: string) => asked("unit", name),
  units: () => asked("units"),
  stats: (paths: readonly string[]) => askedOf("stats", paths),
  /** Paths of what is no folder, so many levels down. */
  folder: (path: string, depth: number) => asked("folder", path, depth),
  certificates: (paths: readonly string[]) => askedOf("certificates", paths),
  key: (path: string) => asked("key", path),
  /** A configuration file, without what sounds like a secret. */
  text: (path: string) => asked("text", path),
  kubeconfig: (path: string) => asked("kubeconfig", path),
  /** The public halves of keys in it. */
  innerKeys: (path: string) => asked("innerkeys", path),
  /** What kube-pki has noted of its own work there. */
  record: () => asked("record"),
  served: (at: string) => asked("served", at),
  cluster: (kubeconfig: string, query: "nodes" | "kubeadm" | "clusterinfo") => asked("cluster", kubeconfig, query),
} as const;

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

  /** What follows each line "path ...", by that path. */
  public byPath(): ReadonlyMap<string, Answer> {
    const sections = new Map<string, (readonly string[])[]>();
    let section: (readonly string[])[] = [];
    for (const line of this.lines) {
      const [word, ...rest] = line;
      if (word === "path") sections.set(rest.join(" "), (section = []));
      else section.push(line);
    }
    return new Map([...sections].map(([path, lines]) => [path, new Answer(lines)]));
  }

  public texts(name: string): readonly string[] {
    return this.all(name).map((words) => decoded(words.at(-1) ?? ""));
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
