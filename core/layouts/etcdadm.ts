/**
 * etcd by etcdadm (kubernetes-sigs/etcdadm constants/constants.go, certs/certs.go, service/unit.go) on nodes of its own, as
 * EKS Anywhere has it: a systemd unit `etcd` that gets its files by /etc/etcd/etcd.env, and no kubelet. Control planes and
 * workers are as kubeadm makes them with `etcd.external`, where it writes no manifest of etcd. The CA's key, which etcdadm
 * leaves on the first member, is not ours to write. etcdadm's clients of etcd are in the group system:masters; ours are not:
 * etcd does not look at it, and an API server that trusted the same CA would.
 */
import { consumerOf } from "../model/reload";
import { kubeadm } from "./kubeadm";
import { ca, pemFiles, withoutMembers, type FileRow, type Layout } from "./layout";

const PKI = "/etc/etcd/pki";

const MEMBER: readonly FileRow[] = [
  { path: `${PKI}/ca.crt`, on: "etcd", content: ca("etcd"), uses: ["etcd/trusted-ca"] },
  ...pemFiles("etcd-server", "etcd", `${PKI}/server`, ["etcd/serving"]),
  ...pemFiles("etcd-peer", "etcd", `${PKI}/peer`, ["etcd/peer"]),
  ...pemFiles("etcdctl-etcd-client", "etcd", `${PKI}/etcdctl-etcd-client`, []),
  ...pemFiles("apiserver-etcd-client", "etcd", `${PKI}/apiserver-etcd-client`, []),
];

export const etcdadm: Layout = {
  ...kubeadm,
  stacksEtcd: false,
  files: (kubernetesMinor) => [
    ...MEMBER,
    ...kubeadm
      .files(kubernetesMinor)
      .flatMap(withoutMembers)
      .map((row) => ({ ...row, uses: row.uses.filter((use) => consumerOf(use) !== "etcd") })),
  ],
  consumers: [
    { name: "etcd", on: "etcd", kind: "systemd", unit: "etcd" },
    ...kubeadm.consumers.flatMap(withoutMembers),
  ],
};
