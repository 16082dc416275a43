/** The sections `authority` and `adopt`: what is to become of the cluster's CAs. */
import { pathText } from "../config/problems";
import { ALGORITHMS } from "../model/algorithms";
import { ownCas } from "../authorities/oneCa";
import type { AuthorityName } from "../model/authorities";
import { caRemarks } from "./caRemarks";
import { lockedKeyOf, TITLES, type FoundCas } from "./cas";
import { CA_CHOICES, type CaChoice, type Choices } from "./choices";
import type { CertificateFacts } from "../survey/model";
import type { FoundNode } from "./nodes";
import { remark, type Found, type Remark } from "./remarks";
import type { NodeSecret } from "./secrets";
import { externalSigners, tokenKeyOf } from "./tokenKey";

export interface AuthorityFields {
  readonly authority: Readonly<Record<string, unknown>>;
  readonly adopt: Readonly<Partial<Record<AuthorityName, string>>> | undefined;
  readonly secrets: readonly NodeSecret[];
  /** The CAs that the stack will make: it replaces those of the cluster, or there are none. */
  readonly made: readonly AuthorityName[];
}

/** The algorithm of CAs that the stack makes: as the cluster's own. */
const algorithmFields = (found: FoundCas): { algorithm?: string } => {
  const algorithm = found.kubernetes?.certificate.algorithm;
  return algorithm !== undefined && ALGORITHMS.some((each) => each === algorithm) ? { algorithm } : {};
};

const keyText = (nodes: readonly FoundNode[], certificate: CertificateFacts): string => {
  const locked = lockedKeyOf(nodes, certificate);
  return locked === undefined
    ? "its key is on none of these hosts"
    : `its key is encrypted (${locked.node.name}:${locked.path}; to keep the CA, decrypt it there with openssl pkey, and init again)`;
};

const howMade = (
  nodes: readonly FoundNode[],
  found: FoundCas,
  own: readonly AuthorityName[],
  { usesKeys }: (typeof CA_CHOICES)[CaChoice],
): Remark[] =>
  own.flatMap((name) => {
    const ca = found[name];
    if (ca === undefined || (usesKeys && ca.key !== undefined)) return [];
    const why = usesKeys ? `${keyText(nodes, ca.certificate)}, so ${TITLES[name]}` : TITLES[name];
    return [
      remark(
        "changed",
        `${why} (${ca.certificate.subject}) is replaced by a new one, phase by phase (adopt.${name}, docs/rotation.md)`,
      ),
    ];
  });

export const authorityFields = (
  nodes: readonly FoundNode[],
  found: FoundCas,
  oneCa: boolean,
  choices: Pick<Choices, "ca" | "vaultAddress">,
): Found<AuthorityFields> => {
  const own = ownCas({ authority: { oneCa } });
  const choice = CA_CHOICES[choices.ca];
  const byKey = own.filter((name) => choice.usesKeys && found[name]?.key !== undefined);
  const adopted = own.filter((name) => found[name] !== undefined && !byKey.includes(name));
  const made = own.filter((name) => !byKey.includes(name));
  const signed = externalSigners(nodes);
  const token = signed.length > 0 || !choice.usesKeys ? { value: undefined, remarks: signed } : tokenKeyOf(nodes);
  const existing = byKey.flatMap((name) => {
    const { certificate, key } = found[name] ?? {};
    return certificate === undefined || key === undefined ? [] : [{ name, certificate, key }];
  });
  const secrets = existing.map(({ name, certificate, key }): NodeSecret => ({
    at: pathText(["authority", name, "key"]),
    file: key,
    publicKey: certificate.publicKey,
  }));
  return {
    value: {
      authority: {
        ...(oneCa ? { oneCa } : {}),
        ...choice.section(choices),
        ...(made.length === 0 ? {} : algorithmFields(found)),
        ...Object.fromEntries(
          existing.map(({ name, certificate }) => [name, { certificate: `${certificate.pem.trim()}\n` }]),
        ),
      },
      adopt:
        adopted.length === 0
          ? undefined
          : Object.fromEntries(adopted.map((name) => [name, found[name]?.certificate.fingerprint ?? ""])),
      secrets: [...secrets, ...(token.value === undefined ? [] : [token.value])],
      made,
    },
    remarks: [...caRemarks(found, nodes, oneCa), ...token.remarks, ...howMade(nodes, found, own, choice)],
  };
};
