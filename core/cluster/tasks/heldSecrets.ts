/** Certificates in Secrets that a CA which goes has signed: a network plugin's or a monitoring's client of etcd, a webhook's. */
import { X509Certificate } from "node:crypto";
import { pemBlocks } from "../../format/pem";
import { pemOf } from "../../format/pemBlocks";
import type { Work } from "../work";
import { replaced } from "./replaced";

/** Whoever writes here is an administrator of the cluster. What a tenant has in his own namespace may stop nobody else. */
const ADMINISTRATORS = "kube-system";

const read = (pem: string): readonly X509Certificate[] =>
  pemBlocks(pem).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return []; // what is no certificate lets nobody in
    }
  });

interface Cas {
  readonly old: readonly X509Certificate[];
  readonly stays: readonly X509Certificate[];
}

const hasSigned = (ca: X509Certificate, leaf: X509Certificate): boolean => leaf.verify(ca.publicKey);

/** Whether it is of use today, and will not be once the old CAs have gone. */
const isStale = (leaf: X509Certificate, all: readonly Cas[], now: number): boolean =>
  !leaf.ca &&
  Date.parse(leaf.validTo) > now &&
  all.some(
    ({ old, stays }) =>
      old.some((ca) => hasSigned(ca, leaf)) &&
      // a CA that was issued anew with its own key
      !stays.some((ca) => hasSigned(ca, leaf)),
  );

export const heldSecrets = async (work: Work): Promise<void> => {
  const { kube, clock } = work;
  const all = (await replaced(work)).map(({ old, stays }): Cas => ({
    old: read(pemOf(old)),
    stays: read(pemOf(stays)),
  }));
  if (all.every(({ old }) => old.length === 0)) return;
  for (const { namespace, name, key, pem } of await kube.heldCertificates()) {
    const [leaf] = read(pem);
    if (leaf === undefined || !isStale(leaf, all, clock.now())) continue;
    const what = `${namespace}/${name}`;
    const why = `has a certificate in ${key} that an old CA signed: issue a new one, or let its owner do so`;
    if (namespace === ADMINISTRATORS) work.found("scan", "Secret", what, why);
    else work.told("Secret", what, why);
  }
};
