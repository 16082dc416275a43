import assert from "node:assert/strict";
import { config, node, problems, type Raw } from "../fixtures";

const off = { enabled: false };
const left = (...profiles: readonly string[]): Raw => ({
  certificates: { profiles: Object.fromEntries(profiles.map((name) => [name, off])) },
});
const MEMBERS = ["etcd-server", "etcd-peer"];
const ALL = [...MEMBERS, "etcd-healthcheck-client", "apiserver-etcd-client"];

describe("where etcd runs", () => {
  const sentence =
    "nodes: none has the role etcd, and etcd-server and etcd-peer are disabled under certificates.profiles; must be a list that says which nodes run etcd; " +
    "give these the role etcd (roles: [control-plane, etcd]), or add the members of an external etcd with roles: [etcd] (as static pods of kubeadm's, or layout: etcdadm); " +
    "one on nodes that the stack does not reach is not supported";

  it("has to be said where its certificates are left to others, since it may be elsewhere", () => {
    assert.deepEqual(problems(config(left(...ALL))), [sentence]);
    assert.deepEqual(problems(config(left(...MEMBERS))), [sentence]);
  });

  it("has to be said where no control plane runs it", () => {
    const members = [node("e1", "10.0.0.3", { roles: ["etcd"] })];
    const nodes = [node("cp1", "10.0.0.1", { roles: ["control-plane"] }), node("w1", "10.0.0.2")];
    const layout = "etcdadm";
    assert.deepEqual(problems(config({ layout, nodes })), [
      "nodes: none has the role etcd, with layout etcdadm; must be a list with the members of etcd; add them, with roles: [etcd]",
    ]);
    assert.deepEqual(problems(config({ layout, nodes: [...nodes, ...members] })), []);
    assert.deepEqual(problems(config({ layout, nodes: [...nodes, ...members], ...left(...ALL) })), []);
  });

  it("is known where it is said, or where the stack has any of its certificates", () => {
    const nodes = [node("cp1", "10.0.0.1", { roles: ["control-plane", "etcd"] }), node("w1", "10.0.0.2")];
    assert.deepEqual(problems(config({ nodes, ...left(...ALL) })), []);
    assert.deepEqual(problems(config(left("etcd-server"))), []);
    assert.deepEqual(problems(config(left("apiserver-etcd-client", "etcd-healthcheck-client"))), []);
  });
});
