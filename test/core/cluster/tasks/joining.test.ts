import assert from "node:assert/strict";
import { parse } from "yaml";
import { pemOf, blocksOf } from "../../../../core/format/pemBlocks";
import { base64, FakeCluster, NEW, OLD, OTHER } from "../fakeKube";

const kubeconfig = (cas: string, more = "") =>
  `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${base64(cas)}\n    server: "https:\\\\h"\n  name: ""\n${more}`;
const holds = (text: string) => ({
  metadata: { name: "cluster-info", namespace: "kube-public" },
  data: { kubeconfig: text },
});

interface Parsed {
  clusters: { cluster: { "certificate-authority-data": string; server: string } }[];
  [more: string]: unknown;
}

describe("cluster-info", () => {
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.known["kubernetes"] = OLD + NEW;
  });
  const run = (task: "cluster-info-add" | "cluster-info-exact") => cluster.work({ tasks: [task], ca: NEW });
  const held = (): Parsed =>
    parse((cluster.find("configmaps", "cluster-info") as { data: { kubeconfig: string } }).data.kubeconfig) as Parsed;
  const cas = () => Buffer.from(held().clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64").toString();
  const canonical = (text: string) => pemOf(blocksOf(text));

  it("gets the new CA beside what it has, and all else stays", async () => {
    const more = "users: null\nx-custom: [1, {a: b}] # why\n";
    cluster.put("configmaps", holds(kubeconfig(OLD, more)));
    assert.match((await run("cluster-info-add")).said, /has the CAs that are trusted now/);
    assert.equal(cas(), canonical(OLD + NEW));
    const { clusters, ...rest } = held();
    assert.equal(clusters[0]?.cluster.server, "https:\\h");
    assert.deepEqual(rest, { apiVersion: "v1", users: null, "x-custom": [1, { a: "b" }] });
  });

  it("loses what goes at the end, and keeps a CA that is not this cluster's, such as a balancer's", async () => {
    cluster.put("configmaps", holds(kubeconfig(OTHER + OLD)));
    await run("cluster-info-exact");
    assert.equal(cas(), canonical(NEW + OTHER));
  });

  it("is read in whatever form its YAML has", async () => {
    cluster.put("configmaps", holds(JSON.stringify(parse(kubeconfig(OLD)))));
    await run("cluster-info-add");
    assert.equal(cas(), canonical(OLD + NEW));
  });

  it("is let be where it has what it should, where there is none, and where it names no CA", async () => {
    for (const object of [
      holds(kubeconfig(OLD + NEW)),
      undefined,
      holds("clusters: []\n"),
      holds("clusters:\n- name: x\n"),
    ]) {
      cluster = new FakeCluster();
      if (object !== undefined) cluster.put("configmaps", object);
      assert.equal((await run("cluster-info-add")).why, "");
      assert.deepEqual(cluster.changes, []);
    }
  });

  it("is refused where it is no YAML", async () => {
    cluster.put("configmaps", holds("clusters: [\n"));
    assert.match(
      (await run("cluster-info-add")).why,
      /^cluster-info in kube-public is not YAML \(.*\): correct it with `kubectl edit/,
    );
    assert.deepEqual(cluster.changes, []);
  });
});
