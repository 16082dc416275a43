/** What may make and keep the key of a CA, sign it, and hold the controller manager's key: the closed sets. */
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

/**
 * Where the controller manager has the key it signs with: of the CA or, where that is in Vault, of an intermediate. `none`:
 * it signs nothing.
 */
export const CONTROLLER_SIGNERS = ["state", "node", "none"] as const;
export type ControllerSigner = (typeof CONTROLLER_SIGNERS)[number];
