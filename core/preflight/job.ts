/** What the step that compares nodes with the stack file is given, and what it notes of nodes that it has compared. */
import { createHash } from "node:crypto";
import { stateOf } from "../authorities/rotation";
import { mapAuthorities } from "../model/authorities";
import { ROTATABLE } from "../model/phases";
import type { ClusterPlan, NodePlan } from "../plan";
import { applyPayload, type IssuedLeaf, type Material } from "../protocol/apply";
import { SECRET_PATHS } from "../schema/jsonSchema";
import type { Config } from "../schema/config";

/** One node: what it is to get, as digests and ids that change with it. */
export interface PreflightNode {
  readonly name: string;
  /** Another one: something is due there. */
  readonly due: string;
  /** Ids of its leaves, by profile. */
  readonly leaves: Readonly<Record<string, string>>;
}

export interface PreflightJob<Connection> {
  readonly compared: {
    /** Without its keys; its time is none, so that the job is the same as long as nothing is due. */
    readonly config: Config;
    readonly nodes: readonly PreflightNode[];
  };
  /** By node. */
  readonly connections: Readonly<Record<string, Connection>>;
}

const replaced = (value: unknown, [key, ...rest]: readonly PropertyKey[], by: string): unknown => {
  if (key === undefined) return value === undefined ? undefined : by;
  if (typeof value !== "object" || value === null || !(key in value)) return value;
  return { ...value, [key]: replaced(Reflect.get(value, key), rest, by) };
};

const NO_TIME = new Date(0);
const UNKNOWN = "-";

/** What nothing that compares needs: keys, and how nodes are reached, which is told apart. */
const LEFT_OUT: readonly (readonly PropertyKey[])[] = [
  ...SECRET_PATHS,
  ["ssh", "bastion", "host"],
  ["ssh", "bastion", "hostKey"],
];

/** Without them, without the time, and without whether nodes are read at all. */
export const comparedConfig = (config: Config): Config => {
  const known = LEFT_OUT.reduce<unknown>((all, path) => replaced(all, path, UNKNOWN), config) as Config;
  const rollout = Object.entries(known.rollout).filter(([field]) => field !== "detectDrift");
  return { ...known, rollout: Object.fromEntries(rollout) as Config["rollout"], asOf: NO_TIME };
};

const LEAF: IssuedLeaf = {
  certificatePem: UNKNOWN,
  issued: NO_TIME.toISOString(),
  expires: NO_TIME.toISOString(),
};

/** In place of what is issued. */
const materialOf = ({ leaves }: NodePlan): Material => ({
  leaves: Object.fromEntries(leaves.map(({ profile }) => [profile, LEAF])),
  trust: mapAuthorities(() => UNKNOWN),
  caKeys: mapAuthorities(() => UNKNOWN),
  nodeCsrSigner: LEAF,
  serviceAccount: { privatePem: UNKNOWN, publicPem: UNKNOWN },
});

/** The node and what it is to get: all that the plan decides of what it is sent. */
export const preflightNode = (cluster: ClusterPlan, plan: NodePlan, config: Config): PreflightNode => {
  const sent = [
    applyPayload(cluster, plan, config, materialOf(plan)),
    plan.csrSigners.map(({ id }) => id),
    ROTATABLE.map((what) => stateOf(config, what)),
    config.adopt ?? null,
    plan.node.ssh ?? null,
  ];
  return {
    name: plan.node.name,
    due: createHash("sha256").update(JSON.stringify(sent)).digest("hex").slice(0, 16),
    leaves: Object.fromEntries(plan.leaves.map(({ profile, id }) => [profile, id])),
  };
};

const NOTE = "compared";

export const notesOf = (nodes: readonly PreflightNode[]): string =>
  nodes.map(({ name, due }) => `${NOTE} ${name} ${due}\n`).join("");

/** Those of which the last run has noted something else, or nothing. */
export const dueNodes = <N extends PreflightNode>(nodes: readonly N[], notes: string): N[] => {
  const noted = new Set(notes.split("\n"));
  return nodes.filter(({ name, due }) => !noted.has(`${NOTE} ${name} ${due}`));
};
