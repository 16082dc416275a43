/** Generation and phase of everything that can be rotated, by the stack file and the clock. */
import { isAdopted } from "../authorities/rotation";
import { managesServiceAccount } from "../authorities/serviceAccount";
import { AT_REST, ROTATABLE, type Rotatable, type RotationState } from "../model/phases";
import type { Rotation, RotationConfig } from "../schema/config";
import type { Sections } from "../schema/sections";

const generalGeneration = ({ generation, since, rotateEvery }: Rotation, now: Date): number =>
  since === undefined || rotateEvery === undefined
    ? generation
    : generation + Math.floor((now.getTime() - since.getTime()) / 1000 / rotateEvery);

type Given = Pick<Sections, "authority" | "adopt"> & { readonly rotation: Rotation };

/**
 * Its own generation and phase, else the general ones. A general phase holds only for what is replaced: the rest stays at rest,
 * and so does a token key that the stack does not have.
 */
export const stateAsOf = (what: Rotatable, { rotation, authority, adopt }: Given, now: Date): RotationState => {
  if (what === "serviceAccount" && !managesServiceAccount({ authority, adopt })) return AT_REST;
  const own = rotation[what];
  const generation = own?.generation ?? generalGeneration(rotation, now);
  const hasPrevious = generation > AT_REST.generation || isAdopted({ adopt }, what);
  return hasPrevious ? { generation, phase: own?.phase ?? rotation.phase } : AT_REST;
};

export const rotationAsOf = (known: Given, now: Date): RotationConfig => ({
  ...(Object.fromEntries(ROTATABLE.map((what) => [what, stateAsOf(what, known, now)])) as Record<
    Rotatable,
    RotationState
  >),
  force: known.rotation.force,
  retiredKeys: known.rotation.retiredKeys,
  soakSeconds: known.rotation.soak,
  byClock: known.rotation.rotateEvery !== undefined,
});
