/**
 * Certificates of the user's own in Secrets, their public parts in ConfigMaps too. CAs that are not this cluster's stay where they
 * are; what is there already is not written, and nobody restarts for it.
 */
import { X509Certificate } from "node:crypto";
import { canonicalIp } from "../../format/addresses";
import { blocksOf, digestOf, pemOf } from "../../format/pemBlocks";
import type { HeldJob, HeldPair } from "../own";
import { Refusal, type Work } from "../work";
import { roll } from "./roll";

/** On a Secret: a run of ours has written it. On a pod template, with its name behind it: what its pods were restarted for. */
const MARK = "kube-pki/certificate";

type Data = Readonly<Record<string, string>>;

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The CAs as they are to be, those that are there first. */
const merged = async ({ kube }: Work, { authority, ca, old }: HeldJob, present: string): Promise<readonly string[]> => {
  const wanted = blocksOf(ca);
  const gone = old === undefined ? [] : [...blocksOf(old), ...blocksOf(await kube.ours(authority))];
  const stays = blocksOf(present).filter((block) => wanted.includes(block) || !gone.includes(block));
  return [...stays, ...wanted.filter((block) => !stays.includes(block))];
};

const sameBlocks = (one: readonly string[], other: readonly string[]): boolean => one.join(" ") === other.join(" ");

const USAGES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "usage:serverAuth",
  "1.3.6.1.5.5.7.3.2": "usage:clientAuth",
};

/** Names and usages, as `allowLoss` names them. */
const saidBy = (pem: string): readonly string[] => {
  const certificate = new X509Certificate(pem);
  const names = (certificate.subjectAltName ?? "").split(", ").filter((name) => name !== "");
  return [
    ...names.map((name) => name.replace(/^IP Address:(.*)$/, (_, ip: string) => `IP:${canonicalIp(ip) ?? ip}`)),
    // absent where a certificate is for everything
    ...((certificate.keyUsage as readonly string[] | undefined) ?? []).flatMap((usage) => USAGES[usage] ?? []),
  ];
};

/** Of a certificate that somebody else has made nothing is lost silently. */
const refuseLosses = ({ leaf, secret, allowLoss }: HeldJob, present: string, { certificate }: HeldPair): void => {
  if (blocksOf(present).length === 0) return;
  const said = saidBy(certificate);
  const lost = saidBy(present).filter((each) => !said.includes(each) && !allowLoss.includes(each));
  if (lost.length > 0)
    throw new Refusal(
      `Secret ${secret.namespace}/${secret.name}: its certificate would lose ${lost.join(", ")}: add to certificates.${leaf} ` +
        `what somebody uses, and allow the loss of what nobody uses (certificates.${leaf}.allowLoss)`,
    );
};

/** What is written of the data: what differs. */
const changed = (wanted: Data, present: Data): Data =>
  Object.fromEntries(Object.entries(wanted).filter(([key, text]) => present[key] !== text));

const encoded = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)]));

/** @returns the certificates that it then has: the leaf's and the CAs; undefined where there is no Secret yet */
const writeSecret = async (work: Work, job: HeldJob): Promise<readonly string[] | undefined> => {
  const { leaf, secret, pair } = job;
  const { namespace, name } = secret;
  const present = await work.kube.certificatesIn({ namespace, name });
  if (present === undefined && pair === undefined) return undefined;
  const has = (key: string): string => present?.entries[key] ?? "";
  if (pair !== undefined && present?.isOurs === false) refuseLosses(job, has(secret.certificate), pair);
  const ca = await merged(work, job, has(secret.ca));
  const shown = pair?.certificate ?? has(secret.certificate);
  const data: Data = {
    ...(sameBlocks(ca, blocksOf(has(secret.ca))) ? {} : { [secret.ca]: pemOf(ca) }),
    ...(pair === undefined || sameBlocks(blocksOf(shown), blocksOf(has(secret.certificate)))
      ? {}
      : { [secret.certificate]: pair.certificate, [secret.key]: pair.key }),
  };
  const metadata = pair === undefined ? {} : { annotations: { [MARK]: leaf } };
  if (present === undefined) {
    const isTls = secret.certificate === "tls.crt" && secret.key === "tls.key";
    const type = isTls ? "kubernetes.io/tls" : "Opaque";
    await work.kube.apply({
      apiVersion: "v1",
      kind: "Secret",
      type,
      metadata: { namespace, name, ...metadata },
      data: encoded(data),
    });
    work.say(`Secret ${namespace}/${name} made`);
  } else if (Object.keys(data).length > 0) {
    await work.kube.patch("secrets", { namespace, name }, "merge", { metadata, data: encoded(data) });
    work.say(`Secret ${namespace}/${name}: ${Object.keys(data).join(", ")} written`);
  }
  return [...blocksOf(shown), ...ca];
};

const writeConfigMap = async (work: Work, job: HeldJob): Promise<void> => {
  const { configMap, pair } = job;
  if (configMap === undefined) return;
  const { namespace, name, certificate } = configMap;
  const present = await work.kube.get("configmaps", { namespace, name });
  if (present === undefined && pair === undefined) return;
  const has = present?.data ?? {};
  const ca = await merged(work, job, has[configMap.ca] ?? "");
  const wanted: Data = {
    ...(sameBlocks(ca, blocksOf(has[configMap.ca] ?? "")) ? {} : { [configMap.ca]: pemOf(ca) }),
    ...(certificate === undefined || pair === undefined ? {} : { [certificate]: pair.certificate }),
  };
  const data = changed(wanted, has);
  if (present === undefined)
    await work.kube.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data });
  else if (Object.keys(data).length > 0) await work.kube.patch("configmaps", { namespace, name }, "merge", { data });
  if (Object.keys(data).length > 0) work.say(`ConfigMap ${namespace}/${name}: ${Object.keys(data).join(", ")} written`);
};

export const heldCertificates = async (work: Work): Promise<void> => {
  for (const job of work.job.held ?? []) {
    const blocks = await writeSecret(work, job);
    await writeConfigMap(work, job);
    if (blocks === undefined) continue;
    const mark = { annotation: `${MARK}.${job.leaf}`, value: digestOf(blocks) };
    await roll(work, job.restart, mark, `certificates.${job.leaf}.restart`);
  }
};
