import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { LeafPlan } from "../core/certificates/leaves";
import type { San } from "../core/format/addresses";
import { keyArgs } from "./keyArgs";

export interface StateKeyArgs extends Pick<LeafPlan, "algorithm" | "commonName" | "organizations"> {
  /** A new one is a new key. */
  readonly id: pulumi.Input<string>;
  readonly sans: pulumi.Input<readonly San[]>;
}

/** A private key in the stack's state, and its signing request. */
export interface StateKey {
  /** A secret. */
  readonly keyPem: pulumi.Output<string>;
  readonly requestPem: pulumi.Output<string>;
}

/** A key whose certificate has this name; both are replaced when the leaf's id changes. */
export const stateKey = (name: string, leaf: StateKeyArgs, parent: pulumi.Resource): StateKey => {
  const options = { parent, replacementTrigger: leaf.id };
  const key = new tls.PrivateKey(`${name}-key`, keyArgs(leaf.algorithm), options);
  const namesOf = (kind: "DNS" | "IP") =>
    pulumi
      .output(leaf.sans)
      .apply((sans) => sans.flatMap((san) => (san.startsWith(`${kind}:`) ? [san.slice(kind.length + 1)] : [])));
  const request = new tls.CertRequest(
    `${name}-request`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: {
        commonName: leaf.commonName,
        ...(leaf.organizations[0] === undefined ? {} : { organization: leaf.organizations[0] }),
      },
      dnsNames: namesOf("DNS"),
      ipAddresses: namesOf("IP"),
    },
    options,
  );
  return { keyPem: pulumi.secret(key.privateKeyPem), requestPem: request.certRequestPem };
};
