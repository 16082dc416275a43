/** Where components listen, if not where the layout has them: `cluster.listeners`. */
import {
  LISTENER_NAMES,
  type GivenListeners,
  type Listener,
  type ListenerName,
  type Listeners,
} from "../model/listeners";
import type { ConsumerName } from "../model/reload";
import type { Survey } from "../survey/model";
import type { FoundNode } from "./nodes";
import { mostCommon, remark, together, type Found } from "./remarks";
import { componentOf, isLoopback, isWildcard, listOf, optionOf, urlParts } from "./visits";

interface Source {
  readonly component: ConsumerName;
  /** The options that say it. */
  readonly port?: string;
  readonly address?: string;
  /** Or one that holds URLs. */
  readonly urls?: string;
  /** What is served there is asked without TLS anyway. */
  readonly plain?: true;
}

const SOURCES: Readonly<Record<ListenerName, Source>> = {
  apiServer: { component: "kube-apiserver", port: "secure-port", address: "bind-address" },
  etcdClient: { component: "etcd", urls: "listen-client-urls" },
  etcdPeer: { component: "etcd", urls: "listen-peer-urls" },
  kubelet: { component: "kubelet", port: "port", address: "address" },
  kubeletHealth: { component: "kubelet", port: "healthz-port", address: "healthz-bind-address", plain: true },
  controllerManagerHealth: { component: "kube-controller-manager", port: "secure-port", address: "bind-address" },
  schedulerHealth: { component: "kube-scheduler", port: "secure-port", address: "bind-address" },
};

interface Place {
  readonly port: number;
  readonly addresses: readonly string[];
  /** Whether it is not there, or nothing that a proof could use. */
  readonly trouble?: string;
}

const ofUrls = (survey: Survey, { component, urls = "" }: Source): Place | undefined => {
  const given = listOf(survey, component, urls).flatMap((url) => urlParts(url) ?? []);
  const secure = given.filter(({ scheme }) => scheme === "https");
  const [first] = [...secure.filter(({ host }) => !isLoopback(host)), ...secure];
  if (given.length === 0) return undefined;
  if (first === undefined)
    return { port: given[0]?.port ?? 0, addresses: [], trouble: `${component} listens without TLS (--${urls})` };
  return { port: first.port, addresses: secure.filter(({ port }) => port === first.port).map(({ host }) => host) };
};

const ofOptions = (survey: Survey, { component, port = "", address = "" }: Source, usual: Listener): Place => {
  const given = optionOf(survey, component, port);
  const bound = optionOf(survey, component, address);
  if (given === "0") return { port: 0, addresses: [], trouble: `${component} has its port switched off (--${port}=0)` };
  return { port: given === undefined ? usual.port : Number(given), addresses: bound === undefined ? [] : [bound] };
};

/** Where it was told to listen; undefined where it does not run, or nothing says it. */
const toldPlace = (survey: Survey, source: Source, usual: Listener): Place | undefined => {
  if (componentOf(survey, source.component) === undefined) return undefined;
  return source.urls === undefined ? ofOptions(survey, source, usual) : ofUrls(survey, source);
};

/** What it is seen to listen at counts before what it was told. */
const placeOf = (survey: Survey, source: Source, usual: Listener): Place | undefined => {
  const component = componentOf(survey, source.component);
  if (component === undefined) return undefined;
  const place = toldPlace(survey, source, usual);
  if (place === undefined || place.trouble !== undefined) return place;
  const seen = component.listens.filter(({ port }) => port === place.port).map(({ address }) => address);
  if (seen.length === 0 && component.listens.length > 0)
    return { ...place, trouble: `${source.component} does not listen on port ${String(place.port)}` };
  return seen.length === 0 ? place : { ...place, addresses: seen };
};

