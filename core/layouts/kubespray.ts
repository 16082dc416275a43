/**
 * kubespray (kubernetes-sigs/kubespray roles/etcd, roles/kubernetes): kubeadm with certificatesDir /etc/kubernetes/ssl, to
 * which /etc/kubernetes/pki is a link, and etcd as a systemd unit on the control planes or on nodes of its own. A member
 * serves its clients and its peers with one certificate. etcd gets its files by /etc/etcd.env; their folder is the user
 * etcd's, and so are the files, but for those on the node where they were made. Workers reach the API through a proxy of
 * their own. The keys of etcd's CA (ca-key.pem) and of other nodes, which kubespray copies to every member, are not written.
 */
import type { ProfileName } from "../model/profiles";
import { consumerOf, type ConsumerInput } from "../model/reload";
import { adjusted } from "./adjusted";
import { kubeadm } from "./kubeadm";
import { ca, certificate, key, NODE_NAME, withoutMembers, type FileRow, type Layout, type LeafForm } from "./layout";

const ETCD = "/etc/ssl/etcd/ssl";
const ETCD_OWNER = "etcd";

const pem = (
  profile: ProfileName,
  on: "etcd" | "control-plane",
  name: string,
  uses: readonly ConsumerInput[],
): readonly FileRow[] => {
  const base = `${ETCD}/${name}-${NODE_NAME}`;
  return [
    { path: `${base}.pem`, on, owner: ETCD_OWNER, content: certificate(profile), uses },
    { path: `${base}-key.pem`, on, owner: ETCD_OWNER, content: key(profile), uses },
  ];
};

const OF_ETCD: readonly FileRow[] = [
  {
    path: `${ETCD}/ca.pem`,
    on: ["control-plane", "etcd"],
    owner: ETCD_OWNER,
    content: ca("etcd"),
    uses: ["kube-apiserver/etcd-ca", "etcd/trusted-ca"],
  },
  ...pem("etcd-server", "etcd", "member", ["etcd/serving", "etcd/peer"]),
  ...pem("etcdctl-etcd-client", "etcd", "admin", []),
  ...pem("apiserver-etcd-client", "control-plane", "node", ["kube-apiserver/etcd-client"]),
];

/** By openssl.conf.j2 and make-ssl-etcd.sh.j2 all three may serve, and have the names of every member. */
const ofEtcd = (name: string): LeafForm => ({
  commonName: `etcd-${name}-${NODE_NAME}`,
  usages: ["server", "client"],
  serviceNames: ["etcd", "etcd.kube-system", "etcd.kube-system.svc"],
});

const KUBEADM = adjusted(kubeadm, { "/etc/kubernetes/pki/": { path: "/etc/kubernetes/ssl/" } }, {});

const isOfEtcd = ({ uses, content }: FileRow): boolean =>
  uses.some((use) => consumerOf(use) === "etcd") ||
  (content.kind === "ca" && content.authority === "etcd") ||
  ("profile" in content && content.profile === "apiserver-etcd-client");

export const kubespray: Layout = {
  ...KUBEADM,
  workerProxyPort: 6443,
  leaves: {
    "etcd-server": ofEtcd("member"),
    "etcdctl-etcd-client": ofEtcd("admin"),
    "apiserver-etcd-client": ofEtcd("node"),
  },
  files: (kubernetesMinor) => [
    ...OF_ETCD,
    ...KUBEADM.files(kubernetesMinor)
      .filter((row) => !isOfEtcd(row))
      .flatMap(withoutMembers),
  ],
  consumers: [
    { name: "etcd", on: "etcd", kind: "systemd", unit: "etcd" },
    ...KUBEADM.consumers.flatMap(withoutMembers),
  ],
};
