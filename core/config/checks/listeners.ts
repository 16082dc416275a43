/** Checks of `cluster.listeners`: two cannot have one port of one address. */
import { mustBe } from "../../format/problem";
import { LAYOUTS } from "../../layouts";
import { withGiven, type ListenerName, type Listeners } from "../../model/listeners";
import type { Role } from "../../model/roles";
import { withEtcd } from "../../nodes/topology";
import type { Check } from "./check";

/** What is on one node in any layout. */
const BY_ROLE: Readonly<Record<Role, readonly ListenerName[]>> = {
  "control-plane": ["apiServer", "controllerManagerHealth", "schedulerHealth"],
  etcd: ["etcdClient", "etcdPeer"],
  worker: [],
};

/** Not every layout has a kubelet on each node. */
const OF_KUBELETS: readonly ListenerName[] = ["kubelet", "kubeletHealth"];

const shared = (names: readonly ListenerName[], listeners: Listeners): string[] =>
  names.flatMap((name, index) => {
    const { port, on } = listeners[name];
    const other = names.slice(0, index).find((each) => listeners[each].port === port && listeners[each].on === on);
    return other === undefined
      ? []
      : [mustBe(`cluster.listeners.${name}.port`, `${String(port)} is that of ${other} too`, "a port of its own")];
  });

export const listenerProblems: Check = ({ sections: { cluster, nodes, layout } }) => {
  if (cluster === undefined || nodes === undefined || layout === undefined) return [];
  const listeners = withGiven(LAYOUTS[layout].listeners, cluster.listeners);
  const groups = withEtcd(nodes).map(({ roles }) => roles.flatMap((role) => BY_ROLE[role]));
  return [...new Set([...groups, OF_KUBELETS].flatMap((names) => shared(names, listeners)))];
};
