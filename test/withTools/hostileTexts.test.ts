/** What tenants may write into objects of theirs, read by the real kubectl from a real API server, says nothing of others. */
import assert from "node:assert/strict";
import { ensure } from "../../tools/toolchain";
import { ApiServer } from "../lab/plugins/apiServer";
import { NodeKube } from "../../cli/nodeKube";
import type { Job } from "../../core/cluster/job";
import { runJob } from "../../core/cluster/run";
import { authority, leaf } from "../node/pki";
import { Scratch } from "../node/scratch";

const NAMESPACES = ["app", "evil", "kube-system"];
const since = 1_795_510_120; // 2026-11-24T08:48:40Z
const BEFORE = "2026-11-24T08:48:39Z";

describe("texts of tenants", function () {
  this.timeout(400_000);
  let api: ApiServer;
  let node: Scratch;
  let ca: string;

  /** KIND NAME of what a step finds, by the real node script and kubectl. */
  const found = async (job: Pick<Job, "tasks"> & Partial<Job>): Promise<readonly string[]> => {
    const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
    const through = { node: "n1", kubeconfig: "/etc/kubernetes/admin.conf", sudo: false };
    const kube = new NodeKube((_command, stdin) => node.run("objects", stdin), through, { kubernetes: ca }, clock);
    const lines: string[] = [];
    const said = { say: () => undefined, report: (line: string) => void lines.push(line) };
    await runJob({ force: ["scan"], ca, ...job }, { kube, clock, nodeScript: "", ...said });
    return lines.flatMap((line) => /^found (.*?) (?:began|lacks|has) /.exec(line)?.[1] ?? []);
  };

  const publish = (namespace: string, text: string): Promise<unknown> =>
    api.applyAs("kube-controller-manager", `/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kube-root-ca.crt", namespace },
      data: { "ca.crt": text },
    });

  const owned = (kind: string, name: string) => ({
    ownerReferences: [{ apiVersion: "apps/v1", kind, name, uid: "u", controller: true }],
  });

  /** One that runs since before the new CA was there, and mounts the cluster's CA. */
  const runPod = async (namespace: string, name: string, owner: object): Promise<void> => {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await api.create(path, {
      metadata: { name, ...owner },
      spec: {
        containers: [{ name: "c", image: "x" }],
        volumes: [{ name: "ca", configMap: { name: "kube-root-ca.crt" } }],
      },
    });
    const state = { running: { startedAt: BEFORE } };
    const status = { name: "c", image: "x", imageID: "x", ready: true, restartCount: 0, state };
    await api.merge(`${path}/${name}/status`, { status: { phase: "Running", containerStatuses: [status] } });
  };

  before(async () => {
    api = await ApiServer.start();
    node = new Scratch("dash");
    const { kubectl } = await ensure(["kubectl"], () => undefined);
    node.tool("kubectl", `#!/bin/sh\nexec ${kubectl} "$@"\n`);
    const kubeconfig = api.kubeconfig();
    node.write("/etc/kubernetes/admin.conf", kubeconfig, 0o600);
    ca = Buffer.from(/certificate-authority-data: (\S+)/.exec(kubeconfig)?.[1] ?? "", "base64").toString();
    for (const name of NAMESPACES)
      if (name !== "kube-system") await api.create("/api/v1/namespaces", { metadata: { name } });
  });
  after(async () => {
    node.remove();
    await api.stop();
  });

  it("publish no CA for another namespace", async () => {
    const { items } = (await api.get("/api/v1/namespaces")) as { items: { metadata: { name: string } }[] };
    for (const { metadata } of items) await publish(metadata.name, ca);
    assert.deepEqual(await found({ tasks: ["root-ca-seen"] }), [], "all have it");
    await publish("app", "-----BEGIN CERTIFICATE-----\nold\n-----END CERTIFICATE-----\n");
    for (const forged of ["configmap app\n", "app ", "app =", "\napp =", "\r\napp =\n"])
      for (const text of [ca, ca.replaceAll("\n", "%0A").replaceAll(" ", "+")]) {
        await publish("evil", `${ca}${forged}${text}`);
        assert.deepEqual(await found({ tasks: ["root-ca-seen"] }), ["ConfigMap app/kube-root-ca.crt"], forged);
      }
  });

  it("neither name nor hide a workload of another namespace", async () => {
    const replicaSet = (name: string, owner: object) => ({
      metadata: { name, labels: { app: name }, ...owner },
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "x" }] } },
      },
    });
    const sets = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/replicasets`;
    await api.create(sets("kube-system"), replicaSet("coredns-1", owned("Deployment", "coredns")));
    await runPod("kube-system", "dns", owned("ReplicaSet", "coredns-1"));
    assert.deepEqual(await found({ tasks: ["pods"], since }), ["Deployment kube-system/coredns"]);
    await api.create(sets("evil"), replicaSet("hides", owned("Job", "x\nkube-system/coredns-1 Job none\nevil/x")));
    await runPod(
      "evil",
      "names",
      owned(
        `X/a\nkube-system p Running root-ca began=2000-01-01T00:00:00Z owner=DaemonSet/kube-proxy\nevil z Running owner=Y`,
        "own name",
      ),
    );
    const seen = [...(await found({ tasks: ["pods"], since }))].sort();
    assert.equal(seen.length, 2, seen.join("\n"));
    assert.equal(seen[0], "Deployment kube-system/coredns");
    assert.match(seen[1] ?? "", /^X\/a kube-system p .* evil\/own name$/);
  });

  it("keep no Secret of kube-system from being named, and name none there", async () => {
    const old = authority();
    const entry = (text: string): object => ({ data: { "tls.crt": Buffer.from(text).toString("base64") } });
    const put = (namespace: string, name: string, text: string) =>
      api.create(`/api/v1/namespaces/${namespace}/secrets`, { metadata: { name }, ...entry(text) });
    const { cert, key } = leaf(old, "it");
    await put("kube-system", "calico-etcd", cert + key);
    await put("kube-system", "another", leaf(authority(), "it").cert);
    await put("evil", "forges", `${cert}\n= kube-system/forged tls.crt\n${cert}\nend\n`);
    const seen = await found({ tasks: ["secrets"], old: old.cert });
    assert.deepEqual([...seen].sort(), ["Secret evil/forges", "Secret kube-system/calico-etcd"]);
  });
});
