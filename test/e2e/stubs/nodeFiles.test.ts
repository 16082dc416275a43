import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthorities, pkiFiles } from "../../lab/hardwayPki";
import { topology, type NodeSpec } from "../../lab/topology";
import { notOfGeneration, troubles } from "./nodeFiles";

const { nodes } = topology("stubs");
const node = (name: string): NodeSpec => nodes.find((each) => each.name === name)!;
const K = "/var/lib/kubernetes";

describe("files of a node of stubs", () => {
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), "kube-pki-files-")));
  let cp1: Record<string, string>;
  let w1: Record<string, string>;
  let others: Record<string, string>;

  before(async () => {
    for (const folder of folders) await makeAuthorities(folder);
    const [one = "", other = ""] = folders;
    cp1 = await pkiFiles(one, node("cp1"), "10.77.0.1:6443");
    w1 = await pkiFiles(one, node("w1"), "10.77.0.1:6443");
    others = await pkiFiles(other, node("cp1"), "10.77.0.1:6443");
  });
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  /** What is said when these files are the other set's. */
  const withOther = (...paths: string[]): string[] =>
    troubles(
      new Map(Object.entries({ ...cp1, ...Object.fromEntries(paths.map((path) => [path, others[path] ?? ""])) })),
    );

  it("are whole as they are made", () => {
    assert.deepEqual(troubles(new Map(Object.entries(cp1))), []);
    assert.deepEqual(troubles(new Map(Object.entries(w1))), []);
  });

  it("are not whole when a half is another one's", () => {
    assert.deepEqual(withOther("/etc/etcd/peer.key"), ["/etc/etcd/peer: certificate and key do not match"]);
    assert.deepEqual(withOther(`${K}/ca.key`), ["ca: certificate and key do not match"]);
    assert.deepEqual(withOther(`${K}/service-accounts.key`), ["service-accounts.key: its public half is not trusted"]);
  });

  it("are not whole when the CA beside them did not sign them", () => {
    const not = "not signed by a CA that is trusted beside it";
    assert.deepEqual(withOther("/etc/etcd/ca.crt"), [`/etc/etcd/server: ${not}`, `/etc/etcd/peer: ${not}`]);
    assert.deepEqual(withOther(`${K}/front-proxy-ca.crt`), [`${K}/front-proxy-client: ${not}`]);
    const both = { ...cp1, "/etc/etcd/ca.crt": `${others["/etc/etcd/ca.crt"] ?? ""}${cp1["/etc/etcd/ca.crt"] ?? ""}` };
    assert.deepEqual(troubles(new Map(Object.entries(both))), []);
  });

  it("name each CA and leaf that is not of a generation", () => {
    const found = notOfGeneration(new Map(Object.entries(w1)), 2);
    assert.deepEqual(found.sort(), [
      "/var/lib/kube-proxy/kubeconfig is signed by kubernetes",
      "/var/lib/kube-proxy/kubeconfig trusts kubernetes",
      "/var/lib/kubelet/ca.crt trusts kubernetes",
      "/var/lib/kubelet/kubeconfig is signed by kubernetes",
      "/var/lib/kubelet/kubeconfig trusts kubernetes",
      "/var/lib/kubelet/kubelet.crt is signed by kubernetes",
    ]);
    const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" });
    assert.deepEqual(notOfGeneration(new Map([[`${K}/service-accounts.pub`, `${String(key)}${String(key)}`]]), 2), [
      "service-accounts.pub holds 2 keys",
    ]);
  });
});
