/** Hosts that belong to a cluster and that nobody has visited yet. */
import { canonicalIp } from "../format/addresses";
import { listedAs } from "./nodes";
import { unique } from "../format/unique";
import { isLoopback, isWildcard, listedNodes, listOf, urlParts, type Visit } from "./visits";

/** Where members of etcd are, as API servers and the members themselves have been told. */
const etcdHosts = ({ survey }: Visit): string[] =>
  [
    ...listOf(survey, "kube-apiserver", "etcd-servers"),
    ...listOf(survey, "etcd", "initial-cluster").map((each) => each.replace(/^[^=]*=/, "")),
  ].flatMap((url) => {
    const host = urlParts(url)?.host;
    return host === undefined ? [] : [canonicalIp(host) ?? host];
  });

/** One address for each of them: of the cluster's own list, and of etcd's members. */
export const unvisitedHosts = (visits: readonly Visit[]): string[] => {
  const listed = listedNodes(visits);
  const visited = visits.flatMap(({ survey }) => listedAs(survey, listed) ?? []);
  const known = new Set([
    ...visits.flatMap(({ survey, ssh }) => [
      survey.host.hostname,
      ...survey.host.addresses,
      ...(ssh ? [ssh.host] : []),
    ]),
    ...visited.flatMap(({ name, addresses }) => [name, ...addresses]),
  ]);
  const nodes = listed
    .filter(({ name, addresses }) => ![name, ...addresses].some((each) => known.has(each)))
    .flatMap(({ addresses: [first] }) => first ?? []);
  const members = visits
    .flatMap(etcdHosts)
    .filter((host) => !known.has(host) && !isLoopback(host) && !isWildcard(host));
  return unique([...nodes.map((host) => canonicalIp(host) ?? host), ...members]);
};
