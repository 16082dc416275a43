import assert from "node:assert/strict";
import {
  BACKEND_KINDS,
  BACKENDS,
  CA_SIGNERS,
  CSR_SIGNERS,
  DEFAULT_BACKEND,
  type BackendKind,
} from "../../../core/model/backends";

/** [where keys are, whether another CA may sign its CAs, the provider's token of a certificate, its input -> reason]. */
const EXPECTED: Readonly<
  Partial<Record<BackendKind, readonly [string, boolean, string, Readonly<Record<string, string>>]>>
> = {
  embedded: [
    "state",
    false,
    "tls:index/locallySignedCert:LocallySignedCert",
    {
      caCertPem: "its authority changes",
      caPrivateKeyPem: "its authority's key changes",
      certRequestPem: "its key or signing request changes",
      validityPeriodHours: "its validity changes",
      allowedUses: "its usages change",
    },
  ],
  vault: [
    "server",
    true,
    "vault:pkiSecret/secretBackendSign:SecretBackendSign",
    { csr: "its key or signing request changes", name: "its role changes" },
  ],
};

describe("kinds of authorities", () => {
  for (const kind of Object.keys(EXPECTED) as BackendKind[])
    it(`${kind}: where its keys are, who may sign it, and what it issues a certificate anew for`, () => {
      const { keyIn, mayBeSigned, leaf } = BACKENDS[kind];
      assert.deepEqual([keyIn, mayBeSigned, leaf.type, leaf.reasons], EXPECTED[kind]);
      assert.equal(new Map(Object.entries(leaf.reasons)).get(leaf.request), "its key or signing request changes");
    });

  it("read the end of a certificate off what their provider puts out, and nothing where it does not say it", () => {
    assert.equal(BACKENDS.embedded.leaf.endOf({ validityEndTime: "2027-11-22T00:00:00Z" }), "2027-11-22T00:00:00Z");
    assert.equal(BACKENDS.vault.leaf.endOf({ expiration: 1_795_305_600 }), "2026-11-22T00:00:00.000Z");
    for (const kind of BACKEND_KINDS)
      for (const outputs of [{}, { validityEndTime: 1_795_305_600, expiration: "1795305600" }])
        assert.equal(BACKENDS[kind].leaf.endOf(outputs), undefined);
  });

  it("are these, and the state where a stack file says nothing: it needs no server", () => {
    assert.deepEqual(
      BACKEND_KINDS.filter((kind) => kind in EXPECTED),
      Object.keys(EXPECTED),
    );
    assert.equal(DEFAULT_BACKEND, "embedded");
  });
});

describe("who signs a CA that does not sign itself", () => {
  it("has a mount where a server signs, and is waited for where people do", () => {
    assert.deepEqual(CA_SIGNERS, {
      mount: { hasMount: true, isAwaited: false },
      embedded: { hasMount: false, isAwaited: false },
      offline: { hasMount: false, isAwaited: true },
    });
  });
});

describe("where the controller manager's key is", () => {
  it("is the state, its node, or nowhere", () => {
    assert.deepEqual(CSR_SIGNERS, ["state", "node", "none"]);
  });
});
