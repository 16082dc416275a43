import assert from "node:assert/strict";
import { LEASES, leaseServers } from "../../../core/nodes/leases";
import { LISTENERS } from "../../../core/model/listeners";
import { configWith } from "../fixture";
import { readGolden } from "./kubeadm/golden";

/** Gives its lease back by itself when it is told to end: seen within a second of a SIGTERM (core/leases.ts). */
const RELEASES = ["kube-scheduler"];

describe("leases", () => {
  it("has each component that elects a leader in kubeadm's manifests and keeps the lease", () => {
    const electing = Object.entries(readGolden().manifests).flatMap(([name, { flags }]) =>
      flags["leader-elect"] === "true" ? [name] : [],
    );
    assert.deepEqual(
      LEASES.map(({ consumer }) => consumer),
      electing.filter((name) => !RELEASES.includes(name)),
    );
  });

  it("names the lease and who may give it back", () => {
    assert.deepEqual(LEASES, [
      {
        consumer: "kube-controller-manager",
        lease: "kube-system/kube-controller-manager",
        profile: "controller-manager",
      },
    ]);
  });

  it("is given back at the node's own API server, and at those of other nodes while that one restarts", () => {
    const config = configWith();
    const [node] = config.nodes;
    const on = { node: node!, config, listeners: LISTENERS };
    assert.deepEqual(leaseServers(on), ["10.0.0.11:6443", "api.example.com:6443"]);
    const own = { ...config, cluster: { ...config.cluster, endpoint: "10.0.0.11:6443" } };
    assert.deepEqual(leaseServers({ ...on, config: own }), ["10.0.0.11:6443"]);
  });
});
