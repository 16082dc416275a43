/** How a certificate is renewed, by where it is and who manages it. */
import { plainSerial } from "../format/x509";
import type { Cluster, NodeView } from "./cluster";
import type { Held } from "./held";
import { componentOn } from "./cluster";
import { andList, needsRestart, restartOf } from "./words";
import { unique } from "../format/unique";

const KUBEADM = /^\/etc\/kubernetes\/(?:pki\/)?(.+?)(?:\.crt)?$/;

/** The names that `kubeadm certs renew` takes. */
const KUBEADM_NAMES: Readonly<Record<string, string>> = {
  apiserver: "apiserver",
  "apiserver-etcd-client": "apiserver-etcd-client",
  "apiserver-kubelet-client": "apiserver-kubelet-client",
  "front-proxy-client": "front-proxy-client",
  "etcd/server": "etcd-server",
  "etcd/peer": "etcd-peer",
  "etcd/healthcheck-client": "etcd-healthcheck-client",
  "admin.conf": "admin.conf",
  "super-admin.conf": "super-admin.conf",
  "controller-manager.conf": "controller-manager.conf",
  "scheduler.conf": "scheduler.conf",
};

/** The stack's row of a certificate that it has issued itself. */
export const stackRow = (serial: string, { stack }: Cluster) =>
  stack?.certificates.find((row) => plainSerial(row.serial) === plainSerial(serial));

const howToRenew = ({ certificate, path }: Held, cluster: Cluster): string => {
  if (stackRow(certificate.serial, cluster) !== undefined)
    return "run `npx kube-pki up`, which renews it and restarts what has to";
  const kubeadm = cluster.facts?.kubeadm === undefined ? undefined : KUBEADM_NAMES[KUBEADM.exec(path)?.[1] ?? ""];
  return kubeadm === undefined ? "have its CA sign a new one" : `run \`kubeadm certs renew ${kubeadm}\``;
};

/** What to do about a leaf that ends, the restarts that its readers need included. */
export function renewalOf(held: Held, node: NodeView, cluster: Cluster): string {
  if (stackRow(held.certificate.serial, cluster) !== undefined) return howToRenew(held, cluster);
  const restarts = unique(
    held.uses.flatMap((use) => {
      const component = componentOn(node, use.component);
      return component !== undefined && needsRestart(use, component.version) ? [restartOf(component)] : [];
    }),
  );
  return [howToRenew(held, cluster), ...(restarts.length > 0 ? [`then ${andList(restarts)}`] : [])].join(", ");
}

/** What to do about a CA. */
export const ROTATE = "rotate the CA while the cluster runs (docs/rotation.md)";
