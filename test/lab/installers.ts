import { installEtcdadm } from "./etcdadm";
import { installExternalEtcd } from "./externalEtcd";
import { installFleet } from "./fleet";
import { installHardway } from "./hardway";
import { installKubeadm } from "./kubeadm";
import { installKubespray } from "./kubespray";
import type { Lab } from "./lab";
import type { Log } from "./progress";
import type { Installer } from "./topology";

/** Makes a cluster of booted, bare nodes; with `pki: "given"` they have their files already. */
type Install = (lab: Lab, log: Log, pki?: "made" | "given") => Promise<void>;

export const install: Readonly<Record<Installer, Install>> = {
  kubeadm: installKubeadm,
  "external-etcd": installExternalEtcd,
  etcdadm: installEtcdadm,
  kubespray: installKubespray,
  hardway: installHardway,
  fleet: installFleet,
};
