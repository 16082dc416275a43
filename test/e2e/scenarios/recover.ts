/** A dead cluster comes back by one `up` with `rollout.strategy: recover`, over ssh alone. */
import assert from "node:assert/strict";
import { assertLogsAndExec, startShells } from "../access/kubelets";
import { assertClusterWorks, assertProven } from "../checks";
import {
  assertDead,
  assertKept,
  endCas,
  endLeaves,
  keysOf,
  rebootAll,
  startAnew,
  writeMarks,
  type CaPair,
} from "../ended";
import { adoptionConfig, configureSsh, givenAuthorities } from "../labConfig";
import { assertNothingToDo, configureAsItIs, goTo, isGiven, ROLLOUT, rotateTo } from "../rotating";
import { waitFor } from "../../lab/process";
import { askReady } from "../../lab/ready";
import { withRole } from "../../lab/topology";
import { tail, type Run, type Scenario } from "../scenario";
import { nameOf } from "../stack";

/** The bar: on `ha3`, on two cores that others use as well. */
const LIMIT_SECONDS = 300;

const recovering = (isOn: boolean) => ({ rollout: isOn ? { ...ROLLOUT, strategy: "recover" } : ROLLOUT });

/** Those that the cluster was made with. */
const ownCas = async ({ lab }: Run): Promise<readonly CaPair[]> => {
  const { kubernetes, etcd, frontProxy } = await givenAuthorities(lab);
  return [kubernetes, etcd, frontProxy].flatMap((ca) => (ca === undefined ? [] : [ca as CaPair]));
};

/** The CAs of the cluster with their keys: its own, or those that the stack has made. */
const casOf = async (run: Run): Promise<readonly CaPair[]> => {
  if (isGiven(run)) return ownCas(run);
  const exported = JSON.parse(await run.stack.must(["stack", "export", "--show-secrets"])) as {
    deployment: { resources: { urn: string; type: string; outputs?: Record<string, unknown> }[] };
  };
  const plain = (value: unknown): string => {
    const { plaintext } = value as { plaintext?: string };
    return plaintext === undefined ? String(value) : (JSON.parse(plaintext) as string);
  };
  return exported.deployment.resources
    .filter(({ type }) => type === "tls:index/selfSignedCert:SelfSignedCert")
    .map(({ outputs = {} }) => ({ certificate: plain(outputs["certPem"]), key: plain(outputs["privateKeyPem"]) }));
};

const refusedWhileAlive = (run: Run): Promise<void> =>
  run.step("a cluster that lives is refused before any node is touched", async () => {
    run.stack.configure(recovering(true));
    const { code, stdout, stderr } = await run.stack.up();
    assert.notEqual(code, 0);
    assert.match(
      stdout + stderr,
      /rollout\.strategy: recover: \S+ answers, and no certificate of a control plane has ended; must be rolling/,
      tail(stdout + stderr),
    );
    for (const { name } of run.lab.nodes)
      assert.equal((await run.lab.run(name, "test -e /var/lib/kube-pki/backup")).code, 1, `${name}: was touched`);
    run.stack.configure(recovering(false));
  });

/** How it dies, and comes back. */
interface Death {
  readonly how: string;
  readonly dies: (run: Run) => Promise<void>;
}

const DEATHS: readonly Death[] = [
  { how: "its leaves end, and whatever reads them starts anew", dies: ({ lab }) => startAnew(lab) },
  { how: "its leaves end, and all machines reboot", dies: ({ lab }) => rebootAll(lab) },
];

/** What the stack had issued is due by the clock. */
const makeDue = async ({ stack }: Run): Promise<void> => {
  const renewals = (await stack.certificates()).map(({ nextRenewal }) => Date.parse(nextRenewal));
  stack.configure({ asOf: new Date(Math.max(...renewals)).toISOString() });
};

const diesAndComesBack = async (run: Run, { how, dies }: Death, cas: readonly CaPair[]): Promise<void> => {
  const { lab, stack } = run;
  await run.step("etcd gets keys of its own", () => writeMarks(lab));
  const keys = await keysOf(lab);
  run.counts["etcd keys"] = keys.length;
  await run.step(how, async () => {
    run.counts["certificates ended"] = await endLeaves(lab, cas);
    await dies(run);
  });
  await run.step("it is dead", () => assertDead(lab));
  const since = Date.now();
  const said = await run.up(`pulumi up, rollout.strategy: recover: ${how}`);
  const seconds = Math.round((Date.now() - since) / 1000);
  run.counts[`seconds to recover: ${how}`] = seconds;
  assert.ok(seconds < LIMIT_SECONDS, `${String(seconds)} s`);
  assert.doesNotMatch(said, /the old set was put back/);
  await run.step("etcd has every key, and the workloads are back", async () => {
    await lab.kubeconfig();
    for (const name of lab.clusterNodes) await lab.waitForNode(name, since);
    await assertKept(lab, keys);
    await assertClusterWorks(lab);
    run.counts["logs and exec"] = await assertLogsAndExec(lab);
  });
  run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
  await assertNothingToDo(run);
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await configureAsItIs(run);
  if (isGiven(run)) await refusedWhileAlive(run);
  else await run.up("pulumi up: the cluster is taken over");
  await lab.kubeconfig();
  await run.step("workloads run", () => startShells(lab));
  const cas = await casOf(run);
  for (const [at, death] of DEATHS.entries()) {
    if (at > 0 || !isGiven(run)) await makeDue(run);
    stack.configure(recovering(true));
    await diesAndComesBack(run, death, cas);
  }
  stack.configure(recovering(false));
  await run.step("without the setting no node is visited either", async () => {
    const visits = (await stack.preview()).filter(
      ({ op, urn }) => op !== "delete" && /-(apply|trust|lay)$/.test(nameOf(urn)),
    );
    assert.deepEqual(visits, []);
  });
};

