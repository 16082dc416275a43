import type { PrivateKeyArgs } from "@pulumi/tls";
import { KEYS, type Algorithm } from "../core/model/algorithms";

/** `ECDSA-P256` or `RSA-2048` as the tls provider wants it. */
export const keyArgs = (algorithm: Algorithm): PrivateKeyArgs => {
  const key = KEYS[algorithm];
  return key.kind === "RSA"
    ? { algorithm: key.kind, rsaBits: key.bits }
    : { algorithm: key.kind, ecdsaCurve: key.curve };
};
