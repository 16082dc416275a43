/** Ways to show oneself to the API, made at a moment of a rotation and kept as whoever got them would keep them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/lab";
import { must } from "../../lab/process";
import { identityOf } from "../clients/credentials";
import type { Identity } from "../clients/https";
import { mustKubectl } from "../clients/userland";

/** By what each is signed. */
export const CREDENTIALS = {
  "admin kubeconfig": "kubernetes",
  "client certificate": "kubernetes",
  "bound token": "serviceAccount",
  "legacy token": "serviceAccount",
  "stack's admin": "kubernetes",
  "stack's user": "kubernetes",
} as const;

export type CredentialKind = keyof typeof CREDENTIALS;

export interface Credential {
  readonly kind: CredentialKind;
  readonly madeIn: string;
  /** With the trust bundle of the moment it was made in. */
  readonly identity: Identity;
}

const ACCOUNT = "access";

const pemBlocks = (text: string): string[] => text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g) ?? [];

const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
  for (let left = 60; left > 0; left -= 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(500);
  }
  throw new Error(`${what}: not there after 30 s`);
};

/** A field of an object once it has one. */
const field = (lab: Lab, object: readonly string[], path: string): Promise<string> =>
  until(`${object.join(" ")} ${path}`, async () => {
    const text = await mustKubectl(lab, ["get", ...object, "-o", `jsonpath={${path}}`]);
    return text === "" ? undefined : Buffer.from(text, "base64").toString();
  });

/** Asks the cluster's own signer for a certificate, with an administrator's yes. Gives the key, PEM. */
const requestCertificate = async (lab: Lab, name: string): Promise<string> => {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  const made = await must(["openssl", "req", "-new", ...curve, "-keyout", "-", "-subj", `/O=access/CN=${name}`]);
  const [key = "", request = ""] = pemBlocks(made);
  const manifest = {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
    },
  };
  await mustKubectl(lab, ["create", "-f", "-"], JSON.stringify(manifest));
  await mustKubectl(lab, ["certificate", "approve", name]);
  return key;
};

/** A certificate as a person gets one. */
const certificateFor = async (lab: Lab, name: string): Promise<Pick<Identity, "cert" | "key">> => {
  const key = await requestCertificate(lab, name);
  return { key, cert: await field(lab, ["csr", name], ".status.certificate") };
};

/** A controller manager that signs takes less than a second. */
const SIGNED_BY_THEN_MS = 10_000;

/** A request that was approved stays without a certificate. */
export const assertSignsNothing = async (lab: Lab): Promise<void> => {
  await requestCertificate(lab, "unsigned");
  await sleep(SIGNED_BY_THEN_MS);
  const status = await mustKubectl(lab, ["get", "csr", "unsigned", "-o", "jsonpath={.status}"]);
  assert.match(status, /Approved/);
  assert.doesNotMatch(status, /"certificate"/);
};

/** What clusters of before 1.24 are full of: a token in a Secret, without an end. */
const legacyToken = async (lab: Lab, name: string): Promise<string> => {
  const manifest = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/service-account-token",
    metadata: { name, namespace: "default", annotations: { "kubernetes.io/service-account.name": ACCOUNT } },
  };
  await mustKubectl(lab, ["create", "-f", "-"], JSON.stringify(manifest));
  return field(lab, ["secret", name], ".data.token");
};

/** The kubeconfigs that a stack gives out, by name. */
export type GivenOut = Readonly<Record<string, string>>;

/** By the name it is given out by; those of users of lab stacks (labConfig.ts). */
const GIVEN_OUT: readonly (readonly [CredentialKind, string])[] = [
  ["stack's admin", "admin"],
  ["stack's user", "alice"],
];

/** One of each kind, made now; the account they speak for is made on the way. */
export const makeCredentials = async (lab: Lab, madeIn: string, givenOut: GivenOut): Promise<Credential[]> => {
  const admin = identityOf(readFileSync(await lab.kubeconfig(), "utf8"));
  const { ca } = admin;
  const account = JSON.stringify({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: ACCOUNT, namespace: "default" },
  });
  await mustKubectl(lab, ["apply", "-f", "-"], account);
  const name = `access-${madeIn.replace(/[^a-z0-9]+/g, "-")}`;
  const identities: Readonly<Partial<Record<CredentialKind, Identity>>> = {
    "admin kubeconfig": admin,
    "client certificate": { ca, ...(await certificateFor(lab, name)) },
    "bound token": { ca, token: (await mustKubectl(lab, ["create", "token", ACCOUNT, "--duration=4h"])).trim() },
    "legacy token": { ca, token: await legacyToken(lab, name) },
    ...Object.fromEntries(
      GIVEN_OUT.flatMap(([kind, key]) => {
        const text = givenOut[key];
        return text === undefined ? [] : [[kind, identityOf(text)] as const];
      }),
    ),
  };
  return Object.entries(identities).map(([kind, identity]) => ({ kind: kind as CredentialKind, madeIn, identity }));
};
