import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import { checkPayload, mountsPayload } from "../../../core/protocol/check";
import { configWith, NOW } from "../fixture";

const KNOWN = { ca: "NEW\n", final: "NEW\nSIGNER\n", old: "OLD\n", others: [], tokenKid: "a-Kid_1" };

const lines = (
  make: typeof checkPayload,
  changes: Readonly<Record<string, unknown>>,
  known: Parameters<typeof checkPayload>[2] = KNOWN,
): string[] => {
  const config = configWith(changes);
  const plan = planCluster(config, NOW).nodes.find(({ node }) => node.name === "w1")!;
  return make(plan, config, known).trimEnd().split("\n").slice(1);
};

const NEW = ["part ca:kubernetes 2", "NEW", "SIGNER"];
const MOUNTED = ["part mounted:kubernetes 1", "NEW"];
const OLD = ["part old:kubernetes 1", "OLD"];
const GATES = ["gate scan on", "gate tokens on"];

describe("what every node is asked", () => {
  const rotation = { generation: 2 };

  it("before anything is issued: whether its pods have the new CA", () => {
    assert.deepEqual(lines(mountsPayload, { rotation }), ["node w1", ...MOUNTED, ...OLD, "gate scan on"]);
    const forced = lines(mountsPayload, { rotation: { ...rotation, force: ["scan"] } });
    assert.deepEqual(forced.at(-1), "gate scan off");
  });

  it("before anything is retired: what needs the old CA or key, and the mounts again", () => {
    const token = "token-kid a-Kid_1";
    assert.deepEqual(lines(checkPayload, { rotation }), ["node w1", ...NEW, ...MOUNTED, ...OLD, token, ...GATES]);
    const outside = lines(checkPayload, { rotation, inCluster: { enabled: false } });
    assert.deepEqual(outside, ["node w1", ...NEW, ...OLD, token, ...GATES]);
  });

  it("only of what is about to go", () => {
    const keyOnly = { generation: 2, phase: "issue", serviceAccount: { phase: "done" } };
    assert.deepEqual(lines(checkPayload, { rotation: keyOnly }), ["node w1", "token-kid a-Kid_1", ...GATES]);
    const soaking = { ...rotation, serviceAccount: { phase: "issue" } };
    assert.ok(!lines(checkPayload, { rotation: soaking }).some((line) => line.startsWith("token-kid")));
  });

  it("of etcd's CA where that alone is rotated, as far as its old one is known", () => {
    const asked = (old: string) =>
      lines(
        checkPayload,
        { rotation: { etcd: { generation: 2 } } },
        { ...KNOWN, old: "", tokenKid: undefined, others: [{ authority: "etcd", ca: "ETCD\n", old }] },
      );
    assert.deepEqual(asked("WAS\n"), ["node w1", ...NEW, "part ca:etcd 1", "ETCD", "part old:etcd 1", "WAS", ...GATES]);
    assert.deepEqual(asked(""), ["node w1", ...NEW, "part ca:etcd 1", "ETCD", ...GATES]);
  });

  it("as far as the stack knows it", () => {
    const asked = lines(checkPayload, { rotation }, { ...KNOWN, old: "", tokenKid: undefined });
    assert.deepEqual(asked, ["node w1", ...NEW, ...MOUNTED, ...GATES]);
    assert.throws(() => lines(checkPayload, { rotation }, { ...KNOWN, tokenKid: "a kid" }), /keyId: "a kid"/);
  });
});
