import assert from "node:assert/strict";
import { hasKubelet, topology, topologyNames, type TopologyName } from "../lab/topology";
import { changesOf } from "./changedByHand";

type Cluster = Parameters<typeof changesOf>[0];

/** What is asked of a lab before anything is changed. */
const notStarted = (name: TopologyName): Cluster => {
  const known = topology(name);
  const clusterNodes = known.nodes.filter((node) => hasKubelet(node, known.installer)).map((node) => node.name);
  return { topology: known, nodes: known.nodes, clusterNodes, kubernetesVersion: "v1.36.3" } as unknown as Cluster;
};

/** Without what escapes a dot or a slash. */
const toldOn = (name: TopologyName): string[] =>
  changesOf(notStarted(name)).flatMap(({ node, told }) =>
    told.map(({ source }) => `${node} ${source.replaceAll("\\", "")}`),
  );

describe("what is changed by hand", () => {
  for (const name of topologyNames.filter((each) => topology(each).nodes.some((node) => node.name === "w1")))
    it(`${name}: is in files of its layout, on nodes that it has`, () => {
      assert.ok(toldOn(name).length >= 6);
    });

  it("is where kubeadm was told to have its files", () => {
    assert.ok(toldOn("duo").some((told) => told.startsWith("cp1 /etc/kubernetes/pki/apiserver.crt, ")));
    assert.ok(toldOn("moved").some((told) => told.startsWith("cp1 /etc/kubernetes/ssl/apiserver.crt, ")));
  });

  it("is on a member of etcd, with the node's name in the path", () => {
    assert.ok(toldOn("hardway").some((told) => told.startsWith("etcd1 /etc/etcd/server.key: ")));
    assert.ok(toldOn("kubespray").some((told) => told.startsWith("cp1 /etc/ssl/etcd/ssl/member-cp1-key.pem: ")));
  });

  it("is a kubelet's own rotation only where it rotates", () => {
    assert.ok(toldOn("duo").some((told) => told.includes("by itself")));
    assert.ok(toldOn("hardway").some((told) => told.startsWith("w1 /var/lib/kubelet/kubeconfig: kubelet was renewed")));
  });
});
