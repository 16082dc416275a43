/** The closed sets: where CA keys are, who signs a CA, and where the controller manager's key is. */

/** A kind of authority. */
interface BackendRow {
  /** Where the keys of its CAs are: encrypted in the stack's state, or in a server that never exports them. */
  readonly keyIn: "state" | "server";
  /** Whether another CA may sign its CAs (`authority.signedBy`). */
  readonly mayBeSigned: boolean;
  /** The resource of a certificate that it has signed. */
  readonly leaf: LeafResource;
}

/** How a preview shows a certificate. */
export interface LeafResource {
  readonly type: string;
  /** notAfter, ISO 8601, from the outputs of the resource; undefined if they do not have it. */
  readonly endOf: (outputs: Readonly<Record<string, unknown>>) => string | undefined;
  /** The input with the signing request. */
  readonly request: string;
  /** The reason for a new certificate, by the input that changed. */
  readonly reasons: Readonly<Record<string, string>>;
}

export const BACKENDS = {
  embedded: {
    keyIn: "state",
    mayBeSigned: false,
    leaf: {
      type: "tls:index/locallySignedCert:LocallySignedCert",
      endOf: ({ validityEndTime }) => (typeof validityEndTime === "string" ? validityEndTime : undefined),
      request: "certRequestPem",
      reasons: {
        caCertPem: "its authority changes",
        caPrivateKeyPem: "its authority's key changes",
        certRequestPem: "its key or signing request changes",
        validityPeriodHours: "its validity changes",
        allowedUses: "its usages change",
      },
    },
  },
  vault: {
    keyIn: "server",
    mayBeSigned: true,
    leaf: {
      type: "vault:pkiSecret/secretBackendSign:SecretBackendSign",
      // unix seconds
      endOf: ({ expiration }) =>
        typeof expiration === "number" ? new Date(expiration * 1000).toISOString() : undefined,
      request: "csr",
      reasons: { csr: "its key or signing request changes", name: "its role changes" },
    },
  },
} as const satisfies Readonly<Record<string, BackendRow>>;

export type BackendKind = keyof typeof BACKENDS;
export const BACKEND_KINDS = Object.keys(BACKENDS) as [BackendKind, ...BackendKind[]];

/** If the stack file does not say. */
export const DEFAULT_BACKEND: BackendKind = "embedded";

/** Who signs a CA that does not sign itself. */
interface CaSignerRow {
  /** Whether a mount of the server has to be named for it. */
  readonly hasMount: boolean;
  /** Whether a run has to wait for the signature. */
  readonly isAwaited: boolean;
}

export const CA_SIGNERS = {
  // the default issuer of another mount
  mount: { hasMount: true, isAwaited: false },
  // a root whose key is in the stack's state
  embedded: { hasMount: false, isAwaited: false },
  // a CA that only an operator can reach
  offline: { hasMount: false, isAwaited: true },
} as const satisfies Readonly<Record<string, CaSignerRow>>;

export type CaSignerKind = keyof typeof CA_SIGNERS;
export const CA_SIGNER_KINDS = Object.keys(CA_SIGNERS) as [CaSignerKind, ...CaSignerKind[]];

export type SignedBy = {
  [K in CaSignerKind]: { readonly kind: K } & ((typeof CA_SIGNERS)[K]["hasMount"] extends true
    ? { /** Path. */ readonly mount: string }
    : object);
}[CaSignerKind];

/** The fields that say where a kind keeps the generations of one authority; none if a stack has one such place. */
export interface Places {
  embedded: object;
  vault: {
    /** Path of a mount that is there already; undefined: the stack makes its own. */
    readonly mount?: string | undefined;
  };
}

/** Nothing of a kind whose CAs can only sign themselves. */
type Signed<K extends BackendKind> = (typeof BACKENDS)[K]["mayBeSigned"] extends true
  ? { /** Undefined: CAs sign themselves. */ readonly signedBy: SignedBy | undefined }
  : object;

/** Where generations of one authority are made: each kind has what its row and its place say, and no more. */
export type Backend = {
  [K in BackendKind]: Places[K] &
    Signed<K> & {
      readonly kind: K;
      readonly keyIn: (typeof BACKENDS)[K]["keyIn"];
      /** The last generation that is made here; undefined: every one from here on. */
      readonly upTo?: number;
    };
}[BackendKind];

/** The oldest first; the last one has no end. */
export type Backends = readonly Backend[];

/**
 * Where the controller manager has the key it signs with: of the CA or, where that is in Vault, of an intermediate. `none`:
 * it signs nothing.
 */
export const CSR_SIGNERS = ["state", "node", "none"] as const;
export type CsrSigner = (typeof CSR_SIGNERS)[number];
