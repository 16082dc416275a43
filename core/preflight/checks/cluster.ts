/** Which cluster it is: its CAs, its version. */
import { isAdopted, stateOf } from "../../authorities/rotation";
import { kubernetesMinor } from "../../format/kubernetesVersion";
import { isStandIn } from "../../format/standIn";
import { fingerprintOf, parsedCertificate } from "../../format/x509";
import { TITLES } from "../../init/cas";
import { fileAt } from "../../init/visits";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import type { Config } from "../../schema/config";
import type { CertificateFacts } from "../../survey/model";
import { refused, told, type Check, type Compared } from "../world";

/** The fingerprints that a CA in place may have; undefined where the stack file does not tell. */
export const accepted = (name: AuthorityName, { authority, adopt }: Config): readonly string[] | undefined => {
  const pin = adopt?.[name];
  const given = authority[name]?.certificate;
  if (typeof pin === "string") return [pin.replaceAll(":", "").toLowerCase()];
  if (given !== undefined && isStandIn(given)) return undefined;
  const certificate = given === undefined ? undefined : parsedCertificate(given);
  if (given !== undefined && certificate === undefined) return undefined;
  return certificate === undefined ? [] : [fingerprintOf(certificate)];
};

/** What lies in the files of a CA. */
export const caInPlace = ({ plan, survey }: Compared, name: AuthorityName): readonly CertificateFacts[] =>
  plan.files
    .filter(({ content }) => content.kind === "ca" && content.authority === name)
    .flatMap(({ path }) => fileAt(survey, path)?.certificates ?? []);

/** Only before any node knows the stack's CAs: from then on the nodes tell each other's. */
export const cas: Check = (node, { config, nodes, isFirst }) => {
  if (!isFirst || nodes.some(({ survey: { record } }) => (record?.cas ?? []).length > 0)) return [];
  return AUTHORITIES.flatMap((name) => {
    const own = accepted(name, config);
    const live = caInPlace(node, name);
    const [other] = live;
    if (own === undefined || other === undefined || stateOf(config, name).generation > 1) return [];
    if (live.some(({ fingerprint }) => own.includes(fingerprint))) return [];
    const what = `${TITLES[name]} there (${other.subject}) is another one than the stack file's`;
    return [
      refused(
        what,
        isAdopted(config, name)
          ? `adopt.${name}: ${other.fingerprint}`
          : `authority.${name}: its certificate and key, or adopt.${name}: ${other.fingerprint}`,
      ),
    ];
  });
};

const VERSIONED = ["kube-apiserver", "kubelet"] as const;

export const version: Check = (node, world) => {
  if (!node.isTouched) return [];
  const running = VERSIONED.flatMap((name) => node.survey.components.filter((each) => each.name === name));
  const [found] = running.flatMap(({ name, version: live }) => (live === undefined ? [] : [{ name, live }]));
  const { kubernetesVersion } = world.config.cluster;
  if (
    found === undefined ||
    kubernetesMinor({ cluster: { kubernetesVersion: found.live } }) === kubernetesMinor(world.config)
  )
    return [];
  return [
    told(
      `${found.name} is ${found.live}, and the stack file says ${kubernetesVersion}`,
      `cluster.kubernetesVersion: "${found.live}"`,
    ),
  ];
};
