/** Power cuts in the middle of a swap: at the next boot the old set is put back before anything that reads it starts. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { assertClusterWorks, assertProven } from "../checks";
import { cutDuringUp, type Moment } from "../powerCut";
import { configureAsItIs, goTo, rotateTo } from "../rotating";
import type { Run, Scenario } from "../scenario";
import { numbersFrom } from "../seeded";

const UNIT = "kube-pki-recover.service";
const WANTED = `/etc/systemd/system/sysinit.target.wants/${UNIT}`;

/** Another seed cuts elsewhere. */
const SEED = 20261129;

/** What starts at a boot and reads the node's files, or runs who does; of these a node has some. */
const READERS = ["kubelet", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "containerd"];

/** Every file of the node's PKI, flags included, with its mode and owner; and what a swap leaves beside them. */
const FILES =
  "find /etc/kubernetes /etc/etcd /var/lib/kubernetes /var/lib/kubelet/pki /var/lib/kubelet/*config* ! -type d -print0 2>/dev/null | " +
  'sort -z | xargs -0 sh -c \'for f; do stat -c "%n %a %U %N" "$f"; sha256sum <"$f"; done\' sh';

const filesOf = async (run: Run, node: string): Promise<string[]> =>
  (await run.lab.must(node, FILES)).trim().split("\n");

const microseconds = async (run: Run, node: string, unit: string, property: string): Promise<number> =>
  Number((await run.lab.must(node, `systemctl show -p ${property} ${unit}`)).trim().replace(/^.*=/, ""));

/** systemd ran the unit at this boot, it succeeded, and whatever reads the files began after it had ended. */
const assertRanFirst = async (run: Run, node: string): Promise<void> => {
  assert.equal(
    (await run.lab.must(node, `systemctl show -p Result -p ConditionResult ${UNIT} | sort`)).trim(),
    "ConditionResult=yes\nResult=success",
  );
  const recovered = await microseconds(run, node, UNIT, "ExecMainExitTimestampMonotonic");
  assert.ok(recovered > 0, `${node}: ${UNIT} did not run`);
  const began = await Promise.all(
    READERS.map(
      async (unit) => [unit, await microseconds(run, node, unit, "ExecMainStartTimestampMonotonic")] as const,
    ),
  );
  const there = began.filter(([, at]) => at > 0);
  assert.ok(there.length > 0, `${node}: nothing has started`);
  assert.deepEqual(
    there.filter(([, at]) => at < recovered).map(([unit]) => unit),
    [],
    `${node}: started before the old set was put back`,
  );
};

/** The node is switched on, and all that starts at its boot has been started. */
const boot = async ({ lab }: Run, node: string): Promise<void> => {
  await lab.powerOn(node);
  await lab.run(node, "systemctl is-system-running --wait", { timeoutMs: 120_000 });
};

/** A node of a cluster that runs with its old set, and that set. */
interface Whole {
  readonly node: string;
  readonly files: readonly string[];
}

const wholeOf = async (run: Run, node: string): Promise<Whole> => ({ node, files: await filesOf(run, node) });

/** The node loses its power at that moment; booted, it has the whole old set, and the cluster works with it. */
const cutAndBoot = async (run: Run, moment: Moment, { files }: Whole): Promise<void> => {
  const { lab } = run;
  const { node, verb } = moment;
  await run.step(`pulumi up: ${node} loses its power while its ${verb} replaces files`, async () => {
    await cutDuringUp(run, moment);
  });
  const since = Date.now();
  await run.step(`${node} boots with the whole old set`, async () => {
    await boot(run, node);
    assert.deepEqual(await filesOf(run, node), files, `${node}: files after the boot`);
    await assertRanFirst(run, node);
  });
  await run.step("the cluster works with it", async () => {
    await lab.waitForNode(node, since);
    await assertClusterWorks(lab);
  });
  run.counts["power cuts"] = (run.counts["power cuts"] ?? 0) + 1;
};

/** So that the above shows what it says: without the unit the node comes up with half of a set. */
const cutWithoutUnit = async (run: Run, moment: Moment, { files }: Whole): Promise<void> => {
  const { node } = moment;
  await run.step(`without ${UNIT} ${node} boots with half of a set`, async () => {
    await cutDuringUp(run, moment);
    rmSync(run.lab.onDisk(node, WANTED));
    await boot(run, node);
    assert.notDeepEqual(await filesOf(run, node), files);
    await run.lab.must(node, `systemctl enable ${UNIT}`);
  });
};

export const powerCut: Scenario = {
  name: "power-cut",
  proves: `a node that loses its power in the middle of a swap boots with its whole old set, put back before anything reads it; the next up finishes`,
  topologies: ["duo", "hardway"],
  play: async (run) => {
    const { lab, stack } = run;
    const numbers = numbersFrom(SEED);
    const share = (): number => 0.1 + 0.8 * numbers();
    await configureAsItIs(run);
    const first = await wholeOf(run, "cp1");
    await cutWithoutUnit(run, { node: "cp1", verb: "apply", share: share() }, first);
    await cutAndBoot(run, { node: "cp1", verb: "apply", share: share() }, first);
    assert.equal((await lab.run("cp1", `systemd-analyze verify ${UNIT}`)).stderr, "", "what systemd says of the unit");
    const told = await run.up("pulumi up after it");
    assert.match(told, /cp1: at a boot since the last run: an earlier run, which was interrupted, was undone/);
    await lab.kubeconfig();
    stack.configure(rotateTo(2, "trust"));
    await cutAndBoot(run, { node: "cp1", verb: "trust", share: share() }, await wholeOf(run, "cp1"));
    await run.up("pulumi up: trust");
    stack.configure(rotateTo(2));
    await cutAndBoot(run, { node: "w1", verb: "apply", share: share() }, await wholeOf(run, "w1"));
    await goTo(run, "pulumi up: the rotation is ended", { configure: {}, trusted: ["g2"] });
    run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
  },
};
