import "reflect-metadata";
import assert from "node:assert/strict";
import { X509Certificate, type KeyObject } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Issued } from "../../components/authority/authority";
import { offlineSigner } from "../../components/authority/caSigner";
import { authoritiesOf } from "../../components/authority/generations";
import { importedOne } from "../../components/authority/vaultCa";
import { nodeCsrSigners } from "../../core/authorities/nodeCsrSigners";
import { isKeyOf } from "../../core/certificates/signingRequests";
import { AUTHORITIES } from "../../core/model/authorities";
import type { Config } from "../../core/schema/config";
import { configWith } from "../core/fixture";
import { OpenBao } from "../lab/openbao";
import { plainInputs } from "../components/plainInputs";
import { errorsOf, TestStack } from "../lab/plugins/testStack";
import { requestOf } from "../lab/stolenToken";

/** The moment that plans are made for is in the past. */
const LONG_AGO = "8760h";

type Json = Readonly<Record<string, unknown>>;

/** Certificates of a PEM bundle. */
const certificatesIn = (pem: unknown): X509Certificate[] =>
  String(pem)
    .split(/(?=-----BEGIN)/)
    .map((each) => new X509Certificate(each));

describe("authorities that move, and CAs that others sign, on a real OpenBao", function () {
  this.timeout(400_000);
  let server: OpenBao;
  let stack: TestStack;
  let asked: string | undefined;
  const environment = { ...process.env };

  const configure = (authority: Json, more: Json = {}) =>
    configWith({ authority, rollout: { acceptEtcdDowntime: true }, ...more });
  const ownMounts = (folder: string) => ({ address: server.address, mounts: OWN(folder) });
  const vault = (more: Json = {}) => ({ kind: "vault", vault: { address: server.address }, ...more });

  /** The authorities, and the certificate of a kubelet by whoever signs. */
  const program = (of: Config) => async () => {
    const inputs = plainInputs(of);
    const { plan } = inputs;
    const { generations, requests } = authoritiesOf(
      "prod",
      { inputs, clients: [], csrSignerRequests: () => new Map() },
      {},
    );
    const [leaf] = plan.nodes[0]?.leaves.filter(({ profile }) => profile === "kubelet") ?? [];
    assert.ok(leaf);
    const request = { ...leaf, role: "kubelet", requestPem: (asked ??= await requestOf(leaf)) };
    const issuer = generations?.kubernetes.issuer;
    return {
      requests,
      kubelet: issuer?.issue("prod-cp1-kubelet", request, {}).certificatePem,
      signer: issuer?.csrSignerPem,
      trust: generations && AUTHORITIES.map((name) => generations[name].target.trustPem),
    };
  };
  const up = async (of: Config) => {
    const run = await stack.up(program(of));
    assert.equal(run.failed, false, errorsOf(run));
    return run;
  };
  const issuerOf = async () => new X509Certificate(String(await stack.output("kubelet"))).issuer;
  const keyOf = async (): Promise<KeyObject> =>
    certificatesIn(((await stack.output("trust")) as string[])[0])[0]?.publicKey ?? assert.fail("no trust");

  before(async () => {
    server = await OpenBao.start();
    Object.assign(process.env, server.env());
  });
  beforeEach(async () => {
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
  });
  after(async () => {
    process.env = environment;
    await server.stop();
  });

  it("go from the state into Vault and out of it again by a rotation each, phase by phase, and back", async () => {
    await up(configure({ kind: "embedded" }));
    assert.equal(await issuerOf(), "CN=prod-kubernetes-ca-g1");
    const first = await keyOf();
    const earlier = [{ generations: 1, kind: "embedded" }];
    const into = vault({ earlier });
    await up(configure(into));
    assert.ok((await keyOf()).equals(first), "nothing moves before the rotation");
    const phase = async (name: string) => {
      await up(configure(into, { rotation: { generation: 2, phase: name } }));
      return issuerOf();
    };
    assert.equal(await phase("trust"), "CN=prod-kubernetes-ca-g1");
    assert.equal(await phase("issue"), "CN=prod-kubernetes-ca-g2");
    assert.equal(new X509Certificate(String(await stack.output("signer"))).subject, "CN=prod-kubernetes-ca-g2-signer");
    assert.equal(await phase("trust"), "CN=prod-kubernetes-ca-g1");
    assert.equal(await phase("done"), "CN=prod-kubernetes-ca-g2");
    const { key_info: issuers } = await server.must("LIST", "kube-pki/prod/kubernetes/issuers");
    assert.equal(Object.keys(issuers as object).length, 1);

    const outOf = {
      kind: "embedded",
      vault: { address: server.address },
      earlier: [...earlier, { generations: 2, kind: "vault" }],
    };
    for (const [name, issuer] of [
      ["trust", 2],
      ["issue", 3],
      ["done", 3],
    ] as const) {
      await up(configure(outOf, { rotation: { generation: 3, phase: name } }));
      assert.equal(await issuerOf(), `CN=prod-kubernetes-ca-g${String(issuer)}`);
    }
    const again = await up(configure(outOf, { rotation: { generation: 3 } }));
    const changed = Object.entries(again.steps).filter(([, ops]) => ops.some((op) => op !== "same"));
    assert.deepEqual(changed, []);
  });

  it("go from one mount to another one, one authority alone", async () => {
    for (const path of ["pki/old", "pki/new"]) {
      await server.must("POST", `sys/mounts/${path}`, { type: "pki", config: { max_lease_ttl: "90000h" } });
    }
    const kind = { kubernetes: "vault" };
    const [from, into] = [{ kubernetes: "pki/old" }, { kubernetes: "pki/new" }];
    await up(configure({ kind, vault: { address: server.address, mounts: from } }));
    const to = {
      kind,
      vault: { address: server.address, mounts: into },
      earlier: [{ kind, vault: { mounts: from }, generations: 1 }],
    };
    await up(configure(to, { rotation: { kubernetes: { generation: 2 } } }));
    assert.equal(await issuerOf(), "CN=prod-kubernetes-ca-g2");
    const { key_info: issuers } = await server.must("LIST", "pki/new/issuers");
    assert.equal(Object.keys(issuers as object).length, 1);
  });

  it("give each control plane a signer for the key it made, trusted beside its CA and as long", async () => {
    const of = configure(vault({ csrSigner: "node", vault: ownMounts("signers") }), { rotation: { generation: 1 } });
    await makeMounts("signers");
    const [asked] = nodeCsrSigners({ roles: ["control-plane"] }, of);
    assert.ok(asked);
    const made = { cp1: await requestOf(asked), cp2: await requestOf(asked) };
    const wanted = () => {
      const requests = new Map(Object.entries(made).map(([node, pem]) => [node, pulumi.output(pem)]));
      const planned = { inputs: plainInputs(of), clients: [], csrSignerRequests: () => requests };
      const { kubernetes } = authoritiesOf("prod", planned, {}).generations ?? assert.fail("no authorities");
      const signers = kubernetes.target.nodeCsrSigners ?? new Map<string, Issued>();
      return {
        key: kubernetes.target.keyPem ?? "none",
        trust: kubernetes.target.trustPem,
        signers: Object.fromEntries([...signers].map(([node, { certificatePem }]) => [node, certificatePem])),
      };
    };
    const seen = async () => {
      const run = await stack.up(wanted);
      assert.equal(run.failed, false, errorsOf(run));
      const [ca, ...signers] = certificatesIn(await stack.output("trust"));
      assert.ok(ca);
      const named = Object.entries((await stack.output("signers")) as Record<string, string>);
      for (const [node, pem] of named) {
        const signer = new X509Certificate(pem);
        assert.ok(isKeyOf(made[node as keyof typeof made], signer) && signer.verify(ca.publicKey) && signer.ca, node);
        assert.equal(signer.validTo, ca.validTo);
      }
      return { signers: signers.map(({ raw }) => raw.toString("hex")), named: named.map(([, pem]) => pem), run };
    };
    const first = await seen();
    assert.deepEqual(
      first.signers,
      first.named.map((pem) => new X509Certificate(pem).raw.toString("hex")),
    );
    assert.equal(first.signers.length, 2);
    assert.equal(await stack.output("key"), "none");
    assert.doesNotMatch(JSON.stringify(await stack.exported()), /PRIVATE KEY/, "an export with its secrets");
    // a node that was replaced
    made.cp2 = await requestOf(asked);
    const second = await seen();
    assert.equal(second.named[0], first.named[0]);
    assert.notEqual(second.named[1], first.named[1]);
  });

  it("are refused a mount that cuts a CA short", async () => {
    await server.must("POST", "sys/mounts/pki/short", { type: "pki", config: { max_lease_ttl: "100h" } });
    const run = await stack.up(
      program(
        configure({
          kind: { kubernetes: "vault" },
          vault: { address: server.address, mounts: { kubernetes: "pki/short" } },
        }),
      ),
    );
    assert.ok(run.failed);
    assert.match(
      errorsOf(run),
      /asked for 3650d, but the certificate is valid for only 4d4h: the mount pki\/short allows/,
    );
  });

  /** What is trusted is the CA that was signed, and nothing above it. */
  const assertSigned = async (root: X509Certificate | undefined): Promise<void> => {
    const [ca, ...more] = certificatesIn(((await stack.output("trust")) as string[])[0]);
    assert.ok(ca?.ca);
    assert.deepEqual(more, []);
    assert.equal(ca.subject, "CN=prod-kubernetes-ca-g1");
    const leaf = new X509Certificate(String(await stack.output("kubelet")));
    assert.ok(leaf.verify(ca.publicKey), "the leaf is the CA's");
    assert.ok(!ca.verify(ca.publicKey), "the CA does not sign itself");
    if (root !== undefined) assert.ok(ca.verify(root.publicKey), "the CA is the root's");
  };
  const sameAgain = async (of: Config) => {
    const again = await up(of);
    assert.deepEqual(
      Object.entries(again.steps).filter(([, ops]) => ops.some((op) => op !== "same")),
      [],
    );
  };

  it("are signed by the issuer of another mount, by a root in the state", async () => {
    await server.must("POST", "sys/mounts/pki/root", { type: "pki", config: { max_lease_ttl: "90000h" } });
    const { certificate } = await server.must("POST", "pki/root/root/generate/internal", {
      common_name: "our root",
      ttl: "90000h",
    });
    const byMount = configure(vault({ signedBy: { kind: "mount", mount: "pki/root" }, vault: ownMounts("mount") }));
    await makeMounts("mount");
    await up(byMount);
    await assertSigned(new X509Certificate(String(certificate)));
    await sameAgain(byMount);
    stack.remove();
    stack = await TestStack.create();
    await makeMounts("state");
    const byState = configure(vault({ signedBy: { kind: "embedded" }, vault: ownMounts("state") }));
    await up(byState);
    await assertSigned(undefined);
    await sameAgain(byState);
  });

  it("are signed by people: the requests are put out, nothing is issued until the certificates are given", async () => {
    await makeMounts("people");
    const waiting = vault({ signedBy: { kind: "offline" }, vault: ownMounts("people") });
    await up(configure(waiting));
    assert.equal(await stack.output("kubelet"), undefined);
    const requests = (await stack.output("requests")) as Record<string, string>;
    assert.deepEqual(Object.keys(requests).sort(), [
      "prod-etcd-ca-g1",
      "prod-front-proxy-ca-g1",
      "prod-kubernetes-ca-g1",
    ]);
    await server.must("POST", "sys/mounts/pki/offline", { type: "pki", config: { max_lease_ttl: "90000h" } });
    const root = await server.must("POST", "pki/offline/root/generate/internal", { common_name: "r", ttl: "90000h" });
    const sign = async (name: string) => {
      const { certificate } = await server.must("POST", "pki/offline/root/sign-intermediate", {
        csr: requests[name],
        common_name: name,
        ttl: "87000h",
        not_before_duration: LONG_AGO,
      });
      return { "1": certificate };
    };
    const signed = {
      kubernetes: await sign("prod-kubernetes-ca-g1"),
      etcd: await sign("prod-etcd-ca-g1"),
      frontProxy: await sign("prod-front-proxy-ca-g1"),
    };
    const given = configure({ ...waiting, signed });
    await up(given);
    await assertSigned(new X509Certificate(String(root["certificate"])));
    await sameAgain(given);
  });

  it("are refused a certificate of another key", async () => {
    const request = await requestOf({ commonName: "ca" });
    const other = await server.must("POST", "pki/offline/root/sign-intermediate", {
      csr: await requestOf({ commonName: "ca" }),
      common_name: "ca",
    });
    const asked = { commonName: "ca", requestPem: request, validitySeconds: 3600 };
    const given = offlineSigner(String(other["certificate"]))("prod-etcd-ca", asked, {});
    await assert.rejects(
      (given as unknown as { promise(): Promise<string> }).promise(),
      /^Error: authority\.signed: the certificate for prod-etcd-ca has another key than its signing request; must be/,
    );
  });

  it("say how to go on where a run was killed while it handed a signed CA over", () => {
    assert.equal(importedOne("prod-etcd-ca-signed", "pki/etcd", ["one"]), "one");
    assert.throws(
      () => importedOne("prod-etcd-ca-signed", "pki/etcd", []),
      /pki\/etcd already has this CA, imported by a run/,
    );
  });

  /** Mounts of a test's own, which the next test does not find in its way. */
  const OWN = (of: string) =>
    Object.fromEntries(AUTHORITIES.map((name) => [name, `own/${of}/${name}`])) as Record<
      (typeof AUTHORITIES)[number],
      string
    >;
  const makeMounts = async (of: string): Promise<void> => {
    for (const path of Object.values(OWN(of)))
      await server.must("POST", `sys/mounts/${path}`, { type: "pki", config: { max_lease_ttl: "90000h" } });
  };
});
