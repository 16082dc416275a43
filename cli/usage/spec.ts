/**
 * What a command takes, as data: its options are parsed by it (options.ts), and `--help`, the completion of shells and the man
 * page are made from it.
 */

/** What a shell offers as a value: these words, or what it finds on the machine. */
export type Offer = readonly string[] | "files" | "folders" | "stacks";

/** As `parseArgs` of node:util takes it, and what people are told of it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string | boolean | string[] | boolean[];
  /** What stands for its value in texts. @default TEXT */
  readonly value?: string;
  readonly text: string;
  /** @default nothing */
  readonly offers?: Offer;
}

export type OptionTable = Readonly<Record<string, Option>>;

export interface Spec {
  /** What it does, in one line without a full stop. */
  readonly summary: string;
  /** What comes behind its name, such as `HOST...`; nothing by default. */
  readonly args?: string;
  /** Words that a shell offers in their place. @default nothing */
  readonly offers?: Offer;
  /** What has to be known beside the summary. */
  readonly text?: string;
  readonly options: OptionTable;
  /** A program whose options it takes too, and hands on. */
  readonly handsOn?: string;
  /** Command lines without `kube-pki `, and what each is for. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** The page that says more, below docs/. */
  readonly page?: string;
}

/** A command that is told by its next word what to do. */
export interface Verbs {
  readonly summary: string;
  readonly verbs: Readonly<Record<string, Spec>>;
}

export type CommandSpec = Spec | Verbs;

export const hasVerbs = (spec: CommandSpec): spec is Verbs => "verbs" in spec;

/** A command, or a verb of one, by its words. */
export interface Named {
  readonly words: string;
  readonly spec: Spec;
}

/** Every command with its options: one with verbs is as many. */
export const named = (commands: Readonly<Record<string, CommandSpec>>): readonly Named[] =>
  Object.entries(commands).flatMap(([name, spec]) =>
    hasVerbs(spec)
      ? Object.entries(spec.verbs).map(([verb, own]) => ({ words: `${name} ${verb}`, spec: own }))
      : [{ words: name, spec }],
  );

/** Of an option that takes a value: what stands for it. */
export const placeholder = ({ type, value = "TEXT" }: Option): string | undefined =>
  type === "boolean" ? undefined : value;

/** `-s, --stack STACK`. */
export const optionLabel = (name: string, option: Option): string =>
  `${option.short === undefined ? "    " : `-${option.short}, `}--${name}${option.type === "boolean" ? "" : ` ${placeholder(option) ?? ""}`}`;

/** What comes behind `kube-pki`: `doctor [HOST...] [OPTION...]`. */
export const synopsis = ({ words, spec }: Named): string =>
  [words, ...(spec.args === undefined ? [] : [spec.args]), ...(takesOptions(spec) ? ["[OPTION...]"] : [])].join(" ");

const takesOptions = ({ options, handsOn }: Spec): boolean => Object.keys(options).length > 0 || handsOn !== undefined;

export const EXIT_TEXTS = [
  [0, "nothing to report"],
  [1, "something needs attention: it is about to end, or a node differs from its stack"],
  [2, "the command failed"],
] as const;
