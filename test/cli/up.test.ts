import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { authorityDigest } from "../../core/config/authorityDigest";
import { Harness } from "./harness";

const CLUSTER = { name: "prod", kubernetesVersion: "1.36.3" };
const SAVES_ONCE = "kube-pki: the CAs stay as they are: the state is saved once, at the end\n";

describe("kube-pki up", function () {
  this.timeout(20_000);
  const harness = new Harness();
  after(() => {
    harness.remove();
  });

  /** A stack whose last run that succeeded was of `last`; undefined: none has. */
  const holds = (config: Readonly<Record<string, unknown>>, last: Readonly<Record<string, unknown>> | undefined) => {
    const values = Object.entries(config).map(([key, value]) => [`kube-pki:${key}`, { value: JSON.stringify(value) }]);
    const write = (name: string, value: object) => {
      writeFileSync(join(harness.folder, name), JSON.stringify(value));
    };
    write("config", Object.fromEntries(values) as object);
    write("outputs", last === undefined ? {} : { authorityDigest: authorityDigest(last) });
    harness.pulumiRuns(
      'case "$1" in',
      '  config) cat "$here/config" ;;',
      '  stack) cat "$here/outputs" ;;',
      '  up) echo "${PULUMI_SKIP_CHECKPOINTS:-saves always}"; exit 3 ;;',
      "esac",
    );
  };

  it("saves the state once where only certificates are renewed, nodes added and lifetimes changed", async () => {
    const more = { nodes: [{ name: "w9" }], certificates: { validity: "90d" } };
    holds(
      { cluster: CLUSTER, rotation: { generation: 2 }, ...more },
      { rotation: { generation: 2 }, cluster: CLUSTER },
    );
    assert.deepEqual(await harness.run(["up", "--yes", "--stack", "prod", "--parallel", "16"]), {
      stdout: "true\n",
      stderr: SAVES_ONCE,
      code: 2,
    });
    assert.equal(readFileSync(join(harness.folder, "arguments"), "utf8"), "up --yes --stack prod --parallel 16\n");
  });

  const others: Readonly<Record<string, readonly [config: object, last: object | undefined]>> = {
    "that begins a rotation": [{ rotation: { generation: 2 } }, {}],
    "that goes back a phase": [{ rotation: { generation: 2, phase: "trust" } }, { rotation: { generation: 2 } }],
    "that moves its CAs": [{ authority: { kind: "vault" } }, { authority: { kind: "embedded" } }],
    "that takes a cluster over": [{ adopt: { kubernetes: "00" } }, {}],
    "whose first run is to come": [{}, undefined],
  };
  for (const [what, [config, last]] of Object.entries(others))
    it(`saves it at each change of a stack ${what}`, async () => {
      holds({ cluster: CLUSTER, ...config }, last && { cluster: CLUSTER, ...last });
      assert.deepEqual(await harness.run(["up"]), { stdout: "saves always\n", stderr: "", code: 2 });
    });

  it("leaves it to pulumi to say that there is no such stack", async () => {
    harness.pulumiRuns("echo \"error: no stack named 'x' found\" >&2", "exit 255");
    assert.deepEqual(await harness.run(["up", "-s", "x"]), {
      stdout: "",
      stderr: "error: no stack named 'x' found\n",
      code: 2,
    });
    assert.equal(readFileSync(join(harness.folder, "arguments"), "utf8"), "up -s x\n");
  });
});

describe("the digest of what a run must not forget", () => {
  it("has no private key in it, and no order", () => {
    const ca = { certificate: "C", key: "K" };
    const digest = authorityDigest({ authority: { kubernetes: ca, etcd: ca } });
    assert.equal(authorityDigest({ authority: { etcd: { key: "other", certificate: "C" }, kubernetes: ca } }), digest);
    assert.notEqual(authorityDigest({ authority: { kubernetes: ca, etcd: { certificate: "D" } } }), digest);
  });
});
