import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { outlivesProblem } from "../../core/certificates/validity";
import type { Algorithm } from "../../core/model/algorithms";
import { keyArgs } from "../keyArgs";
import type { Authority, Issued, SigningRequest } from "./authority";

export interface EmbeddedAuthorityArgs {
  /** Subject CN when the authority is generated; unique per cluster and generation. */
  readonly commonName: string;
  /** An existing CA of the cluster. @default a new one is generated */
  readonly given?: { readonly certificatePem: pulumi.Input<string>; readonly keyPem: pulumi.Input<string> } | undefined;
  /** Key algorithm of a generated CA. */
  readonly algorithm: Algorithm;
  /** Validity of a generated CA, whole hours in seconds. */
  readonly validitySeconds: number;
  /** Whether losing it would break the cluster: it is then protected from deletion. @default true */
  readonly isInUse?: boolean;
}

const HOUR = 3600;

/** The names of the tls provider; key usages as kubeadm sets them, also for ECDSA keys. */
const LEAF_USES = ["digital_signature", "key_encipherment"];
const EXTENDED_USES = { server: "server_auth", client: "client_auth" } as const;
const CA_USES = [...LEAF_USES, "cert_signing"];

/** An authority whose key is in the stack's state, encrypted by the stack's secrets provider. */
export class EmbeddedAuthority extends pulumi.ComponentResource implements Authority {
  public readonly trustPem: pulumi.Output<string>;
  public readonly keyPem: pulumi.Output<string>;

  public constructor(name: string, args: EmbeddedAuthorityArgs, options?: pulumi.ComponentResourceOptions) {
    super("kube-pki:index:EmbeddedAuthority", name, {}, options);
    const { certificatePem, keyPem } = args.given ?? this.generate(name, args);
    this.trustPem = pulumi.output(certificatePem);
    this.keyPem = pulumi.secret(keyPem);
    this.registerOutputs({ trustPem: this.trustPem, keyPem: this.keyPem });
  }

  /** Signs a request; the certificate is replaced when `id` changes, and by itself never. */
  public issue(name: string, request: SigningRequest, options: pulumi.CustomResourceOptions): Issued {
    const certificate = new tls.LocallySignedCert(
      name,
      {
        certRequestPem: request.requestPem,
        caCertPem: this.trustPem,
        caPrivateKeyPem: this.keyPem,
        validityPeriodHours: request.validitySeconds / HOUR,
        allowedUses: [...LEAF_USES, ...request.usages.map((usage) => EXTENDED_USES[usage])],
      },
      { ...options, replacementTrigger: request.id },
    );
    // a CA's remaining validity shrinks: only after signing is it known whether the leaf outlives it
    const certificatePem = pulumi.all([certificate.certPem, this.trustPem]).apply(([leaf, ca]) => {
      const problem = outlivesProblem(name, leaf, ca);
      if (problem !== undefined) throw new pulumi.ResourceError(problem, this);
      return leaf;
    });
    return {
      certificatePem,
      issued: certificate.validityStartTime,
      expires: certificate.validityEndTime,
    };
  }

  private generate(name: string, { commonName, algorithm, validitySeconds, isInUse = true }: EmbeddedAuthorityArgs) {
    // losing a CA's key means taking over every node again: only an explicit `pulumi state unprotect` allows it
    const options = { parent: this, protect: isInUse };
    const key = new tls.PrivateKey(`${name}-key`, keyArgs(algorithm), options);
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName },
        isCaCertificate: true,
        setSubjectKeyId: true,
        validityPeriodHours: validitySeconds / HOUR,
        allowedUses: CA_USES,
      },
      options,
    );
    return { certificatePem: certificate.certPem, keyPem: key.privateKeyPem };
  }
}
