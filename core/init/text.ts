/** The text of a stack file, with a comment that says where its values were found. */
import { Document, isMap, isScalar, isSeq, YAMLMap, type Node, type Pair, type Scalar } from "yaml";
import { asksCluster } from "./presence";
import { whereOf, type Secret } from "./secrets";
import type { ClusterFields } from "./cluster";
import type { Stack } from "./stack";

const NAMESPACE = "kube-pki";

/** The file that describes every field, as `npm run schema` writes it. */
export const SCHEMA_FILE = "kube-pki.schema.json";

const heading = (schema: string): string => `yaml-language-server: $schema=${schema}
Made by \`kube-pki init\` from what runs: each value is what the cluster has now.
A field that is not here has its default (${SCHEMA_FILE}).`;

const AUTHORITY = "The cluster's own CAs. Their keys are secrets of this stack:";

const keyLines = (secrets: readonly Secret[]): string[] =>
  secrets.flatMap((secret) => ("file" in secret ? [`  ${secret.at} from ${whereOf(secret)}`] : []));

const SET_KEY = `  pulumi config set --secret --path '${NAMESPACE}:ssh.privateKey' < FILE`;

const SSH_TEXTS = {
  agent: [
    "As the hosts were reached, with the agent of the machine that runs pulumi. To use a key instead, remove agent and run",
    SET_KEY,
  ],
  key: ["As the hosts were reached, with a private key, which is a secret of this stack:", SET_KEY],
};

const APPROVAL = [
  "Kubelets ask the cluster for their serving certificates (serverTLSBootstrap). For the stack to approve those that are planned:",
  `${NAMESPACE}:inCluster: {approveKubeletServing: true}`,
  "",
];

/** Above each section. */
const SECTION_TEXTS: Readonly<Record<string, (stack: Stack) => readonly string[]>> = {
  cluster: () => [],
  nodes: () => [
    "Each as its kubelet is registered, with what runs there. If no node has the role etcd, the control planes run it.",
  ],
  ssh: ({ secrets }) => SSH_TEXTS[secrets.some((secret) => "local" in secret) ? "key" : "agent"],
  layout: () => ["By the files that components read."],
  files: () => ["Where components read files of the layout elsewhere; a folder moves with what is in it."],
  services: () => ["Services that run in another way than in the layout."],
  authority: ({ secrets }) => {
    const lines = keyLines(secrets);
    return lines.length === 0 ? [] : [AUTHORITY, ...lines];
  },
  adopt: () => [
    "CAs of the cluster that are replaced by new ones, by fingerprint. The first `pulumi up` goes through all phases; to stop",
    "after the first one, add kube-pki:rotation: {generation: 1, phase: trust} (docs/rotation.md).",
  ],
  certificates: ({ nodes }) => [
    ...(nodes.some(({ visit }) => asksCluster(visit)) ? APPROVAL : []),
    "As certificates in place have it. Renewed after two thirds of their validity at the latest, the first time earlier (docs/renewal-clock.md), unless renewBefore or renewEvery is set.",
  ],
  rollout: () => [],
};

/** Behind fields, by path; of `cluster` each says where it was found. */
const FIELD_TEXTS: Readonly<Record<string, string>> = {
  "cluster.extraSans": "in the certificates of API servers, or in kubeadm's certSANs",
  "cluster.workerProxyPort": "where workers' kubelets reach the API; 0: at the endpoint",
  "cluster.listeners": "not where the layout has them",
  "certificates.profiles": "what differs from the others",
  "rollout.readers": "programs that mount files of the stack",
  "rollout.acceptEtcdDowntime": "etcd has fewer than three members, and its CA is replaced",
};

const fieldTexts = (cluster: ClusterFields): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Object.entries(cluster).flatMap(([field, told]: readonly [string, { readonly from: string } | undefined]) =>
      told === undefined ? [] : [[`cluster.${field}`, told.from]],
    ),
  ),
  ...FIELD_TEXTS,
});

const commented = (lines: readonly string[]): string => lines.map((line) => (line === "" ? "" : ` ${line}`)).join("\n");

const keyText = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : String(key));

/** Lists of plain values stand on one line; a PEM is a block. */
const style = (node: unknown): void => {
  if (isMap(node))
    node.items.forEach(({ value }) => {
      style(value);
    });
  if (!isSeq(node)) return;
  node.flow = node.items.every((item) => isScalar(item));
  node.items.forEach(style);
};

/** A version would be taken for a number by one who reads quickly. */
const quoted = (section: YAMLMap): void => {
  const version = section.get("kubernetesVersion", true);
  if (isScalar(version)) version.type = "QUOTE_DOUBLE";
};

/** A text above a list or map, or behind a value. */
const explain = (pair: Pair, text: string): void => {
  const { key, value } = pair as Pair<Scalar, Node | null>;
  if (isScalar(value) || (isSeq(value) && value.flow === true)) value.comment = commented([text]);
  else key.commentBefore = commented([text]);
};

const explainFields = (section: string, node: unknown, texts: Readonly<Record<string, string>>): void => {
  if (!isMap(node)) return;
  for (const pair of node.items) {
    const text = texts[`${section}.${keyText(pair)}`];
    if (text !== undefined) explain(pair, text);
  }
};

/** Parses back to `raw`; the same stack gives the same text. An editor finds `schema` from the file's folder. */
export const stackText = (stack: Stack, schema = SCHEMA_FILE): string => {
  const sections = Object.fromEntries(Object.entries(stack.raw).map(([key, value]) => [`${NAMESPACE}:${key}`, value]));
  const document = new Document({ config: sections });
  document.commentBefore = commented(heading(schema).split("\n"));
  style(document.contents);
  const config = document.get("config", true);
  const texts = fieldTexts(stack.cluster);
  for (const pair of isMap(config) ? config.items : []) {
    const name = keyText(pair).slice(NAMESPACE.length + 1);
    const key = pair.key as Scalar;
    const lines = SECTION_TEXTS[name]?.(stack) ?? [];
    if (lines.length > 0) key.commentBefore = commented(lines);
    if (isMap(config) && pair !== config.items[0]) key.spaceBefore = true;
    explainFields(name, pair.value, texts);
    if (pair.value instanceof YAMLMap) quoted(pair.value);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
};
