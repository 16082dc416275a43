import assert from "node:assert/strict";
import { clusterInfoText, isClusterInfoExact } from "../../../core/cluster/clusterInfo";
import { configWith } from "../fixture";

describe("cluster-info", () => {
  it("is what kubeadm writes", () => {
    assert.equal(
      clusterInfoText("api.example.com:6443", "-----BEGIN CERTIFICATE-----\n"),
      `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    server: https://api.example.com:6443
  name: ""
contexts: null
current-context: ""
kind: Config
users: null
`,
    );
  });

  const rotation = { generation: 2 };
  const adopt = { kubernetes: "ab".repeat(32), etcd: "ab".repeat(32), frontProxy: "ab".repeat(32) };
  const CASES: Record<string, [changes: Readonly<Record<string, unknown>>, expected: boolean]> = {
    "is left alone without a rotation": [{}, false],
    "is left alone at generation 1": [{ rotation: {} }, false],
    "is left alone when only others are rotated": [{ rotation: { frontProxy: { generation: 2 } } }, false],
    "is left alone when work in the cluster is turned off": [{ rotation, inCluster: { enabled: false } }, false],
    "is left alone where kubeadm is not": [{ rotation, layout: "hardway" }, false],
    "is added to in trust": [{ rotation: { ...rotation, phase: "trust" } }, false],
    "is added to in issue": [{ rotation: { ...rotation, phase: "issue" } }, false],
    "holds only the new one when done": [{ rotation }, true],
    "holds only the new one after an adoption": [{ adopt }, true],
    "is added to in an adoption that stops": [{ adopt, rotation: { phase: "issue" } }, false],
  };
  for (const [title, [changes, expected]] of Object.entries(CASES))
    it(title, () => {
      assert.equal(isClusterInfoExact(configWith(changes)), expected);
    });
});
