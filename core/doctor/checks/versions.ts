/** Versions that do not go together, and what the next ones do not take any more. */
import type { ConsumerName } from "../../model/reload";
import type { ComponentFacts } from "../../survey/model";
import { componentOn, nodesWith, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { minorOf } from "../words";
import { unique } from "../../format/unique";

/** https://kubernetes.io/releases/version-skew-policy/: how many minors a component may be older than any API server; never newer. */
const MAY_BE_OLDER: Readonly<Partial<Record<ConsumerName, number>>> = {
  "kube-apiserver": 1,
  "kube-controller-manager": 1,
  "kube-scheduler": 1,
  kubelet: 3,
  "kube-proxy": 3,
};

interface Server {
  readonly node: string;
  readonly version: string;
  readonly minor: number;
}

const serversOf = (cluster: Cluster): Server[] =>
  nodesWith(cluster, "kube-apiserver").flatMap((node) => {
    const version = componentOn(node, "kube-apiserver")?.version;
    const minor = minorOf(version);
    return version === undefined || minor === undefined ? [] : [{ node: node.name, version, minor }];
  });

const skew = (node: NodeView, cluster: Cluster): Issue[] => {
  const servers = serversOf(cluster).sort((a, b) => a.minor - b.minor);
  const [oldest, newest] = [servers[0], servers.at(-1)];
  return node.survey.components.flatMap(({ name, version }): Issue[] => {
    const minor = minorOf(version);
    const limit = MAY_BE_OLDER[name];
    if (minor === undefined || limit === undefined || oldest === undefined || newest === undefined) return [];
    const isNewer = name !== "kube-apiserver" && minor > oldest.minor;
    const isOlder = minor < newest.minor - limit;
    if (!isNewer && !isOlder) return [];
    const { node: at, version: theirs } = isNewer ? oldest : newest;
    return [
      {
        urgency: "soon",
        subject: name,
        text: isNewer
          ? `${name} ${version ?? ""} is newer than kube-apiserver ${theirs} on ${at}, which Kubernetes does not support`
          : `${name} ${version ?? ""} is more than ${limit === 1 ? "one minor version" : `${String(limit)} minor versions`} older than kube-apiserver ${theirs} on ${at}, which Kubernetes does not support`,
        remedy: isNewer ? "upgrade the API servers first" : `upgrade ${name}`,
        source: "https://kubernetes.io/releases/version-skew-policy/",
      },
    ];
  });
};

interface Removed {
  readonly component: ConsumerName;
  readonly option: RegExp;
  /** The first minor version of the component that does not know it. */
  readonly minor: number;
  readonly source: string;
}

/** Read in the change logs of Kubernetes and etcd; only options with which a process does not start. */
const REMOVED: readonly Removed[] = [
  { component: "kubelet", option: /^keep-terminated-pod-volumes$/, minor: 31, source: "kubernetes/kubernetes#122082" },
  {
    component: "kube-apiserver",
    option: /^cloud-(?:provider|config)$/,
    minor: 33,
    source: "kubernetes/kubernetes#130162",
  },
  { component: "kubelet", option: /^cloud-config$/, minor: 34, source: "kubernetes/kubernetes#130161" },
  { component: "kubelet", option: /^pod-infra-container-image$/, minor: 35, source: "kubernetes CHANGELOG-1.35" },
  {
    component: "etcd",
    option:
      /^(?:enable-v2|experimental-enable-v2v3|proxy|proxy-(?:failure-wait|refresh-interval|dial-timeout|write-timeout|read-timeout))$/,
    minor: 6,
    source: "etcd CHANGELOG-3.6",
  },
  { component: "etcd", option: /^experimental-/, minor: 7, source: "etcd-io/etcd#19959" },
];

/** "1.35" or, of etcd, "3.7". */
const release = ({ version = "" }: ComponentFacts, minor: number): string =>
  `${version.split(".")[0] ?? ""}.${String(minor)}`;

const removed = (node: NodeView): Issue[] =>
  node.survey.components.flatMap((component) => {
    const minor = minorOf(component.version);
    const names = unique(component.options.filter(({ from }) => from !== "configuration file").map(({ name }) => name));
    return names.flatMap((name): Issue[] => {
      const row = REMOVED.filter((each) => each.component === component.name && each.option.test(name)).sort(
        (a, b) => a.minor - b.minor,
      )[0];
      if (row === undefined || minor === undefined || minor >= row.minor) return [];
      const isNext = minor + 1 === row.minor;
      return [
        {
          urgency: isNext ? "soon" : "notice",
          subject: component.name,
          text: `${component.name} is started with --${name}, with which ${component.name} ${release(component, row.minor)} and later ${row.component === "etcd" ? "does" : "do"} not start`,
          remedy: `remove --${name} before the upgrade`,
          source: row.source,
        },
      ];
    });
  });

export const VERSIONS: readonly Check[] = [
  { id: "version-skew", finds: "components whose version does not go with the API servers'", look: eachNode(skew) },
  {
    id: "option-removed",
    finds: "options that a later version does not know (soon: the next minor version)",
    look: eachNode(removed),
  },
];
