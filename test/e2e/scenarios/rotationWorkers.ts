/** A rotation of a cluster of which the stack visits only the control plane by ssh: its workers are reached through it. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { shellImage } from "../../lab/images";
import { assertLogsAndExec, startShells } from "../access/kubelets";
import { mustKubectl } from "../clients/userland";
import { configureFor, labConfig } from "../labConfig";
import { goTo, ROLLOUT, rotateTo } from "../rotating";
import { complaint, type Run, type Scenario } from "../scenario";

const JOINING = "w2";

/** Nodes of the stack file: those with a control plane. */
const listed = (run: Run): unknown[] => {
  const nodes = labConfig(run.lab)["nodes"] as { readonly roles: readonly string[] }[];
  return nodes.filter(({ roles }) => roles.includes("control-plane"));
};

const workersOf = ({ lab }: Run): string[] =>
  lab.nodes.filter(({ roles }) => !roles.includes("control-plane")).map(({ name }) => name);

/** Who signed what the kubelet shows to the API. */
const clientIssuers = (run: Run): Promise<Record<string, string>> => {
  const issuer = "openssl x509 -noout -issuer -nameopt multiline -in /var/lib/kubelet/pki/kubelet-client-current.pem";
  return Promise.all(
    workersOf(run).map(async (node) => [
      node,
      (await run.lab.must(node, `${issuer} | sed -n 's/.*commonName *= //p'`)).trim(),
    ]),
  ).then((rows) => Object.fromEntries(rows) as Record<string, string>);
};

const assertClients = async (run: Run, generation: string): Promise<void> => {
  assert.deepEqual(
    await clientIssuers(run),
    Object.fromEntries(workersOf(run).map((node) => [node, generation])),
    "who signed the kubelets' client certificates",
  );
  run.counts["logs and exec"] = (run.counts["logs and exec"] ?? 0) + (await assertLogsAndExec(run.lab));
};

/** What is left in the cluster of the pods that visited the workers. */
const assertGone = async ({ lab }: Run): Promise<void> => {
  await lab.kubeconfig();
  const left = ["get", "daemonsets,configmaps", "-n", "kube-system", "-l", "kube-pki/workers", "-o", "name"];
  assert.equal(await mustKubectl(lab, left), "", "left of the DaemonSet");
};

/** Seconds that each worker was seen not Ready, the longest at a stretch; a cluster that does not answer says nothing. */
class Readiness {
  public readonly longest: Record<string, number> = {};
  private stopped = false;
  private readonly done: Promise<void>;

  public constructor(private readonly run: Run) {
    this.done = this.watch();
  }

  public async stop(): Promise<Record<string, number>> {
    this.stopped = true;
    await this.done;
    return this.longest;
  }

  private async watch(): Promise<void> {
    const since: Record<string, number | undefined> = {};
    const columns = 'jsonpath={range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}';
    while (!this.stopped) {
      await this.run.lab.kubeconfig().catch(() => undefined);
      const { code, stdout } = await this.run.lab.kubectl(["get", "nodes", "-o", columns, "--request-timeout=4s"]);
      for (const row of code === 0 ? stdout.trim().split(" ") : []) {
        const [node = "", status] = row.split("=");
        if (!workersOf(this.run).includes(node)) continue;
        since[node] = status === "True" ? undefined : (since[node] ?? Date.now());
        const seconds = (Date.now() - (since[node] ?? Date.now())) / 1000;
        this.longest[node] = Math.max(this.longest[node] ?? 0, Math.round(seconds));
      }
      await sleep(1000);
    }
  }
}

/** A kubelet that restarts may say for a moment that it is not ready yet. */
const NOT_READY_AT_MOST = 15;

const PKI = "/etc/kubernetes/pki";

const rotationWorkers: Scenario = {
  name: "rotation-workers",
  proves: "workers that no ssh reaches are rotated by a DaemonSet in waves: trust, certificate, retire, and back",
  topologies: ["duo"],
  play: async (run) => {
    const { lab, stack } = run;
    await run.step(`${JOINING} joins by kubeadm`, async () => {
      await lab.kubeconfig();
      await lab.addNode(JOINING);
      await lab.join(JOINING);
    });
    await configureFor(stack, lab, "existing");
    stack.configure({ nodes: listed(run), rollout: ROLLOUT, inCluster: { workers: { image: shellImage } } });
    await run.up("pulumi up: the cluster as it is");
    await startShells(lab);
    for (const node of workersOf(run))
      assert.equal((await lab.run(node, "test -e /var/lib/kube-pki")).code, 1, `${node}: visited before a rotation`);

    await run.step(`a worker whose files cannot be written stops the wave`, async () => {
      await lab.must(JOINING, `mount --bind ${PKI} ${PKI} && mount -o remount,ro,bind ${PKI}`);
      stack.configure(rotateTo(2));
      const { code, stdout, stderr } = await stack.up();
      assert.notEqual(code, 0, "the rotation went on");
      const said = complaint(stdout + stderr);
      assert.match(said, /w2: \/etc\/kubernetes\/pki\/ca\.crt cannot be written .*no other one begins/);
      run.log(said.split("\n").find((line) => line.includes("no other one begins")) ?? "");
      assert.equal((await clientIssuers(run))["w1"], "kubernetes");
      await lab.must(JOINING, `umount ${PKI}`);
    });

    const readiness = new Readiness(run);
    const title = "pulumi up: trust, issue and retire to generation 2";
    await goTo(run, title, { configure: rotateTo(2), trusted: ["g2"] });
    await assertClients(run, "lab-kubernetes-ca-g2");
    await assertGone(run);

    for (const [phase, signer] of [
      ["trust", "g2"],
      ["issue", "g3"],
      ["trust", "g2"],
      ["done", "g3"],
    ] as const) {
      const trusted = phase === "done" ? ["g3"] : ["g2", "g3"];
      await goTo(run, `generation 3: ${phase}`, { configure: rotateTo(3, phase), trusted });
      await assertClients(run, `lab-kubernetes-ca-${signer}`);
    }
    await assertGone(run);
    const longest = await readiness.stop();
    for (const [node, seconds] of Object.entries(longest)) {
      run.counts[`${node} not ready, seconds at a stretch`] = seconds;
      assert.ok(seconds <= NOT_READY_AT_MOST, `${node}: not Ready for ${String(seconds)} s`);
    }
  },
};

export const workerScenarios: readonly Scenario[] = [rotationWorkers];
