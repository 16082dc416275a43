/** What does not work in a cluster as it is now, one sentence each; nothing: the state is legal. */
import { apiServersOf, type Cluster, type Running } from "./cluster";
import type { Text } from "./node";
import { TALKS, type Talk } from "./talks";
import { isCa, isLeaf, issuerOf } from "./texts";

const untrusted = (presented: Text, trusted: Text | undefined): Text =>
  trusted === undefined ? [] : presented.filter((text) => !trusted.includes(issuerOf(text)));

const serversOf = (cluster: Cluster, { reach, server, client }: Talk, from: Running): Running[] => {
  const servers = cluster.up(server);
  const own = servers.filter(({ node }) => node === from.node);
  switch (reach) {
    case "all":
      return servers;
    case "self":
      return own;
    case "others":
      return servers.filter(({ node }) => node !== from.node);
    case "own":
      return from.node.processes.has(server) ? own : servers;
    case "kubeconfig":
      return apiServersOf(cluster, from.node, client);
  }
};

const talks = (cluster: Cluster): string[] =>
  TALKS.flatMap((talk) =>
    cluster.up(talk.client).flatMap((from) =>
      serversOf(cluster, talk, from).flatMap((to) => {
        const [client, server] = [`${from.node.name} ${talk.client}`, `${to.node.name} ${talk.server}`];
        const presented = talk.presents.flatMap((input) => from.process.presents(input));
        return [
          ...untrusted(presented, to.process.trusts(talk.accepts)).map(
            (leaf) => `${server} refuses ${client}, which presents ${leaf}`,
          ),
          ...untrusted(to.process.presents(talk.serves), from.process.trusts(talk.trusts)).map(
            (leaf) => `${client} does not trust ${server}, which serves ${leaf}`,
          ),
        ];
      }),
    ),
  );

/** Tokens in use, and those that could be signed now, must be good at every API server. */
const tokens = (cluster: Cluster): string[] => {
  const signed = [
    ...cluster.nodes.flatMap(({ name, tokens: held }) =>
      [...held].map((generation) => ({ who: `a pod on ${name}`, key: `saprivate/x/${String(generation)}` })),
    ),
    ...cluster
      .up("kube-apiserver")
      .flatMap(({ node, process }) =>
        process
          .holds("kube-apiserver/service-account-private")
          .map((key) => ({ who: `a token just signed by ${node.name}`, key })),
      ),
  ];
  return cluster
    .up("kube-apiserver")
    .flatMap(({ node, process }) =>
      signed
        .filter(({ key }) => untrusted([key], process.trusts("kube-apiserver/service-account-public")).length > 0)
        .map(({ who, key }) => `${node.name} kube-apiserver refuses ${who}: ${key}`),
    );
};

/** Pods verify every API server by kube-root-ca.crt, admin kubeconfigs by what they hold. */
const readers = (cluster: Cluster): string[] =>
  cluster.up("kube-apiserver").flatMap(({ node, process }) => {
    const served = process.presents("kube-apiserver/serving");
    const pods = cluster.podTrust.filter((trusted) => untrusted(served, trusted).length > 0);
    const admins = cluster.nodes.flatMap((each) =>
      each.plan.known
        .filter(({ uses }) => uses.includes("kube-apiserver/client"))
        .filter(({ path }) => {
          const text = each.disk.get(path) ?? [];
          if (text.length === 0) return false;
          const leaf = text.filter(isLeaf);
          return (
            untrusted(served, text.filter(isCa)).length > 0 ||
            untrusted(leaf, process.trusts("kube-apiserver/client-ca")).length > 0
          );
        })
        .map(({ path }) => `${each.name} ${path} is no good at ${node.name} kube-apiserver`),
    );
    return [
      ...pods.map((trusted) => `pods that trust ${trusted.join(" ")} do not trust ${node.name} kube-apiserver`),
      ...admins,
    ];
  });

const aggregation = (cluster: Cluster): string[] =>
  cluster
    .up("kube-apiserver")
    .flatMap(({ node, process }) =>
      untrusted(process.presents("kube-apiserver/proxy-client"), cluster.aggregatedTrust).map(
        (leaf) => `aggregated servers refuse ${node.name} kube-apiserver, which presents ${leaf}`,
      ),
    );

/** The controller manager signs with exactly one certificate, its key's, and what it signs is good everywhere. */
const signing = (cluster: Cluster): string[] =>
  cluster.up("kube-controller-manager").flatMap(({ node, process }) => {
    const { certificates, keys } = process.signing();
    // from the moment ca.crt holds two until its restart in the same step it signs nothing: requests wait, none is lost
    // and one that has joined with a bundle signs nothing before the stack has been there
    const hasPause = node.journal !== undefined || node.isNew;
    const usable = certificates.filter((each) => each.length === 1);
    const [certificate, key] = [certificates.at(-1) ?? [], keys.at(-1) ?? []];
    return [
      ...(certificate.length !== 1 && !hasPause
        ? [`${node.name} kube-controller-manager cannot sign with ${certificate.join(" ") || "nothing"}`]
        : []),
      ...(key.some((each) => !hasPause && issuerOf(each) !== certificate[0])
        ? [`${node.name} kube-controller-manager has the key ${key.join(" ")} for ${certificate.join(" ")}`]
        : []),
      ...cluster
        .up("kube-apiserver")
        .filter((to) => usable.flat().some((ca) => !(to.process.trusts("kube-apiserver/client-ca") ?? []).includes(ca)))
        .map((to) => `${to.node.name} kube-apiserver refuses what ${node.name} kube-controller-manager signs`),
    ];
  });

/** kubeadm takes the first certificate of ca.crt for the one that ca.key belongs to. */
const keysFirst = (cluster: Cluster): string[] =>
  cluster.nodes.flatMap(({ name, plan, disk }) => {
    const from = plan.signing?.from;
    const [ca, key] = [disk.get(from?.certificate ?? "")?.[0], disk.get(from?.key ?? "")?.[0]];
    return ca === undefined || key === undefined || ca === issuerOf(key)
      ? []
      : [`${name} ${from?.certificate ?? ""} begins with ${ca}, but its key is ${key}`];
  });

/** No two members at once, and always an API server where there are several. */
const quorum = (cluster: Cluster): string[] => {
  const down = (name: "etcd" | "kube-apiserver") => cluster.all(name).filter(({ process }) => !process.up).length;
  return (["etcd", "kube-apiserver"] as const)
    .filter((name) => down(name) > 1)
    .map((name) => `several ${name} are down`);
};

const CHECKS = [talks, tokens, readers, aggregation, signing, keysFirst, quorum];

export const broken = (cluster: Cluster): string[] => CHECKS.flatMap((check) => check(cluster));
