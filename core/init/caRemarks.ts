/** What is odd about the CAs of a cluster as they are: what is trusted beside them, and who does not trust them. */
import { isSelfSigned, isSignedBy, leadsTo } from "../doctor/signers";
import { unique } from "../format/unique";
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import type { CertificateFacts, FileFacts } from "../survey/model";
import { trustFiles, TITLES, type FoundCas } from "./cas";
import type { FoundNode } from "./nodes";
import { remark, together, type Remark } from "./remarks";

/** What another certificate in the file of a CA is to it. */
const besideText = (other: CertificateFacts, own: CertificateFacts): string => {
  const { subject, issuer, publicKey, notAfter } = other;
  if (publicKey === own.publicKey)
    return issuer === subject
      ? `also holds the same CA (${subject}) in a certificate until ${notAfter.slice(0, 10)}, which stays there`
      : `also holds the same CA (${subject}) as ${issuer} has signed it, which stays there`;
  return !isSelfSigned(own) && isSignedBy(own, other)
    ? `also trusts ${subject}, which has signed ${own.subject}: it stays there, with all that it has signed beside`
    : `also trusts ${subject}, which stays there and is no CA of the stack`;
};

const holds = ({ certificates }: FileFacts, { fingerprint }: CertificateFacts): boolean =>
  certificates.some((each) => each.fingerprint === fingerprint);

const list = (certificates: readonly CertificateFacts[]): string =>
  unique(certificates.map(({ subject }) => subject)).join(", ");

/** A file of a CA on one node that lacks the CA. */
const lackText = (
  { path, certificates }: FileFacts,
  name: AuthorityName,
  own: CertificateFacts,
  isElsewhere: boolean,
): string =>
  isElsewhere
    ? `${path} does not hold ${TITLES[name]} that other nodes have (${own.subject})`
    : `${path} holds ${list(certificates)} and not ${TITLES[name]} (${own.subject}), which signs all that its readers are ` +
      "shown from now on: add that CA to the file, beside what is there, and restart its readers first";

/** Servers send their own certificate alone, so that who trusts the CA by its root only would not know them. */
const rootOnly = ({ visit: { survey } }: FoundNode, own: CertificateFacts): string[] =>
  survey.kubeconfigs.flatMap(({ path, clusters }) => {
    const trusted = clusters.flatMap(({ authorities }) => authorities);
    const isIn = trusted.some(({ publicKey }) => publicKey === own.publicKey);
    return isIn || !leadsTo([own], trusted)
      ? []
      : [
          `${path} trusts ${list(trusted)}, which has signed ${TITLES.kubernetes} (${own.subject}), and the stack's servers send ` +
            "no chain: add that CA to its certificate-authority-data first",
        ];
  });

interface Said {
  readonly kind: "refused" | "left";
  readonly node: string;
  readonly text: string;
}

/** What one node trusts for an authority. */
const saidOf = (node: FoundNode, name: AuthorityName, own: CertificateFacts, nodes: readonly FoundNode[]): Said[] => {
  const isElsewhere = ({ uses }: FileFacts): boolean =>
    nodes.some(
      (other) =>
        other !== node &&
        trustFiles(other, name).some(
          (file) => holds(file, own) && file.uses.some(({ input }) => uses.some((use) => use.input === input)),
        ),
    );
  const files = trustFiles(node, name);
  const refused = [
    ...files.filter((file) => !holds(file, own)).map((file) => lackText(file, name, own, isElsewhere(file))),
    ...(name === "kubernetes" ? rootOnly(node, own) : []),
  ];
  const left = files.flatMap(({ path, certificates }) =>
    certificates
      .filter(({ fingerprint }) => fingerprint !== own.fingerprint)
      .map((other) => `${path} ${besideText(other, own)}`),
  );
  const said = (kind: Said["kind"], text: string): Said => ({ kind, node: node.name, text });
  return [...refused.map((text) => said("refused", text)), ...left.map((text) => said("left", text))];
};

/** One CA for several authorities. */
const sharedRemarks = (found: FoundCas, oneCa: boolean): Remark[] => {
  const shared = AUTHORITIES.filter((name, index) =>
    AUTHORITIES.some(
      (other, at) =>
        at < index &&
        found[name] !== undefined &&
        found[name].certificate.publicKey === found[other]?.certificate.publicKey,
    ),
  );
  return shared.length === 0
    ? []
    : [
        remark(
          "left",
          `one CA (${found[shared[0] ?? "etcd"]?.certificate.subject ?? ""}) is ${TITLES.kubernetes} and ${shared.map((name) => TITLES[name]).join(" and ")}: whoever has a certificate for one may use it for the other; ${oneCa ? "it lies in one file, so a rotation replaces it by one again (authority.oneCa, docs/fleet.md)" : "a rotation gives each a CA of its own"}`,
        ),
      ];
};

export const caRemarks = (found: FoundCas, nodes: readonly FoundNode[], oneCa: boolean): Remark[] => {
  const said = AUTHORITIES.flatMap((name) => {
    const own = found[name]?.certificate;
    return own === undefined ? [] : nodes.flatMap((node) => saidOf(node, name, own, nodes));
  });
  return [
    ...(["refused", "left"] as const).flatMap((kind) =>
      together(
        kind,
        said.filter((each) => each.kind === kind),
      ),
    ),
    ...sharedRemarks(found, oneCa),
    ...AUTHORITIES.filter((name) => found[name] === undefined).map((name) =>
      remark("unfound", `${TITLES[name]}: no component names a file of it`),
    ),
  ];
};
