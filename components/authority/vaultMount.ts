import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface VaultMountArgs {
  readonly provider: vault.Provider;
  readonly path: string;
  /** Whether the stack makes it; one that is there is left as it is. Plain: it shapes the graph. */
  readonly isOurs: boolean;
  /** The longest that anything in it is valid. */
  readonly maxSeconds: number;
}

/** The mount of one authority: a secrets engine of type pki, with revocation lists and tidying that look after themselves. */
export class VaultMount extends pulumi.ComponentResource {
  /** Known once the mount is there. */
  public readonly path: pulumi.Output<string>;

  public constructor(base: string, args: VaultMountArgs, options?: pulumi.ComponentResourceOptions) {
    super("kube-pki:index:VaultMount", base, {}, options);
    this.path = args.isOurs ? this.make(base, args) : pulumi.output(args.path);
    this.registerOutputs();
  }

  private make(base: string, { provider, path, maxSeconds }: VaultMountArgs): pulumi.Output<string> {
    const options = { parent: this, provider };
    const mount = new vault.Mount(
      base,
      { path, type: "pki", description: "made by kube-pki", maxLeaseTtlSeconds: maxSeconds },
      { ...options, protect: true }, // with the mount every CA key in it would go
    );
    new vault.pkisecret.SecretBackendCrlConfig(
      `${base}-crl`,
      { backend: mount.path, expiry: "72h", autoRebuild: true },
      options,
    );
    new vault.pkisecret.BackendConfigAutoTidy(
      `${base}-tidy`,
      { backend: mount.path, enabled: true, tidyCertStore: true, tidyRevokedCerts: true, safetyBuffer: "72h" },
      options,
    );
    return mount.path;
  }
}
