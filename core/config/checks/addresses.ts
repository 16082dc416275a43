/** Checks of addresses against one another: what can never be reached. */
import { hostOf, isWithin } from "../../format/addresses";
import { mustBe } from "../../format/problem";
import type { Check } from "./check";

/** In these networks kube-proxy sends every packet to a pod or refuses it. */
export const addressProblems: Check = ({ sections: { cluster, nodes = [] } }) => {
  if (cluster === undefined) return [];
  const inside = (at: string, ip: string): string[] =>
    cluster.serviceCidrs
      .filter((cidr) => isWithin(ip, cidr))
      .map((cidr) =>
        mustBe(at, JSON.stringify(ip), `outside of cluster.serviceCidrs, ${cidr}, whose addresses are no host's`),
      );
  return [
    ...inside("cluster.endpoint", hostOf(cluster.endpoint)),
    ...nodes.flatMap(({ address }, index) => inside(`nodes[${String(index)}].address`, address)),
  ];
};
