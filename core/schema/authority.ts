/**
 * The shape of `authority`: who signs, where its keys are, and the existing CAs of the cluster. What a kind of authority needs
 * is in the section of that name.
 */
import { z } from "zod";
import type { AuthorityName } from "../model/authorities";
import {
  BACKEND_KINDS,
  CSR_SIGNERS,
  DEFAULT_BACKEND,
  CA_SIGNER_KINDS,
  type BackendKind,
  type Places,
} from "../model/backends";
import {
  certificatePem,
  choice,
  flag,
  mountPath,
  object,
  secretPem,
  validity,
  vaultAddress,
  algorithm,
  ofEach,
} from "./fields";
import { fingerprint, generation, GENERATION_ALLOWED, numberOfGenerations } from "./rotation";

const existingCa = object({
  certificate: certificatePem.optional().describe("The CA's certificate."),
  key: secretPem.optional().describe("The CA's private key; a secret."),
})
  .optional()
  .describe("An existing CA of the cluster; without one a CA is generated, for a new cluster.");

const BACKEND_ALLOWED = `one of ${BACKEND_KINDS.join(", ")}, or one for each of kubernetes, etcd and frontProxy`;
const backendKind = z.union([choice(BACKEND_KINDS), ofEach(choice(BACKEND_KINDS))], { error: BACKEND_ALLOWED });

const vaultMounts = ofEach(mountPath).optional();
const vault = object({
  address: vaultAddress.describe("Address of Vault or OpenBao; the token comes from VAULT_TOKEN."),
  approle: mountPath
    .optional()
    .describe(
      "Path of an existing AppRole auth method, which gets a role to renew and one to rotate, each with a policy.",
    ),
  mounts: vaultMounts.describe("Existing mounts of type pki; by default the stack creates kube-pki/CLUSTER/AUTHORITY."),
  fingerprints: object({
    kubernetes: fingerprint("the CA that signs", "ca.crt"),
    etcd: fingerprint("the CA that signs", "ca.crt"),
    frontProxy: fingerprint("the CA that signs", "ca.crt"),
  })
    .optional()
    .describe("SHA-256 fingerprints of the CAs in Vault that sign; checked before any change."),
});

/** What a kind needs: the section with its name in `authority`, and in an entry of `authority.earlier`. */
interface KindSection<K extends BackendKind> {
  readonly now: z.ZodType;
  readonly earlier: z.ZodType;
  /** The page that says more. */
  readonly docs: string;
  /** Where generations of one authority are, as either section says. */
  readonly place: (given: never, name: AuthorityName) => Places[K];
}

/** By kind; undefined: it has no section. */
export const KIND_SECTIONS = {
  embedded: undefined,
  vault: {
    now: vault.optional().describe("With kind vault: the server, and what exists there already."),
    earlier: object({
      mounts: vaultMounts.describe("Existing mounts that hold them; by default those that the stack created."),
    })
      .optional()
      .describe("With kind vault: where these generations are."),
    docs: "docs/vault.md",
    place: (given: { readonly mounts?: z.output<typeof vaultMounts> } | undefined, name) => ({
      mount: given?.mounts?.[name],
    }),
  },
} as const satisfies { readonly [K in BackendKind]: KindSection<K> | (object extends Places[K] ? undefined : never) };

/** The kinds with a section. */
export type SectionKind = {
  [K in BackendKind]: (typeof KIND_SECTIONS)[K] extends undefined ? never : K;
}[BackendKind];
export const SECTION_KINDS = BACKEND_KINDS.filter((kind): kind is SectionKind => KIND_SECTIONS[kind] !== undefined);

const sectionsOf = <When extends "now" | "earlier">(when: When) =>
  Object.fromEntries(SECTION_KINDS.map((kind) => [kind, KIND_SECTIONS[kind][when]])) as {
    [K in SectionKind]: (typeof KIND_SECTIONS)[K][When];
  };

const signedBy = object({
  kind: choice(CA_SIGNER_KINDS).describe(
    "mount: another mount of the same server; embedded: a root in the stack's state; offline: a CA that signs requests by hand.",
  ),
  mount: mountPath.optional().describe("Path of that mount; its default issuer signs."),
}).optional();
const signedCas = z
  .record(z.string().regex(/^[1-9]\d*$/, { error: `a generation, ${GENERATION_ALLOWED}` }), certificatePem)
  .optional();
const GENERATIONS_ALLOWED = `${GENERATION_ALLOWED}, or one for each of kubernetes, etcd and frontProxy`;
const generations = numberOfGenerations(GENERATIONS_ALLOWED);

export const authority = object({
  kind: backendKind
    .default(DEFAULT_BACKEND)
    .describe(
      "Who signs: the stack with keys in its state, or Vault or OpenBao with keys that never leave the server.",
    ),
  earlier: z
    .array(
      object({
        generations: z
          .union([generations, ofEach(generations)], { error: GENERATIONS_ALLOWED })
          .describe("The last generation in this place."),
        kind: backendKind.describe("Kind of the authority that has their keys."),
        ...sectionsOf("earlier"),
        signedBy: signedBy.describe("Which CA signed these CAs; they are self-signed by default."),
      }),
      { error: "a list, the oldest first" },
    )
    .default([])
    .describe(
      "Where the CAs of earlier generations are, if not in the same place as the present ones; the oldest first.",
    ),
  ...sectionsOf("now"),
  signedBy: signedBy.describe("Which CA signs the CAs in Vault; they are self-signed by default."),
  csrSigner: choice(CSR_SIGNERS)
    .optional()
    .describe(
      "How the controller manager signs CSRs with the kubernetes CA in Vault: state, with an intermediate whose key is " +
        "in the stack's state; node, with one for each control plane, whose key is generated there and stays there; none, " +
        "not at all. none by default in a cluster that was created from Vault, else state.",
    ),
  requests: generation
    .default(1)
    .describe("With signedBy.kind offline: create signing requests up to this generation, before a rotation to it."),
  signed: object({ kubernetes: signedCas, etcd: signedCas, frontProxy: signedCas })
    .optional()
    .describe("With signedBy.kind offline: the signed CA certificates, by generation."),
  algorithm: algorithm.default("ECDSA-P256").describe("Key algorithm of generated CAs."),
  validity: validity.prefault("3650d").describe("Validity of generated CAs."),
  kubernetes: existingCa,
  etcd: existingCa,
  frontProxy: existingCa,
  oneCa: flag
    .default(false)
    .describe(
      "One CA is all three authorities, in the file of the cluster's: what is said of kubernetes holds of etcd and frontProxy. A weakness: docs/fleet.md.",
    ),
  serviceAccount: object({
    enabled: flag.default(true).describe("false: someone else creates, distributes and rotates this key."),
    key: secretPem.optional().describe("The key, if the cluster has one already; a secret."),
  })
    .optional()
    .describe("The key that signs service account tokens."),
}).prefault({});
