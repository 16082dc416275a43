/** The sections `authority` and `adopt`: what is to become of the cluster's CAs. */
import { pathText } from "../config/problems";
import { ALGORITHMS } from "../model/algorithms";
import { ownCas } from "../authorities/oneCa";
import type { AuthorityName } from "../model/authorities";
import { caRemarks, TITLES, type FoundCas } from "./cas";
import { CA_CHOICES, type CaChoice, type Choices } from "./choices";
import type { FoundNode } from "./nodes";
import { remark, type Found, type Remark } from "./remarks";
import type { NodeSecret } from "./secrets";
import { unique } from "../format/unique";
import { externalSigner, signerText } from "./tokenSigner";
import { filesFor } from "./visits";

/** The token key of every control plane, if it is one and the same. */
const tokenKeyOf = (
  nodes: readonly FoundNode[],
  { usesKeys }: (typeof CA_CHOICES)[CaChoice],
): Found<NodeSecret | undefined> => {
  const controlPlanes = nodes.filter(({ roles }) => roles.includes("control-plane"));
  const endpoints = unique(controlPlanes.flatMap(({ visit: { survey } }) => externalSigner(survey) ?? []));
  if (endpoints.length > 0)
    return {
      value: undefined,
      remarks: endpoints.map((endpoint) =>
        remark("left", `${signerText(endpoint)}: the stack has no part in it (docs/token-signer.md)`),
      ),
    };
  if (!usesKeys) return { value: undefined, remarks: [] };
  const each = controlPlanes.map((node) => {
    const { survey } = node.visit;
    const [file] = [
      ...filesFor(survey, "kube-apiserver/service-account-private", true),
      ...filesFor(survey, "kube-controller-manager/service-account-private", true),
    ].filter(({ keys }) => keys.length > 0);
    const publics = unique(
      filesFor(survey, "kube-apiserver/service-account-public").flatMap(({ publicKeys, keys, certificates }) => [
        ...publicKeys,
        ...keys,
        ...certificates.map(({ publicKey }) => publicKey),
      ]),
    );
    return { node, file, publics };
  });
  const [first] = each;
  const key = first?.file?.keys[0];
  if (first?.file === undefined || key === undefined)
    return {
      value: undefined,
      remarks: [
        remark(
          "unfound",
          "the key that signs service account tokens: it stays as it is, and the stack does not rotate it",
        ),
      ],
    };
  const isOne = each.every(
    ({ file, publics }) => file?.keys.length === 1 && file.keys[0] === key && publics.every((one) => one === key),
  );
  if (!isOne)
    return {
      value: undefined,
      remarks: [
        remark(
          "left",
          "control planes sign or accept service account tokens with several keys: they stay as they are, and the stack does not rotate them",
        ),
      ],
    };
  return {
    value: {
      at: pathText(["authority", "serviceAccount", "key"]),
      file: { node: first.node, path: first.file.path },
      publicKey: key,
    },
    remarks: [],
  };
};

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

const howMade = (
  found: FoundCas,
  own: readonly AuthorityName[],
  { usesKeys }: (typeof CA_CHOICES)[CaChoice],
): Remark[] =>
  own.flatMap((name) => {
    const ca = found[name];
    if (ca === undefined || (usesKeys && ca.key !== undefined)) return [];
    const why = usesKeys ? `its key is on none of these hosts, so ${TITLES[name]}` : TITLES[name];
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
  const token = tokenKeyOf(nodes, choice);
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
    remarks: [...caRemarks(found, nodes, oneCa), ...token.remarks, ...howMade(found, own, choice)],
  };
};
