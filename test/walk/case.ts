/** A walk as data that prints as it is: a cluster, and moves that the model allows one after another. Pure. */
import fc from "fast-check";
import { anyChange, change, type ChangeName, type Draw } from "./changes";
import { brokenOff, reached, refused, type Member, type World } from "./world";

/** How a run goes. */
export type How =
  | { readonly kind: "whole" }
  /** The engine gets a kill -9 at this event of a step; `isSaved`: as at its end it had saved nothing of the run. */
  | { readonly kind: "killed"; readonly at: number; readonly isSaved: boolean }
  /** Nobody answers on this node, from this event of a step on; 0: from the beginning. */
  | { readonly kind: "unreachable"; readonly node: Draw; readonly from: number }
  /** Only what is of this node: `--target`. */
  | { readonly kind: "targeted"; readonly node: Draw };

export interface Move extends Draw {
  readonly change: ChangeName;
  readonly how: How;
  /** Two plain runs follow: the first comes to its end, the second has nothing to do. */
  readonly settles: boolean;
}

export interface Walk {
  readonly layout: "hardway" | "kubeadm";
  /** Whose CAs generation 1 has: the stack's, or those of a cluster that was there before. */
  readonly cas: "generated" | "given";
  readonly controlPlanes: number;
  readonly workers: number;
  readonly moves: readonly Move[];
}

export const begin = ({ controlPlanes, workers }: Pick<Walk, "controlPlanes" | "workers">): World => {
  const row = (count: number, prefix: string, role: Member["role"], from: number): Member[] =>
    Array.from({ length: count }, (_, index) => ({ name: `${prefix}${String(from + index)}`, role }));
  const members = [...row(controlPlanes, "cp", "control-plane", 1), ...row(workers, "w", "worker", 1 + controlPlanes)];
  return reached({
    members,
    named: members.length,
    days: 0,
    rotation: undefined,
    at: [],
    isOpen: false,
    cas: [],
    made: 0,
    kept: [],
  });
};

/** A state that is not saved knows no new CA, which is lost then: `kube-pki up` saves at its end only where there is none. */
const mayBeUnsaved: ReadonlySet<ChangeName> = new Set([
  "nothing",
  "renewal",
  "control plane added",
  "worker added",
  "node removed",
]);

/** The world after a move; undefined: it may not be made. */
export const after = (world: World, { change: name, n, how, settles }: Move): World | undefined => {
  const { of, refused: isRefused, isBehind } = change(name);
  const changed = of(world, { n });
  if (changed === undefined) return undefined;
  if (isBehind === true && how.kind !== "whole") return undefined;
  if (isRefused !== undefined) return how.kind === "whole" ? (settles ? world : refused(world)) : undefined;
  if (how.kind === "killed" && !how.isSaved && !mayBeUnsaved.has(name)) return undefined;
  if (how.kind === "whole") return reached(changed);
  return settles ? reached(changed) : brokenOff(changed);
};

/** Those that may be made, one after another. */
const legal = (world: World, moves: readonly Move[], most: number): Move[] => {
  const made: Move[] = [];
  for (const move of moves) {
    const next = made.length < most ? after(world, move) : undefined;
    if (next === undefined) continue;
    made.push(move);
    world = next;
  }
  return made;
};

type Fields<T> = { [F in keyof T]: fc.Arbitrary<T[F]> };
const plain = <T extends object>(fields: Fields<T>): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;

const draw: fc.Arbitrary<Draw> = plain({ n: fc.nat(999) });

/** A rotation of three nodes has some 150 events; what is not reached is a whole run. */
const event = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 150 }));

const anyHow: fc.Arbitrary<How> = fc.oneof(
  { weight: 9, arbitrary: fc.constant<How>({ kind: "whole" }) },
  { weight: 5, arbitrary: plain({ kind: fc.constant("killed" as const), at: event, isSaved: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: plain({
      kind: fc.constant("unreachable" as const),
      node: draw,
      from: fc.oneof(fc.constant(0), event),
    }),
  },
  { weight: 2, arbitrary: plain({ kind: fc.constant("targeted" as const), node: draw }) },
);

const anyMove: fc.Arbitrary<Move> = plain<Move>({
  change: anyChange,
  n: fc.nat(999),
  how: anyHow,
  settles: fc.boolean(),
});

/** @param most moves */
export const anyWalk = (most: number): fc.Arbitrary<Walk> =>
  plain<Walk>({
    layout: fc.constantFrom("hardway" as const, "kubeadm" as const),
    cas: fc.constantFrom("generated" as const, "generated" as const, "given" as const),
    controlPlanes: fc.constantFrom(1, 1, 1, 2, 3),
    workers: fc.nat(3),
    moves: fc.array(anyMove, { minLength: 3 * most, maxLength: 4 * most, size: "max" }),
  }).map((walk) => ({ ...walk, moves: legal(begin(walk), walk.moves, most) }));

const howText = (how: How): string => {
  switch (how.kind) {
    case "whole":
      return "";
    case "killed":
      return `, killed at event ${String(how.at)}${how.isSaved ? "" : ", nothing saved"}`;
    case "unreachable":
      return `, node ${String(how.node.n)} unreachable from event ${String(how.from)}`;
    case "targeted":
      return `, --target node ${String(how.node.n)}`;
  }
};

export const moveText = ({ change: name, n, how, settles }: Move): string =>
  `${name} (${String(n)})${howText(how)}${settles ? ", then settled" : ""}`;

export const walkText = ({ layout, cas, controlPlanes, workers, moves }: Walk): string =>
  [
    `${layout}, ${cas} CAs, ${String(controlPlanes)} control planes, ${String(workers)} workers:`,
    ...moves.map((move) => `  ${moveText(move)}`),
  ].join("\n");
