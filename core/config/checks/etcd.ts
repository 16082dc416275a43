/** Where etcd runs. */
import { INVENTORY } from "../../certificates/inventory";
import { mustBe } from "../../format/problem";
import { PROFILE_NAMES } from "../../model/profiles";
import type { Check } from "./check";

/** What only a node has that runs etcd. */
const OF_MEMBERS = PROFILE_NAMES.filter(
  (name) => INVENTORY[name].authority === "etcd" && INVENTORY[name].usages.includes("server"),
);

/**
 * An etcd that the stack does not reach (kubeadm's external etcd) is not supported: whoever trusts its CA is changed together
 * with the members, and each member is asked whether it is healthy before and after. Without a node for etcd the control
 * planes are taken to run it, so a stack file that leaves etcd to others has to say where it is; else every control plane
 * would be refused by its node, for want of an etcd.
 */
export const etcdProblems: Check = ({ sections: { nodes, certificates } }) => {
  if (nodes === undefined || certificates === undefined) return [];
  const isManaged = OF_MEMBERS.some((name) => certificates.profiles[name]?.enabled !== false);
  if (isManaged || nodes.some(({ roles }) => roles.includes("etcd"))) return [];
  return [
    mustBe(
      "nodes",
      `none has the role etcd, and ${OF_MEMBERS.join(" and ")} are disabled under certificates.profiles`,
      "a list that says which nodes run etcd",
      "give these the role etcd (roles: [control-plane, etcd]); an external etcd, which the stack does not reach, is not supported",
    ),
  ];
};
