/** What a file of a pipeline has run for an event, whatever system it is for. */

/** A change is proposed, it is merged, a night, a week has passed. */
export type Event = "change" | "merge" | "night" | "week";

interface Ordinary {
  readonly env: Readonly<Record<string, string>>;
  /** It is run though a step before it has failed. @default false */
  readonly always?: boolean;
}

/** Lines for a shell, or what only the system itself does: an action, a step of a plugin. */
export type Step = Ordinary & ({ readonly run: string } | { readonly hosted: string; readonly with: string });

export interface Job {
  readonly name: string;
  /** The shell of its lines, as the system documents it. */
  readonly shell: readonly string[];
  readonly steps: readonly Step[];
  /** Where it fails no later job is run. */
  readonly stopsRest: boolean;
}

/** What the system knows and the file names: secrets, variables, the change. */
export type Values = Readonly<Record<string, string>>;

/** The jobs of an event, in the order in which they are run one after another. */
export type Reader = (text: string, event: Event, values: Values) => readonly Job[];

/** A cron line of every night, or of one day of the week. */
export const eventOf = (cron: string): Event => (/\s\*$/.test(cron.trim()) ? "night" : "week");

export const known = <T>(what: string, name: string, table: Readonly<Record<string, T>>): T => {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) throw new Error(`${what}: the test knows no ${JSON.stringify(name)}`);
  return found;
};
