import { createHash, createPublicKey } from "node:crypto";

/** The public half of a private key in PEM, as kubeadm writes it to sa.pub (PKIX, "PUBLIC KEY"). */
export const publicKeyOf = (privatePem: string): string =>
  createPublicKey(privatePem).export({ type: "spki", format: "pem" }).toString();

/** The `kid` in the header of tokens signed by this key's other half (kubernetes/kubernetes pkg/serviceaccount/jwt.go). */
export const keyIdOf = (publicPem: string): string =>
  createHash("sha256")
    .update(createPublicKey(publicPem).export({ type: "spki", format: "der" }))
    .digest("base64url");
