/** The issued tree next to kubeadm's own, and where private keys are. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { setInterval } from "node:timers";
import type { Lab } from "../../lab/lab";
import { certificateFacts, kubeconfigFacts } from "../certificateFacts";
import { assertExportClean } from "../checks";
import { configureFor } from "../labConfig";
import type { Run, Scenario } from "../scenario";

const TREE = "/root/tree";

const kubeadmConfig = (lab: Lab, address: string): string => `
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: ${address} }
nodeRegistration: { name: cp1, criSocket: "unix:///run/containerd/containerd.sock" }
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v${lab.kubernetesVersion.replace(/^v/, "")}
clusterName: lab
certificatesDir: ${TREE}/pki
controlPlaneEndpoint: ${lab.endpoint}
networking: { serviceSubnet: ${lab.serviceCidr} }
`;

const CERTIFICATES = [
  "apiserver",
  "apiserver-kubelet-client",
  "apiserver-etcd-client",
  "front-proxy-client",
  "etcd/server",
  "etcd/peer",
  "etcd/healthcheck-client",
];
const KUBECONFIGS = ["admin", "super-admin", "controller-manager", "scheduler"];

const compareTrees = async ({ lab }: Run): Promise<number> => {
  const address = lab.nodes.find(({ name }) => name === "cp1")?.address ?? "";
  // with the umask of the lab's own `kubeadm init`: a mode that is stricter than kubeadm's is kept
  await lab.must(
    "cp1",
    `umask 077 && mkdir -p ${TREE}/pki/etcd && cd /etc/kubernetes/pki &&
     for ca in ca front-proxy-ca etcd/ca; do cp -p $ca.crt $ca.key ${TREE}/pki/\${ca%/*}/ 2>/dev/null || cp -p $ca.crt $ca.key ${TREE}/pki/; done
     cat >${TREE}/config.yaml &&
     kubeadm init phase certs all --config ${TREE}/config.yaml &&
     kubeadm init phase kubeconfig all --config ${TREE}/config.yaml --kubeconfig-dir ${TREE}`,
    { stdin: kubeadmConfig(lab, address) },
  );
  const read = (path: string) => lab.must("cp1", `cat ${path}`);
  const mode = (path: string) => lab.must("cp1", `stat -c '%a %U:%G' ${path}`);
  for (const name of CERTIFICATES) {
    const [ours, theirs] = [`/etc/kubernetes/pki/${name}`, `${TREE}/pki/${name}`];
    assert.deepEqual(certificateFacts(await read(`${ours}.crt`)), certificateFacts(await read(`${theirs}.crt`)), name);
    for (const suffix of ["crt", "key"])
      assert.equal(await mode(`${ours}.${suffix}`), await mode(`${theirs}.${suffix}`), `${name}.${suffix}`);
  }
  for (const name of KUBECONFIGS) {
    const [ours, theirs] = [`/etc/kubernetes/${name}.conf`, `${TREE}/${name}.conf`];
    assert.deepEqual(kubeconfigFacts(await read(ours)), kubeconfigFacts(await read(theirs)), name);
    assert.equal(await mode(ours), await mode(theirs), `${name}.conf`);
  }
  return CERTIFICATES.length + KUBECONFIGS.length;
};

/** The arguments of every process of the machine, nodes included, twice a second. */
const watchProcesses = (): (() => string) => {
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " "));
      } catch {
        // it has ended in between
      }
  };
  const timer = setInterval(look, 500);
  return () => {
    clearInterval(timer);
    return [...seen].join("\n");
  };
};

/** A line out of the middle of each leaf key's PEM: whoever has it has the key. */
const keyLines = async ({ lab }: Run): Promise<Map<string, string>> => {
  const lines = new Map<string, string>();
  for (const { name } of lab.nodes) {
    const text = await lab.must(name, "for f in /var/lib/kube-pki/keys/*/*.key; do echo $f; sed -n 2p $f; done");
    const rows = text.trim().split("\n");
    for (let index = 0; index < rows.length; index += 2)
      lines.set(`${name} ${rows[index] ?? ""}`, rows[index + 1] ?? "");
  }
  return lines;
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await configureFor(stack, lab, "existing");
  const processes = watchProcesses();
  const output = await run.up("pulumi up, every process watched");
  const places: Readonly<Record<string, string>> = {
    "process arguments": processes(),
    "pulumi's output": output,
    "the state, decrypted": await stack.must(["stack", "export", "--show-secrets"]),
    "the nodes' logs": (
      await Promise.all(
        lab.nodes.map(({ name }) => lab.must(name, "journalctl --no-pager; cat /var/lib/kube-pki/result")),
      )
    ).join("\n"),
  };
  await run.step("no leaf key is anywhere but on its node", async () => {
    const keys = await keyLines(run);
    run.counts["leaf keys looked for"] = keys.size;
    assert.ok(keys.size >= 15 && [...keys.values()].every((line) => line.length >= 60));
    for (const [where, text] of Object.entries(places)) {
      assert.ok(text.length > 1000, `${where} were not seen`);
      for (const [key, line] of keys) assert.ok(!text.includes(line), `${key} is in ${where}`);
    }
  });
  run.counts["certificates linted"] = await assertExportClean(stack);
  await run.step("the tree is the one kubeadm writes", async () => {
    run.counts["files compared with kubeadm's"] = await compareTrees(run);
  });
};

export const issuedTree: Scenario = {
  name: "issued-tree",
  proves:
    "subjects, SANs, usages, kubeconfigs and modes are kubeadm's; no leaf key in state, logs or process arguments",
  topologies: ["duo"],
  play,
};
