/** Files whose text is another one than the last step has left: what is in them now. */
import { subjectChanges } from "../init/changes";
import { isSignedBy } from "../doctor/signers";
import { leafAt } from "../init/live";
import { fileAt, kubeconfigAt, serverIn } from "../init/visits";
import { profileOf, type FileRow } from "../layouts/layout";
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import type { LeafName } from "../model/profiles";
import type { NodePlan } from "../plan";
import { serverOf } from "../protocol/lines";
import type { Config } from "../schema/config";
import type { CertificateFacts, Survey } from "../survey/model";

export interface Texts {
  readonly plan: NodePlan;
  readonly survey: Survey;
  readonly config: Config;
}

/** The CAs that the node's own files hold, of these authorities, and that a step has put there. */
const casOf = ({ plan, survey }: Texts, authorities: readonly AuthorityName[] = AUTHORITIES): CertificateFacts[] => {
  const known = new Set(survey.record?.cas ?? []);
  return plan.known
    .filter(({ content }) => content.kind === "ca" && authorities.includes(content.authority))
    .flatMap(({ path }) => fileAt(survey, path)?.certificates ?? [])
    .filter(({ fingerprint }) => known.has(fingerprint));
};

export const isFromCluster = (node: Texts, certificate: CertificateFacts): boolean =>
  casOf(node).some((ca) => isSignedBy(certificate, ca));

/** Whether a kubeconfig still trusts every CA that the node does. */
export const trustsAll = (node: Texts, path: string): boolean => {
  const clusters = kubeconfigAt(node.survey, path)?.clusters ?? [];
  const held = new Set(clusters.flatMap(({ authorities }) => authorities.map(({ fingerprint }) => fingerprint)));
  const cas = casOf(node, ["kubernetes"]);
  return cas.length > 0 && cas.every(({ fingerprint }) => held.has(fingerprint));
};

export const certificateText = ({ serial, notBefore, notAfter }: CertificateFacts): string =>
  `serial ${serial}, of ${notBefore.slice(0, 10)}, until ${notAfter.slice(0, 10)}`;

/** The certificate of a profile that is in place, wherever the layout has it. */
const inPlace = ({ plan, survey }: Texts, profile: LeafName): CertificateFacts | undefined =>
  plan.files
    .filter((row) => profileOf(row).includes(profile) && row.content.kind !== "key")
    .flatMap(({ path }) => leafAt(survey, path) ?? [])[0]?.certificate;

const isNamed = ({ plan }: Texts, profile: LeafName, live: CertificateFacts): boolean =>
  plan.leaves.some((leaf) => leaf.profile === profile && subjectChanges(live, leaf).length === 0);

const listed = (rows: readonly FileRow[]): string => rows.map(({ path }) => path).join(", ");

/** Of a kubeconfig with the stack's certificate in it. */
const leadsElsewhere = ({ plan, survey, config }: Texts, { path, content }: FileRow): string | undefined => {
  const kubeconfig = kubeconfigAt(survey, path);
  if (content.kind !== "kubeconfig" || kubeconfig === undefined) return undefined;
  const [leads, led] = [serverIn(kubeconfig), serverOf(content.server, plan, config)];
  return leads === undefined || leads === led
    ? undefined
    : `${path} leads to https://${leads}, and led to https://${led}`;
};

/** @param rows of the profile, whose texts were changed */
export const leafText = (node: Texts, profile: LeafName, rows: readonly FileRow[]): string => {
  const live = inPlace(node, profile);
  const given = node.survey.record?.leaves.find((leaf) => leaf.profile === profile)?.serial;
  const paths = listed(rows);
  if (live === undefined) return `${paths}: changed, and no certificate of ${profile} can be read any more`;
  if (live.serial === given) {
    const [elsewhere] = rows.flatMap((row) => leadsElsewhere(node, row) ?? []);
    return elsewhere ?? `${paths}: edited; the certificate of ${profile} is still the stack's`;
  }
  const was = given === undefined ? "" : `; the stack's has serial ${given}`;
  if (!isFromCluster(node, live))
    return `${paths}: the certificate of ${profile} is one that no CA of the cluster has signed (${live.subject}, ${certificateText(live)}${was})`;
  return isNamed(node, profile, live)
    ? `${paths}: ${profile} was renewed by another tool, such as \`kubeadm certs renew\` (${certificateText(live)}${was})`
    : `${paths}: in place of ${profile} there is a certificate of ${live.subject} (${certificateText(live)}${was})`;
};

/** Of a file that holds no leaf. */
export const otherText = ({ survey }: Texts, { path, content }: FileRow): string => {
  if (content.kind !== "ca") return `${path}: changed`;
  const known = new Set(survey.record?.cas ?? []);
  const held = fileAt(survey, path)?.certificates ?? [];
  const foreign = held.filter(({ fingerprint }) => !known.has(fingerprint));
  if (held.length === 0) return `${path}: changed, and holds no certificate any more`;
  return foreign.length === 0
    ? `${path}: edited; no CA in it is new`
    : `${path}: it holds a CA that is not the stack's and that stays there (${foreign.map(({ subject, fingerprint }) => `${subject}, sha256 ${fingerprint.slice(0, 16)}`).join("; ")})`;
};
