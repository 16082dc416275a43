/** What a walk knows of its cluster, without looking: the stack file, and how far nodes have come by it. Pure. */
import { retiresOld } from "../../core/authorities/rotation";
import { AT_REST, PHASES, type Phase, type RotationState } from "../../core/model/phases";

export interface Member {
  readonly name: string;
  readonly role: "control-plane" | "worker";
}

export interface World {
  readonly members: readonly Member[];
  /** How many nodes there have ever been: no name comes twice. */
  readonly named: number;
  /** How far the clock has gone, in days. */
  readonly days: number;
  /** As the stack file has it; undefined: it has no section `rotation`. */
  readonly rotation: RotationState | undefined;
  /** What files may be of: one where the last run came to its end on every node, else every one since then. */
  readonly at: readonly RotationState[];
  /** The last run did not do what it was asked to, so the next one may have something to do. */
  readonly isOpen: boolean;
  /** The CAs that the state has, by generation: each has a number of its own, also where an aborted rotation is begun again. */
  readonly cas: readonly number[];
  readonly made: number;
  /** The CAs in the states that somebody has kept, the last one first. */
  readonly kept: readonly (readonly number[])[];
}

export const asked = ({ rotation }: World): RotationState => rotation ?? AT_REST;

/** Phases of all generations in their order. */
const rank = ({ generation, phase }: RotationState): number => generation * PHASES.length + PHASES.indexOf(phase);
/** Nothing is further than what the stack file asks for. */
export const isFurthest = (world: World): boolean => world.at.every((each) => rank(each) <= rank(asked(world)));

const isSame = (one: RotationState, other: RotationState): boolean => rank(one) === rank(other);

/** Every node has come to what the stack file asks for. */
export const isSettled = (world: World): boolean => !world.isOpen && world.at.every((at) => isSame(at, asked(world)));

/** The next phase, which after the last one is the first of the next generation. */
export const forward = ({ generation, phase }: RotationState): RotationState => {
  const next: Phase | undefined = PHASES[PHASES.indexOf(phase) + 1];
  return next === undefined ? { generation: generation + 1, phase: PHASES[0] } : { generation, phase: next };
};

/** One phase back; from the first one the rotation is aborted. Undefined: there was nothing before. */
export const back = ({ generation, phase }: RotationState): RotationState | undefined => {
  if (generation === AT_REST.generation) return undefined;
  const before: Phase | undefined = PHASES[PHASES.indexOf(phase) - 1];
  return before === undefined ? { generation: generation - 1, phase: AT_REST.phase } : { generation, phase: before };
};

/** To the end of the next generation in one run. */
export const whole = ({ generation }: RotationState): RotationState => ({
  generation: generation + 1,
  phase: AT_REST.phase,
});

export const isAtRest = (world: World): boolean => retiresOld(asked(world));

/** Such a stack file. */
export const asking = (world: World, rotation: RotationState): World => ({ ...world, rotation });

/** With the CAs that a run makes. */
const withCas = (world: World): World => {
  const more = Math.max(0, asked(world).generation - world.cas.length);
  const made = world.made + more;
  return { ...world, made, cas: [...world.cas, ...Array.from({ length: more }, (_, index) => made - more + index)] };
};

/** A run came to its end: it keeps no CA of a rotation that was aborted. */
export const reached = (world: World): World => {
  const now = asked(world);
  const next = withCas(world);
  const cas = next.cas.slice(0, now.generation);
  return { ...next, cas, at: [now], isOpen: false, kept: [cas, ...next.kept] };
};

/** A run did not, or did part of it. */
export const brokenOff = (world: World): World => ({
  ...withCas(world),
  at: [...world.at.filter((each) => !isSame(each, asked(world))), asked(world)],
  isOpen: true,
});

/** A run was refused, and the stack file put back. */
export const refused = (world: World): World => ({ ...world, isOpen: true });

export const stateText = ({ generation, phase }: RotationState): string => `g${String(generation)} ${phase}`;
