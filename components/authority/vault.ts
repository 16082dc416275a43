import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import * as vault from "@pulumi/vault";
import { csrSignerCommonName } from "../../core/authorities/names";
import { grantedValidity, validityIn } from "../../core/certificates/validity";
import { roleName, vaultKey, type VaultRole } from "../../core/vault/roles";
import { keyArgs } from "../keyArgs";
import type { Authority, Issued, SigningRequest } from "./authority";
import type { CaSigner } from "./caSigner";
import { rootCa, signedCa, type VaultCaArgs } from "./vaultCa";

export interface VaultAuthorityArgs extends VaultCaArgs {
  readonly generation: number;
  /** Signs it, with these arguments. @default it is self-signed */
  readonly signedBy?: { readonly requestPem: pulumi.Output<string>; readonly caSigner: CaSigner } | undefined;
  /** The roles it signs with; none unless it is the issuer of this phase. */
  readonly roles: readonly VaultRole[];
  /**
   * Whether the controller manager gets an intermediate to sign with: one whose key is in the state, or one for each
   * signing request, PEM by the name of the node that made it.
   */
  readonly csrSigner: "none" | "state" | ReadonlyMap<string, pulumi.Output<string>>;
  /** Must exist before it signs a leaf. @default nothing */
  readonly ready?: readonly pulumi.Resource[];
  /** Whether losing it would break the cluster: it is then protected from deletion. @default true */
  readonly isInUse?: boolean;
}

/** As kubeadm sets them, also for ECDSA keys. */
const LEAF_USES = ["DigitalSignature", "KeyEncipherment"];

/** One generation of an authority whose key was generated in Vault or OpenBao and never leaves it. */
export class VaultAuthority extends pulumi.ComponentResource implements Authority {
  public readonly trustPem: pulumi.Output<string>;
  /** Of the controller manager's intermediate. */
  public readonly keyPem: pulumi.Output<string> | undefined;
  public readonly csrSignerPem: pulumi.Output<string> | undefined;
  public readonly nodeCsrSigners: ReadonlyMap<string, Issued>;
  public readonly issuerId: pulumi.Output<string>;

  private readonly roles: ReadonlyMap<string, vault.pkisecret.SecretBackendRole>;

  public constructor(
    private readonly base: string,
    private readonly args: VaultAuthorityArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:VaultAuthority", base, {}, options);
    const { signedBy } = args;
    const ca =
      signedBy === undefined ? rootCa(base, args, this.options()) : signedCa(base, args, signedBy, this.options());
    this.issuerId = ca.issuerId;
    this.roles = new Map(args.roles.map((role) => [role.role, this.role(role)]));
    const ends = ca.certificatePem.apply(endOf);
    const inState = args.csrSigner === "state" ? this.stateCsrSigner(ends) : undefined;
    this.keyPem = inState?.keyPem;
    this.csrSignerPem = inState?.certificatePem;
    this.nodeCsrSigners = new Map(
      (typeof args.csrSigner === "string" ? [] : [...args.csrSigner]).map(([node, request]) => {
        // not protected: its key can be made again
        const certificatePem = this.csrSignerCertificate(`${base}-signer-${node}`, request, ends, { parent: this });
        const { issued, expires } = certificatePem.apply(validityIn);
        return [node, { certificatePem, issued, expires }];
      }),
    );
    // API servers get no intermediate from a client whose certificate the controller manager signed, so they trust it too
    const made = [...this.nodeCsrSigners.values()].map(({ certificatePem }) => certificatePem);
    const csrSigners = this.csrSignerPem === undefined ? made : [this.csrSignerPem];
    this.trustPem =
      csrSigners.length === 0
        ? ca.certificatePem
        : pulumi.all([ca.certificatePem, ...csrSigners]).apply((all) => all.map(line).join(""));
    const { trustPem, keyPem, csrSignerPem, issuerId } = this;
    const nodeCsrSigners = Object.fromEntries(this.nodeCsrSigners);
    this.registerOutputs({ trustPem, keyPem, csrSignerPem, nodeCsrSigners, issuerId });
  }

