/**
 * Generations of what can be rotated: the three authorities and the service account key. What each phase means is in
 * core/model/phases.ts; all below follows from that table.
 *
 * Generation 0 is what a cluster had before the stack took it over (`adopt`): it can be trusted, but its key is not ours, so
 * it cannot sign.
 */
import {
  AT_REST,
  PHASE,
  PHASES,
  ROTATABLE,
  type Phase,
  type Rotatable,
  type RotationState,
  type Side,
} from "../model/phases";
import type { Config } from "../schema/config";
import { managesServiceAccount } from "./serviceAccount";

const generationOn = (side: Side, { generation }: RotationState): number =>
  side === "new" ? generation : generation - 1;

/** The generation that signs; 0: one whose key the stack does not have. */
export const issuerOf = (state: RotationState): number => generationOn(PHASE[state.phase].signs, state);

/** The generations that are trusted once the phase is reached, the issuer first; 0 stands for the adopted one. */
export const trustedOf = (state: RotationState): readonly number[] =>
  PHASE[state.phase].trusts.map((side) => generationOn(side, state));

/** Those of them that are the stack's, the older first. */
export const ownTrustedOf = (state: RotationState): readonly number[] =>
  trustedOf(state)
    .filter((generation) => generation > 0)
    .sort((a, b) => a - b);

/** Whether the phase retires the old one. */
export const retiresOld = ({ phase }: Pick<RotationState, "phase">): boolean => PHASE[phase].retires.length > 0;

/** Whether the phase checks what still needs the old one. */
export const seeksOld = ({ phase }: Pick<RotationState, "phase">): boolean => PHASE[phase].seeks.length > 0;

/** Every generation the stack keeps, so that going back stays possible: the newest last. */
export const generationsUpTo = ({ generation }: Pick<RotationState, "generation">): readonly number[] =>
  Array.from({ length: generation }, (_, index) => index + 1);

/** Whether losing this generation would break the cluster as it is in this phase. */
export const isInUse = (state: RotationState, generation: number): boolean =>
  PHASE[state.phase].protects.some((side) => generationOn(side, state) === generation);

/** Whether the graph has steps that change trust: with neither `rotation` nor `adopt` in the stack file it has none, and costs nothing. */
export const isRotating = (config: Pick<Config, "rotation" | "adopt">): boolean =>
  config.rotation !== undefined || config.adopt !== undefined;

/** The generation and phase of one of them. */
export const stateOf = (config: Pick<Config, "rotation">, what: Rotatable): RotationState =>
  config.rotation?.[what] ?? AT_REST;

/** Whether what the cluster had before is unknown to the stack: there is a generation 0. */
export const isAdopted = (config: Pick<Config, "adopt">, what: Rotatable): boolean => {
  const known = config.adopt?.[what];
  return known !== undefined && known !== false;
};

/**
 * Every change of it starts another attempt: a rotation that begins, ends, is aborted or reopened, and where CSR signers have
 * their keys on control planes, one that is added or removed.
 */
export const attemptKey = (config: Pick<Config, "rotation" | "authority" | "nodes">): string =>
  [
    ...ROTATABLE.map((what) => {
      const state = stateOf(config, what);
      return `${String(state.generation)}${retiresOld(state) ? "" : " open"}`;
    }),
    ...(config.authority.csrSigner === "node" ? config.nodes : []).flatMap(({ name, roles }) =>
      roles.includes("control-plane") ? [name] : [],
    ),
  ].join(", ");

/** Whether there is an old one: not with generation 1 of a cluster that is not adopted. */
export const hasPrevious = (config: Pick<Config, "rotation" | "adopt">, what: Rotatable): boolean =>
  stateOf(config, what).generation > 1 || isAdopted(config, what);

/** Whether the stack has the key that signs in this phase. */
export const canSign = (config: Pick<Config, "rotation">, what: Rotatable): boolean =>
  issuerOf(stateOf(config, what)) > 0;

/** Whether there is an old one and it is retired. */
export const retiresPrevious = (config: Pick<Config, "rotation" | "adopt">, what: Rotatable): boolean =>
  hasPrevious(config, what) && retiresOld(stateOf(config, what));

/** Whether there is an old one and what still needs it is checked. */
export const seeks = (config: Pick<Config, "rotation" | "adopt">, what: Rotatable): boolean =>
  hasPrevious(config, what) && seeksOld(stateOf(config, what));

/** Whether a first rotation may have been aborted, so that objects in the cluster may hold both CAs. */
export const wasAborted = (config: Pick<Config, "rotation" | "adopt" | "authority">): boolean =>
  config.rotation !== undefined && !hasPrevious(config, "kubernetes") && config.authority.kubernetes !== undefined;

/** Whether any that is the stack's to rotate has reached the phase: a token key that is left to others is always at rest. */
export const hasReached = (config: Pick<Config, "rotation" | "adopt" | "authority">, phase: Phase): boolean =>
  ROTATABLE.filter((what) => what !== "serviceAccount" || managesServiceAccount(config)).some(
    (what) => PHASES.indexOf(stateOf(config, what).phase) >= PHASES.indexOf(phase),
  );
