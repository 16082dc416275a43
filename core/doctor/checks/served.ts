/** What components serve, against what is on disk. */
import { LISTENERS } from "../../model/listeners";
import type { ConsumerInput, ConsumerName } from "../../model/reload";
import type { CertificateFacts, ComponentFacts, FileFacts } from "../../survey/model";
import { certificateFiles, componentOn, valueOf, valuesOf, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { andList, day, restartOf } from "../words";
import { unique } from "../../format/unique";

const SERVING: Readonly<Partial<Record<ConsumerName, readonly ConsumerInput[]>>> = {
  etcd: ["etcd/serving", "etcd/peer"],
  "kube-apiserver": ["kube-apiserver/serving"],
  kubelet: ["kubelet/serving"],
};

/** The files a component serves from: also those of options that no row knows, such as --tls-sni-cert-key. */
const servingFiles = (node: NodeView, name: ConsumerName): FileFacts[] => {
  const known = certificateFiles(node, ...(SERVING[name] ?? []));
  const sni = node.survey.files.filter(
    ({ uses, certificates }) =>
      certificates.length > 0 &&
      uses.some(({ component, option }) => component === name && option === "tls-sni-cert-key"),
  );
  return known.length === 0 ? [] : [...known, ...sni];
};

/** What tells two certificates apart for a reader. */
const apart = (served: CertificateFacts, stored: CertificateFacts): readonly [string, string] =>
  day(served.notAfter) === day(stored.notAfter)
    ? [`of serial ${served.serial}`, `which has ${stored.serial}`]
    : [`that ends on ${day(served.notAfter)}`, `which ends on ${day(stored.notAfter)}`];

const since = (component: ComponentFacts, files: readonly FileFacts[]): string =>
  files.some(({ modifiedAt }) => Date.parse(modifiedAt) > Date.parse(component.startedAt))
    ? `; it has run since ${day(component.startedAt)} and the file has changed after that`
    : "";

const differs = (node: NodeView, { now, withinSeconds }: Cluster): Issue[] =>
  node.survey.served.flatMap(({ component: name, at, chain: [served] }): Issue[] => {
    const component = componentOn(node, name);
    const files = servingFiles(node, name);
    const stored = files.flatMap(({ certificates: [leaf] }) => leaf ?? []);
    const [first] = stored;
    if (component === undefined || served === undefined || first === undefined) return [];
    if (stored.some(({ fingerprint }) => fingerprint === served.fingerprint)) return [];
    const [here, there] = apart(served, first);
    const endsMs = Date.parse(served.notAfter) - now.getTime();
    return [
      {
        urgency: endsMs <= withinSeconds * 1000 ? "now" : "soon",
        subject: name,
        text: `${name} serves at ${at} a certificate ${here}, not the one in ${files[0]?.path ?? ""}, ${there}${since(component, files)}`,
        remedy: restartOf(component),
        at: served.notAfter,
      },
    ];
  });

const portsOf = (urls: readonly string[]): number[] =>
  urls.flatMap((url) => (url.startsWith("https://") ? Number(/:(\d+)\/?$/.exec(url)?.[1]) : []));

/** Where each has to answer with TLS; it may listen elsewhere too, such as for metrics. */
const PORTS: Readonly<Partial<Record<ConsumerName, (component: ComponentFacts) => readonly number[]>>> = {
  etcd: (etcd) => portsOf([...valuesOf(etcd, "listen-client-urls"), ...valuesOf(etcd, "listen-peer-urls")]),
  "kube-apiserver": (server) => [Number(valueOf(server, "secure-port") ?? LISTENERS.apiServer.port)],
  kubelet: (kubelet) => [Number(valueOf(kubelet, "port") ?? LISTENERS.kubelet.port)],
};

const answersAt = ({ survey }: NodeView, name: ConsumerName, port: number): boolean =>
  survey.served.some(
    ({ component, at, chain }) => component === name && at.endsWith(`:${String(port)}`) && chain.length > 0,
  );

const silent = (node: NodeView): Issue[] =>
  // what is served is asked for by openssl
  (node.survey.host.openssl === undefined ? [] : node.survey.components).flatMap((component): Issue[] => {
    const { name } = component;
    const ports = unique(PORTS[name]?.(component) ?? []).filter((port) => !answersAt(node, name, port));
    if (ports.length === 0) return [];
    const where = ports.length === 1 ? "port" : "ports";
    return [
      {
        urgency: "now",
        subject: name,
        text: `${name} runs and does not answer with TLS on ${where} ${andList(ports.map(String))}`,
        remedy: `look at its log, and at what else listens there (\`ss -ltnp\`)`,
      },
    ];
  });

export const SERVED: readonly Check[] = [
  { id: "nothing-served", finds: "components that do not answer with TLS on their port", look: eachNode(silent) },
  {
    id: "served-differs",
    finds: "components that serve another certificate than the one in their file",
    look: eachNode(differs),
  },
];
