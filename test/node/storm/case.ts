/** What is laid, sent, killed and booted: data that prints as it is. */
import fc from "fast-check";
import { points } from "../killPoints";
import { BENDS } from "./bends";
import { FORM_NAMES, WISHES, type FormName, type Wish } from "./flagForms";
import { LEAF_NAMES } from "./layout";
import type { Kill } from "./node";
import type { FieldsOf, Row } from "./row";
import { TEXTS } from "./texts";

/** How far the rotation is that the node is in. */
export const PHASES = ["steady", "open", "issued", "closed", "bare"] as const;
export type Phase = (typeof PHASES)[number];

export const ODDITIES = { ...TEXTS, ...BENDS };
type Rows = typeof ODDITIES;

/** One way in which a live node is not as its layout says. */
export type Oddity = { [K in keyof Rows]: { readonly kind: K } & FieldsOf<Rows[K]> }[keyof Rows];

const anyOddity: fc.Arbitrary<Oddity> = fc.oneof(
  ...Object.entries(ODDITIES as unknown as Readonly<Record<string, Row<object>>>).map(([kind, { weight, fields }]) => ({
    weight,
    arbitrary: fc.record({ kind: fc.constant(kind), ...fields }, { noNullPrototype: true }) as fc.Arbitrary<Oddity>,
  })),
);

export const SENDS = ["renew", "open", "issue", "close", "back"] as const;
export type Send = (typeof SENDS)[number];
export const DEFECTS = [
  "cut",
  "altered",
  "wrongKey",
  "wrongCa",
  "future",
  "ended",
  "unknownLine",
  "otherVerb",
] as const;
export type Defect = (typeof DEFECTS)[number];

/** What becomes of a node whose run was killed, until it is sent the same again. */
export interface Aftermath {
  /** Calls of the boot's recovery at which that is killed too. */
  readonly kills: readonly number[];
  /** Nothing boots: the next run finds it. */
  readonly boots: boolean;
  /** Somebody makes these by hand before that. */
  readonly byHand: readonly (typeof LEAF_NAMES)[number][];
  /** This share of the journal is left. */
  readonly journal: number | undefined;
}

/** A verb that changes no file, before the step. */
export interface Look {
  readonly what: "request" | "check" | "issue";
  /** A process still sees a file that another has replaced since. */
  readonly held: boolean;
  readonly kill: Kill | undefined;
}

export interface Step {
  readonly look: Look | undefined;
  /** Along: what comes next in the rotation. */
  readonly send: "along" | Send;
  readonly defect: Defect | undefined;
  readonly kill: Kill | undefined;
  /** The n-th such call fails as on a disk with errors. */
  readonly fault: number | undefined;
  /** Once it has succeeded it is sent the same again. */
  readonly again: boolean;
  readonly aftermath: Aftermath;
}

/** A service whose flags the payload sets. */
export interface Flagged {
  readonly form: FormName;
  readonly wishes: readonly Wish[];
}

export interface Case {
  /** Where this machine has both; busybox has its own. */
  readonly awk: "mawk" | "gawk";
  readonly phase: Phase;
  readonly oddities: readonly Oddity[];
  readonly steps: readonly Step[];
  /** Absent: the payload names services that this node does not have yet. Flags: one that does nothing but run with its flags. */
  readonly services: "none" | "absent" | "running" | "flags";
  readonly flagged: Flagged | undefined;
}

/** Records that print as they are written. */
const plain = <T extends object>(fields: { [F in keyof T]: fc.Arbitrary<T[F]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;

const leafName = fc.constantFrom(...LEAF_NAMES);
const RENAMES = Array.from({ length: 14 }, (_, index) => `swapped-${String(index + 1)}`);
const OTHER_POINTS = points.filter((point) => !/^(restart|swapped-)/.test(point));
const half = fc.constantFrom("both" as const, "both" as const, "worker" as const);
const when = fc.constantFrom("before" as const, "after" as const);
/** The longest run of the storm makes some 110 calls, those of the swap in the middle. */
const anyCall = fc.oneof(fc.integer({ min: 1, max: 110 }), fc.integer({ min: 50, max: 95 }));
const anyKill: fc.Arbitrary<Kill> = fc.oneof(
  plain({ at: fc.oneof(fc.constantFrom(...RENAMES), fc.constantFrom(...OTHER_POINTS)), half }),
  plain({ call: anyCall, when, half }),
);

const sometimes = <T>(freq: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq });
/** One in so many. */
const rarely = <T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const anyLook: fc.Arbitrary<Look> = plain({
  what: fc.constantFrom("request" as const, "check" as const, "issue" as const),
  held: fc.boolean(),
  kill: sometimes(
    1,
    fc.oneof(
      plain({ at: fc.constantFrom("key-made", "csr-made"), half: fc.constant("both" as const) }),
      plain({ call: fc.integer({ min: 1, max: 14 }), when, half: fc.constant("both" as const) }),
    ),
  ),
});

const anyStep: fc.Arbitrary<Step> = plain({
  look: rarely(6, anyLook),
  send: fc.oneof(
    { weight: 5, arbitrary: fc.constant("along" as const) },
    { weight: 2, arbitrary: fc.constantFrom(...SENDS) },
  ),
  defect: rarely(10, fc.constantFrom(...DEFECTS)),
  kill: sometimes(2, anyKill),
  fault: rarely(7, anyCall),
  again: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  aftermath: plain({
    kills: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 2 }) },
    ),
    boots: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    byHand: fc.oneof(
      { weight: 6, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.uniqueArray(leafName, { minLength: 1, maxLength: 2 }) },
    ),
    journal: rarely(10, fc.nat(99)),
  }),
});

const anyFlagged: fc.Arbitrary<Flagged> = plain({
  form: fc.constantFrom(...FORM_NAMES),
  wishes: fc.uniqueArray(fc.constantFrom(...(Object.keys(WISHES) as Wish[])), { minLength: 1, maxLength: 3 }),
});

export const anyCase = (services: Case["services"]): fc.Arbitrary<Case> =>
  plain({
    awk: fc.constantFrom("mawk" as const, "gawk" as const),
    phase: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom<Phase[]>("steady", "open", "issued", "closed") },
      { weight: 1, arbitrary: fc.constant<Phase>("bare") },
    ),
    oddities: fc.array(anyOddity, { maxLength: services === "running" ? 2 : 4 }),
    steps: fc.array(anyStep, { minLength: 1, maxLength: 2 }),
    services: fc.constant(services),
    flagged: services === "flags" ? anyFlagged : fc.constant(undefined),
  });
