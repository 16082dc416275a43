import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface VaultMountArgs {
  readonly provider: vault.Provider;
  /** Where clients reach the server; part of the URLs in certificates. */
  readonly address: string;
  readonly path: string;
  /** The longest validity of anything in it. */
  readonly maxSeconds: number;
}

/** URLs of an issuer's certificate and revocation list, as templates of the server. */
const AT_ISSUER = "{{cluster_aia_path}}/issuer/{{issuer_id}}";

/** The stack's own mount of one authority: type pki, with URLs, automatic revocation lists and tidying. */
export class VaultMount extends pulumi.ComponentResource {
  /** Known once the mount exists. */
  public readonly path: pulumi.Output<string>;
  /** Must exist before it signs a leaf, so that the leaf has the URLs of its CA and revocation list. */
  public readonly ready: readonly pulumi.Resource[];

  public constructor(base: string, args: VaultMountArgs, options?: pulumi.ComponentResourceOptions) {
    super("kube-pki:index:VaultMount", base, {}, options);
    const { provider, address, path, maxSeconds } = args;
    const own = { parent: this, provider };
    const mount = new vault.Mount(
      base,
      { path, type: "pki", description: "made by kube-pki", maxLeaseTtlSeconds: maxSeconds },
      { ...own, protect: true }, // deleting the mount deletes every CA key in it
    );
    const backend = mount.path;
    new vault.pkisecret.SecretBackendCrlConfig(`${base}-crl`, { backend, expiry: "72h", autoRebuild: true }, own);
    new vault.pkisecret.BackendConfigAutoTidy(
      `${base}-tidy`,
      { backend, enabled: true, tidyCertStore: true, tidyRevokedCerts: true, safetyBuffer: "72h" },
      own,
    );
    const reached = `${address}/v1/${path}`;
    const cluster = new vault.pkisecret.BackendConfigCluster(
      `${base}-cluster`,
      { backend, path: reached, aiaPath: reached },
      own,
    );
    const urls = new vault.pkisecret.SecretBackendConfigUrls(
      `${base}-urls`,
      {
        backend,
        enableTemplating: true,
        issuingCertificates: [`${AT_ISSUER}/der`],
        crlDistributionPoints: [`${AT_ISSUER}/crl/der`],
      },
      { ...own, dependsOn: cluster }, // a template is refused before the path is set
    );
    this.path = backend;
    this.ready = [urls];
    this.registerOutputs({ path: this.path });
  }
}
