/** `npm run bench -- race [--nodes N,...] [--rtt MS,...] [--runs N] [--cases C,...] [--peers P,...] [--settle S] [--write]` */
import { parseArgs } from "node:util";
import { CASE_NAMES, type CaseName } from "./cases";

export interface RaceOptions<Peer extends string> {
  readonly nodes: readonly number[];
  readonly rtts: readonly number[];
  readonly runs: number;
  readonly cases: readonly CaseName[];
  readonly peers: readonly Peer[];
  /** What peers have restarted has to prove itself again after so many seconds, and as ours by default. */
  readonly settleSeconds: number;
  /** Keep what was measured, and write docs/race.md and its chart of all that is kept. */
  readonly write: boolean;
}

const numbers = (field: string, text: string, least: number): number[] =>
  text.split(",").map((each) => {
    const number = Number(each);
    if (!/^\d+$/.test(each) || number < least)
      throw new Error(`${field}: ${each}; must be a whole number, at least ${String(least)}`);
    return number;
  });

const among = <Name extends string>(field: string, text: string, names: readonly Name[]): Name[] =>
  text.split(",").map((each) => {
    const known = names.find((name) => name === each);
    if (known === undefined) throw new Error(`${field}: ${each}; must be one of ${names.join(", ")}`);
    return known;
  });

export const readOptions = <Peer extends string>(
  args: readonly string[],
  peers: readonly Peer[],
  ourSettleSeconds: number,
): RaceOptions<Peer> => {
  const text = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: text("10"),
      rtt: text("0"),
      runs: text("3"),
      cases: text(CASE_NAMES.join(",")),
      peers: text(peers.join(",")),
      settle: text(String(ourSettleSeconds)),
      write: { type: "boolean", default: false },
    },
  });
  return {
    nodes: numbers("--nodes", values.nodes, 4),
    rtts: numbers("--rtt", values.rtt, 0),
    runs: numbers("--runs", values.runs, 1)[0] ?? 1,
    cases: among("--cases", values.cases, CASE_NAMES),
    peers: among("--peers", values.peers, peers),
    settleSeconds: numbers("--settle", values.settle, 0)[0] ?? 0,
    write: values.write,
  };
};
