import type { PrivateKeyArgs } from "@pulumi/tls";
import type { Algorithm } from "../core/model/algorithms";

/** `ECDSA-P256` or `RSA-2048` as the tls provider wants it. */
export const keyArgs = (algorithm: Algorithm): PrivateKeyArgs => {
  const [kind = "", size = ""] = algorithm.split("-");
  return kind === "RSA" ? { algorithm: "RSA", rsaBits: Number(size) } : { algorithm: "ECDSA", ecdsaCurve: size };
};
