import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { plainSerial } from "../../../core/format/x509";
import type { CertificateRow } from "../../../core/report/report";
import { assertClusterWorks, assertProven } from "../checks";
import { configureFor } from "../labConfig";
import { tail, type Run, type Scenario } from "../scenario";

const PKI = "/etc/kubernetes/pki";

/** Where kubeadm makes a certificate of its own unless one is there; on a worker it makes none. */
const KUBEADM_PLACES: Readonly<Partial<Record<CertificateRow["certificate"], string>>> = {
  apiserver: `${PKI}/apiserver.crt`,
  "apiserver-etcd-client": `${PKI}/apiserver-etcd-client.crt`,
  "apiserver-kubelet-client": `${PKI}/apiserver-kubelet-client.crt`,
  "front-proxy-client": `${PKI}/front-proxy-client.crt`,
  "etcd-server": `${PKI}/etcd/server.crt`,
  "etcd-peer": `${PKI}/etcd/peer.crt`,
  "etcd-healthcheck-client": `${PKI}/etcd/healthcheck-client.crt`,
  kubelet: "/var/lib/kubelet/pki/kubelet-client-current.pem",
  "kubelet-server": "/var/lib/kubelet/pki/kubelet.crt",
};

/** CAs, keys and kubeconfigs that kubeadm makes unless they are there; kubelet.conf it may write anew, to the same end. */
const KUBEADM_FILES = `cd /etc/kubernetes; for file in pki/ca.crt pki/ca.key pki/front-proxy-ca.crt pki/etcd/ca.crt \
  pki/sa.key pki/sa.pub admin.conf super-admin.conf controller-manager.conf scheduler.conf; do
  [ ! -e $file ] || sha256sum $file; done`;

/** By node: digests of what kubeadm must leave alone, of the files that are there. */
const digests = async ({ lab }: Run): Promise<Map<string, string>> =>
  new Map(await Promise.all(lab.nodes.map(async ({ name }) => [name, await lab.must(name, KUBEADM_FILES)] as const)));

/** kubeadm started from the files of the stack: the certificates on the nodes are the issued ones, and no further CA key is there. */
const assertOurs = async (
  run: Run,
  rows: readonly CertificateRow[],
  before: ReadonlyMap<string, string>,
): Promise<void> => {
  const { lab } = run;
  assert.deepEqual(await digests(run), before, "kubeadm made files of its own");
  const looked = rows.flatMap((row) => {
    const path = KUBEADM_PLACES[row.certificate];
    return path === undefined ? [] : [{ ...row, path }];
  });
  assert.ok(looked.length >= 9, "no certificate was looked at");
  for (const { node, path, serial } of looked) {
    const onNode = new X509Certificate(await lab.must(node, `cat ${path}`)).serialNumber;
    assert.equal(plainSerial(onNode), plainSerial(serial), `${node} ${path} is not the one the stack issued`);
  }
  run.counts["certificates kubeadm took over"] = looked.length;
  for (const { name } of lab.nodes)
    assert.equal(
      (await lab.must(name, `ls ${PKI}/etcd/ca.key ${PKI}/front-proxy-ca.key 2>/dev/null || :`)).trim(),
      "",
      `${name}: kubeadm made a CA`,
    );
};

/** As the kubelet's packages leave it: it ends and is started again until kubeadm has written its configuration. */
const RESTLESS_KUBELET = `
  mkdir -p /etc/systemd/system/kubelet.service.d
  printf '[Unit]\\nConditionPathExists=\\n' >/etc/systemd/system/kubelet.service.d/restless.conf
  systemctl daemon-reload && systemctl start kubelet`;

/** Starting point (b): nothing there yet. */
export const bootstrap: Scenario = {
  name: "bootstrap",
  proves: "the first up installs the whole PKI on new nodes, the cluster starts from it, and it renews like any other",
  topologies: ["hardway", "single", "duo", "ha3"],
  bare: true,
  play: async (run) => {
    const { lab, stack } = run;
    const byKubeadm = lab.usesKubeadm;
    if (byKubeadm) for (const { name } of lab.nodes) await lab.must(name, RESTLESS_KUBELET);
    await configureFor(stack, lab, "bare");
    await run.up("pulumi up on bare nodes");
    const first = await stack.certificates();
    const before = await digests(run);
    await run.step("the cluster starts from what is there", () => lab.startCluster());
    if (byKubeadm) await run.step("kubeadm made no certificate of its own", () => assertOurs(run, first, before));
    await assertClusterWorks(lab);
    await run.step("pulumi up again: nothing to do", async () => {
      const { code, stdout, stderr } = await stack.up({ expectNoChanges: true });
      assert.equal(code, 0, tail(stdout + stderr));
    });
    // a moment by which the last of the nodes is due
    const latest = Math.max(...first.map(({ nextRenewal }) => Date.parse(nextRenewal)));
    stack.configure({ asOf: new Date(latest).toISOString() });
    await run.up("pulumi up later: everything is renewed on the running cluster");
    const second = await stack.certificates();
    const old = new Set(first.map(({ serial }) => serial));
    assert.ok(second.every(({ serial }) => !old.has(serial)));
    run.counts["certificates renewed"] = second.length;
    await assertProven(lab, second);
    await assertClusterWorks(lab);
  },
};
