/** A stack file that fits none of the nodes: one run tells all of it, and touches nothing. */
import assert from "node:assert/strict";
import { assertClusterWorks, assertProven } from "../checks";
import { labConfig } from "../labConfig";
import { assertNothingToDo, configureAsItIs } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";
import { addName, NAME } from "./losses";

const PKI = "/etc/kubernetes/pki";

/** What a file holds, when it was written, which processes run since when, and whether kube-pki was there. */
const STAMP = `
find /etc/kubernetes /var/lib/kubelet/pki -type f -exec sha256sum {} + | sort
find /etc/kubernetes /var/lib/kubelet/pki -type f -exec stat -c '%n %i %Z' {} + | sort
for proc in /proc/[0-9]*; do
  case $(cat "$proc/comm" 2>/dev/null) in kubelet | etcd | kube-*) cut -d ' ' -f 2,22 "$proc/stat" ;; esac
done | sort
ls -d /var/lib/kube-pki 2>/dev/null || :`;

const stampOf = ({ lab }: Run): Promise<string[]> => Promise.all(lab.nodes.map(({ name }) => lab.must(name, STAMP)));

/** What is said of the stack file below, on one line each. */
const EXPECTED: readonly RegExp[] = [
  /cp1, worker1: kubelet runs as a systemd unit called kubelet, .*; services\.kubelet\.unit: kubelet\b/,
  /cp1: kube-apiserver reads \S+apiserver\.key .*; files\["\S+apiserver\.key"\]\.path: \/etc\/kubernetes\/pki\/apiserver\.key/,
  /cp1: kube-scheduler listens on port 10259, .*; cluster\.listeners\.schedulerHealth\.port: 10259/,
  new RegExp(`cp1: apiserver would lose DNS:${NAME}; cluster.extraSans: \\[${NAME}\\]`),
  /worker1: the kubelet there is registered as w1; nodes\[\]\.name: w1/,
];

const WRONG_NAME = "worker1";

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await run.step("the API server has one more name", () => addName(run));
  await configureAsItIs(run);
  const { cluster, nodes } = labConfig(lab) as { cluster: object; nodes: readonly { readonly name: string }[] };
  stack.configure({
    cluster: { ...cluster, listeners: { schedulerHealth: { port: 12345 } } },
    services: { kubelet: { unit: "kubelet-lab" } },
    files: { [`${PKI}/apiserver.key`]: { path: "/etc/kubernetes/api.key" } },
    nodes: nodes.map((node) => (node.name === "w1" ? { ...node, name: WRONG_NAME } : node)),
  });
  const before = await stampOf(run);
  const said = await run.step("pulumi up is refused by one list for all nodes", async () => {
    const { code, stdout, stderr } = await stack.up();
    assert.notEqual(code, 0);
    return stdout + stderr;
  });
  for (const line of EXPECTED) assert.match(said, line, tail(said));
  assert.deepEqual(await stampOf(run), before, "something was touched");
  stack.configure({ cluster: { ...cluster, extraSans: [NAME] }, services: undefined, files: undefined, nodes });
  await run.up("pulumi up with what the list said");
  await assertProven(lab, await stack.certificates());
  await assertNothingToDo(run);
  await assertClusterWorks(lab);
};

export const preflight: Scenario = {
  name: "preflight",
  proves: "whatever of a stack file fits no node is told by one run, for all nodes in one list, before any is touched",
  topologies: ["duo"],
  play,
};
