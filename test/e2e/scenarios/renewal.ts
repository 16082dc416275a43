import assert from "node:assert/strict";
import { plainSerial } from "../../../core/format/x509";
import type { CertificateRow } from "../../../core/report/report";
import { assertClusterWorks, assertExportClean, assertProven } from "../checks";
import { assertUndisturbed } from "../clients/bar";
import { assertNothingToDo, begin, configureAsItIs, isGiven } from "../rotating";
import { moreThanNeeded, RENEWAL_RESTARTS } from "../restarts";
import { tail, type Run, type Scenario } from "../scenario";
import { nameOf } from "../stack";

const leaf = ({ node, certificate }: CertificateRow): string =>
  node === "-" ? certificate.replace(":", "s-") : `${node}-${certificate}`;

const serials = (rows: readonly CertificateRow[]): Map<string, string> =>
  new Map(rows.map((row) => [leaf(row), plainSerial(row.serial)]));

const changed = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after]
    .filter(([name, serial]) => before.get(name) !== serial)
    .map(([name]) => name)
    .sort();

/** The leaves whose certificates a preview announces to replace. */
const announced = async ({ stack }: Run): Promise<string[]> =>
  (await stack.preview())
    .filter(({ op, urn }) => op === "replace" && /LocallySignedCert|SecretBackendSign/.test(urn))
    .map(({ urn }) => nameOf(urn).replace(/^lab-/, ""))
    .sort();

/** On nodes where nothing is due nobody is asked for anything, and where something is, only they restart who have to. */
const assertFewRestarts = ({ restarts }: Run, up: string, due: readonly CertificateRow[]): void => {
  assert.deepEqual(moreThanNeeded(restarts, up, RENEWAL_RESTARTS), [], "restarts beyond those of a renewal");
  const nodes = new Set(due.map(({ node }) => node));
  assert.deepEqual(
    restarts.filter((each) => each.up === up && !nodes.has(each.node)),
    [],
    "on nodes where nothing is due",
  );
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await run.step("configure the stack for the cluster as it is", () => configureAsItIs(run));
  if (!isGiven(run)) {
    await run.up("pulumi up: the cluster is taken over");
    await lab.kubeconfig(); // the former one trusts a CA that is gone
  }
  await run.step("start everything that uses the cluster", () => run.startClients());
  run.startProbing();
  await run.up("pulumi up: every certificate issued, distributed, proven");
  const first = await stack.certificates();
  run.counts["certificates issued"] = first.length;
  run.counts["ports proven from outside"] = await assertProven(lab, first);
  await assertClusterWorks(lab);

  await assertNothingToDo(run);

  // of a node; what is due by then of users' comes along
  const soonest = Math.min(
    ...first.flatMap(({ node, nextRenewal }) => (node === "-" ? [] : [Date.parse(nextRenewal)])),
  );
  const dueRows = first.filter(({ nextRenewal }) => Date.parse(nextRenewal) <= soonest);
  const due = dueRows.map(leaf);
  assert.ok(due.length > 0 && due.length < first.length, "some, not all, leaves have to be due");
  stack.configure({ asOf: new Date(soonest).toISOString() });
  await run.step("pulumi preview names what is due and nothing else", async () => {
    assert.deepEqual(await announced(run), [...due].sort());
  });
  const title = "kube-pki up: what is due is renewed, the state saved once";
  await run.up(title, "kube-pki");
  assertFewRestarts(run, title, dueRows);
  const second = await stack.certificates();
  assert.deepEqual(
    changed(serials(first), serials(second)),
    [...due].sort(),
    "exactly the due certificates were replaced",
  );
  run.counts["certificates renewed"] = due.length;
  // exits 1 when a node holds or serves anything else
  assert.match(await stack.statusOfNodes(), /same\n/);
  await assertProven(lab, second);
  await assertClusterWorks(lab);
  run.counts["certificates linted"] = await assertExportClean(stack);
  assertUndisturbed(lab, await run.stopClients(), await run.stopProbing());
};

/** Renews one, and says what changed and who restarted for it. */
const renewOne = async (run: Run, node: string, certificate: string) => {
  const before = serials(await run.stack.certificates());
  const title = `kube-pki renew ${node} ${certificate}`;
  await run.step(title, async () => {
    const started = Date.now();
    const { code, stdout, stderr } = await run.stack.renew(node, certificate);
    await run.countSince(started, title);
    assert.equal(code, 0, tail(stdout + stderr));
  });
  return {
    changed: changed(before, serials(await run.stack.certificates())),
    restarts: run.restarts
      .filter(({ up, how }) => up === title && how === "restarted")
      .map((each) => `${each.node} ${each.consumer}`),
  };
};

const playOne = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await begin(run);
  assert.deepEqual(await renewOne(run, "cp1", "scheduler"), {
    changed: ["cp1-scheduler"],
    restarts: ["cp1 kube-scheduler"],
  });
  assert.deepEqual(await renewOne(run, "cp1", "apiserver"), { changed: ["cp1-apiserver"], restarts: [] });
  assert.deepEqual(await renewOne(run, "-", "kubeconfig:alice"), { changed: ["kubeconfigs-alice"], restarts: [] });
  await assertNothingToDo(run);
  run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
  assert.match(await stack.statusOfNodes(), /same\n/);
  await assertClusterWorks(lab);
};

export const renewal: Scenario = {
  name: "renewal",
  proves: "issue, prove, no-op, renew on the clock, with 0 failed seconds behind a balancer",
  topologies: ["ha3", "hardway", "duo", "single", "moved", "ipv6", "external-etcd", "etcdadm", "kubespray", "fleet"],
  play,
};

export const renewalOfOne: Scenario = {
  name: "renewal-of-one",
  proves: "one certificate of a node, then one of a user, renewed now: no other changes, and nobody else restarts",
  topologies: ["duo", "ha3", "hardway"],
  play: playOne,
};
