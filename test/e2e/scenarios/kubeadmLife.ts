/** What kubeadm is asked for in the life of a cluster, before, during and after a rotation, and an upgrade to the next minor. */
import assert from "node:assert/strict";
import { startShells, assertLogsAndExec } from "../access/kubelets";
import { assertClusterWorks, assertProven } from "../checks";
import { labConfig } from "../labConfig";
import { bringRelease } from "../../lab/release";
import { assertNothingToDo, begin, casOf, goTo, rotateTo, ROLLOUT } from "../rotating";
import type { AuthorityKind, Run, Scenario } from "../scenario";

const [FROM, TO] = ["1.35.4", "1.36.3"] as const;

/** A command on the first control plane. */
interface Asked {
  readonly command: string;
  readonly says: RegExp;
  /** kubeadm refuses it. @default false */
  readonly refused?: boolean;
}

const CHECK = "kubeadm certs check-expiration";
const RENEW = "kubeadm certs renew all";
const TOKEN = "kubeadm token create --ttl 5m --print-join-command";

const UPLOAD = "kubeadm init phase upload-certs --upload-certs";

/** Before, in each phase of and after a rotation. `renew` does what it can sign: after `done` etcd and the front proxy are left out. */
const ASKED: Readonly<Record<AuthorityKind, readonly Asked[]>> = {
  embedded: [
    { command: CHECK, says: /^apiserver-kubelet-client /m },
    { command: TOKEN, says: /--discovery-token-ca-cert-hash sha256:/ },
    { command: RENEW, says: /Done renewing certificates/ },
  ],
  // no key of a CA is on a node
  vault: [
    { command: CHECK, says: /^apiserver-kubelet-client .* ca +yes *$/m },
    { command: TOKEN, says: /--discovery-token-ca-cert-hash sha256:/ },
    { command: RENEW, says: /^Detected external etcd\/ca, .* can't be renewed$/m },
    { command: RENEW, says: /^Detected external ca, certificate for serving the Kubernetes API can't be renewed$/m },
    {
      command: UPLOAD,
      says: /can't use upload-certs with an external CA or an external front-proxy CA/,
      refused: true,
    },
  ],
};

const kindOf = ({ vault }: Run): AuthorityKind => (vault === undefined ? "embedded" : "vault");

const ask = (run: Run, moment: string): Promise<void> =>
  run.step(`${moment}: what kubeadm says`, async () => {
    const serials = await issuedOn(run);
    for (const { command, says, refused = false } of ASKED[kindOf(run)]) {
      const said = await run.lab.run("cp1", `{ ${command}; } 2>&1`, { timeoutMs: 120_000 });
      run.log(`${command}: exit ${String(said.code)}: ${said.stdout.trim().split("\n").slice(-4).join(" | ")}`);
      assert.equal(said.code !== 0, refused, `${command}: ${said.stdout}`);
      assert.match(said.stdout, says);
    }
    if (run.vault === undefined) return;
    assert.equal(await issuedOn(run), serials, "kubeadm has renewed something");
    await assertNoControlPlane(run);
  });

/** The first thing that a join of a control plane does, on a node without its files; it changes nothing. */
const assertNoControlPlane = async ({ lab, log }: Run): Promise<void> => {
  const join = (await lab.must("cp1", TOKEN)).trim().replace(/^kubeadm join/, "kubeadm join phase preflight");
  const said = await lab.run("w1", `${join} --control-plane --ignore-preflight-errors=all 2>&1`, {
    timeoutMs: 120_000,
  });
  log(`join --control-plane: exit ${String(said.code)}: ${said.stdout.trim().split("\n").slice(-6).join(" | ")}`);
  assert.notEqual(said.code, 0);
  assert.match(said.stdout, /failure loading key for service account: couldn't load the private key file \S+sa\.key/);
};

/** What kubeadm could renew, as it is there. */
const issuedOn = ({ lab }: Run): Promise<string> =>
  lab.must("cp1", "sha256sum /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /etc/kubernetes/*.conf");

const upgrade = async (run: Run): Promise<void> => {
  const { lab } = run;
  const version = await bringRelease(lab, TO, run.log);
  const must = (node: string, command: string): Promise<string> =>
    lab.must(node, `${command} 2>&1`, { timeoutMs: 600_000 });
  await run.step(`kubeadm upgrade apply ${version}`, async () => {
    const plan = await must("cp1", `kubeadm upgrade plan ${version} --ignore-preflight-errors=all`);
    assert.match(plan, new RegExp(`kubeadm upgrade apply ${version}`));
    await must("cp1", `kubeadm upgrade apply ${version} --yes --ignore-preflight-errors=all`);
  });
  for (const { name } of lab.nodes)
    await run.step(`${name}: its kubelet`, async () => {
      if (name !== "cp1") await must(name, "kubeadm upgrade node --ignore-preflight-errors=all");
      const since = Date.now();
      await must(name, "systemctl restart kubelet");
      await lab.waitForNode(name, since);
    });
};

const throughPhases = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await begin(run);
  await startShells(lab);
  // up to 1.35 clients in Go read a CA once (core/cluster/steps.ts, `reloading`)
  stack.configure({ inCluster: { restart: [{ kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" }] } });
  await ask(run, "before");
  await assertClusterWorks(lab);
  for (const phase of ["trust", "issue", "done"] as const) {
    await goTo(run, phase, {
      // what kubeadm has renewed in `issue` is signed by the old CAs of etcd and the front proxy again
      configure: { ...rotateTo(2, phase), rollout: { ...ROLLOUT, detectDrift: phase === "done" } },
      trusted: phase === "done" ? ["g2"] : [casOf(run), "g2"],
    });
    await ask(run, phase);
  }
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await throughPhases(run);
  await run.step("kubeadm's configuration has the flags of the rotation", async () => {
    const held = await lab.must(
      "cp1",
      "kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get cm kubeadm-config -o yaml",
    );
    assert.match(held, /name: cluster-signing-cert-file\s+value: \/etc\/kubernetes\/pki\/ca-signing\.crt/);
  });
  await upgrade(run);
  await run.step("the flags are still there, and what the stack issued is served", async () => {
    const manifest = await lab.must("cp1", "cat /etc/kubernetes/manifests/kube-controller-manager.yaml");
    assert.match(manifest, /--cluster-signing-cert-file=\/etc\/kubernetes\/pki\/ca-signing\.crt/);
    await assertClusterWorks(lab);
    run.counts["logs and exec"] = await assertLogsAndExec(lab);
  });
  stack.configure({ cluster: { ...(labConfig(lab)["cluster"] as object), kubernetesVersion: TO } });
  await run.up("pulumi up with the new version");
  run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
  await assertNothingToDo(run);
};

export const kubeadmLife: Scenario = {
  name: "kubeadm-upgrade",
  proves:
    "kubeadm's own commands before, in each phase of and after a rotation, then its upgrade to the next minor, which keeps what the rotation set",
  topologies: ["duo"],
  kubernetes: FROM,
  play,
};

export const kubeadmCommands: Scenario = {
  name: "kubeadm-commands",
  proves:
    "kubeadm's own commands before, in each phase of and after a rotation: which work, and what those say that do not",
  topologies: ["duo"],
  play: async (run) => {
    await throughPhases(run);
    await run.lab.kubeconfig();
    // what kubeadm has renewed meanwhile is brought back
    if (run.vault === undefined) await run.up("pulumi up: the stack's own again");
    run.counts["ports proven from outside"] = await assertProven(run.lab, await run.stack.certificates());
    await assertNothingToDo(run);
  },
};