export const recover: Scenario = {
  name: "recover",
  proves:
    "a cluster whose leaves have ended, restarted or rebooted, is back by one up with every key in etcd; one that lives is refused",
  topologies: ["ha3", "hardway", "duo", "kubespray"],
  play,
};

/** As docs/recover.md says: the same name and key, and a certificate that has not ended. */
const REISSUE = `
cd "$(mktemp -d)"
cat >both
sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' both >ca.crt
sed -n '/PRIVATE KEY/,/PRIVATE KEY/p' both >ca.key
openssl x509 -in ca.crt -signkey ca.key -days 3650 -out new.crt 2>/dev/null
cat new.crt
rm -r "$PWD"`;

const playEndedCas = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await configureAsItIs(run);
  await run.up("pulumi up: the cluster as it is");
  await lab.kubeconfig();
  await run.step("workloads run", () => startShells(lab));
  const given = (await givenAuthorities(lab)) as Readonly<Record<string, CaPair>>;
  const { serviceAccount, ...cas } = given;
  const dies = async (): Promise<void> => {
    run.counts["CA files ended"] = await endCas(lab, Object.values(cas));
    await startAnew(lab);
    const reissued = Object.entries(cas).map(async ([name, { certificate, key }]) => [
      name,
      { key, certificate: await lab.must(lab.nodes[0]?.name ?? "", REISSUE, { stdin: `${certificate}\n${key}` }) },
    ]);
    const authority = Object.fromEntries(await Promise.all(reissued)) as object;
    await stack.configureSecret("authority", { ...authority, serviceAccount });
  };
  await makeDue(run);
  stack.configure(recovering(true));
  await diesAndComesBack(run, { how: "its CAs and leaves end", dies }, Object.values(cas));
  stack.configure(recovering(false));
};

export const recoverCa: Scenario = {
  name: "recover-ca",
  proves:
    "a cluster whose CAs have ended with everything they signed is back by one up, with CAs issued anew for the same keys",
  topologies: ["ha3", "duo"],
  play: playEndedCas,
};

/** With keys that nobody has: those of the lab's CAs sign what has ended, and the stack is given their fingerprints alone. */
const playLostCas = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await configureSsh(stack, lab);
  stack.configure({ ...(await adoptionConfig(lab)), ...recovering(true) });
  await run.step("workloads run", () => startShells(lab));
  const cas = await ownCas(run);
  const dies = async (): Promise<void> => {
    run.counts["CA files ended"] = await endCas(lab, cas);
    await startAnew(lab);
    stack.configure(await adoptionConfig(lab)); // a CA issued anew has another fingerprint
  };
  await diesAndComesBack(run, { how: "its CAs, whose keys are lost, and leaves end", dies }, cas);
  await goTo(run, "without the setting: only the new CAs are trusted", {
    configure: recovering(false),
    trusted: ["g1"],
  });
  await goTo(run, "generation 2, as in any cluster", { configure: rotateTo(2), trusted: ["g2"] });
};

export const recoverAdoption: Scenario = {
  name: "recover-adoption",
  proves:
    "a cluster whose CAs have ended with everything they signed, and whose CA keys are lost, is taken over and back by one up",
  topologies: ["duo", "ha3"],
  play: playLostCas,
};

/** The cluster lives, and one machine of it does not: nobody needs a strategy for that. */
const playEndedWorker = async (run: Run): Promise<void> => {
  const { lab } = run;
  await configureAsItIs(run);
  await run.up("pulumi up: the cluster as it is");
  await lab.kubeconfig();
  await run.step("workloads run", () => startShells(lab));
  const worker = withRole(lab.nodes, "worker")[0]?.name ?? "";
  await run.step("a worker's leaves end, and its kubelet starts anew", async () => {
    run.counts["certificates ended"] = await endLeaves(lab, await casOf(run), [worker]);
    await startAnew(lab, [worker]);
    await waitFor("the cluster has lost the worker", 180_000, 2000, async () =>
      (await askReady(lab, 0))?.includes(worker) === false ? worker : undefined,
    );
  });
  await makeDue(run);
  const since = Date.now();
  await run.up("pulumi up, as any other");
  run.counts["seconds until it is up again"] = Math.round((Date.now() - since) / 1000);
  await run.step("the worker and its pods are back", async () => {
    await lab.waitForNode(worker, since);
    run.counts["logs and exec"] = await assertLogsAndExec(lab);
  });
  await assertNothingToDo(run);
};

export const endedWorker: Scenario = {
  name: "ended-worker",
  proves: "a worker whose certificates have ended is back by a plain up, while the cluster lives",
  topologies: ["duo", "ha3"],
  play: playEndedWorker,
};
