/** What people change on a node behind the stack's back, between two steps. */
import fc from "fast-check";
import * as fs from "node:fs";
import { NOBODY } from "../rights";
import { CA_PATHS, CONFS, CURRENT, LEAFS, TOKENS } from "./layout";
import type { StormNode } from "./node";
import { leafOf } from "./pool";

/** Stands in a file after that. */
const BY_HAND = "# by hand\n";

const WAYS = {
  around: (at) => {
    fs.appendFileSync(at, BY_HAND);
  },
  text: (at) => {
    fs.writeFileSync(at, leafOf("web", "f2", 8).cert);
  },
  gone: (at) => {
    fs.rmSync(at);
  },
  link: (at) => {
    fs.renameSync(at, `${at}.moved`);
    fs.symlinkSync(`${at}.moved`, at);
  },
  open: (at) => {
    fs.chmodSync(at, 0o666);
  },
  narrow: (at) => {
    fs.chmodSync(at, 0o400);
  },
  given: (at) => {
    fs.chownSync(at, NOBODY, NOBODY);
    fs.chmodSync(at, 0o640);
  },
} as const satisfies Record<string, (at: string) => void>;

export interface Drift {
  readonly path: string;
  readonly how: keyof typeof WAYS;
}

const PATHS = [...CA_PATHS, TOKENS, ...CONFS, ...new Set(Object.values(LEAFS).flatMap(({ cert, key }) => [cert, key]))];

export const anyDrift: fc.Arbitrary<Drift> = fc.record(
  {
    path: fc.constantFrom(...PATHS, CURRENT),
    how: fc.constantFrom(...(Object.keys(WAYS) as Drift["how"][])),
  },
  { noNullPrototype: true },
);

/** Left out where it cannot be done: gone already, immutable, full. */
export const drifted = (node: StormNode, { path, how }: Drift): void => {
  const at = node.path(path);
  try {
    WAYS[how](at);
  } catch {
    // left out
  }
};
