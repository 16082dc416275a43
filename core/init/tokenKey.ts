/** Who signs service account tokens, and with what. */
import { pathText } from "../config/problems";
import { unique } from "../format/unique";
import type { Survey } from "../survey/model";
import type { FoundNode } from "./nodes";
import { remark, type Found, type Remark } from "./remarks";
import type { NodeSecret } from "./secrets";
import { filesFor, optionOf } from "./visits";

/** The socket of the signer that the API server asks instead of reading key files (KEP-740, stable in 1.36); undefined: none. */
export const externalSigner = (survey: Survey): string | undefined =>
  optionOf(survey, "kube-apiserver", "service-account-signing-endpoint");

export const signerText = (endpoint: string): string =>
  `an external signer (--service-account-signing-endpoint=${endpoint}) signs service account tokens`;

const controlPlanesOf = (nodes: readonly FoundNode[]): readonly FoundNode[] =>
  nodes.filter(({ roles }) => roles.includes("control-plane"));

export const externalSigners = (nodes: readonly FoundNode[]): readonly Remark[] =>
  unique(controlPlanesOf(nodes).flatMap(({ visit: { survey } }) => externalSigner(survey) ?? [])).map((endpoint) =>
    remark("left", `${signerText(endpoint)}: the stack has no part in it (docs/token-signer.md)`),
  );

const keyOn = (node: FoundNode) => {
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
};

const without = (kind: "unfound" | "left", text: string): Found<undefined> => ({
  value: undefined,
  remarks: [remark(kind, text)],
});

/** The token key of every control plane, if it is one and the same. */
export const tokenKeyOf = (nodes: readonly FoundNode[]): Found<NodeSecret | undefined> => {
  const each = controlPlanesOf(nodes).map(keyOn);
  const [first] = each;
  const key = first?.file?.keys[0];
  if (first?.file === undefined || key === undefined)
    return without(
      "unfound",
      "the key that signs service account tokens: it stays as it is, and the stack does not rotate it",
    );
  const isOne = each.every(
    ({ file, publics }) => file?.keys.length === 1 && file.keys[0] === key && publics.every((one) => one === key),
  );
  if (!isOne)
    return without(
      "left",
      "control planes sign or accept service account tokens with several keys: they stay as they are, and the stack does not rotate them",
    );
  return {
    value: {
      at: pathText(["authority", "serviceAccount", "key"]),
      file: { node: first.node, path: first.file.path },
      publicKey: key,
    },
    remarks: [],
  };
};
