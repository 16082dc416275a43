/** Which names kubelets may get a serving certificate for (`inCluster.approveKubeletServing`), from the stack file and the cluster's nodes. */
import { profileRow } from "../certificates/inventory";
import { canonicalIp, sanOf, type San } from "../format/addresses";
import { unique } from "../format/unique";
import { PROFILE_NAMES } from "../model/profiles";
import { hasPrevious } from "../authorities/rotation";
import type { Config } from "../schema/config";
import type { NodeObject } from "./kube";
import type { NamesOf } from "./servingRequests";

/** What the task is told. */
export interface ServingPlan {
  /** By the node's name: what a certificate `kubelet-server` of the stack would have. */
  readonly nodes: Readonly<Record<string, readonly San[]>>;
  /** Labels of the nodes that the stack does not list and that `inCluster.workers` covers. */
  readonly workers?: Readonly<Record<string, string>>;
  /** Names of the stack's servers, which none of those may claim. */
  readonly reserved: readonly San[];
  /** Kubelets may make new certificates in this run: look whether all serve one, also where nothing is asked for yet. */
  readonly waits: boolean;
}

/** An address has many spellings, a name in a request one. */
const plain = (name: string): San => sanOf(canonicalIp(name) ?? name);

const plainSans = (sans: readonly San[]): San[] => unique(sans.map((san) => plain(san.replace(/^(DNS|IP):/, ""))));

export const servingPlan = (config: Config): ServingPlan => {
  const { nodes, inCluster } = config;
  const kubelet = profileRow("kubelet-server", config);
  const servers = PROFILE_NAMES.map((profile) => profileRow(profile, config)).filter(({ usages }) =>
    usages.includes("server"),
  );
  return {
    nodes: Object.fromEntries(nodes.map((node) => [node.name, plainSans(kubelet.sans(node, config))])),
    ...(inCluster.workers === undefined ? {} : { workers: inCluster.workers.nodeSelector }),
    reserved: plainSans(unique(nodes.flatMap((node) => servers.flatMap(({ sans }) => sans(node, config))))),
    waits: hasPrevious(config, "kubernetes"),
  };
};

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

const addressesOf = ({ metadata, status }: NodeObject): San[] =>
  unique([metadata.name, ...(status?.addresses ?? []).map(({ address }) => address)].map(plain));

const LIST_IT = "list it under nodes if it is yours, else deny it";

/**
 * A kubelet writes the addresses of its own Node object, so on a node that is not listed they are its word: it does not get
 * what a server of the stack or another node has.
 */
export const namesBy = ({ nodes, workers, reserved }: ServingPlan, objects: readonly NodeObject[]): NamesOf => {
  const listed = new Map(Object.entries(nodes));
  const taken = new Set(reserved);
  return (name) => {
    const planned = listed.get(name);
    if (planned !== undefined) return { names: planned };
    const object = objects.find(({ metadata }) => metadata.name === name);
    if (workers === undefined) return { why: `${name} is not in the stack file; ${LIST_IT}` };
    if (object === undefined) return { why: `${name} is neither in the stack file nor a node of the cluster; deny it` };
    const labels = object.metadata.labels ?? {};
    if (Object.hasOwn(labels, CONTROL_PLANE))
      return { why: `${name} is a control plane that is not in the stack file; ${LIST_IT}` };
    if (Object.entries(workers).some(([key, value]) => labels[key] !== value))
      return { why: `${name} is not in the stack file, and inCluster.workers.nodeSelector leaves it out; ${LIST_IT}` };
    const others = new Set(objects.filter((each) => each !== object).flatMap(addressesOf));
    return { names: addressesOf(object).filter((san) => !taken.has(san) && !others.has(san)) };
  };
};
