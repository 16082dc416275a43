/** What the stub components wrote down (tools/stub/record.go), and which of it may not be. */
import type { UnitName } from "../../lab/hardwayUnits";
import { EXTENSION_PORT } from "../../lab/stubs";
import type { NodeSpec } from "../../lab/topology";

/** A moment of a process (begin, ready, end, fatal), a number of calls that went well, or one that did not. */
export interface StubRecord {
  readonly node: string;
  readonly component: string;
  readonly at: number;
  readonly kind: string;
  readonly what: string;
  /** host:port that was called. */
  readonly whom: string;
  readonly text: string;
}

export const parseRecords = (node: string, component: string, text: string): StubRecord[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [, at = "", kind = "", what = "", whom = "", rest = ""] = /^(\d+) (\S+) (\S+) (\S+) (.*)$/.exec(line) ?? [];
      return { node, component, at: Number(at), kind, what, whom, text: rest };
    });

/** Ports of services, as those that call them know them. */
const PORTS: Readonly<Record<number, UnitName>> = {
  2379: "etcd",
  2380: "etcd",
  6443: "kube-apiserver",
  [EXTENSION_PORT]: "kube-apiserver",
  10250: "kubelet",
};

/**
 * A process ends a moment before or after somebody notes that it does not answer. A balancer finds out by two checks that
 * it is there or not, which takes seconds on a busy machine; what it costs its clients is judged in other scenarios.
 */
const SLACK_MS = { direct: 1000, balanced: 15_000 } as const;

interface Window {
  readonly node: string;
  readonly component: string;
  readonly from: number;
  readonly to: number;
}

/** From the end of each process until the next one of the same unit serves. */
export const downWindows = (records: readonly StubRecord[]): Window[] => {
  const windows: Window[] = [];
  const since = new Map<string, number>();
  for (const { node, component, at, kind } of [...records].sort((one, other) => one.at - other.at)) {
    const key = `${node} ${component}`;
    if (kind === "end" || (kind === "begin" && !since.has(key))) since.set(key, at);
    const from = since.get(key);
    if (kind !== "ready" || from === undefined) continue;
    windows.push({ node, component, from, to: at });
    since.delete(key);
  }
  for (const [key, from] of since) {
    const [node = "", component = ""] = key.split(" ");
    windows.push({ node, component, from, to: Infinity });
  }
  return windows;
};

const wasDown = (record: StubRecord, windows: readonly Window[], nodes: readonly NodeSpec[]): boolean => {
  const [host = "", port = ""] = record.whom.split(":");
  const node = nodes.find(({ address }) => address === host)?.name;
  const slack = node === undefined ? SLACK_MS.balanced : SLACK_MS.direct;
  return windows.some(
    ({ from, to, ...down }) =>
      down.component === PORTS[Number(port)] &&
      (node === undefined || down.node === node) &&
      record.at >= from - slack &&
      record.at <= to + slack,
  );
};

/** What is no failure: moments and counts, and what is so for the instant between two renames, as for the real ones. */
const ALLOWED: readonly string[] = ["begin", "ready", "end", "ok", "halfway", "broken"];

/** What may never be: one side does not trust the other, a service that does not start, no answer from one that runs. */
export const failuresIn = (records: readonly StubRecord[], nodes: readonly NodeSpec[]): StubRecord[] => {
  const windows = downWindows(records);
  return records.filter(
    (record) => !ALLOWED.includes(record.kind) && !(record.kind === "unreachable" && wasDown(record, windows, nodes)),
  );
};

/** Who calls whom, as far as it went well since a moment: `w1 kubelet pod 10.77.0.11:6443`. */
export const callsThatWork = (records: readonly StubRecord[], since: number): Set<string> =>
  new Set(
    records
      .filter(({ kind, at }) => kind === "ok" && at >= since)
      .map(({ node, component, what, whom }) => [node, component, what, whom].join(" ")),
  );
