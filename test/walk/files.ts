/** The PKI files of a node, read by the rows of its plan: what it presents, whom it trusts, and what it signs with. */
import type { X509Certificate } from "node:crypto";
import { profileRow } from "../../core/certificates/inventory";
import type { Content } from "../../core/layouts/layout";
import type { AuthorityName } from "../../core/model/authorities";
import type { LeafName } from "../../core/model/profiles";
import type { NodePlan } from "../../core/plan";
import type { Config } from "../../core/schema/config";
import { certificatesIn, partsOfKubeconfig } from "../e2e/stubs/nodeFiles";

export interface Leaf {
  /** Node and path. */
  readonly where: string;
  readonly profile: LeafName;
  readonly authority: AuthorityName;
  readonly certificate: X509Certificate;
  readonly key: string;
}

export interface Trust {
  readonly where: string;
  readonly authority: AuthorityName;
  readonly cas: readonly X509Certificate[];
}

/** A CA's key, and the certificates beside it of which one has to be its. */
export interface Signer {
  readonly where: string;
  readonly authority: AuthorityName;
  readonly certificates: readonly X509Certificate[];
  readonly key: string;
}

export interface Files {
  readonly node: string;
  readonly leaves: readonly Leaf[];
  readonly trusts: readonly Trust[];
  readonly signers: readonly Signer[];
  readonly tokens: readonly { readonly where: string; readonly half: "private" | "public"; readonly text: string }[];
  /** What the stack writes and is not there. */
  readonly missing: readonly string[];
  /** Certificates that no certificate is in. */
  readonly unreadable: readonly string[];
}

/** @param read a file's text; undefined: it is not there */
export const filesOf = (plan: NodePlan, config: Config, read: (path: string) => string | undefined): Files => {
  const of = {
    node: plan.node.name,
    leaves: [] as Leaf[],
    trusts: [] as Trust[],
    signers: [] as Signer[],
    tokens: [] as Files["tokens"][number][],
    missing: plan.files.filter(({ path }) => read(path) === undefined).map(({ path }) => path),
    unreadable: [] as string[],
  };
  const pathOf = (isIt: (content: Content) => boolean): string =>
    plan.known.find(({ content }) => isIt(content))?.path ?? "";
  const leaf = (where: string, profile: LeafName, certificate: string, key: string): void => {
    const [first] = certificatesIn(certificate);
    const { authority } = profileRow(profile, config);
    if (first === undefined) of.unreadable.push(where);
    else of.leaves.push({ where, profile, authority, certificate: first, key });
  };
  for (const { path, content } of plan.known) {
    const text = read(path);
    if (text === undefined) continue;
    const where = `${plan.node.name}:${path}`;
    switch (content.kind) {
      case "certificate": {
        const { profile } = content;
        leaf(where, profile, text, read(pathOf((each) => each.kind === "key" && each.profile === profile)) ?? "");
        break;
      }
      case "pair":
        leaf(where, content.profile, text, text);
        break;
      case "kubeconfig": {
        const parts = partsOfKubeconfig(text);
        of.trusts.push({ where, authority: "kubernetes", cas: certificatesIn(parts.ca) });
        if (content.credentials === "inline") leaf(where, content.profile, parts.certificate, parts.key);
        break;
      }
      case "ca":
        of.trusts.push({ where, authority: content.authority, cas: certificatesIn(text) });
        break;
      case "caKey": {
        const beside = read(path.replace(/\.key$/, ".crt")) ?? "";
        of.signers.push({ where, authority: content.authority, certificates: certificatesIn(beside), key: text });
        break;
      }
      case "serviceAccount":
        of.tokens.push({ where, half: content.half, text });
        break;
      default: // keys are read with their certificates, links with what they lead to
    }
  }
  return of;
};
