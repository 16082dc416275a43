/** All that a cluster's component asks the engine for, to the last step, and words for it that name kinds, not nodes. */
import { mock } from "node:test";
import { disconnect } from "@pulumi/pulumi/runtime/settings";
import { ClusterPki } from "../../components";
import { KINDS } from "../../components/authority/kinds";
import { argsWith, RAW } from "../core/fixture";
import { registeredBy, type Asked, type Registered } from "./mocks";

export type Changes = Readonly<Record<string, unknown>>;

export interface Graph {
  readonly all: readonly Registered[];
  readonly asked: ReadonlyMap<string, Asked>;
}

const NODES = ["cp1", "cp2", "w1"];

/** Two control planes with etcd and a worker, with these top-level keys instead. */
export const small = (changes: Changes = {}): Changes => ({
  nodes: (RAW["nodes"] as readonly { name: string }[]).filter(({ name }) => NODES.includes(name)),
  rollout: { acceptEtcdDowntime: true },
  ...changes,
});

/** By what was asked for: the fixtures are looked at by many tests. */
const known = new Map<Changes, Promise<Graph>>();

export const graphOf = (changes: Changes): Promise<Graph> => {
  const graph = known.get(changes) ?? made(changes);
  known.set(changes, graph);
  return graph;
};

const made = async (changes: Changes): Promise<Graph> => {
  const asked = new Map<string, Asked>();
  const args = argsWith(changes);
  // there is no server to ask; test/withTools/vaultPreflight.test.ts has one
  const preflight = mock.method(KINDS.vault, "preflight", () => Promise.resolve());
  const program = () => new ClusterPki("prod", args).certificates;
  const all = await registeredBy(program, false, asked);
  await disconnect(); // the program's outputs do not wait for its last steps
  preflight.mock.restore();
  return { all, asked };
};

const NODE = new RegExp(`^(${NODES.join("|")})(?=-|$)`);
const LEAF_TYPE = /:(LocallySignedCert|SecretBackendSign|PrivateKey|CertRequest)$/;

/** In their order; `prod-cp1-apiserver` -> `NODE-LEAF`, `prod-etcd-ca-g2-key` -> `AUTHORITY-ca-key`. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^prod-?/, ""],
  [NODE, "NODE"],
  [/\b(kubernetes|etcd|frontProxy)-(?=(ca|mount|default-issuer)\b)/, "AUTHORITY-"],
  [/-g\d+\b/, ""],
  [/^(kubernetes|etcd|frontProxy|serviceAccount)-(trust|issue|done)-(?=(reached|begun)$)/, "PHASE-"],
  [/^(AUTHORITY-default-issuer).*/, "$1"],
  [/-role-.*/, "-role-LEAF"],
  [/^(AUTHORITY-ca-signer)-(?!key|request).*/, "$1-NODE"],
  [/^kubeconfigs-[a-z]+/, "kubeconfigs-USER"],
  [/^held-own\.[a-z]+/, "held-OWN"],
  [/(restart)-.*/, "$1"],
];

/** What a resource is, whatever node, leaf, authority or generation it belongs to. */
export const kindOf = (name: string, type = ""): string => {
  const kind = WORDS.reduce((text, [from, to]) => text.replace(from, to), name);
  return kind.startsWith("NODE-") && LEAF_TYPE.test(type)
    ? kind.replace(/^NODE-.*?(-key|-request)?$/, "NODE-LEAF$1")
    : kind;
};

export const nodeIn = (name: string): string | undefined => NODE.exec(name.replace("prod-", ""))?.[1];
