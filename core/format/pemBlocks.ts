/** Certificates of PEM texts as what they are, whatever their line ends: base64 of the DER. */
import { createHash } from "node:crypto";
import { pemBlocks } from "./pem";

/** Each certificate once, in order. */
export const blocksOf = (text: string): readonly string[] => [
  ...new Set(pemBlocks(text).map((block) => block.replace(/-----[^-]+-----|\s+/g, ""))),
];

/** As kube-controller-manager and kubeadm write them. */
export const pemOf = (blocks: readonly string[]): string =>
  blocks
    .map((block) => {
      const lines = block.match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
    })
    .join("");

/** Short name of a set of certificates. */
export const digestOf = (blocks: readonly string[]): string =>
  createHash("sha256").update(blocks.join("\n")).digest("hex").slice(0, 8);
