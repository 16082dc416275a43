import "reflect-metadata"; // @peculiar/x509 asks for it
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { HeldJob } from "../../../../core/cluster/own";
import { base64, FakeCluster, NEW, OLD, OTHER } from "../fakeKube";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const server = async (...names: readonly string[]): Promise<string> =>
  (
    await x509.X509CertificateGenerator.createSelfSigned({
      name: "CN=hook",
      keys: await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension(names.map((value): x509.JsonGeneralName => ({ type: "dns", value }))),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      ],
    })
  ).toString("pem");

const SECRET = { namespace: "web", name: "hook", certificate: "tls.crt", key: "tls.key", ca: "ca.crt" };
const TILL = { kind: "Deployment", namespace: "web", name: "till" } as const;

const held = (changes: Partial<HeldJob> = {}): HeldJob => ({
  leaf: "own.hook",
  authority: "kubernetes",
  secret: SECRET,
  ca: OLD,
  allowLoss: [],
  restart: [],
  ...changes,
});

const workload = () => ({
  metadata: { namespace: "web", name: "till", generation: 1 },
  spec: { template: {} },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
});

const work = (cluster: FakeCluster, ...jobs: readonly HeldJob[]) =>
  cluster.work({ tasks: ["held-certificates"], held: jobs });

const dataOf = (cluster: FakeCluster, resource: "secrets" | "configmaps" = "secrets"): Record<string, string> => {
  const { data = {} } = (cluster.find(resource, "hook") ?? {}) as { data?: Record<string, string> };
  return resource === "configmaps"
    ? data
    : Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
};

describe("task held-certificates", () => {
  let pair = { certificate: "", key: "KEY\n" };
  let next = pair;
  before(async () => {
    pair = { certificate: await server("hook.web.svc"), key: "KEY\n" };
    next = { certificate: await server("hook.web.svc"), key: "NEXT KEY\n" };
  });
  const made = async (): Promise<FakeCluster> => {
    const cluster = new FakeCluster().put("deployments.apps", workload());
    assert.equal((await work(cluster, held({ pair, restart: [TILL] }))).why, "");
    cluster.changes.length = 0;
    return cluster;
  };

  it("makes a Secret of the kind that servers ask for, and restarts who reads it", async () => {
    const cluster = new FakeCluster().put("deployments.apps", workload());
    const { why } = await work(cluster, held({ pair, restart: [TILL] }));
    assert.equal(why, "");
    assert.deepEqual(cluster.changes, ["apply web/hook", "patch deployments.apps web/till"]);
    assert.deepEqual(cluster.find("secrets", "hook"), {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { namespace: "web", name: "hook", annotations: { "kube-pki/certificate": "own.hook" } },
      data: { "ca.crt": base64(OLD), "tls.crt": base64(pair.certificate), "tls.key": base64(pair.key) },
    });
    const [, rolled] = cluster.bodies;
    assert.match(JSON.stringify(rolled), /"kube-pki\/certificate\.own\.hook":"[0-9a-f]{8}"/);
  });

  it("makes one with keys of another name for who wants those", async () => {
    const cluster = new FakeCluster();
    await work(
      cluster,
      held({ pair, secret: { ...SECRET, certificate: "etcd-cert", key: "etcd-key", ca: "etcd-ca" } }),
    );
    assert.equal((cluster.find("secrets", "hook") as { type: string }).type, "Opaque");
    assert.deepEqual(Object.keys(dataOf(cluster)).sort(), ["etcd-ca", "etcd-cert", "etcd-key"]);
  });

  it("changes nothing where all of it is there", async () => {
    const cluster = await made();
    await work(cluster, held({ pair, restart: [TILL] }));
    assert.deepEqual(cluster.changes, []);
  });

  it("takes a new CA in, then a new pair, and lets the old CA go without a restart", async () => {
    const cluster = await made();
    await work(cluster, held({ ca: OLD + NEW, restart: [TILL] }));
    assert.deepEqual([dataOf(cluster)["ca.crt"], dataOf(cluster)["tls.crt"]], [OLD + NEW, pair.certificate]);
    assert.deepEqual(cluster.changes, ["patch secrets web/hook", "patch deployments.apps web/till"]);
    cluster.changes.length = 0;
    await work(cluster, held({ ca: NEW, pair: next, restart: [TILL] }));
    assert.deepEqual(dataOf(cluster), { "ca.crt": OLD + NEW, "tls.crt": next.certificate, "tls.key": next.key });
    assert.deepEqual(cluster.changes, ["patch secrets web/hook", "patch deployments.apps web/till"]);
    cluster.changes.length = 0;
    await work(cluster, held({ ca: NEW, old: OLD }));
    assert.deepEqual([dataOf(cluster)["ca.crt"], dataOf(cluster)["tls.key"]], [NEW, next.key]);
    assert.deepEqual(cluster.changes, ["patch secrets web/hook"]);
  });

  it("removes the CAs that only the node knows, and none of somebody else's", async () => {
    const cluster = await made();
    await work(cluster, held({ ca: OLD + NEW + OTHER }));
    cluster.known["kubernetes"] = OLD + NEW;
    await work(cluster, held({ ca: NEW, old: "" }));
    assert.equal(dataOf(cluster)["ca.crt"], NEW + OTHER);
  });

  it("does not make a Secret before its certificate is issued", async () => {
    const cluster = new FakeCluster();
    assert.equal((await work(cluster, held({ ca: NEW, restart: [TILL] }))).why, "");
    assert.deepEqual(cluster.changes, []);
  });

  it("keeps the public parts in a ConfigMap as well, and no key", async () => {
    const cluster = new FakeCluster().put("configmaps", {
      metadata: { namespace: "web", name: "hook" },
      data: { note: "mine", "ca.crt": OTHER },
    });
    const configMap = { namespace: "web", name: "hook", ca: "ca.crt", certificate: "hook.crt" };
    await work(cluster, held({ pair, configMap }));
    assert.deepEqual(dataOf(cluster, "configmaps"), {
      note: "mine",
      "ca.crt": OTHER + OLD,
      "hook.crt": pair.certificate,
    });
  });

  it("refuses to lose a name of a certificate that somebody else has made", async () => {
    const theirs = await server("hook.web.svc", "hook.example.com");
    const cluster = () =>
      new FakeCluster().put("secrets", {
        metadata: { namespace: "web", name: "hook" },
        data: { "tls.crt": base64(theirs), "tls.key": base64("THEIRS") },
      });
    const refused = cluster();
    const { why } = await work(refused, held({ pair }));
    assert.equal(
      why,
      "Secret web/hook: its certificate would lose DNS:hook.example.com: add to certificates.own.hook what somebody uses, " +
        "and allow the loss of what nobody uses (certificates.own.hook.allowLoss)",
    );
    assert.deepEqual(refused.changes, []);
    const allowed = cluster();
    assert.equal((await work(allowed, held({ pair, allowLoss: ["DNS:hook.example.com"] }))).why, "");
    assert.equal(dataOf(allowed)["tls.key"], pair.key);
  });

  it("names a workload that is not there", async () => {
    const { why } = await work(new FakeCluster(), held({ pair, restart: [TILL] }));
    assert.equal(
      why,
      "Deployment web/till is not in the cluster, but is listed under certificates.own.hook.restart: remove it there",
    );
  });
});
