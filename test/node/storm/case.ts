/** What is laid, sent, killed and booted: data that prints as it is. */
import fc from "fast-check";
import { points } from "../killPoints";
import { BENDS } from "./bends";
import { anyDrift, type Drift } from "./drift";
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

/** What the stack sends to a node. */
export const SENDS = ["renew", "open", "issue", "close", "back"] as const;
/** restore: an earlier set; ask: the verb `issue`, by which a kubelet gets its certificate from the API server. */
export type Send = (typeof SENDS)[number] | "restore" | "ask";
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

export const LOOKS = ["request", "check", "issue", "backups", "dump", "place"] as const;

/** A verb that changes no file, before the step. */
export interface Look {
  readonly what: (typeof LOOKS)[number];
  /** A process still sees a file that another has replaced since. */
  readonly held: boolean;
  /** By a pod that knows its node's name alone. */
  readonly isTemplate: boolean;
  readonly kill: Kill | undefined;
}

/** Which of the sets that are kept is put back; where there is none yet the leafs are renewed. */
export interface Return {
  /** Counted from the newest. */
  readonly which: number;
  readonly isProven: boolean;
  /** gone: a copy is not there any more; other: one is of a certificate that another cluster's CA has signed. */
  readonly damage: "gone" | "other" | undefined;
}

/** What the API server and its controller make of a signing request; late: another CA signs the first one. */
export const SIGNINGS = ["signed", "late", "denied", "refused"] as const;
export type Signing = (typeof SIGNINGS)[number];

export interface Step {
  /** What somebody has changed by hand since the step before. */
  readonly drift: Drift | undefined;
  readonly look: Look | undefined;
  /** Along: what comes next in the rotation. Same: the last apply once more. */
  readonly send: "along" | "same" | Send;
  /** The note that an apply is told to bring back: this node's, or another one. */
  readonly told: "noted" | "other" | undefined;
  readonly back: Return;
  readonly signing: Signing;
  /** By a pod that knows its node's name alone, where that verb can be sent so. */
  readonly isTemplate: boolean;
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

type Fields<T> = { [F in keyof T]: fc.Arbitrary<T[F]> };
/** Records that print as they are written. */
const plain = <T extends object>(fields: Fields<T>): fc.Arbitrary<T> =>
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
  what: fc.constantFrom(...LOOKS),
  held: fc.boolean(),
  isTemplate: fc.boolean(),
  kill: sometimes(
    1,
    fc.oneof(
      plain({ at: fc.constantFrom("key-made", "csr-made"), half: fc.constant("both" as const) }),
      plain({ call: fc.integer({ min: 1, max: 14 }), when, half: fc.constant("both" as const) }),
    ),
  ),
});

const always = <T>(value: T): fc.Arbitrary<T> => fc.constant(value);

const stepOf = (
  send: fc.Arbitrary<Step["send"]>,
  drift: Fields<Step>["drift"],
  kill: Fields<Step>["kill"],
  fault: Fields<Step>["fault"],
): fc.Arbitrary<Step> =>
  plain<Step>({
    drift,
    look: rarely(6, anyLook),
    send,
    told: fc.oneof(
      { weight: 2, arbitrary: always(undefined) },
      { weight: 2, arbitrary: always("noted" as const) },
      { weight: 1, arbitrary: always("other" as const) },
    ),
    back: plain<Return>({
      which: fc.nat(3),
      isProven: fc.oneof({ weight: 3, arbitrary: always(true) }, { weight: 1, arbitrary: always(false) }),
      damage: rarely(6, fc.constantFrom("gone" as const, "other" as const)),
    }),
    signing: fc.oneof(
      { weight: 4, arbitrary: always("signed" as const) },
      { weight: 2, arbitrary: fc.constantFrom(...SIGNINGS) },
    ),
    isTemplate: fc.oneof({ weight: 3, arbitrary: always(false) }, { weight: 1, arbitrary: always(true) }),
    defect: rarely(10, fc.constantFrom(...DEFECTS)),
    kill,
    fault,
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

const anyStep = stepOf(
  fc.oneof(
    { weight: 5, arbitrary: always("along" as const) },
    { weight: 2, arbitrary: fc.constantFrom(...SENDS) },
    { weight: 1, arbitrary: fc.constantFrom("ask" as const, "restore" as const, "same" as const) },
  ),
  rarely(3, anyDrift),
  sometimes(2, anyKill),
  rarely(7, anyCall),
);

/** Something lies there that the script knows, and then an earlier set is put back, a note, or a certificate asked for. */
const anyReturn: fc.Arbitrary<readonly Step[]> = fc.tuple(
  stepOf(
    fc.constantFrom("renew" as const, "renew" as const, "along" as const),
    always(undefined),
    rarely(4, anyKill),
    always(undefined),
  ),
  stepOf(
    fc.constantFrom("restore" as const, "restore" as const, "same" as const, "same" as const, "ask" as const),
    sometimes(2, anyDrift),
    sometimes(1, anyKill),
    rarely(7, anyCall),
  ),
);

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
    steps: fc.oneof(
      { weight: 3, arbitrary: fc.array(anyStep, { minLength: 1, maxLength: 2 }) },
      { weight: 2, arbitrary: anyReturn },
    ),
    services: fc.constant(services),
    flagged: services === "flags" ? anyFlagged : fc.constant(undefined),
  });