/** At which of the two it can be asked; none: at neither. */
const sidesOf = (addresses: readonly string[], own: string): Side[] =>
  addresses.length === 0 || addresses.some(isWildcard)
    ? [...SIDES]
    : [
        ...(addresses.includes(own) ? (["node"] as const) : []),
        ...(addresses.some(isLoopback) ? (["loopback"] as const) : []),
      ];

type Side = Listener["on"];
const SIDES = ["node", "loopback"] as const satisfies readonly Side[];

/** Where a component was told to listen, beside where a stack asks it. */
export interface ToldListener {
  readonly component: ConsumerName;
  readonly port: number;
  readonly addresses: readonly string[];
  /** Sides at which it can be asked. */
  readonly sides: readonly Side[];
  /** Why it cannot be asked at all. */
  readonly trouble?: string;
}

/** Of a component that is just starting nothing is seen yet, so what it was told counts. */
export const toldListener = (
  name: ListenerName,
  survey: Survey,
  own: string,
  usual: Listener,
): ToldListener | undefined => {
  const source = SOURCES[name];
  const place = toldPlace(survey, source, usual);
  if (place === undefined) return undefined;
  const seen = componentOf(survey, source.component)?.listens.filter(({ port }) => port === place.port) ?? [];
  const addresses = seen.length === 0 ? place.addresses : seen.map(({ address }) => address);
  return { component: source.component, ...place, addresses, sides: sidesOf(addresses, own) };
};

interface OnNode {
  readonly node: string;
  readonly port: number;
  readonly sides: readonly Side[];
}

/** Where each node has it; what cannot be asked is said. */
const foundOn = (name: ListenerName, nodes: readonly FoundNode[], usual: Listener): Found<readonly OnNode[]> => {
  const { component } = SOURCES[name];
  const places = nodes.flatMap(({ name: node, address, visit: { survey } }) => {
    const place = placeOf(survey, SOURCES[name], usual);
    if (place === undefined) return [];
    const sides = sidesOf(place.addresses, address);
    const trouble =
      place.trouble ??
      (sides.length > 0
        ? undefined
        : `${component} listens at ${place.addresses.join(", ")}, neither at ${address} nor at 127.0.0.1`);
    return [{ node, port: place.port, sides, trouble }];
  });
  return {
    value: places.filter(({ trouble }) => trouble === undefined),
    remarks: together(
      "refused",
      places.flatMap(({ node, trouble }) =>
        trouble === undefined ? [] : [{ node, text: `${trouble}, so it cannot be tested (cluster.listeners.${name})` }],
      ),
    ),
  };
};

const listenerOf = (name: ListenerName, nodes: readonly FoundNode[], usual: Listener): Found<Partial<Listener>> => {
  const { value: found, remarks } = foundOn(name, nodes, usual);
  const port = mostCommon(found.map((each) => each.port)) ?? usual.port;
  const same = found.filter((each) => each.port === port);
  const on = [usual.on, ...SIDES].find((side) => same.every(({ sides }) => sides.includes(side))) ?? usual.on;
  const others = found.filter((each) => each.port !== port || !each.sides.includes(on));
  return {
    value: { ...(port === usual.port ? {} : { port }), ...(on === usual.on ? {} : { on }) },
    remarks: [
      ...remarks,
      ...others.map(({ node, port: own, sides }) =>
        remark(
          "refused",
          `${node}: ${SOURCES[name].component} listens on port ${String(own)} (${sides.join(", ")}), others on ${String(port)} (${on}): cluster.listeners.${name} is one for all nodes`,
        ),
      ),
    ],
  };
};

/** @param usual those of the layout */
export const givenListeners = (nodes: readonly FoundNode[], usual: Listeners): Found<GivenListeners> => {
  const found = LISTENER_NAMES.map((name) => [name, listenerOf(name, nodes, usual[name])] as const);
  return {
    value: Object.fromEntries(
      found.flatMap(([name, { value }]) => (Object.keys(value).length === 0 ? [] : [[name, value]])),
    ),
    remarks: found.flatMap(([, { remarks }]) => remarks),
  };
};
