/** What must be true of a cluster after a change, asked by other means than the product's own. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { CertificateRow } from "../../core/report/report";
import type { Lab } from "../lab/lab";
import type { Installer } from "../lab/topology";
import { keysIn } from "./keysInState";
import { assertLintClean } from "./lint";
import { notServed, servedNow } from "./servedBy";
import { nameOf, type Stack } from "./stack";

/**
 * Client certificates that nobody on their own node can be asked about: no one is shown the front proxy's, and where etcd
 * and the kubelets are other machines a proof would fail for their reasons (core/nodes/proofs.ts).
 */
const UNPROVABLE: Readonly<Record<Installer, readonly CertificateRow["certificate"][]>> = {
  kubeadm: ["front-proxy-client"],
  "external-etcd": ["front-proxy-client", "apiserver-etcd-client"],
  etcdadm: ["front-proxy-client", "apiserver-etcd-client"],
  kubespray: ["front-proxy-client"],
  // on the master that is no member of etcd
  fleet: ["front-proxy-client", "apiserver-etcd-client"],
  hardway: ["front-proxy-client", "apiserver-etcd-client", "apiserver-kubelet-client"],
};

/** Every certificate was proven on its node, and what each port serves is what the stack issued. */
export const assertProven = async (lab: Lab, rows: readonly CertificateRow[]): Promise<number> => {
  const excused = UNPROVABLE[lab.topology.installer];
  const unproven = rows.filter(
    // a user's certificate is on no node that could prove it
    ({ node, certificate, proof }) => node !== "-" && proof === "none" && !excused.includes(certificate),
  );
  assert.deepEqual(
    unproven.map(({ node, certificate }) => `${node}/${certificate}`),
    [],
    "certificates without proof",
  );
  const served = await servedNow(lab, rows);
  assert.ok(served.length > 0, "no serving certificate was looked at");
  assert.deepEqual(notServed(served), []);
  return served.length;
};

interface Resource {
  readonly urn: string;
  readonly outputs?: { readonly certPem?: string; readonly certificate?: string; readonly trustPem?: string };
}

/**
 * Whoever has an export of the state and not its passphrase has no key; the certificates are there for everybody to see, and
 * a linter has nothing to say of any.
 *
 * @returns how many certificates the stack keeps, each counted once
 */
export const assertExportClean = async (stack: Stack): Promise<number> => {
  const text = await stack.exported();
  assert.doesNotMatch(text, /PRIVATE KEY/);
  const { deployment } = JSON.parse(text) as { deployment: { resources?: readonly Resource[] } };
  const certificates = (deployment.resources ?? []).flatMap(({ urn, outputs }) => {
    // what an authority trusts: a CA that was given is in no resource of its own
    const pem = outputs?.certPem ?? outputs?.certificate ?? outputs?.trustPem;
    return pem === undefined ? [] : [{ name: nameOf(urn), pem }];
  });
  return assertLintClean(certificates);
};

/** Not even whoever has the passphrase of the state finds any private key in it, but the one the stack logs in to nodes with. */
export const assertNoKey = async (lab: Lab, stack: Stack): Promise<void> => {
  const exported = await stack.must(["stack", "export", "--show-secrets"]);
  const login = readFileSync(lab.sshKeyFile, "utf8");
  assert.ok(keysIn(exported, "").length > 0, "no login in the export: are its secrets readable?");
  assert.deepEqual(keysIn(exported, login), [], "private keys in the state");
};

/** Nodes Ready, a ConfigMap written and read, and the API server's way to a kubelet open. */
export const assertClusterWorks = async (lab: Lab): Promise<void> => {
  await lab.kubeconfig();
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await lab.kubectl(args);
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr.trim()}`);
    return stdout;
  };
  const ready = await kubectl(
    "get",
    "nodes",
    "-o",
    'jsonpath={range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}',
  );
  assert.match(ready, /=True/);
  assert.doesNotMatch(ready, /=(False|Unknown)/);
  const value = `written-${String(Date.now())}`;
  await kubectl("create", "configmap", value, `--from-literal=value=${value}`);
  assert.equal(await kubectl("get", "configmap", value, "-o", "jsonpath={.data.value}"), value);
  await kubectl("delete", "configmap", value);
  for (const name of ready
    .trim()
    .split("\n")
    .map((line) => line.split("=")[0] ?? "")) {
    assert.equal((await throughKubelet(lab, name)).trim(), "ok");
  }
};

/**
 * The API server's own way to a kubelet. Each API server keeps connections open and finds out that a kubelet has restarted
 * by its next request, which then fails once ("use of closed network connection"); behind a balancer that is once for each.
 */
const throughKubelet = async (lab: Lab, node: string): Promise<string> => {
  for (let left = 4; ; left -= 1) {
    const { code, stdout, stderr } = await lab.kubectl(["get", "--raw", `/api/v1/nodes/${node}/proxy/healthz`]);
    if (code === 0) return stdout;
    if (left === 0 || !stderr.includes("closed network connection"))
      assert.fail(`${node}: the API server cannot reach the kubelet: ${stderr.trim()}`);
  }
};
