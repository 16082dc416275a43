/** Where etcd runs. */
import { INVENTORY } from "../../certificates/inventory";
import { mustBe } from "../../format/problem";
import { LAYOUT_NAMES, LAYOUTS } from "../../layouts";
import { PROFILE_NAMES } from "../../model/profiles";
import type { Check } from "./check";

/** What only a node has that runs etcd. */
const OF_MEMBERS = PROFILE_NAMES.filter(
  (name) => INVENTORY[name].authority === "etcd" && INVENTORY[name].usages.includes("server"),
);

/** Where kubeadm is given an external etcd, with members whose nodes are in the stack file. */
const APART = LAYOUT_NAMES.filter((name) => !LAYOUTS[name].stacksEtcd).join(" or ");

/**
 * An etcd that the stack does not reach is not supported: whoever trusts its CA is changed together with the members, and
 * each member is asked whether it is healthy before and after. Without a node for etcd the control planes are taken to run
 * it, so a stack file that leaves etcd to others has to say where it is; else every control plane would be refused by its
 * node, for want of an etcd.
 */
export const etcdProblems: Check = ({ sections: { nodes, certificates, layout } }) => {
  if (nodes === undefined || certificates === undefined || nodes.some(({ roles }) => roles.includes("etcd"))) return [];
  if (layout !== undefined && !LAYOUTS[layout].stacksEtcd)
    return [
      mustBe(
        "nodes",
        `none has the role etcd, with layout ${layout}`,
        "a list with the members of etcd",
        "add them, with roles: [etcd]",
      ),
    ];
  const isManaged = OF_MEMBERS.some((name) => certificates.profiles[name]?.enabled !== false);
  if (isManaged) return [];
  return [
    mustBe(
      "nodes",
      `none has the role etcd, and ${OF_MEMBERS.join(" and ")} are disabled under certificates.profiles`,
      "a list that says which nodes run etcd",
      `give these the role etcd (roles: [control-plane, etcd]), or add the members of an external etcd with roles: [etcd] (as static pods of kubeadm's, or layout: ${APART}); one on nodes that the stack does not reach is not supported`,
    ),
  ];
};
