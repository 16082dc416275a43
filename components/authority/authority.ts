import type * as pulumi from "@pulumi/pulumi";

/** A certificate that an authority is asked to sign. */
export interface SigningRequest {
  /** The kind of certificate: a profile, or a user's kubeconfig. */
  readonly role: string;
  readonly commonName: string;
  /** PKCS#10 in PEM, already checked against the plan: its subject and names go into the certificate as they are. */
  readonly requestPem: pulumi.Input<string>;
  readonly usages: readonly ("server" | "client")[];
  readonly validitySeconds: number;
  /** A new value means a new certificate. */
  readonly id: pulumi.Input<string>;
}

/** A certificate as issued. */
export interface Issued {
  readonly certificatePem: pulumi.Output<string>;
  /** ISO 8601, as everything that travels through outputs. */
  readonly issued: pulumi.Output<string>;
  /** ISO 8601. */
  readonly expires: pulumi.Output<string>;
}

/** A certificate authority, wherever its key is. */
export interface Authority {
  /** The certificates to trust, PEM. */
  readonly trustPem: pulumi.Output<string>;
  /** The key in PEM that the controller manager signs with, a secret; undefined if it cannot be had. */
  readonly keyPem: pulumi.Output<string> | undefined;
  /** The certificate of that key, PEM, where that is not the CA itself. */
  readonly csrSignerPem?: pulumi.Output<string> | undefined;
  /** By the name of a node: the certificate of the CSR signer whose key was made there. */
  readonly nodeCsrSigners?: ReadonlyMap<string, Issued> | undefined;
  issue(name: string, request: SigningRequest, options: pulumi.CustomResourceOptions): Issued;
}
