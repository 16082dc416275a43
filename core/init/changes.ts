/** What the first `pulumi up` would take from a cluster, and what it does to it: the plan beside what is there. */
import { pathText } from "../config/problems";
import { isSignedBy } from "../doctor/signers";
import { profileOf, type Content } from "../layouts/layout";
import { isAlgorithm } from "../model/algorithms";
import { fieldsOf, type LeafName } from "../model/profiles";
import { nodeEffects, restartsText, restartTexts } from "../nodes/effects";
import type { LeafPlan } from "../certificates/leaves";
import type { ClusterPlan, NodePlan } from "../plan";
import { serverOf } from "../protocol/lines";
import { NODE_STEP_NAMES, NODE_STEPS, type NodeStep } from "../protocol/nodeSteps";
import { renewsTokens } from "../protocol/tokens";
import type { Config } from "../schema/config";
import type { CertificateFacts, KubeconfigFacts } from "../survey/model";
import { liveLeaf, type Cas, type LiveLeaf, type Place } from "./live";
import { canonicalName, isCovered } from "./names";
import { remark, together, type Remark } from "./remarks";
import { commonNameOf, currentEntry, hostPortOf, kubeconfigAt, serverIn, subjectParts } from "./visits";

/** What a certificate may be used for; without an extension about it, and with any usage, for both. */
const usagesOf = ({ usages }: CertificateFacts): string[] => {
  const isAny = usages.length === 0 || usages.includes("anyExtendedKeyUsage") || usages.includes("2.5.29.37.0");
  return [...new Set([...(isAny ? ["serverAuth", "clientAuth"] : []), ...usages])].filter(
    (each) => !/^any|^2\.5\.29\.37\.0$/.test(each),
  );
};

/** As a node tells it (node/48-losses.sh), and as `allowLoss` takes it. */
export const lossesOf = (live: CertificateFacts, planned: Pick<LeafPlan, "sans" | "usages">): string[] => [
  ...live.sans.map(canonicalName).filter((san) => !isCovered(san, planned.sans)),
  ...usagesOf(live)
    .filter((usage) => !planned.usages.some((each) => `${each}Auth` === usage))
    .map((usage) => `usage:${usage}`),
];

const organizationsOf = ({ subject }: CertificateFacts): string => subjectParts(subject, "O").sort().join(", ");

/** A part of a subject that becomes another, and the field of its profile that keeps it. */
export interface SubjectChange {
  readonly field: "commonName" | "organizations";
  readonly text: string;
}

/** Of what is not CN or O nobody in Kubernetes reads anything. */
export const subjectChanges = (live: CertificateFacts, planned: LeafPlan): SubjectChange[] => {
  const [was, is] = [organizationsOf(live), [...planned.organizations].sort().join(", ")];
  const name = commonNameOf(live);
  const text = `CN ${name || "(none)"} becomes ${planned.commonName}`;
  return [
    ...(name === planned.commonName ? [] : [{ field: "commonName", text } as const]),
    ...(was === is
      ? []
      : [{ field: "organizations", text: `O ${was || "(none)"} becomes ${is || "(none)"}` } as const]),
  ];
};

export const pairs = (places: readonly Place[]): { readonly leaf: LeafPlan; readonly live: LiveLeaf<LeafName> }[] =>
  places.flatMap((place) =>
    place.plan.leaves.flatMap((leaf) => {
      const live = liveLeaf(place, leaf.profile);
      return live === undefined ? [] : [{ leaf, live }];
    }),
  );

/** Names and usages that would go: the node refuses that. One sentence for each certificate. */
export const lossRemarks = (places: readonly Place[]): Remark[] =>
  together(
    "refused",
    pairs(places).flatMap(({ leaf, live }) => {
      const lost = lossesOf(live.certificate, leaf);
      return lost.length === 0
        ? []
        : [
            {
              node: live.node,
              text:
                `${leaf.profile} (${live.path}) would lose ${lost.join(", ")}: no field of the stack file keeps that; if nobody ` +
                `needs it, allow the loss (${pathText([...fieldsOf(leaf.profile), "allowLoss"])})`,
            },
          ];
    }),
  );

export const isFromCluster = (live: CertificateFacts, { authority }: LeafPlan, cas: Cas): boolean => {
  const ca = cas[authority];
  return ca === undefined || isSignedBy(live, ca);
};

const algorithmChange = (profile: LeafName, was: string, is: string): string => {
  const field = pathText([...fieldsOf(profile), "algorithm"]);
  const todo = isAlgorithm(was) ? `${field}: ${was} keeps it` : `the stack makes no such key; ${field} names another`;
  return `${profile}: key ${was} becomes ${is}: ${todo}`;
};

export const changesOf = (live: CertificateFacts, leaf: LeafPlan, cas: Cas): string[] => {
  const { profile, usages, algorithm } = leaf;
  if (!isFromCluster(live, leaf, cas))
    return [`${profile}: the one in place is not from the cluster's CA, the new one is`];
  const subject = subjectChanges(live, leaf).map(({ text }) => `${profile}: ${text}`);
  return [
    ...(usages.includes("client")
      ? subject.map((text) => `${text}; whatever was granted to the old name is not granted to the new one`)
      : subject),
    ...(live.algorithm === algorithm ? [] : [algorithmChange(profile, live.algorithm, algorithm)]),
  ];
};

const leafChanges = (places: readonly Place[], cas: Cas): Remark[] =>
  together(
    "changed",
    pairs(places).flatMap(({ leaf, live }) =>
      changesOf(live.certificate, leaf, cas).map((text) => ({ node: live.node, text })),
    ),
  );

