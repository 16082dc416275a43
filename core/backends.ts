/**
 * What makes and keeps the CA key of each generation. Generations that were made elsewhere stay where they are and only the
 * next one begins in the new place, so that moving a cluster into Vault, out of it or to another mount is a rotation.
 */
import type { AuthorityName } from "./authorities";
import type { Config } from "./config";

export const BACKEND_KINDS = ["embedded", "vault"] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];

/**
 * Who signs a CA whose key is born in Vault, when it does not sign itself: the default issuer of another mount, a root whose
 * key is in the stack's state, or somebody whom only people reach.
 */
export const SIGNER_KINDS = ["mount", "embedded", "offline"] as const;
export interface SignedBy {
  readonly kind: (typeof SIGNER_KINDS)[number];
  /** Path; with kind mount only. */
  readonly mount?: string | undefined;
}

export interface Backend {
  readonly kind: BackendKind;
  /** Undefined: CAs sign themselves. */
  readonly signedBy?: SignedBy | undefined;
  /** Path of a mount that is there already; undefined: the stack makes its own. */
  readonly mount?: string | undefined;
  /** The last generation that is made here; undefined: every one from here on. */
  readonly upTo?: number;
}

/** The oldest first; the last one has no end. */
export type Backends = readonly Backend[];

/** Which of them keeps a generation. */
export const keeperOf = (backends: Backends, generation: number): Backend => {
  const found = backends.find(({ upTo = Infinity }) => generation <= upTo);
  if (found === undefined) throw new Error(`authority.earlier: nothing keeps generation ${String(generation)}`);
  return found;
};

/**
 * Where the controller manager has the key it signs with: of the CA or, where that is in Vault, of an intermediate. `none`:
 * it signs nothing.
 */
export const CONTROLLER_SIGNERS = ["state", "node", "none"] as const;
export type ControllerSigner = (typeof CONTROLLER_SIGNERS)[number];

/**
 * By default it goes on where it did before, and a cluster that began from Vault has no signer, which kubeadm calls external
 * CA mode.
 *
 * @param backends of the kubernetes authority
 * @param given as the stack file says
 * @param isTakenOver whether the cluster had a CA of its own, whose key the stack does not have
 */
export const controllerSigner = (
  backends: Backends,
  given: ControllerSigner | undefined,
  isTakenOver: boolean,
): ControllerSigner => given ?? (isTakenOver || keeperOf(backends, 1).kind === "embedded" ? "state" : "none");

/** What keeps the key of a generation. */
export const backendOf = ({ authority }: Pick<Config, "authority">, name: AuthorityName, generation: number): Backend =>
  keeperOf(authority.backends[name], generation);

/** Whether people have to have its CAs signed. */
export const isOffline = ({ kind, signedBy }: Backend): boolean => kind === "vault" && signedBy?.kind === "offline";
