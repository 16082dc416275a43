import { ADMIN } from "../core/model/profiles";
import * as pulumi from "@pulumi/pulumi";
import { isPublished, type ClientPlan } from "../core/certificates/clients";
import { kubeconfigText, type KubeconfigInput } from "../core/certificates/kubeconfig";
import { NO_NODE, userLeaf } from "../core/certificates/renewAt";
import { certificateRow } from "../core/report/certificateRows";
import { clientName } from "../core/certificates/resourceNames";
import type { CertificateRow } from "../core/report/report";
import type { Config } from "../core/schema/config";
import { clientRole } from "../core/vault/roles";
import type { Authority } from "./authority/authority";
import { stateKey } from "./stateKey";

export interface KubeconfigsArgs {
  /** Plain: it shapes the graph. */
  readonly config: Config;
  /** Plain: it shapes the graph. */
  readonly clients: readonly ClientPlan[];
  /** The issuer of the kubernetes authority; undefined if `clients` is empty. */
  readonly issuer: Authority | undefined;
}

interface Credential {
  readonly client: ClientPlan;
  readonly certificatePem: pulumi.Output<string>;
  /** A secret. */
  readonly keyPem: pulumi.Output<string>;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The credentials that no node holds: of the stack's own administrator, and of its users. */
export class Kubeconfigs extends pulumi.ComponentResource {
  public readonly certificates: pulumi.Output<CertificateRow[]>;

  private readonly credentials: readonly Credential[];

  public constructor(
    base: string,
    private readonly args: KubeconfigsArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:Kubeconfigs", base, {}, options);
    const { config, clients, issuer } = args;
    this.credentials = clients.map((client) => {
      if (issuer === undefined)
        throw new Error(`${client.name}: the kubernetes authority has no key to sign with in this phase`);
      const name = clientName(base, client.name);
      const { keyPem, requestPem } = stateKey(name, client, this);
      const { commonName, usages, validitySeconds, id } = client;
      const request = { role: clientRole(client.name), commonName, requestPem, usages, validitySeconds, id };
      const { certificatePem } = issuer.issue(name, request, { parent: this });
      return { client, certificatePem, keyPem };
    });
    this.certificates = pulumi
      .all(
        this.credentials
          .filter(({ client }) => isPublished(client, config))
          .map(({ client, certificatePem }) =>
            certificatePem.apply((pem) =>
              certificateRow(pem, {
                node: NO_NODE,
                certificate: userLeaf(client.name),
                nextRenewal: client.renewal.next,
                keyLocation: "state",
                proof: "none",
              }),
            ),
          ),
      )
      .apply((rows) => rows);
    this.registerOutputs({ certificates: this.certificates });
  }

  /**
   * The kubeconfig for the stack's work in the cluster, with these CAs: `inCluster.user`, or its own administrator. A secret.
   * Undefined while no CA of the stack signs for the administrator.
   */
  public inCluster(trustPem: pulumi.Input<string>): pulumi.Output<string> | undefined {
    const { user } = this.args.config.inCluster;
    if (user !== undefined)
      return pulumi.output(trustPem).apply((trust) => this.fill(user.exec?.command ?? "token", trust, { user }));
    const credential = this.credentials.find(({ client }) => client.name === ADMIN);
    return credential && this.text(credential, trustPem);
  }

  /** All kubeconfigs of the output, by name. A secret. */
  public all(trustPem: pulumi.Input<string>): pulumi.Output<Record<string, string>> {
    const given = this.credentials.filter(({ client }) => isPublished(client, this.args.config));
    return pulumi.secret(
      pulumi.output(
        Object.fromEntries(given.map((credential) => [credential.client.name, this.text(credential, trustPem)])),
      ),
    );
  }

  private text({ client, certificatePem, keyPem }: Credential, trustPem: pulumi.Input<string>): pulumi.Output<string> {
    return pulumi
      .all([certificatePem, keyPem, trustPem])
      .apply(([certificate, key, trust]) =>
        this.fill(client.commonName, trust, { certificateData: base64(certificate), keyData: base64(key) }),
      );
  }

  private fill(user: string, trust: string, credentials: KubeconfigInput["credentials"]): string {
    const { name: cluster, endpoint: server } = this.args.config.cluster;
    return kubeconfigText({ cluster, user, server, caData: base64(trust), credentials });
  }
}
