/** What components serve on the ports that they listen at. */
import { hostPort } from "../format/addresses";
import { certificatesIn } from "./certificateFacts";
import type { RunningComponent } from "./components";
import { unique } from "../format/unique";
import type { CertificateFacts, ServedFacts } from "./model";
import type { RecordFacts } from "./record";
import { askAll, QUESTION, type Ask } from "./questions";

/** Ports on which nobody speaks TLS: health and metrics of the kubelet and kube-proxy, the kubelet's read-only port. */
const WITHOUT_TLS = new Set([10248, 10249, 10255, 10256]);
/** A kubelet's streaming server of its container runtime and the like take a random one. */
const FIRST_RANDOM = 32_768;
const ANY = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "127.0.0.1"],
]);

/** Ports that a URL of http:// in its options names: etcd's metrics, by kubeadm. */
const plainPorts = ({ options }: Pick<RunningComponent, "options">): Set<number> =>
  new Set(
    options.flatMap(({ values }) =>
      values.flatMap((value) => [...value.matchAll(/http:\/\/[^/,\s]*:(\d+)/g)].map(([, port]) => Number(port))),
    ),
  );

/** Where it is asked what it serves, `host:port`. */
export const tlsPorts = (component: Pick<RunningComponent, "listens" | "options">): string[] => {
  const plain = plainPorts(component);
  return component.listens
    .filter(({ port }) => !WITHOUT_TLS.has(port) && !plain.has(port) && port < FIRST_RANDOM)
    .map(({ address, port }) => hostPort(ANY.get(address) ?? address, port));
};

/** What is served, by place. */
const readChains = async (
  ask: Ask,
  places: readonly string[],
): Promise<ReadonlyMap<string, readonly CertificateFacts[]>> => {
  if (places.length === 0) return new Map();
  const [answer] = await askAll(ask, [QUESTION.served(unique(places))]);
  return new Map([...answer.byPath()].map(([at, own]) => [at, certificatesIn(own.plain("pem"))]));
};

export const readServed = async (ask: Ask, running: readonly RunningComponent[]): Promise<ServedFacts[]> => {
  const asked = running.flatMap((component) => tlsPorts(component).map((at) => ({ component: component.name, at })));
  const ports = asked.filter(({ at }, index) => asked.findIndex((each) => each.at === at) === index);
  const chains = await readChains(
    ask,
    ports.map(({ at }) => at),
  );
  return ports.map((port) => ({ ...port, chain: chains.get(port.at) ?? [] }));
};

/** The record, with the serials of what is served now. */
export const withServed = async (ask: Ask, record: RecordFacts): Promise<RecordFacts> => {
  const chains = await readChains(
    ask,
    record.served.map(({ at }) => at),
  );
  const served = record.served.map((place) => {
    const [leaf] = chains.get(place.at) ?? [];
    return leaf === undefined ? place : { ...place, serial: leaf.serial };
  });
  return { ...record, served };
};
