import assert from "node:assert/strict";
import { plainSerial } from "../../../core/format/x509";
import type { CertificateRow } from "../../../core/report/report";
import { assertClusterWorks, assertExportClean, assertProven } from "../checks";
import { assertUndisturbed } from "../clients/bar";
import { configureAsItIs, isGiven } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";
import { nameOf } from "../stack";

const leaf = ({ node, certificate }: CertificateRow): string =>
  node === "-" ? certificate.replace(":", "s-") : `${node}-${certificate}`;

const serials = (rows: readonly CertificateRow[]): Map<string, string> =>
  new Map(rows.map((row) => [leaf(row), plainSerial(row.serial)]));

/** The leaves whose certificates a preview announces to replace. */
const announced = async ({ stack }: Run): Promise<string[]> =>
  (await stack.preview())
    .filter(({ op, urn }) => op === "replace" && /LocallySignedCert|SecretBackendSign/.test(urn))
    .map(({ urn }) => nameOf(urn).replace(/^lab-/, ""))
    .sort();

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

  await run.step("pulumi up again: nothing to do", async () => {
    const { code, stdout, stderr } = await stack.up({ expectNoChanges: true });
    assert.equal(code, 0, tail(stdout + stderr));
  });

  // of a node; what is due by then of users' comes along
  const soonest = Math.min(
    ...first.flatMap(({ node, nextRenewal }) => (node === "-" ? [] : [Date.parse(nextRenewal)])),
  );
  const due = first.filter(({ nextRenewal }) => Date.parse(nextRenewal) <= soonest).map(leaf);
  assert.ok(due.length > 0 && due.length < first.length, "some, not all, leaves have to be due");
  stack.configure({ asOf: new Date(soonest).toISOString() });
  await run.step("pulumi preview names what is due and nothing else", async () => {
    assert.deepEqual(await announced(run), [...due].sort());
  });
  await run.up("kube-pki up: what is due is renewed, the state saved once", "kube-pki");
  const second = await stack.certificates();
  const before = serials(first);
  assert.deepEqual(
    [...serials(second)]
      .filter(([name, serial]) => before.get(name) !== serial)
      .map(([name]) => name)
      .sort(),
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

export const renewal: Scenario = {
  name: "renewal",
  proves: "issue, prove, no-op, renew on the clock, with 0 failed seconds behind a balancer",
  topologies: ["ha3", "hardway", "duo", "single", "moved", "ipv6", "external-etcd", "etcdadm", "kubespray"],
  play,
};
