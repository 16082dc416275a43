/** What certificates and kubeconfigs in place say, and those to come do not. */
import { fingerprintOf, parsedCertificate, plainSerial } from "../../format/x509";
import { isOfCluster, kubeconfigRows, lossesOf, subjectChanges, fieldChanges } from "../../init/changes";
import { COMMON_NAME_FIELD, unbelieved } from "../../init/frontProxy";
import { leafAt } from "../../init/live";
import { leafPolicy } from "../../certificates/leafPolicy";
import type { LeafPlan } from "../../certificates/leaves";
import { profileOf } from "../../layouts/layout";
import { AUTHORITIES } from "../../model/authorities";
import { fieldsOf, isProfile, type LeafName } from "../../model/profiles";
import type { CertificateFacts } from "../../survey/model";
import { refused, told, type Check, type Compared, type Mismatch, type World } from "../world";

/** In the place of one that is to come. */
const inPlace = ({ plan, survey }: Compared, { profile }: LeafPlan): CertificateFacts | undefined =>
  plan.files
    .filter((row) => profileOf(row).includes(profile) && row.content.kind !== "key")
    .flatMap(({ path }) => leafAt(survey, path) ?? [])[0]?.certificate;

/** The stack issued it, so that what the next one lacks is what the stack wants. */
const isOwn = ({ survey: { record } }: Compared, { profile }: LeafPlan, { serial }: CertificateFacts): boolean =>
  record?.leaves.some((leaf) => leaf.profile === profile && leaf.serial === plainSerial(serial)) === true;

const NAME = /^(?:DNS|IP):/;

const namesField = (leaf: LeafName): string => {
  if (!isProfile(leaf)) return `${fieldsOf(leaf).join(".")}.sans`;
  return leaf === "apiserver" ? "cluster.extraSans" : "nodes[].extraSans";
};

const lossField = ({ profile }: LeafPlan, lost: readonly string[]): string => {
  const allowed = `${fieldsOf(profile).join(".")}.allowLoss: [${lost.map((each) => JSON.stringify(each)).join(", ")}]`;
  const names = lost.filter((each) => NAME.test(each)).map((each) => each.replace(NAME, ""));
  if (names.length === 0) return allowed;
  return `${namesField(profile)}: [${names.join(", ")}], or ${allowed}`;
};

const leafMismatches = (node: Compared, leaf: LeafPlan, { config }: World): Mismatch[] => {
  const live = inPlace(node, leaf);
  if (live === undefined || isOwn(node, leaf, live)) return [];
  const allowed = leafPolicy(config, leaf.profile).allowLoss;
  const lost = lossesOf(live, leaf).filter((each) => !allowed.includes(each));
  return [
    ...(lost.length === 0 ? [] : [refused(`${leaf.profile} would lose ${lost.join(", ")}`, lossField(leaf, lost))]),
    // of a server nobody reads more than its names
    ...(leaf.usages.includes("client") ? subjectChanges(live, leaf) : []).map(({ field, text }) =>
      told(`${leaf.profile}: ${text}`, `${fieldsOf(leaf.profile).join(".")}.${field}, or nodes[].name`),
    ),
  ];
};

export const frontProxy: Check = (node) => {
  const found = node.due.has("front-proxy-client") ? unbelieved(node) : undefined;
  return found === undefined ? [] : [refused(found.what, `${COMMON_NAME_FIELD}: ${found.allowed}`)];
};

export const leaves: Check = (node, world) =>
  node.plan.leaves.filter(({ profile }) => node.due.has(profile)).flatMap((leaf) => leafMismatches(node, leaf, world));

/** Every CA that some node holds or was given, or that the stack file names. */
const knownCas = ({ nodes, config }: World): ReadonlySet<string> =>
  new Set([
    ...nodes.flatMap(({ survey: { files, record } }) => [
      ...files.flatMap(({ certificates }) => certificates.map(({ fingerprint }) => fingerprint)),
      ...(record?.cas ?? []),
    ]),
    ...AUTHORITIES.flatMap((name) => {
      const given = parsedCertificate(config.authority[name]?.certificate ?? "");
      return given === undefined ? [] : [fingerprintOf(given)];
    }),
  ]);

export const kubeconfigs: Check = (node, world) => {
  const { config } = world;
  const rows = kubeconfigRows(node, config).filter(({ content }) => node.due.has(content.profile));
  if (rows.length === 0) return [];
  const servers = world.nodes.flatMap(({ plan, survey }) =>
    kubeconfigRows({ plan, survey }, config).map(({ server }) => server),
  );
  const cas = knownCas(world);
  return rows.flatMap(({ content, kubeconfig, server }) =>
    isOfCluster(kubeconfig, [...servers, config.cluster.endpoint], cas)
      ? fieldChanges(content, kubeconfig, server).map((change) => told(change, "cluster.endpoint, or nodes[].address"))
      : [
          refused(
            `${kubeconfig.path} leads to another cluster (${kubeconfig.clusters.map((each) => each.server).join(", ")})`,
            "cluster.endpoint, or move that file away",
          ),
        ],
  );
};
