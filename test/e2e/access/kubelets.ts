/** Kubelets in each phase: whose CA signed what they show, and the API server's way through them to a pod. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { hostPort } from "../../../core/format/addresses";
import { trustedOf } from "../../../core/authorities/rotation";
import type { RotationState } from "../../../core/model/phases";
import type { Lab } from "../../lab/lab";
import type { Installer } from "../../lab/topology";
import { identityOf } from "../clients/credentials";
import { deploy, mustKubectl, sandboxImageOf, workload } from "../clients/userland";

const CURRENT = "cat /var/lib/kubelet/pki/kubelet-client-current.pem";

const inKubeconfig = (path: string): string =>
  `sed -n 's/^ *client-certificate-data: *//p' ${path} | tr -d '"' | base64 -d`;

/** The certificate a kubelet shows to the API, as PEM. */
const CLIENT_CERTIFICATE: Readonly<Record<Installer, string>> = {
  kubeadm: CURRENT,
  "external-etcd": CURRENT,
  etcdadm: CURRENT,
  kubespray: CURRENT,
  hardway: inKubeconfig("/var/lib/kubelet/kubeconfig"),
  fleet: inKubeconfig("/etc/kubernetes/kubelet.kubeconfig"),
};

export interface KubeletRow {
  readonly node: string;
  readonly certificate: "serving" | "client";
  /** Generation of the CA that signed it; undefined: none that is trusted. */
  readonly generation: number | undefined;
}

const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (text) => new X509Certificate(text),
  );

/**
 * Which generation a CA is, by its subject as Node writes it: a stack's own say it at the end of their name, any other was there
 * before, so it is the oldest of those trusted. The order of a bundle does not tell: a file that etcd reads too keeps its order.
 */
export const generationOfCa = (subject: string, trusted: readonly number[]): number =>
  Number(/^CN=.*-g(\d+)$/m.exec(subject)?.[1] ?? Math.min(...trusted));

/** By which generation each kubelet's certificates are signed. */
export const kubeletRows = async (lab: Lab, nodes: readonly string[], state: RotationState): Promise<KubeletRow[]> => {
  const bundle = certificatesIn(identityOf(readFileSync(await lab.kubeconfig(), "utf8")).ca);
  const generations = trustedOf(state);
  const signedBy = (certificate: X509Certificate | undefined, among: readonly X509Certificate[]) =>
    among.find((ca) => ca !== certificate && certificate?.verify(ca.publicKey) === true);
  // where CAs are in Vault, each has the controller manager's own below it
  const roots = bundle.filter((ca) => signedBy(ca, bundle) === undefined);
  assert.equal(roots.length, generations.length, "CAs in the admin's kubeconfig");
  const generationOf = (pem: string): number | undefined => {
    const issuer = signedBy(certificatesIn(pem)[0], bundle);
    const root = issuer && (signedBy(issuer, bundle) ?? issuer);
    return root && generationOfCa(root.subject, generations);
  };
  const rows = await Promise.all(
    nodes.map(async (node): Promise<KubeletRow[]> => {
      const address = lab.nodes.find(({ name }) => name === node)?.address ?? "";
      const serving = await lab.exec(
        ["sh", "-c", `openssl s_client -connect ${hostPort(address, 10_250)} </dev/null 2>/dev/null | openssl x509`],
        { timeoutMs: 15_000 },
      );
      const client = await lab.must(node, CLIENT_CERTIFICATE[lab.topology.installer]);
      return [
        { node, certificate: "serving", generation: generationOf(serving.stdout) },
        { node, certificate: "client", generation: generationOf(client) },
      ];
    }),
  );
  return rows.flat();
};

const POD = "shell";
const GREETING = "this pod runs";

/** What the stack file says of them, so that something is rolled wherever they are. */
export const SHELL_WORKLOADS = { restart: [{ kind: "DaemonSet", namespace: "default", name: POD }] };

/** A pod on every node, without a token: nothing of a rotation concerns it. */
export const startShells = async (lab: Lab): Promise<void> => {
  const image = await sandboxImageOf(lab);
  const shell = { name: POD, image, script: `echo ${GREETING}; exec sleep 1000000` };
  await deploy(lab, [workload("DaemonSet", shell)]);
};

/**
 * kubectl logs and exec of the pod on every node. Each API server keeps connections to kubelets and learns by its next
 * request that one has restarted, so that one fails.
 */
export const assertLogsAndExec = async (lab: Lab): Promise<number> => {
  await lab.kubeconfig();
  await mustKubectl(lab, ["rollout", "status", `daemonset/${POD}`, "--timeout=90s"]);
  const columns = 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}';
  const listed = await mustKubectl(lab, ["get", "pods", "-l", `app=${POD}`, "-o", columns]);
  const pods = listed
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  assert.deepEqual(pods.map(([, node]) => node).sort(), [...lab.clusterNodes].sort(), "nodes with a pod");
  for (const [pod = "", node = ""] of pods) {
    assert.equal(await retried(lab, ["logs", pod]), GREETING, `logs of ${pod} on ${node}`);
    assert.equal(await retried(lab, ["exec", pod, "--", "echo", node]), node, `exec in ${pod}`);
  }
  return pods.length;
};

const retried = async (lab: Lab, args: readonly string[]): Promise<string> => {
  for (let left = 4; ; left -= 1) {
    const { code, stdout, stderr } = await lab.kubectl(args);
    if (code === 0) return stdout.trim();
    if (left === 0) assert.fail(`kubectl ${args.join(" ")}: ${stderr.trim()}`);
    await sleep(1000);
  }
};
