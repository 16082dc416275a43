import { createPublicKey } from "node:crypto";

/** The public half of a private key in PEM, as kubeadm writes it to sa.pub (PKIX, "PUBLIC KEY"). */
export const publicKeyOf = (privatePem: string): string =>
  createPublicKey(privatePem).export({ type: "spki", format: "pem" }).toString();
