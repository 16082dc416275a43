/** What goes wrong at 3 AM: a service that does not come back, a pulumi that is killed. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { assertClusterWorks, assertProven } from "../checks";
import { killTree } from "../../lab/killTree";
import { configureFor } from "../labConfig";
import { tail, type Run, type Scenario } from "../scenario";
import { SAVES_ONCE, type Program } from "../stack";

/** A digest over every file of the PKI on a node, its mode and owner included. */
const digestOf = (run: Run, node: string): Promise<string> =>
  run.lab.must(
    node,
    "find /etc/kubernetes/pki /etc/kubernetes/*.conf /var/lib/kubelet/pki ! -type d -print0 2>/dev/null | sort -z | " +
      'xargs -0 sh -c \'for f; do stat -c "%n %a %U %N" "$f"; sha256sum <"$f"; done\' sh | sha256sum',
  );

/** The kubelet starts only as long as its serving certificate is the one of now. */
const BREAK_KUBELET = `
  cp /var/lib/kubelet/pki/kubelet.crt /root/kubelet.crt
  mkdir -p /etc/systemd/system/kubelet.service.d
  printf '[Service]\\nExecStartPre=/usr/bin/cmp -s /var/lib/kubelet/pki/kubelet.crt /root/kubelet.crt\\n' \
    >/etc/systemd/system/kubelet.service.d/break.conf
  systemctl daemon-reload`;
const MEND_KUBELET = "rm -r /etc/systemd/system/kubelet.service.d/break.conf && systemctl daemon-reload";

const failingRestart: Scenario = {
  name: "failing-restart",
  proves: "a service that does not come back gets its old files back, and no further node is touched",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    await configureFor(stack, lab, "existing");
    await lab.must("cp1", BREAK_KUBELET);
    const before = await Promise.all([digestOf(run, "cp1"), digestOf(run, "w1")]);
    await run.step("pulumi up fails on the first node", async () => {
      const { code, stdout, stderr } = await stack.up();
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /cp1: .*kubelet/, tail(stdout + stderr));
    });
    assert.deepEqual(await Promise.all([digestOf(run, "cp1"), digestOf(run, "w1")]), before, "files on the nodes");
    assert.equal((await lab.must("cp1", "systemctl is-active kubelet")).trim(), "active");
    assert.equal((await lab.run("w1", "test -e /var/lib/kube-pki/applied")).code, 1, "the second node was touched");
    await assertClusterWorks(lab);
    await lab.must("cp1", MEND_KUBELET);
    await run.up("pulumi up after the cause is gone");
    await assertProven(lab, await stack.certificates());
    await assertClusterWorks(lab);
  },
};

/** Returns what it has said; killed with all that it started, when the first node's transaction has begun. */
const killedInTransaction = async ({ lab, stack }: Run, by: Program): Promise<string> => {
  let pid = 0;
  const ended = stack.up({ by, onStart: (started) => (pid = started) });
  for (let waited = 0; waited < 240; waited += 1) {
    if ((await lab.run("cp1", "test -e /var/lib/kube-pki/tx")).code === 0) break;
    await sleep(500);
  }
  killTree(pid);
  const { code, stdout, stderr } = await ended;
  assert.notEqual(code, 0);
  // a killed run leaves its lock behind, as with every self-managed backend
  await stack.must(["cancel", "--yes"]);
  return stdout + stderr;
};

const finishes = async (run: Run): Promise<void> => {
  await run.up("pulumi up again");
  await assertProven(run.lab, await run.stack.certificates());
  await assertClusterWorks(run.lab);
  const { code, stdout, stderr } = await run.stack.up({ expectNoChanges: true });
  assert.equal(code, 0, tail(stdout + stderr));
};

const killed: Scenario = {
  name: "killed",
  proves: "pulumi killed in the middle of a node's transaction, its state saved or not: the next up finishes",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    await configureFor(stack, lab, "existing");
    await run.step("pulumi up, killed while the first node restarts its services", () =>
      killedInTransaction(run, "pulumi"),
    );
    await finishes(run);
    const renewals = (await stack.certificates()).map(({ nextRenewal }) => Date.parse(nextRenewal));
    stack.configure({ asOf: new Date(Math.max(...renewals)).toISOString() });
    const before = await stack.exported();
    const said = await run.step("kube-pki up that renews everything, killed likewise", () =>
      killedInTransaction(run, "kube-pki"),
    );
    assert.match(said, SAVES_ONCE);
    assert.equal(await stack.exported(), before, "it has saved something");
    await finishes(run);
  },
};

export const failureScenarios: readonly Scenario[] = [failingRestart, killed];
