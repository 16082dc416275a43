import assert from "node:assert/strict";
import { LAYOUT_NAMES, LAYOUTS } from "../../../../core/layouts";
import { config, parsed, problems, type Raw } from "../fixtures";

const able = LAYOUT_NAMES.filter((name) => LAYOUTS[name].signsForKubelets);
const LEFT = { certificates: { profiles: { "kubelet-server": { enabled: false } } } };
const approving = (more: Raw = {}, inCluster: Raw = {}): Raw =>
  config({ inCluster: { approveKubeletServing: true, ...inCluster }, ...more });

describe("approval of kubelets' serving certificates, in the stack file", () => {
  it("is off, and on where the stack issues none itself", () => {
    assert.equal(parsed(config()).inCluster.approveKubeletServing, false);
    assert.equal(parsed(approving(LEFT)).inCluster.approveKubeletServing, true);
    assert.equal(parsed(config({ inCluster: { approveKubeletServing: false } })).inCluster.enabled, true);
  });

  for (const layout of able)
    it(`goes with layout ${layout}`, () => {
      assert.doesNotMatch(problems(approving({ ...LEFT, layout })).join("\n"), /approveKubeletServing/);
    });

  const refused: readonly (readonly [what: string, given: Raw, problem: string])[] = [
    [
      "kubelet-server of the stack",
      approving(),
      'inCluster.approveKubeletServing: true while the stack issues kubelet-server itself; must be used for kubelets with serverTLSBootstrap: true, which read no certificate of the stack; set certificates.profiles["kubelet-server"].enabled: false, or leave it out',
    ],
    [
      "no work in the cluster",
      approving(LEFT, { enabled: false }),
      "inCluster.approveKubeletServing: true with inCluster.enabled: false; must be used with inCluster.enabled: true; set that, or leave it out",
    ],
    [
      "no signer for kubelets",
      approving({ ...LEFT, layout: "hardway" }),
      `inCluster.approveKubeletServing: true with layout hardway, where no component signs certificates for kubelets; must be used with layout ${able.join(" or ")}; leave it out: the stack issues kubelet-server there`,
    ],
    [
      "no CSR signer",
      approving({ ...LEFT, authority: { csrSigner: "none" } }),
      "inCluster.approveKubeletServing: true with authority.csrSigner: none, where nothing in the cluster signs what is approved; must be used with a CSR signer; set authority.csrSigner: state or node, or leave it out",
    ],
  ];
  for (const [what, given, problem] of refused)
    it(`refuses it with ${what}`, () => {
      const ours = problems(given).filter((each) => each.includes("approveKubeletServing"));
      assert.deepEqual(ours, [problem]);
    });
});
