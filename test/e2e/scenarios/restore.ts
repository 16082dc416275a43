/** The restore drill: an earlier set goes back onto a control plane, and the next `up` lays the stack's own again. */
import assert from "node:assert/strict";
import { plainSerial } from "../../../core/format/x509";
import type { CertificateRow } from "../../../core/report/report";
import { assertClusterWorks, assertProven } from "../checks";
import { assertNothingToDo, begin, isGiven } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";
import { servedNow } from "../servedBy";
import { nameOf } from "../stack";

const NODE = "cp1";

interface Listed {
  readonly name: string;
  readonly isFirst: boolean;
  readonly before: string;
  readonly putsBack: readonly string[];
  readonly troubles: readonly string[];
}

const sets = async ({ stack }: Run): Promise<Listed[]> => {
  const { code, stdout, stderr } = await stack.kubePki("restore", NODE, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Listed[];
};

/** Puts a set back; gives what kube-pki said on stdout. */
const restored = (run: Run, title: string, ...date: string[]): Promise<string> =>
  run.step(title, async () => {
    const { code, stdout, stderr } = await run.stack.kubePki("restore", NODE, ...date);
    assert.equal(code, 0, tail(stderr));
    assert.match(stderr, /the next `pulumi up` puts the stack's set there again/);
    return stdout;
  });

/** What that node serves is, port by port, what it is to serve. */
const assertServes = async (run: Run, rows: readonly CertificateRow[]): Promise<number> => {
  const served = await servedNow(
    run.lab,
    rows.filter(({ node }) => node === NODE),
  );
  assert.deepEqual(
    served.map(({ row, serial }) => [row.certificate, serial]),
    served.map(({ row }) => [row.certificate, plainSerial(row.serial)]),
  );
  return served.length;
};

/** The stack's set comes back by one `up`, which runs on that node alone; then there is nothing to do. */
const converges = async (run: Run, rows: readonly CertificateRow[]): Promise<void> => {
  const { stack, lab } = run;
  await run.step("pulumi preview names the apply of that node alone", async () => {
    const steps = (await stack.preview()).filter(({ urn }) => /-(?:apply|trust|install|request)$/.test(nameOf(urn)));
    assert.deepEqual([...new Set(steps.map(({ urn }) => nameOf(urn)))], [`lab-${NODE}-apply`]);
  });
  await run.up("pulumi up: the stack's set is there again");
  assert.match(await stack.statusOfNodes(), /same\n/);
  await assertProven(lab, rows);
  await assertClusterWorks(lab);
  await assertNothingToDo(run);
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await begin(run);
  const first = await stack.certificates();
  stack.configure({
    asOf: new Date(Math.max(...first.map(({ nextRenewal }) => Date.parse(nextRenewal)))).toISOString(),
  });
  await run.up("pulumi up: every leaf renewed");
  const second = await stack.certificates();
  await assertServes(run, second);

  const kept = await sets(run);
  run.counts["sets kept"] = kept.length;
  assert.deepEqual(kept.at(-1)?.troubles, []);
  const proven = await restored(run, "kube-pki restore: before the last renewal");
  assert.match(proven, /^proof kube-apiserver served apiserver /m);
  run.counts["ports that serve the earlier set"] = await assertServes(run, first);
  await lab.kubeconfig();
  await assertClusterWorks(lab);
  await run.step("status --nodes tells that the node differs", async () => {
    const { code, stdout } = await stack.kubePki("status", "--nodes");
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`^${NODE} +apiserver .* differs$`, "m"));
    assert.doesNotMatch(stdout, /^w1 .* differs$/m);
  });
  await converges(run, second);

  const [before] = kept;
  assert.ok(before?.isFirst === true);
  if (!isGiven(run)) return refusesOldCa(run, before);
  assert.ok(before.putsBack.length > 0 && before.troubles.length === 0);
  await restored(run, "kube-pki restore: as it was before kube-pki", before.name);
  await lab.kubeconfig();
  await assertClusterWorks(lab);
  await converges(run, second);
};

/** The cluster was taken over by new CAs: what was before is of CAs that nobody trusts any more. */
const refusesOldCa = (run: Run, { name }: Listed): Promise<void> =>
  run.step("a set of CAs that are gone is refused, and nothing is touched", async () => {
    const { code, stderr } = await run.stack.kubePki("restore", NODE, name);
    assert.equal(code, 2);
    assert.match(stderr, /the CA of .* in it is not trusted on the node any more: nothing was touched/);
    assert.match(await run.stack.statusOfNodes(), /same\n/);
  });

export const restore: Scenario = {
  name: "restore",
  proves: "earlier sets go back onto a control plane and are proven, and the next up lays the stack's own there again",
  topologies: ["duo", "ha3", "hardway"],
  play,
};
