/** `pulumi up` that is killed where one resource begins or ends. */
import assert from "node:assert/strict";
import { killTree } from "../lab/killTree";
import { tail } from "./scenario";
import type { Stack } from "./stack";

/** A line of pulumi's that tells of a resource: its type, its name, what became of it. */
const EVENT = /:\S+ +(\S+) +((?:creat|updat|replac|delet)(?:ing|ed))\b/;

/** Where one resource begins or ends, such as `kube-pki-w1-apply updating`; undefined for any other line. */
export const boundaryOf = (line: string): string | undefined => {
  const [, name, what] = EVENT.exec(line) ?? [];
  return name === undefined || what === undefined ? undefined : `${name} ${what}`;
};

export interface KilledUp {
  /** Lines that told of a resource: more than boundaries, as some resources tell what they are at. */
  events: number;
  /** Each once, in the order in which they came. */
  readonly boundaries: readonly string[];
  /** The line it was killed at; empty when it ended by itself. */
  at: string;
}

/** Runs `pulumi up`, and kills it with all it started at the first line that is asked for. */
export const upKilledAt = async (
  stack: Stack,
  isMoment: (event: number, boundary: string) => boolean,
): Promise<KilledUp> => {
  const boundaries = new Set<string>();
  const seen = { events: 0, at: "" };
  let pid = 0;
  const onLine = (line: string): void => {
    const boundary = boundaryOf(line);
    if (boundary === undefined || seen.at !== "") return;
    seen.events += 1;
    boundaries.add(boundary);
    if (!isMoment(seen.events, boundary)) return;
    seen.at = line.trim();
    killTree(pid);
  };
  const { code, stdout, stderr } = await stack.up({ onLine, onStart: (started) => (pid = started) });
  if (seen.at === "") assert.equal(code, 0, tail(stdout + stderr));
  return { ...seen, boundaries: [...boundaries] };
};