  /** Signs a request; the certificate is replaced when `id` changes, and by itself never. */
  public issue(name: string, request: SigningRequest, options: pulumi.CustomResourceOptions): Issued {
    const role = this.roles.get(request.role);
    if (role === undefined) throw new Error(`${name}: ${this.base} has no role for ${request.role}`);
    const { validitySeconds } = request;
    const signed = new vault.pkisecret.SecretBackendSign(
      name,
      {
        backend: this.args.mount,
        name: role.name,
        csr: request.requestPem,
        commonName: request.commonName,
        excludeCnFromSans: true,
        ttl: `${String(validitySeconds)}s`,
      },
      { ...options, provider: this.args.provider, replacementTrigger: request.id },
    );
    const where = pulumi.interpolate`the role ${role.name}, the mount ${this.args.mount} or the CA`;
    const granted = pulumi
      .all([signed.certificate, where])
      .apply(([pem, place]) => grantedValidity(name, pem, validitySeconds, place));
    return { certificatePem: signed.certificate, issued: granted.issued, expires: granted.expires };
  }

  /** For what cannot be created again. */
  private options() {
    return { parent: this, protect: this.args.isInUse ?? true };
  }

  private role(role: VaultRole): vault.pkisecret.SecretBackendRole {
    const { names } = role;
    const seconds = String(role.validitySeconds); // the server says seconds, and any other text would differ for ever
    return new vault.pkisecret.SecretBackendRole(
      `${this.base}-role-${role.role}`,
      {
        backend: this.args.mount,
        name: roleName(role.role, this.args.generation),
        issuerRef: this.issuerId,
        allowedDomains: [...names],
        allowBareDomains: true, // exactly these
        allowSubdomains: false,
        allowGlobDomains: false,
        allowWildcardCertificates: names.some((name) => name.startsWith("*.")),
        allowLocalhost: false,
        allowAnyName: false,
        enforceHostnames: false, // system:node:NAME is none
        allowIpSans: role.hasAddresses,
        organizations: [...role.organizations],
        serverFlag: role.usages.includes("server"),
        clientFlag: role.usages.includes("client"),
        keyUsages: LEAF_USES,
        basicConstraintsValidForNonCa: true,
        ...vaultKey(role.algorithm),
        ttl: seconds,
        maxTtl: seconds,
      },
      { parent: this, provider: this.args.provider, dependsOn: [...(this.args.ready ?? [])] }, // see `ready`
    );
  }

  /** An intermediate for the controller manager: it needs its key in a file, and the CA's key cannot be exported. */
  private stateCsrSigner(ends: pulumi.Output<string>): {
    certificatePem: pulumi.Output<string>;
    keyPem: pulumi.Output<string>;
  } {
    const { commonName, algorithm } = this.args;
    const options = this.options();
    const key = new tls.PrivateKey(`${this.base}-signer-key`, keyArgs(algorithm), options);
    const request = new tls.CertRequest(
      `${this.base}-signer-request`,
      { privateKeyPem: key.privateKeyPem, subject: { commonName: csrSignerCommonName(commonName) } },
      options,
    );
    const certificatePem = this.csrSignerCertificate(`${this.base}-signer`, request.certRequestPem, ends, options);
    return { certificatePem, keyPem: pulumi.secret(key.privateKeyPem) };
  }

  private csrSignerCertificate(
    name: string,
    requestPem: pulumi.Output<string>,
    ends: pulumi.Output<string>,
    options: pulumi.CustomResourceOptions,
  ): pulumi.Output<string> {
    const { provider, commonName, mount } = this.args;
    const { certificate } = new vault.pkisecret.SecretBackendRootSignIntermediate(
      name,
      {
        backend: mount,
        issuerRef: this.issuerId,
        csr: requestPem,
        commonName: csrSignerCommonName(commonName),
        excludeCnFromSans: true,
        maxPathLength: 0,
        notAfter: ends, // that of the CA, which signs nothing that outlives it
      },
      { ...options, provider },
    );
    return pulumi.all([certificate, ends, mount]).apply(([pem, end, path]) => {
      if (endOf(pem) !== end)
        throw new Error(
          `${name}: asked to expire with its CA, ${end}, but it expires ${endOf(pem)}: the mount ${path} allows no more; ` +
            `raise max_lease_ttl of that mount, then run \`pulumi up --replace '**${name}'\``,
        );
      return pem;
    });
  }
}

/** notAfter of a certificate in Vault's format. */
const endOf = (pem: string): string => validityIn(pem).expires.replace(/\.\d+Z$/, "Z");

const line = (pem: string): string => `${pem.trimEnd()}\n`;
