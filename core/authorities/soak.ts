/**
 * The least time between phases of a rotation (`rotation.soak`). The state has two notes of each move from one phase to the next
 * (components/phases.ts): when the first was reached on all nodes, and that the second has begun. By the first note a phase that
 * is asked for too early is refused; by the second one that has begun never is, so neither is going back, nor a stack that is
 * given the field later.
 */
import { formatDuration } from "../format/duration";
import { momentText } from "../format/x509";
import { PHASES, ROTATABLE, AT_REST, type Phase, type Rotatable, type RotationState } from "../model/phases";
import { recovers } from "../recovery";
import type { Config } from "../schema/config";
import { hasPrevious, isAdopted, retiresOld, stateOf } from "./rotation";

/** From one phase to the next. */
export interface Move {
  readonly what: Rotatable;
  readonly generation: number;
  readonly from: Phase;
  readonly to: Phase;
}

/** Every one that a rotation consists of, in order. */
const MOVES: readonly Pick<Move, "from" | "to">[] = PHASES.slice(1).map((to, index) => ({
  from: PHASES[index] ?? AT_REST.phase,
  to,
}));

const isReached = (phase: Phase, state: Pick<RotationState, "phase">): boolean =>
  PHASES.indexOf(phase) <= PHASES.indexOf(state.phase);

const movesFor = (config: Config, isOne: (move: Pick<Move, "from" | "to">, state: RotationState) => boolean): Move[] =>
  ROTATABLE.filter((what) => hasPrevious(config, what)).flatMap((what) => {
    const state = stateOf(config, what);
    return MOVES.filter((move) => isOne(move, state)).map((move) => ({ what, generation: state.generation, ...move }));
  });

/** Those that lead to the phase that the stack file asks for. */
export const movesMade = (config: Config): readonly Move[] => movesFor(config, ({ to }, state) => isReached(to, state));

/** The next one of each, which the stack file does not ask for yet. */
export const movesNext = (config: Config): readonly Move[] => movesFor(config, ({ from }, { phase }) => from === phase);

/** Of the generation before, as long as the rotation may still be aborted: it is at rest, and must not be held when it is again. */
export const movesBefore = (config: Config): readonly Move[] =>
  ROTATABLE.flatMap((what) => {
    const { generation, phase } = stateOf(config, what);
    const before = generation - 1;
    const wasRotated = before > AT_REST.generation || (before === AT_REST.generation && isAdopted(config, what));
    return retiresOld({ phase }) || !wasRotated ? [] : MOVES.map((move) => ({ what, generation: before, ...move }));
  });

/** Seconds; undefined: nothing is held, and so it is where the cluster is dead. */
export const soakOf = (config: Config): number | undefined =>
  recovers(config) ? undefined : config.rotation?.soakSeconds;

const named = ({ what, generation }: Move, phase: Phase): string => `${what}-g${String(generation)}-${phase}`;
/** The resource that notes when the phase it starts from was reached. */
export const reachedName = (base: string, move: Move): string => `${base}-${named(move, move.from)}-reached`;
/** The resource that notes that the phase it leads to has begun. */
export const begunName = (base: string, move: Move): string => `${base}-${named(move, move.to)}-begun`;

/** All of them that a stack has. */
export const noteNames = (base: string, config: Config): readonly string[] => [
  ...[...movesMade(config), ...movesBefore(config)].flatMap((move) => [reachedName(base, move), begunName(base, move)]),
  ...movesNext(config).map((move) => reachedName(base, move)),
];

const endOf = (since: Date, soakSeconds: number): Date => new Date(since.getTime() + soakSeconds * 1000);

/** When the phase it leads to is allowed: ISO 8601; undefined where nobody noted when the one it starts from was reached. */
export const allowedFrom = (since: string, soakSeconds: number): string | undefined =>
  Number.isNaN(Date.parse(since)) ? undefined : momentText(endOf(new Date(since), soakSeconds));

const secondsBetween = (from: Date, to: Date): number => Math.ceil((to.getTime() - from.getTime()) / 1000);

/** Why the phase it leads to may not begin where the one it starts from was never reached. */
export const skipsText = ({ what, generation, from, to }: Move, soakSeconds: number): string =>
  `rotation.soak: ${what} has not reached phase ${from} of generation ${String(generation)} on all nodes, which has to be ` +
  `${formatDuration(soakSeconds)} before ${to}; set phase ${from} and run again, or remove rotation.soak; no node was touched`;

/** The same where it was reached, ISO 8601; undefined: long enough ago. */
export const tooEarlyText = (move: Move, since: string, soakSeconds: number, now: Date): string | undefined => {
  const { what, generation, from, to } = move;
  const reached = new Date(since);
  if (Number.isNaN(reached.getTime())) return skipsText(move, soakSeconds);
  const end = endOf(reached, soakSeconds);
  if (end <= now) return undefined;
  return (
    `rotation.soak: ${what} reached phase ${from} of generation ${String(generation)} on all nodes at ${momentText(reached)}, ` +
    `${formatDuration(secondsBetween(reached, now))} ago, and phase ${to} may begin ${formatDuration(soakSeconds)} after that, ` +
    `in ${formatDuration(secondsBetween(now, end))} (${momentText(end)}); set phase ${from} until then, or change ` +
    "rotation.soak; no node was touched"
  );
};

/** From when next phases are allowed that are not yet, a line for all that move together; `since`: as it was noted. */
export const nextTexts = (
  reached: readonly { readonly move: Move; readonly since: string }[],
  soakSeconds: number,
  now: Date,
): string[] => {
  const groups = new Map<string, { readonly names: string[]; from: string }>();
  for (const { move, since } of reached) {
    const from = allowedFrom(since, soakSeconds);
    if (from === undefined || new Date(from) <= now) continue;
    const key = `phase ${move.to} of generation ${String(move.generation)}`;
    const group = groups.get(key) ?? { names: [], from };
    group.names.push(move.what);
    group.from = group.from > from ? group.from : from;
    groups.set(key, group);
  }
  return [...groups].map(
    ([key, { names, from }]) => `rotation.soak: ${names.join(", ")}: ${key} is allowed from ${from}`,
  );
};
