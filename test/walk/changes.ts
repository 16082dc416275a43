/** What people do between two runs: one row each, with when the model allows it and what it makes of the world. Pure. */
import fc from "fast-check";
import { AT_REST, type RotationState } from "../../core/model/phases";
import { asked, asking, back, forward, isAtRest, isFurthest, isSettled, whole, type Member, type World } from "./world";

/** What is drawn for a move: which of several, how many, how long. */
export interface Draw {
  readonly n: number;
}

interface Change {
  readonly weight: number;
  /** The world with it, before the run; undefined: it may not be done now. */
  readonly of: (world: World, draw: Draw) => World | undefined;
  /** The run is refused with a sentence like this, and no file of a node changes. Absent: it is carried out. */
  readonly refused?: RegExp;
  /** Something is done to files or the state as well: the run has something to do that the stack file does not tell. */
  readonly isBehind?: true;
}

/** The furthest that the clock goes: no CA ends within that. */
const MOST_DAYS = 1000;
const MOST_NODES = 7;

const once = (world: World, rotation: RotationState | undefined, isLegal: boolean): World | undefined =>
  isLegal && rotation !== undefined ? asking(world, rotation) : undefined;

const settled = (world: World): World | undefined => (isSettled(world) ? world : undefined);

const addition = (role: Member["role"]): Change => ({
  weight: 2,
  of: (world) => {
    if (world.members.length >= MOST_NODES) return undefined;
    const named = world.named + 1;
    const name = `${role === "worker" ? "w" : "cp"}${String(named)}`;
    return { ...world, named, members: [...world.members, { name, role }] };
  },
});

/** Which of them. */
export const nth = <T>(all: readonly T[], { n }: Draw): T | undefined => all[n % Math.max(1, all.length)];

const removal: Change = {
  weight: 2,
  of: (world, draw) => {
    const gone = nth(world.members, draw);
    const members = world.members.filter((each) => each !== gone);
    return members.some(({ role }) => role === "control-plane") ? { ...world, members } : undefined;
  },
};

export const CHANGES = {
  nothing: { weight: 3, of: (world) => world },
  renewal: {
    weight: 4,
    of: (world, { n }) => {
      const days = world.days + 30 + (n % 400);
      return days > MOST_DAYS ? undefined : { ...world, days };
    },
  },
  rotation: { weight: 4, of: (world) => once(world, whole(asked(world)), isAtRest(world) && isSettled(world)) },
  "first phase": { weight: 5, of: (world) => once(world, forward(asked(world)), isAtRest(world) && isSettled(world)) },
  "next phase": { weight: 8, of: (world) => once(world, forward(asked(world)), !isAtRest(world) && isFurthest(world)) },
  "phase back": { weight: 5, of: (world) => once(world, back(asked(world)), isFurthest(world)) },
  "control plane added": addition("control-plane"),
  "worker added": addition("worker"),
  "node removed": removal,
  /** Somebody puts a certificate there that has ended; the run looks for drift. */
  "leaf ended": { weight: 2, of: settled, isBehind: true },
  /** An earlier state of the stack, with the same CAs, is put back. */
  "old state": {
    weight: 3,
    of: (world, draw) => (keptBefore(world, draw)?.join() === world.cas.join() ? settled(world) : undefined),
    isBehind: true,
  },
  /** One that lacks the newest CA; today's is put back afterwards. */
  "state without a CA": {
    weight: 3,
    of: (world, draw) => {
      const kept = keptBefore(world, draw);
      const isEarlier = kept !== undefined && kept.length < world.cas.length;
      return isEarlier && isAtRest(world) && world.cas.join().startsWith(kept.join()) ? settled(world) : undefined;
    },
    refused: /holds another CA than the one configured|which is not the generation before|of an older state/,
    isBehind: true,
  },
  "two generations": {
    weight: 1,
    of: (world) => {
      const { generation, phase } = asked(world);
      return once(world, { generation: generation + 2, phase }, isAtRest(world) && isSettled(world));
    },
    refused: /there is of generation \d+, and the stack file asks for generation \d+; rotation\.generation: \d+, since/,
  },
  "overlapping rotation": {
    weight: 1,
    of: (world) => once(world, whole(asked(world)), !isAtRest(world) && isSettled(world)),
    refused:
      /there is of generation [\d and]+, so that rotation has not ended, .*; rotation: \{ generation: \d+ \}, first/,
  },
  "generation back": {
    weight: 1,
    of: (world) => {
      const { generation, phase } = asked(world);
      return once(world, { generation: generation - 1, phase }, generation > 1 && isAtRest(world) && isSettled(world));
    },
    refused:
      /there is of generation \d+, and the stack file asks for generation \d+; rotation: \{.* phase: issue \}, to go back/,
  },
  "abort in use": {
    weight: 1,
    of: (world) => {
      const { generation, phase } = asked(world);
      const before = { generation: generation - 1, phase: AT_REST.phase };
      return once(world, before, phase === "issue" && isSettled(world));
    },
    refused: /certificates there are of generation \d+ of .*; rotation: \{.* phase: trust \}, first/,
  },
  "nothing to rotate": {
    weight: 1,
    of: (world) => once(world, { generation: 1, phase: "trust" }, asked(world).generation === 1 && isSettled(world)),
    refused: /rotation\.phase: .*, which replaces nothing/,
  },
  "no control plane": {
    weight: 1,
    of: (world) => {
      const members = world.members.filter(({ role }) => role === "worker");
      return members.length === 0 || !isSettled(world) ? undefined : { ...world, members };
    },
    refused: /nodes: .*control-plane/,
  },
} as const satisfies Readonly<Record<string, Change>>;

/** Which of the states that were kept before the present one, the last one first. */
export const keptAt = ({ n }: Draw): number => 1 + (n % 3);
const keptBefore = ({ kept }: World, draw: Draw): readonly number[] | undefined => kept[keptAt(draw)];

export type ChangeName = keyof typeof CHANGES;
export const change = (name: ChangeName): Change => CHANGES[name];

export const anyChange: fc.Arbitrary<ChangeName> = fc.oneof(
  ...(Object.keys(CHANGES) as ChangeName[]).map((name) => ({
    weight: CHANGES[name].weight,
    arbitrary: fc.constant(name),
  })),
);
