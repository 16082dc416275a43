/** Reads hosts, each by one visit over the user's own ssh. */
import { survey, type Scope } from "../core/survey/read";
import type { Survey } from "../core/survey/model";
import { agentCommand, visit } from "./agent";
import { Failure } from "./failure";
import { someAtATime } from "./pinnedHosts";
import { sshArgs, type SshChoice, type SshTarget } from "./sshArgs";

export interface Host {
  readonly target: SshTarget;
  /** Where the login is not root. */
  readonly sudo: boolean;
}

export type Surveyed = Survey | { readonly unreachable: string };

export const isRead = (answer: Surveyed): answer is Survey => !("unreachable" in answer);

const MOST_PORT = 65_535;
const WANTED = "[user@]host[:port]";

/** "root@cp1.example.com", "ops@[fd00::1]:2222"; whoever is not root there uses sudo. */
export const hostOf = (text: string): Host => {
  const [, user, bracketed, plain, port] =
    /^(?:([^@\s]+)@)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (port !== undefined && (Number(port) < 1 || Number(port) > MOST_PORT)))
    throw new Failure(`host ${JSON.stringify(text)}; must be ${WANTED}, an IPv6 address in brackets`);
  return {
    target: { host, user, port: port === undefined ? undefined : Number(port), trust: "known" },
    sudo: user !== undefined && user !== "root",
  };
};

/** What to do about what ssh says most often. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /Host key verification failed|host key is known/i,
    "its host key is not in your known_hosts: log in once with ssh, or add it",
  ],
  [/Permission denied/i, "it refused the login: check the user, --identity and your agent"],
  [/a password is required|sudo:/i, "sudo asks for a password there: allow sudo without one, or log in as root"],
];

export const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return ADVICE.find(([pattern]) => pattern.test(text))?.[1] ?? text;
};

export const surveyHosts = async <H extends Host>(
  hosts: readonly H[],
  choice: SshChoice,
  scope?: Scope,
): Promise<ReadonlyMap<H, Surveyed>> => {
  const answers = new Map<H, Surveyed>();
  await someAtATime(hosts, async (host) => {
    answers.set(host, await surveyed(host, choice, scope));
  });
  return new Map(hosts.map((host) => [host, answers.get(host) ?? { unreachable: "it was not asked" }]));
};

const surveyed = async ({ target, sudo }: Host, choice: SshChoice, scope?: Scope): Promise<Surveyed> => {
  try {
    const { ask, end } = await visit("ssh", sshArgs(target, agentCommand(sudo), choice));
    try {
      return await survey(ask, Date.now, scope);
    } finally {
      end();
    }
  } catch (error) {
    return { unreachable: reasonOf(error) };
  }
};
