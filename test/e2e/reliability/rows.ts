/** What was run on real clusters, what was asked of them meanwhile, and what they answered. */
import { isNeighbour, NOT_REACHED } from "../neighbours/clients";
import type { Report } from "../scenario";

/** Somebody who uses the API all the time. */
interface Seen {
  readonly seconds: number;
  readonly secondsFailed: number;
  readonly longestGapMs: number;
}

export interface NeighbourSeen extends Seen {
  readonly name: string;
  /** Questions that failed although an API server answered, or that no API server was asked. */
  readonly failures: number;
}

export interface Row {
  readonly scenario: string;
  readonly topology: string;
  readonly authority: string;
  readonly kubernetes: string;
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** Through the address that clients use; absent where nobody asked. */
  readonly endpoint?: Seen | undefined;
  /** The client that failed longest, by name. */
  readonly client?: (Seen & { readonly name: string }) | undefined;
  /** What runs beside Kubernetes, as those saw it who need it; absent where there was none. */
  readonly neighbours?: readonly NeighbourSeen[] | undefined;
  /** Writes that were acknowledged and are gone; absent where nobody wrote. */
  readonly lost?: number | undefined;
  /** Who was let in, asked of each API server with credentials old and new, and how many answers were wrong. */
  readonly answers?: number | undefined;
  readonly wrong?: number | undefined;
}

const worst = <Each extends Seen>(all: readonly Each[]): Each | undefined =>
  [...all].sort((a, b) => b.secondsFailed - a.secondsFailed || b.longestGapMs - a.longestGapMs)[0];

const seen = ({ seconds, secondsFailed, longestGapMs }: Seen): Seen => ({ seconds, secondsFailed, longestGapMs });

export const rowOf = (report: Report): Row => {
  const { scenario, topology, authority, kubernetes, at, commit, passed, seconds, probes, clients, access } = report;
  const endpoint = worst(
    probes.filter(({ name }) => name === "endpoint").map((probe) => ({ ...probe, seconds: probe.secondsProbed })),
  );
  const client = worst(clients.filter(({ name }) => !isNeighbour(name)));
  const neighbours = clients
    .filter(({ name }) => isNeighbour(name))
    .map((each): NeighbourSeen => {
      const { failures = 0, [NOT_REACHED]: notReached = 0 } = each.facts;
      return { name: each.name, ...seen(each), failures: failures - notReached };
    });
  const lost = clients.flatMap(({ facts }) => facts["lost"] ?? []);
  return {
    ...{ scenario, topology, authority, kubernetes, at, commit, passed, seconds },
    ...(endpoint && { endpoint: seen(endpoint) }),
    ...(client && { client: { name: client.name, ...seen(client) } }),
    ...(neighbours.length > 0 && { neighbours }),
    ...(lost.length > 0 && { lost: lost.reduce((sum, each) => sum + each, 0) }),
    ...(access.length > 0 && {
      answers: access.length,
      wrong: access.filter(({ answer, expected }) => answer !== expected).length,
    }),
  };
};

const keyOf = ({ scenario, topology, authority }: Row): string => `${scenario} ${topology} ${authority}`;

/** Each takes the place of an earlier run of the same; an older one than what is there is left out. */
export const withRows = (rows: readonly Row[], more: readonly Row[]): Row[] => {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  for (const row of more) if (row.at >= (byKey.get(keyOf(row))?.at ?? "")) byKey.set(keyOf(row), row);
  return [...byKey.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};
