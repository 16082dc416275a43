import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { isInUse, generationsUpTo, issuerOf, stateOf } from "../core/authorities/rotation";
import { serviceAccountName } from "../core/certificates/resourceNames";
import { publicKeyOf } from "../core/format/publicKey";
import type { Inputs } from "./inputs";

export interface ServiceAccountKey {
  /** A secret. */
  readonly privatePem: pulumi.Output<string>;
  readonly publicPem: pulumi.Output<string>;
}

export interface ServiceAccountKeys {
  /** Every generation the stack keeps: the first is generation 1. */
  readonly all: readonly ServiceAccountKey[];
  /** The one that signs tokens; undefined while that is one the stack took over and does not know. */
  readonly current: ServiceAccountKey | undefined;
  /** The one a rotation leads to. */
  readonly target: ServiceAccountKey | undefined;
}

/** The public half is not a secret. */
const givenKey = (inputs: Inputs): ServiceAccountKey => {
  const privatePem = pulumi.secret(
    inputs.of(["authority.serviceAccount.key"], ({ config }) => config.authority.serviceAccount?.key ?? ""),
  );
  return { privatePem, publicPem: pulumi.unsecret(privatePem.apply(publicKeyOf)) };
};

/** The keys that sign service account tokens. RSA, as kubeadm makes them: the one algorithm every verifier knows. */
export const serviceAccountKeys = (
  base: string,
  inputs: Inputs,
  options: pulumi.CustomResourceOptions,
): ServiceAccountKeys => {
  const state = stateOf(inputs.config, "serviceAccount");
  const isGiven = inputs.config.authority.serviceAccount?.key !== undefined;
  const all = generationsUpTo(state).map((generation): ServiceAccountKey => {
    if (isGiven && generation === 1) return givenKey(inputs);
    const key = new tls.PrivateKey(
      serviceAccountName(base, generation),
      { algorithm: "RSA", rsaBits: 2048 },
      { ...options, protect: isInUse(state, generation) },
    );
    return { privatePem: pulumi.secret(key.privateKeyPem), publicPem: key.publicKeyPem };
  });
  return { all, current: all[issuerOf(state) - 1], target: all.at(-1) };
};
