/** The names that certificates have and the plan does not know of: `cluster.extraSans` and `nodes[].extraSans`. */
import { canonicalIp, canonicalSan, type San } from "../format/addresses";
import type { NodePlan } from "../plan";
import type { LiveLeaf } from "./live";
import { unique } from "../format/unique";

/** "DNS:api.example.com" as the plan writes it; a kind of name that a stack file does not know stays as it is. */
export const canonicalName = (san: string): string => {
  const [, kind = "", name = ""] = /^([^:]*):(.*)$/.exec(san) ?? [];
  if (kind === "IP") return `IP:${canonicalIp(name) ?? name}`;
  return kind === "DNS" ? `DNS:${name.toLowerCase()}` : san;
};

/** As `extraSans` takes it; undefined where it cannot. */
const fieldOf = (san: string): string | undefined => {
  const [, kind = "", name = ""] = /^([^:]*):(.*)$/.exec(san) ?? [];
  if (kind !== "IP" && kind !== "DNS") return undefined;
  const canonical = canonicalSan(name);
  // a DNS name that is written as an address would become one
  return canonical !== undefined && (canonicalIp(canonical) !== undefined) === (kind === "IP") ? canonical : undefined;
};

/** A name that no certificate of the plan needs to have of its own: "*.example.com" stands for "api.example.com". */
export const isCovered = (san: string, planned: readonly San[]): boolean =>
  planned.some((each) => each === san || each === san.replace(/^DNS:[^.*]+\./, "DNS:*."));

export interface ExtraNames {
  readonly cluster: readonly string[];
  /** By node. */
  readonly nodes: ReadonlyMap<string, readonly string[]>;
}

/** The profile whose names are the whole cluster's. */
const SHARED = "apiserver";

/**
 * @param leaves that are to be renewed
 * @param plans made without any extra name
 * @param wished names that every API server is meant to have, as kubeadm was told
 */
export const extraNames = (
  leaves: readonly LiveLeaf[],
  plans: readonly NodePlan[],
  wished: readonly string[],
): ExtraNames => {
  const lost = leaves.map((leaf) => {
    const planned = plans
      .find(({ node }) => node.name === leaf.node)
      ?.leaves.find(({ profile }) => profile === leaf.profile);
    const names =
      planned === undefined
        ? []
        : leaf.certificate.sans.map(canonicalName).filter((san) => !planned.sans.includes(san as San));
    return { leaf, names };
  });
  const shared = lost.filter(({ leaf }) => leaf.profile === SHARED);
  // one may be what another is called by itself: kubespray gives every API server the names of all
  const everywhere = unique(shared.flatMap(({ names }) => names)).filter((san) =>
    shared.every(({ leaf }) => leaf.certificate.sans.map(canonicalName).includes(san)),
  );
  const planned = new Set<string>(
    plans.flatMap((plan) => plan.leaves.filter(({ profile }) => profile === SHARED).flatMap(({ sans }) => sans)),
  );
  const isNew = (name: string): boolean => !planned.has(`DNS:${name}`) && !planned.has(`IP:${name}`);
  const cluster = unique([
    ...everywhere.flatMap((san) => fieldOf(san) ?? []),
    ...wished.flatMap((name) => canonicalSan(name) ?? []).filter(isNew),
  ]);
  const nodes = new Map<string, readonly string[]>();
  for (const { leaf, names } of lost) {
    const own = names
      .filter((san) => leaf.profile !== SHARED || !everywhere.includes(san))
      .flatMap((san) => fieldOf(san) ?? []);
    const rest = own.filter((name) => leaf.profile !== SHARED || !cluster.includes(name));
    nodes.set(leaf.node, unique([...(nodes.get(leaf.node) ?? []), ...rest]));
  }
  return { cluster, nodes };
};
