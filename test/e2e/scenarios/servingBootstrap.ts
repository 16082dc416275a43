/** Kubelets that ask the cluster for their serving certificates (serverTLSBootstrap), and a stack that approves what is planned. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { assertLogsAndExec, kubeletRows, SHELL_WORKLOADS, startShells } from "../access/kubelets";
import { mustKubectl } from "../clients/userland";
import { assertNothingToDo, begin, casOf, goTo, rotateTo } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";

const BOOTSTRAP = `set -eu
grep -q '^serverTLSBootstrap: true$' /var/lib/kubelet/config.yaml ||
  echo 'serverTLSBootstrap: true' >>/var/lib/kubelet/config.yaml
systemctl restart kubelet`;

/** $1 its name, $2 the subject, $3 the names, $4 a usage more: sent with the credential of the node that it runs on. */
const ASK = `set -eu
cd "$(mktemp -d)"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -subj "$2" -addext "subjectAltName=$3" -out csr 2>/dev/null
kubectl --kubeconfig /etc/kubernetes/kubelet.conf create -f - <<EOF
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: "$1" }
spec:
  signerName: kubernetes.io/kubelet-serving
  usages: ["digital signature", "server auth"$4]
  request: $(base64 -w0 <csr)
EOF`;

interface Csr {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly signerName: string; readonly username: string };
  readonly status?: { readonly conditions?: readonly unknown[]; readonly certificate?: string };
}

const servingRequests = async ({ lab }: Run): Promise<readonly Csr[]> => {
  const { items } = JSON.parse(await mustKubectl(lab, ["get", "csr", "-o", "json"])) as { items: readonly Csr[] };
  return items.filter(({ spec }) => spec.signerName === "kubernetes.io/kubelet-serving");
};

const isPending = ({ status }: Csr): boolean => (status?.conditions ?? []).length === 0;

/** Each of these nodes has asked, and nobody has answered. */
const assertPending = async (run: Run, nodes: readonly string[]): Promise<void> => {
  for (let left = 60; ; left -= 1) {
    const asking = new Set((await servingRequests(run)).filter(isPending).map(({ spec }) => spec.username));
    const missing = nodes.filter((node) => !asking.has(`system:node:${node}`));
    if (missing.length === 0) return;
    if (left === 0) assert.fail(`no pending request of ${missing.join(", ")}`);
    await sleep(1000);
  }
};

const assertServes = async (run: Run, generation: number): Promise<void> => {
  const { lab } = run;
  for (const row of await kubeletRows(lab, lab.clusterNodes, { generation, phase: "done" }))
    if (row.certificate === "serving")
      assert.equal(row.generation, generation, `${row.node}: generation of the kubelet's serving certificate`);
  run.counts["logs and exec"] = (run.counts["logs and exec"] ?? 0) + (await assertLogsAndExec(lab));
};

const STOLEN = ["stolen-names", "stolen-usages"] as const;

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  const [server, worker] = ["cp1", "w1"] as const;
  const serverAddress = lab.nodes.find(({ name }) => name === server)?.address ?? "";
  stack.configure({ certificates: { profiles: { "kubelet-server": { enabled: false } } } });
  await begin(run);
  await startShells(lab);
  await run.step("kubelets are told to ask for their serving certificates, and nobody approves them", async () => {
    for (const name of lab.clusterNodes) await lab.must(name, BOOTSTRAP, { timeoutMs: 60_000 });
    await assertPending(run, lab.clusterNodes);
  });
  await run.step(`somebody with ${worker}'s credential asks for the names of ${server}`, async () => {
    // another CN than its own the API server takes of no node (NodeRestriction)
    const asks = (name: string, names: string, usage = "") =>
      lab.must(worker, `set -- ${name} /O=system:nodes/CN=system:node:${worker} ${names} '${usage}'\n${ASK}`);
    await asks(STOLEN[0], `DNS:${worker},DNS:${server},IP:${serverAddress}`);
    await asks(STOLEN[1], `DNS:${worker}`, ', "client auth"');
  });
  stack.configure({ inCluster: { ...SHELL_WORKLOADS, approveKubeletServing: true } });
  const said = await run.up("pulumi up: what is planned is approved");
  for (const name of lab.clusterNodes)
    assert.match(said, new RegExp(`${name}: its kubelet's request for a serving certificate is approved`));
  assert.match(said, /stolen-names is left pending: it asks for DNS:cp1, IP:[\d.]+, and w1 has DNS:w1, IP:/);
  assert.match(said, /stolen-usages is left pending: its usages are .*client auth.*; no kubelet asks so/);
  await run.step(
    "kubelets serve what the cluster's CA signed, and what was not planned has no certificate",
    async () => {
      await assertServes(run, 1);
      const stolen = (await servingRequests(run)).filter(({ metadata }) =>
        STOLEN.some((name) => name === metadata.name),
      );
      assert.deepEqual(stolen.map(isPending), [true, true]);
    },
  );
  await run.step("a preview has nothing to say", async () => {
    const { code, stdout, stderr } = await stack.previewText("--expect-no-changes");
    assert.equal(code, 0, tail(stdout + stderr));
    assert.doesNotMatch(stdout + stderr, /Signing|kubelet/);
  });
  await run.step(`${worker} asks anew, and a run that has nothing to do approves it`, async () => {
    await lab.must(worker, "rm /var/lib/kubelet/pki/kubelet-server-current.pem; systemctl restart kubelet", {
      timeoutMs: 60_000,
    });
    await assertPending(run, [worker]);
    const { code, stdout, stderr } = await stack.up({ expectNoChanges: true });
    assert.equal(code, 0, tail(stdout + stderr));
    assert.match(stdout + stderr, /w1: its kubelet's request for a serving certificate is approved/);
    await assertServes(run, 1);
  });
  assert.equal(casOf(run), "foreign");
  await goTo(run, "all CAs are replaced in one up", { configure: rotateTo(2), trusted: ["g2"] });
  await run.step("kubelets serve what the new CA signed", () => assertServes(run, 2));
  await assertNothingToDo(run);
};

export const servingBootstrap: Scenario = {
  name: "serving-bootstrap",
  proves:
    "kubelets with serverTLSBootstrap get exactly the serving certificates that are planned, in a run and from the new CA in a rotation",
  topologies: ["duo"],
  play,
};
