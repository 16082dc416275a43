/** Where each of what can be rotated stands, as the stack file and the clock say. */
import type { RotationState } from "../phases";
import type { AuthorityName } from "../profileNames";
import { AUTHORITY_NAMES } from "../profileNames";
import { AT_REST, isAdopted, ROTATED, type Rotated } from "../rotation";
import type { Sections } from "./schema";

type Rotation = NonNullable<Sections["rotation"]>;

/** Where each of them stands. */
export type RotationConfig = Readonly<Record<Rotated, RotationState>> & {
  readonly force: Rotation["force"];
  /** Generations come from the clock, so a run may have missed some. */
  readonly byClock: boolean;
};

/** Whether the stack signs service account tokens: where it is let, it makes the key, was given it, or takes it over. */
export const managesServiceAccount = ({
  authority,
  adopt,
}: {
  readonly authority: Readonly<Partial<Record<AuthorityName, unknown>>> & {
    readonly serviceAccount?: { readonly enabled: boolean } | undefined;
  };
  readonly adopt?: { readonly serviceAccount: boolean | string } | undefined;
}): boolean =>
  authority.serviceAccount?.enabled ??
  (adopt === undefined
    ? AUTHORITY_NAMES.every((name) => authority[name] === undefined)
    : adopt.serviceAccount !== false);

const generalGeneration = ({ generation, since, rotateEvery }: Rotation, now: Date): number =>
  since === undefined || rotateEvery === undefined
    ? generation
    : generation + Math.floor((now.getTime() - since.getTime()) / 1000 / rotateEvery);

type Known = Pick<Sections, "authority" | "adopt"> & { readonly rotation: Rotation };

/**
 * Its own generation and phase, else the general ones. A general phase is for what has a way to go: the rest is where it
 * was, and so is a token key that the stack does not have.
 */
export const stateOf = (what: Rotated, { rotation, authority, adopt }: Known, now: Date): RotationState => {
  if (what === "serviceAccount" && !managesServiceAccount({ authority, adopt })) return AT_REST;
  const own = rotation[what];
  const generation = own?.generation ?? generalGeneration(rotation, now);
  const hasWay = generation > AT_REST.generation || isAdopted({ adopt }, what);
  return hasWay ? { generation, phase: own?.phase ?? rotation.phase } : AT_REST;
};

export const rotationOf = (known: Known, now: Date): RotationConfig => ({
  ...(Object.fromEntries(ROTATED.map((what) => [what, stateOf(what, known, now)])) as Record<Rotated, RotationState>),
  force: known.rotation.force,
  byClock: known.rotation.rotateEvery !== undefined,
});
