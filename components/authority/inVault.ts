import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { backendOf, caSignerOf } from "../../core/authorities/backends";
import { csrSignerIn } from "../../core/authorities/csrSigner";
import { authorityCommonName, rootCommonName } from "../../core/authorities/names";
import { isInUse, issuerOf, stateOf } from "../../core/authorities/rotation";
import { mustBe } from "../../core/format/problem";
import type { AuthorityName } from "../../core/model/authorities";
import type { SignedBy } from "../../core/model/backends";
import { pathText } from "../../core/config/problems";
import { mountOf } from "../../core/vault/mounts";
import { rolesOf } from "../../core/vault/roles";
import { embeddedRoot, mountSigner, offlineSigner, type CaSigner } from "./caSigner";
import type { AuthorityMaker, Planned } from "./kind";
import { VaultAuthority } from "./vault";
import { VaultAccess } from "./vaultAccess";
import { caRequest, type VaultCaArgs } from "./vaultCa";
import { VaultMount } from "./vaultMount";

/** Everything of the stack in Vault or OpenBao, created when a generation needs it. */
export class InVault implements AuthorityMaker {
  private readonly provider: vault.Provider;
  private readonly address: string;
  private readonly mounts = new Map<AuthorityName, VaultMount>();
  private root: CaSigner | undefined;

  public constructor(
    private readonly base: string,
    private readonly planned: Planned,
    private readonly options: pulumi.ComponentResourceOptions,
  ) {
    const { config, plan } = planned.inputs;
    if (config.authority.vault === undefined)
      throw new Error(mustBe("authority.vault", "missing", "given with kind: vault"));
    const { address, approle } = config.authority.vault;
    this.address = address;
    // The token is no argument, so that it is never in the state: the plugin takes it from VAULT_TOKEN. One that may only
    // sign may make no child.
    this.provider = new vault.Provider(`${base}-vault`, { address, skipChildToken: true }, options);
    if (approle !== undefined)
      new VaultAccess(`${base}-access`, { provider: this.provider, approle, config, plan }, options);
  }

  /** One generation of an authority. */
  public authority(resource: string, name: AuthorityName, generation: number): VaultAuthority {
    const { inputs, clients } = this.planned;
    const { config, plan } = inputs;
    const state = stateOf(config, name);
    const signs = generation === issuerOf(state);
    const { args, ready } = this.caArgs(name, generation);
    const made = new VaultAuthority(
      resource,
      {
        ...args,
        ready,
        generation,
        signedBy: this.signedBy(resource, name, generation),
        roles: signs ? rolesOf(plan, clients, name) : [],
        csrSigner: name === "kubernetes" ? this.csrSignerOf(generation) : "none",
        isInUse: isInUse(state, generation),
      },
      this.options,
    );
    // a request in this mount without an issuer is signed by the one that the nodes present
    if (signs)
      new vault.pkisecret.SecretBackendConfigIssuers(
        this.defaultIssuerName(name, generation),
        { backend: args.mount, default: made.issuerId },
        { ...this.options, provider: this.provider },
      );
    return made;
  }

  /** The signing request of a CA that another CA signs, PEM. */
  public request(resource: string, name: AuthorityName, generation: number): pulumi.Output<string> {
    const protect = isInUse(stateOf(this.planned.inputs.config, name), generation);
    return caRequest(resource, this.caArgs(name, generation).args, { ...this.options, protect });
  }

  private csrSignerOf(generation: number) {
    const { inputs, csrSignerRequests } = this.planned;
    const csrSigner = csrSignerIn(inputs.config);
    return csrSigner === "node" ? csrSignerRequests(generation) : csrSigner;
  }

  /** Each mount has its own: the plugin writes a changed one to the mount it was made for. */
  private defaultIssuerName(name: AuthorityName, generation: number): string {
    const place = mountOf(this.planned.inputs.config, name, generation);
    const given = place === undefined || place.isOurs ? [] : place.path.split("/");
    return [this.base, name, "default-issuer", ...given].join("-");
  }

  private caArgs(name: AuthorityName, generation: number) {
    const { authority, cluster } = this.planned.inputs.config;
    const { path, ready } = this.mount(name, generation);
    const args: VaultCaArgs = {
      provider: this.provider,
      mount: path,
      commonName: authorityCommonName(cluster.name, name, generation),
      algorithm: authority.algorithm,
      validitySeconds: authority.validitySeconds,
    };
    return { args, ready };
  }

  private mount(name: AuthorityName, generation: number) {
    const { config } = this.planned.inputs;
    const place = mountOf(config, name, generation);
    if (place === undefined) throw new Error(`${name}: generation ${String(generation)} is not in Vault`);
    if (!place.isOurs) return { path: pulumi.output(place.path), ready: [] };
    const { provider, address } = this;
    const known = this.mounts.get(name);
    const made =
      known ??
      new VaultMount(
        `${this.base}-${name}-mount`,
        { provider, address, path: place.path, maxSeconds: config.authority.validitySeconds },
        this.options,
      );
    this.mounts.set(name, made);
    return made;
  }

  private signedBy(resource: string, name: AuthorityName, generation: number) {
    const signedBy = caSignerOf(backendOf(this.planned.inputs.config, name, generation));
    return (
      signedBy && {
        requestPem: this.request(resource, name, generation),
        caSigner: this.caSigner(signedBy, name, generation),
      }
    );
  }

  private signedPem(name: AuthorityName, generation: number): pulumi.Input<string> {
    const text = String(generation);
    return this.planned.inputs.of(
      [pathText(["authority", "signed", name, text])],
      ({ config }) => config.authority.signed[name][text] ?? "",
    );
  }

  private caSigner(signedBy: SignedBy, name: AuthorityName, generation: number): CaSigner {
    const { authority, cluster } = this.planned.inputs.config;
    switch (signedBy.kind) {
      case "mount":
        return mountSigner(this.provider, signedBy.mount);
      case "offline":
        return offlineSigner(this.signedPem(name, generation));
      case "embedded":
        return (this.root ??= embeddedRoot(
          `${this.base}-root`,
          { ...authority, commonName: rootCommonName(cluster.name) },
          this.options,
        ));
    }
  }
}
