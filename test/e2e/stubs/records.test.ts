import assert from "node:assert/strict";
import { topology } from "../../lab/topology";
import { callsThatWork, downWindows, failuresIn, parseRecords, type StubRecord } from "./records";

const { nodes } = topology("stubs");

/** Lines of one component, `1000 kind what whom text`. */
const records = (node: string, component: string, ...lines: string[]): StubRecord[] =>
  parseRecords(node, component, `${lines.join("\n")}\n`);

const cp1 = "10.77.0.11";
const balancer = "10.77.0.1";

describe("records of stub components", () => {
  it("are read line by line", () => {
    assert.deepEqual(records("cp1", "etcd", "1795657996982 ok etcd-peer 10.77.0.12:2380 4"), [
      {
        node: "cp1",
        component: "etcd",
        at: 1795657996982,
        kind: "ok",
        what: "etcd-peer",
        whom: "10.77.0.12:2380",
        text: "4",
      },
    ]);
  });

  it("tell when a component was down: from its end, or the start of one that was killed, until it serves again", () => {
    assert.deepEqual(downWindows(records("cp1", "etcd", "1000 end - - ", "2000 begin - - ", "3000 ready - - ")), [
      { node: "cp1", component: "etcd", from: 1000, to: 3000 },
    ]);
    assert.deepEqual(downWindows(records("cp1", "etcd", "2000 begin - - ", "3000 ready - - ")), [
      { node: "cp1", component: "etcd", from: 2000, to: 3000 },
    ]);
    assert.deepEqual(downWindows(records("cp1", "etcd", "1000 end - - ")), [
      { node: "cp1", component: "etcd", from: 1000, to: Infinity },
    ]);
  });

  const down = records("cp1", "kube-apiserver", "100000 end - - ", "104000 begin - - ", "105000 ready - - ");
  const verdicts: readonly (readonly [line: string, component: string, failures: number])[] = [
    [`102000 unreachable kube-scheduler ${cp1}:6443 refused`, "kube-scheduler", 0],
    [`99500 unreachable kube-scheduler ${cp1}:6443 EOF`, "kube-scheduler", 0],
    [`90000 unreachable kube-scheduler ${cp1}:6443 refused`, "kube-scheduler", 1],
    [`107000 unreachable kube-scheduler ${cp1}:6443 refused`, "kube-scheduler", 1],
    [`107000 unreachable kubelet ${balancer}:6443 EOF`, "kubelet", 0],
    [`121000 unreachable kubelet ${balancer}:6443 EOF`, "kubelet", 1],
    [`102000 unreachable kube-scheduler 10.77.0.12:6443 refused`, "kube-scheduler", 1],
    [`102000 unreachable etcd ${cp1}:2379 refused`, "kube-apiserver", 1],
    [`102000 unreachable extension ${cp1}:4443 refused`, "kube-apiserver", 0],
    [`102000 distrusted kube-scheduler ${cp1}:6443 x509: unknown authority`, "kube-scheduler", 1],
    [`102000 rejected kube-scheduler ${cp1}:6443 401 Unauthorized`, "kube-scheduler", 1],
    [`102000 unready kube-scheduler ${cp1}:6443 500`, "kube-scheduler", 1],
    [`102000 rejects etcd - failed to verify certificate`, "etcd", 1],
    [`102000 fatal - - no such file`, "etcd", 1],
    [`102000 halfway etcd ${cp1}:2379 private key does not match`, "kube-apiserver", 0],
    [`102000 ok etcd ${cp1}:2379 4`, "kube-apiserver", 0],
  ];
  for (const [line, component, failures] of verdicts)
    it(`${failures === 0 ? "excuse" : "count"}: ${line}`, () => {
      assert.equal(failuresIn([...down, ...records("cp2", component, line)], nodes).length, failures);
    });

  it("tell who still calls whom", () => {
    const some = records("w1", "kubelet", `1000 ok pod ${cp1}:6443 4`, `2000 ok kubelet ${balancer}:6443 4`);
    assert.deepEqual([...callsThatWork(some, 1500)], [`w1 kubelet kubelet ${balancer}:6443`]);
    assert.equal(callsThatWork(some, 500).size, 2);
  });
});
