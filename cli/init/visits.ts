/** Visits the hosts of a cluster: those that were named, and the others that these know of. */
import { unvisitedHosts } from "../../core/init/others";
import type { SshTarget, Visit } from "../../core/init/visits";
import { Failure } from "../failure";
import { withPinnedHosts } from "../pinnedHosts";
import { savedSurveys } from "../savedSurveys";
import type { SshChoice } from "../sshArgs";
import { isRead } from "../surveyHosts";
import { withHostKeys } from "./hostKeys";
import { reached, typed, type Reached } from "./reach";
import type { World } from "./world";

export interface VisitOptions extends SshChoice {
  /** Files with surveys that were saved. */
  readonly from?: readonly string[] | undefined;
  /** No other hosts than those that were named. */
  readonly only: boolean;
  /** Host keys that no known_hosts has are taken. */
  readonly acceptHostKeys: boolean;
}

export interface Visited {
  readonly visits: readonly Visit[];
  /** Hosts that could not be read, and why. */
  readonly unreachable: ReadonlyMap<string, string>;
  readonly bastion: SshTarget | undefined;
}

/** How often those that were read may name others. */
const ROUNDS = 3;

const confirmer = (
  { ask, tell }: World,
  { acceptHostKeys }: VisitOptions,
): ((keys: string) => Promise<boolean>) | undefined => {
  if (acceptHostKeys)
    return (keys) => {
      tell(`host keys that are accepted, and that no known_hosts has:\n${keys}`);
      return Promise.resolve(true);
    };
  return (
    ask &&
    (async (keys) =>
      /^y(?:es)?$/i.test(
        await ask(`host keys that no known_hosts has:\n${keys}are these the keys of your hosts? [y/N] `),
      ))
  );
};

const target = ({ host, port, user, hostKey }: Reached): SshTarget => ({
  host,
  port,
  user,
  hostKey: hostKey ?? undefined,
});

/** A survey, or the reason why there is none, of each. */
const read = async (hosts: readonly Reached[], options: VisitOptions, world: World) => {
  const { hosts: keyed, silent } = await withHostKeys(hosts, options, confirmer(world, options));
  const answers = await withPinnedHosts(keyed, async (targetOf) =>
    world.surveyHosts(
      keyed.map((host) => ({ host, target: targetOf(host), sudo: host.sudo })),
      options,
    ),
  );
  const visits: Visit[] = [];
  const unreachable = new Map(silent.map(({ host, why }) => [host.host, why]));
  for (const [{ host }, answer] of answers)
    if (isRead(answer)) visits.push({ ssh: target(host), survey: answer });
    else unreachable.set(host.host, answer.unreachable);
  return { visits, unreachable };
};

const bastionOf = async (
  jump: string | undefined,
  options: VisitOptions,
  world: World,
): Promise<SshTarget | undefined> => {
  if (jump === undefined) return undefined;
  if (jump.includes(","))
    throw new Failure(`${jump}: several hosts to go through; a stack file takes one (ssh.bastion)`);
  const host = await reached(jump, { ...options, jump: undefined });
  const { hosts } = await withHostKeys([host], { ...options, jump: undefined }, confirmer(world, options));
  return target(hosts[0] ?? host);
};

export const visitAll = async (given: readonly string[], options: VisitOptions, world: World): Promise<Visited> => {
  const visits: Visit[] = (options.from ?? []).flatMap(savedSurveys).map((survey) => ({ survey }));
  const unreachable = new Map<string, string>();
  const named = await Promise.all(given.map((text) => reached(text, options)));
  const bastion = await bastionOf(named.find(({ jump }) => jump !== undefined)?.jump, options, world);
  const [first] = named;
  let next: readonly Reached[] = named;
  for (let round = 0; next.length > 0 && round < ROUNDS; round++) {
    const found = await read(next, options, world);
    visits.push(...found.visits);
    found.unreachable.forEach((why, host) => unreachable.set(host, why));
    if (options.only || first === undefined) break;
    const others = unvisitedHosts(visits).filter((host) => !unreachable.has(host));
    world.tell(others.map((host) => `also reading ${typed({ ...first, host })}\n`).join(""));
    next = await Promise.all(others.map((host) => reached(typed({ ...first, host }), options)));
  }
  if (visits.length === 0)
    throw new Failure(
      [...unreachable].map(([host, why]) => `${host}: ${why}`).join("; ") ||
        "no host; give at least one [user@]host[:port]",
    );
  return { visits, unreachable, bastion };
};
