/** The policy pack of examples/, run by the engine; each rule by itself is in test/examples/policy.test.ts. */
import assert from "node:assert/strict";
import { KUBE_PKI } from "../e2e/project";
import { PolicyPack } from "./policyPack";
import { StandInCluster } from "./standInCluster";

const PACK_CONFIG = "policy/config.json";

describe("the policy pack, on the real engine", function () {
  this.timeout(600_000);
  let cluster: StandInCluster;
  let pack: PolicyPack;

  before(async () => {
    cluster = await StandInCluster.start(["cp1", "w1"]);
    pack = await PolicyPack.in(cluster);
  });
  after(() => cluster.stop());

  /** What a preview prints. No node is asked by one. */
  const preview = async (...more: readonly string[]) => {
    const asked = cluster.asked.length;
    const { code, stdout, stderr } = await pack.pulumi("preview", ...more);
    assert.equal(cluster.asked.length, asked, "a node was asked");
    return { code, stdout, stderr };
  };
  const passes = async (): Promise<void> => {
    const { code, stdout, stderr } = await preview("--policy-pack-config", PACK_CONFIG);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /✅ kube-pki@v1\.0\.0 /);
    assert.doesNotMatch(stdout, /\[(?:mandatory|advisory)\]/);
  };
  /** @param says each is a sentence of it, with the remedy */
  const stopped = async (rule: string, says: readonly RegExp[]): Promise<void> => {
    const { code, stdout, stderr } = await preview("--policy-pack-config", PACK_CONFIG);
    assert.notEqual(code, 0, stdout);
    const found = [...stdout.matchAll(/\[mandatory\] +(\S+) /g)].map(([, name]) => name);
    assert.deepEqual([...new Set(found)], [rule], stdout + stderr);
    for (const sentence of says) assert.match(stdout, sentence);
  };

  it("lets a stack pass that conforms", passes);

  it("stops one with the keys of CAs in its state, unless the pack is told that they may be there", async () => {
    const { code, stdout } = await preview();
    assert.notEqual(code, 0);
    assert.match(
      stdout,
      /\[mandatory\] +ca-keys-outside-the-state [^]*lab-etcd-ca: the key of this CA is in the state; set authority\.kind: vault, or name etcd in/,
    );
  });

  it("stops one whose nodes may be any machine", async () => {
    const [cp1, w1] = cluster.nodes;
    await cluster.configureSsh({ insecureIgnoreHostKeys: true });
    cluster.configure({ nodes: [cp1, { ...w1, ssh: { ...w1?.ssh, hostKey: undefined } }] });
    await stopped("host-keys-pinned", [
      /lab-w1-install: any machine .*; set ssh\.hostKey of this node in kube-pki:nodes to/,
    ]);
    await cluster.configureSsh();
    cluster.configure({ nodes: cluster.nodes });
  });

  it("stops one whose certificates live too long", async () => {
    cluster.configure({ certificates: { validity: "800d" }, authority: { validity: "9000d" } });
    await stopped("lifetimes", [
      /lab-w1-kubelet: is valid for 800 days, and .* for 366 at most; lower certificates\.validity, or /,
      /lab-etcd-ca-certificate: is valid for 9000 days, and a CA .* 3653 at most; lower authority\.validity/,
    ]);
    cluster.configure({ certificates: undefined, authority: undefined });
  });

  it("stops an up without a preview as well, before a node is asked", async () => {
    const [cp1, w1] = cluster.nodes;
    const without = [cp1, w1].map((node) => ({ ...node, ssh: { ...node?.ssh, hostKey: undefined } }));
    await cluster.configureSsh({ insecureIgnoreHostKeys: true });
    cluster.configure({ nodes: without });
    const { code, stdout } = await pack.pulumi("up", "--yes", "--skip-preview", "--policy-pack-config", PACK_CONFIG);
    assert.notEqual(code, 0, stdout);
    assert.match(stdout, /host-keys-pinned/);
    assert.deepEqual(cluster.asked, []);
    await cluster.configureSsh();
    cluster.configure({ nodes: cluster.nodes });
  });

  describe("of rotations", () => {
    const up = async () => {
      const { code, stdout, stderr } = await pack.pulumi(
        "up",
        "--yes",
        "--skip-preview",
        "--policy-pack-config",
        PACK_CONFIG,
      );
      assert.equal(code, 0, stdout + stderr);
    };
    before(up);

    it("stops several at once", async () => {
      cluster.configure({ rotation: { generation: 2 } });
      await stopped("one-rotation-at-a-time", [/etcd, frontProxy, kubernetes, serviceAccount: 4 rotations at once/]);
    });

    it("lets one pass, and stops a second one until the first is done", async () => {
      cluster.configure({ rotation: { etcd: { generation: 2, phase: "trust" } } });
      await passes();
      await up();
      await passes();
      cluster.configure({
        rotation: { etcd: { generation: 2, phase: "trust" }, frontProxy: { generation: 2, phase: "trust" } },
      });
      await stopped("one-rotation-at-a-time", [/etcd, frontProxy: 2 rotations at once, and 1 may be; begin with/]);
      cluster.configure({ rotation: { etcd: { generation: 2 } } });
      await passes();
      await up();
      cluster.configure({ rotation: { etcd: { generation: 2 }, frontProxy: { generation: 2, phase: "trust" } } });
      await passes();
    });

    it("is heard by kube-pki due and kube-pki up, which are told of it by the environment", async () => {
      cluster.configure({ rotation: { generation: 3 } });
      const env = { PULUMI_OPTION_POLICY_PACK: "policy", PULUMI_OPTION_POLICY_PACK_CONFIG: PACK_CONFIG };
      const sentence = /kube-pki, one-rotation-at-a-time: [^]*4 rotations at once, and 1 may be; begin with/;
      const due = await pack.run([KUBE_PKI, "due"], env);
      assert.notEqual(due.code, 0);
      assert.match(due.stderr, sentence);
      const run = await pack.run([KUBE_PKI, "up", "--yes"], env);
      assert.notEqual(run.code, 0);
      assert.match(run.stdout, sentence);
    });
  });
});
