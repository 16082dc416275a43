import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface VaultMountArgs {
  readonly provider: vault.Provider;
  /** Where clients reach the server; it goes into certificates. */
  readonly address: string;
  readonly path: string;
  /** The longest that anything in it is valid. */
  readonly maxSeconds: number;
}

/** Where an issuer's certificate and revocation list are had, in the server's own words for what differs. */
const AT_ISSUER = "{{cluster_aia_path}}/issuer/{{issuer_id}}";

/** The stack's own mount of one authority: type pki, with URLs, revocation lists and tidying that look after themselves. */
export class VaultMount extends pulumi.ComponentResource {
  /** Known once the mount is there. */
  public readonly path: pulumi.Output<string>;
  /** What has to be there before it signs a leaf, so that the leaf says where its CA and revocation list are. */
  public readonly ready: readonly pulumi.Resource[];

  public constructor(base: string, args: VaultMountArgs, options?: pulumi.ComponentResourceOptions) {
    super("kube-pki:index:VaultMount", base, {}, options);
    const { provider, address, path, maxSeconds } = args;
    const own = { parent: this, provider };
    const mount = new vault.Mount(
      base,
      { path, type: "pki", description: "made by kube-pki", maxLeaseTtlSeconds: maxSeconds },
      { ...own, protect: true }, // with the mount every CA key in it would go
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
      { ...own, dependsOn: cluster }, // a template is refused while the path is not there
    );
    this.path = backend;
    this.ready = [urls];
    this.registerOutputs({ path: this.path });
  }
}