type Kubeconfig = Extract<Content, { readonly kind: "kubeconfig" }>;

const credentialChange = ({ credentials }: Kubeconfig, kubeconfig: KubeconfigFacts): string | undefined => {
  const user = currentEntry(kubeconfig, "users");
  if (credentials !== "inline")
    return user?.certificateFile === undefined || user.certificateFile === credentials.file
      ? undefined
      : `names ${credentials.file}, in place of client-certificate: ${user.certificateFile}`;
  return user?.certificateFile === undefined
    ? undefined
    : `holds the client certificate itself, in place of client-certificate: ${user.certificateFile}`;
};

/** @param wanted where it is to lead */
export const fieldChanges = (content: Kubeconfig, kubeconfig: KubeconfigFacts, wanted: string): string[] => {
  const server = serverIn(kubeconfig);
  const entry = currentEntry(kubeconfig, "clusters");
  const credentials = credentialChange(content, kubeconfig);
  return [
    ...(server === undefined || server === wanted ? [] : [`server https://${server} becomes https://${wanted}`]),
    ...(entry?.authorityFile === undefined
      ? []
      : [`holds the CA itself, in place of certificate-authority: ${entry.authorityFile}`]),
    ...(entry?.insecure === true ? ["verifies its server from then on (insecure-skip-tls-verify goes)"] : []),
    ...(credentials === undefined ? [] : [credentials]),
  ].map((text) => `${kubeconfig.path}: ${text}`);
};

/** As the node tells it (node/46-kubeconfig-merge.sh): by a server of this cluster, or by its CA. */
export const isOfCluster = (
  { clusters }: KubeconfigFacts,
  servers: readonly string[],
  /** Fingerprints. */
  cas: ReadonlySet<string>,
): boolean =>
  clusters.some(
    ({ server, authorities, authorityFile }) =>
      servers.includes(hostPortOf(server)) ||
      authorityFile !== undefined ||
      authorities.some(({ fingerprint }) => cas.has(fingerprint)),
  );

interface Row {
  readonly content: Kubeconfig;
  readonly kubeconfig: KubeconfigFacts;
  readonly server: string;
}

/** Kubeconfigs of the stack that are there already. */
export const kubeconfigRows = ({ plan, survey }: Place, config: Config): Row[] =>
  plan.files.flatMap(({ path, content }) => {
    const kubeconfig = kubeconfigAt(survey, path);
    return content.kind !== "kubeconfig" || kubeconfig === undefined
      ? []
      : [{ content, kubeconfig, server: serverOf(content.server, plan, config) }];
  });

/** What becomes of those that lead to this cluster. */
export const kubeconfigChanges = (places: readonly Place[], config: Config): Remark[] =>
  together(
    "changed",
    places.flatMap((place) =>
      kubeconfigRows(place, config).flatMap(({ content, kubeconfig, server }) =>
        fieldChanges(content, kubeconfig, server).map((text) => ({ node: place.plan.node.name, text })),
      ),
    ),
  );

/** Those that a node cannot tell to be this cluster's. */
const foreignKubeconfigs = (places: readonly Place[], config: Config, cas: Cas): Remark[] =>
  together(
    "refused",
    places.flatMap((place) => {
      const rows = kubeconfigRows(place, config);
      const known = new Set(cas.kubernetes === undefined ? [] : [cas.kubernetes.fingerprint]);
      const servers = rows.map(({ server }) => server);
      return rows
        .filter(({ kubeconfig }) => !isOfCluster(kubeconfig, servers, known))
        .map(({ kubeconfig: { path } }) => ({
          node: place.plan.node.name,
          text: `${path} leads to another cluster: move it away, or add a context for this one`,
        }));
    }),
  );

/** What a step of the first run restarts; undefined for a step that restarts nothing. */
const stepText = (step: NodeStep, cluster: ClusterPlan, plan: NodePlan, config: Config): string | undefined => {
  const leaves = plan.files.filter((row) => profileOf(row).length > 0);
  const effects =
    step === "apply" ? nodeEffects(leaves, plan, config) : NODE_STEPS[step].effects(cluster, plan, config);
  if (step === "apply" && !cluster.rotates) return restartsText(effects, plan);
  return restartTexts(effects).length === 0 ? undefined : `step ${step} ${restartsText(effects, plan)}`;
};

const stepsOf = (cluster: ClusterPlan, config: Config): NodeStep[] =>
  NODE_STEP_NAMES.filter((step) => (cluster.rotates ? step !== "tokens" || renewsTokens(config) : step === "apply"));

const restartRemarks = (cluster: ClusterPlan, config: Config): Remark[] =>
  together(
    "changed",
    stepsOf(cluster, config).flatMap((step) =>
      cluster.nodes.flatMap((plan) => {
        const text = stepText(step, cluster, plan, config);
        return text === undefined ? [] : [{ node: plan.node.name, text }];
      }),
    ),
  );

/** What the first run does where nothing stops it. */
export const changeRemarks = (cluster: ClusterPlan, places: readonly Place[], config: Config, cas: Cas): Remark[] => [
  remark(
    "changed",
    `every certificate is issued anew with a new key, ${String(cluster.nodes.reduce((sum, { leaves }) => sum + leaves.length, 0))} in all`,
  ),
  ...restartRemarks(cluster, config),
  ...leafChanges(places, cas),
  ...foreignKubeconfigs(places, config, cas),
  ...kubeconfigChanges(places, config),
];
