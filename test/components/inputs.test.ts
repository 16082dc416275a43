/** What is fixed in the inputs of resources, whatever the cluster: switches of Vault, of CAs and of providers. */
import assert from "node:assert/strict";
import { FIXTURES } from "./fixtures";
import { graphOf, kindOf } from "./graph";

const YEARS_10 = 315_360_000;
const HOUR = 3600;

/** Signs exactly the names that the plan has, whoever asks (core/vault.ts). */
const ROLE = {
  allowBareDomains: true,
  allowSubdomains: false,
  allowGlobDomains: false,
  allowWildcardCertificates: false,
  allowLocalhost: false,
  allowAnyName: false,
  enforceHostnames: false,
  basicConstraintsValidForNonCa: true,
  ttl: "31536000",
  maxTtl: "31536000",
};
const ACCESS = { tokenNoDefaultPolicy: true };
/** 1: below it the controller manager's own, which signs no CA. */
const PATH_LENGTH = 1;
const ROOT_USES = ["cert_signing", "crl_signing"];

/** By kind; every switch of a kind has to be here. */
const FIXED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "Mount AUTHORITY-mount": { type: "pki", maxLeaseTtlSeconds: YEARS_10 },
  "SecretBackendCrlConfig AUTHORITY-mount-crl": { autoRebuild: true, expiry: "72h" },
  "BackendConfigAutoTidy AUTHORITY-mount-tidy": {
    enabled: true,
    tidyCertStore: true,
    tidyRevokedCerts: true,
    safetyBuffer: "72h",
  },
  "SecretBackendConfigUrls AUTHORITY-mount-urls": {
    enableTemplating: true,
    issuingCertificates: ["{{cluster_aia_path}}/issuer/{{issuer_id}}/der"],
    crlDistributionPoints: ["{{cluster_aia_path}}/issuer/{{issuer_id}}/crl/der"],
  },
  // `internal`: the key cannot be had, by anybody
  "SecretBackendRootCert AUTHORITY-ca-certificate": {
    type: "internal",
    excludeCnFromSans: true,
    ttl: `${String(YEARS_10)}s`,
  },
  "SecretBackendIntermediateCertRequest AUTHORITY-ca-request": {
    type: "internal",
    excludeCnFromSans: true,
    addBasicConstraints: true,
  },
  "SecretBackendRootSignIntermediate AUTHORITY-ca-certificate": {
    backend: "corp",
    excludeCnFromSans: true,
    maxPathLength: PATH_LENGTH,
    ttl: `${String(YEARS_10)}s`,
  },
  "SecretBackendRootSignIntermediate AUTHORITY-ca-signer": { excludeCnFromSans: true, maxPathLength: 0 },
  "SecretBackendRootSignIntermediate AUTHORITY-ca-signer-NODE": { excludeCnFromSans: true, maxPathLength: 0 },
  "SecretBackendSign NODE-LEAF": { excludeCnFromSans: true, ttl: "31536000s" },
  "SecretBackendSign kubeconfigs-USER": { excludeCnFromSans: true, ttl: "31536000s" },
  "SecretBackendRole AUTHORITY-ca-role-LEAF": ROLE,
  "AuthBackendRole access-renew-role": { ...ACCESS, tokenTtl: HOUR, tokenMaxTtl: HOUR },
  "AuthBackendRole access-rotate-role": { ...ACCESS, tokenTtl: 12 * HOUR, tokenMaxTtl: 12 * HOUR },
  // a token that may only sign may make no child
  "vault vault": { skipChildToken: "true", address: "https://vault.example.com:8200" },

  "SelfSignedCert AUTHORITY-ca-certificate": {
    isCaCertificate: true,
    setSubjectKeyId: true,
    validityPeriodHours: 87_600,
  },
  "SelfSignedCert root-certificate": {
    isCaCertificate: true,
    setSubjectKeyId: true,
    allowedUses: ROOT_USES,
    validityPeriodHours: 3 * 87_600,
  },
  "LocallySignedCert AUTHORITY-ca-certificate": {
    isCaCertificate: true,
    setSubjectKeyId: true,
    allowedUses: ["digital_signature", ...ROOT_USES],
    validityPeriodHours: 87_600,
  },

  "kubernetes in-cluster-provider": {
    enablePatchForce: "true",
    enableConfigMapMutable: "true",
    clusterIdentifier: "kube-pki/prod",
  },
};

/** What the plan decides for each role: test/components/usages.test.ts, test/core/vault.test.ts. */
const OF_THE_PLAN = ["serverFlag", "clientFlag", "allowIpSans"];

const isSwitch = (value: unknown): boolean => [true, false, "true", "false"].some((each) => each === value);

describe("fixed inputs", () => {
  const seen = new Set<string>();

  for (const [fixture, changes] of Object.entries(FIXTURES))
    it(`are with ${fixture} what this list says, and no switch is missing in it`, async () => {
      const { all } = await graphOf(changes);
      for (const { name, type, inputs } of all.filter((each) => !each.type.startsWith("command:"))) {
        const kind = `${type.replace(/.*:/, "")} ${kindOf(name, type)}`;
        const fixed = FIXED[kind] ?? {};
        const own = Object.entries(inputs).filter(
          ([field, value]) => field in fixed || (isSwitch(value) && !OF_THE_PLAN.includes(field)),
        );
        assert.deepEqual(Object.fromEntries(own), fixed, `${name}, ${kind}`);
        seen.add(kind);
      }
    });

  it("have no kind in the list that no cluster asks for", () => {
    assert.deepEqual(
      Object.keys(FIXED).filter((kind) => !seen.has(kind)),
      [],
    );
  });

  it("have commands put out nothing of before, and log what is for people alone", async () => {
    const { all } = await graphOf(FIXTURES["generated CAs, rotated"]);
    for (const { name, type, inputs } of all)
      if (type === "command:remote:Command")
        assert.deepEqual([inputs["addPreviousOutputInEnv"], inputs["logging"]], [false, "stderr"], name);
  });
});
