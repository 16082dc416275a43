/**
 * Generations and phases of what can be rotated: the three authorities and the service account key.
 *
 * A rotation to generation g walks `trust` (g - 1 signs, both are trusted), `issue` (g signs, both are trusted) and `done`
 * (only g). Each phase can be stopped at, and going back one is the undo. Generation 0 is what a cluster had before the
 * stack took it over (`adopt`): it can be trusted, but its key is not ours, so it cannot sign.
 */
import { AT_REST, ROTATED, type Rotated, type RotationState } from "../model/phases";
import type { Config } from "../schema/config";

/** The generation that signs; 0: one whose key the stack does not have. */
export const signerOf = ({ generation, phase }: RotationState): number =>
  phase === "trust" ? generation - 1 : generation;

/** The generations that are trusted once the phase is reached, the signer first; 0 stands for the adopted one. */
export const trustedOf = (state: RotationState): readonly number[] => {
  const signer = signerOf(state);
  const other = state.phase === "trust" ? state.generation : state.generation - 1;
  return state.phase === "done" ? [signer] : [signer, other];
};

/** Every generation the stack keeps, so that going back stays possible: the newest last. */
export const keptOf = ({ generation }: RotationState): readonly number[] =>
  Array.from({ length: generation }, (_, index) => index + 1);

/**
 * Whether losing this generation would break the cluster as it is in this phase: somebody may present what it signed. In
 * `trust` nobody presents anything of the new one yet, so the rotation can still be given up.
 */
export const isInUse = (state: RotationState, generation: number): boolean =>
  generation === signerOf(state) || (state.phase === "issue" && trustedOf(state).includes(generation));

/** Whether the graph has steps that change trust: with neither key in the stack file it has none, and costs nothing. */
export const isRotating = (config: Pick<Config, "rotation" | "adopt">): boolean =>
  config.rotation !== undefined || config.adopt !== undefined;

/** Where one of them stands. */
export const stateOf = (config: Pick<Config, "rotation">, what: Rotated): RotationState =>
  config.rotation?.[what] ?? AT_REST;

/** Whether what the cluster had before is unknown to the stack: there is a generation 0. */
export const isAdopted = (config: Pick<Config, "adopt">, what: Rotated): boolean => {
  const known = config.adopt?.[what];
  return known !== undefined && known !== false;
};

/**
 * What every change of is another round: a rotation that begins, ends, is given up or opened again, and where signers have
 * their keys on control planes one of those that comes or goes.
 */
export const roundOf = (config: Pick<Config, "rotation" | "authority" | "nodes">): string =>
  [
    ...ROTATED.map((what) => {
      const { generation, phase } = stateOf(config, what);
      return `${String(generation)}${phase === "done" ? "" : " open"}`;
    }),
    ...(config.authority.signer === "node" ? config.nodes : []).flatMap(({ name, roles }) =>
      roles.includes("control-plane") ? [name] : [],
    ),
  ].join(", ");

/** Whether there is an old one: with generation 1 of a cluster that is not adopted nothing has to follow. */
export const hasWay = (config: Pick<Config, "rotation" | "adopt">, what: Rotated): boolean =>
  stateOf(config, what).generation > 1 || isAdopted(config, what);

/** Whether the stack has the key that signs in this phase. */
export const canSign = (config: Pick<Config, "rotation">, what: Rotated): boolean =>
  signerOf(stateOf(config, what)) > 0;

/** Whether the old one is let go of. */
export const drops = (config: Pick<Config, "rotation" | "adopt">, what: Rotated): boolean =>
  hasWay(config, what) && stateOf(config, what).phase === "done";

/** A rotation that was given up: both CAs may be written down in the cluster of before its first generation 2. */
export const wasGivenUp = (config: Pick<Config, "rotation" | "adopt" | "authority">): boolean =>
  config.rotation !== undefined && !hasWay(config, "kubernetes") && config.authority.kubernetes !== undefined;

/** Whether any of them has reached the phase in which the old is let go of. */
export const retires = (config: Pick<Config, "rotation">): boolean =>
  ROTATED.some((what) => stateOf(config, what).phase === "done");
