import * as pulumi from "@pulumi/pulumi";
import { authorityCommonName } from "../../core/authorities/names";
import { isInUse, stateOf } from "../../core/authorities/rotation";
import type { AuthorityName } from "../../core/model/authorities";
import type { Authority } from "./authority";
import { EmbeddedAuthority, type EmbeddedAuthorityArgs } from "./embedded";
import type { AuthorityMaker, Planned } from "./kind";

/** Authorities whose keys are in the stack's state. */
export class InState implements AuthorityMaker {
  public constructor(
    private readonly planned: Planned,
    private readonly options: pulumi.ComponentResourceOptions,
  ) {}

  public authority(resource: string, name: AuthorityName, generation: number): Authority {
    const { config } = this.planned.inputs;
    const { authority, cluster } = config;
    return new EmbeddedAuthority(
      resource,
      {
        commonName: authorityCommonName(cluster.name, name, generation),
        algorithm: authority.algorithm,
        validitySeconds: authority.validitySeconds,
        given: generation === 1 ? this.given(name) : undefined,
        isInUse: isInUse(stateOf(config, name), generation),
      },
      this.options,
    );
  }

  /** A certificate may come out of the same secret as its key; it is sent in every handshake, so it is no secret. */
  private given(name: AuthorityName): EmbeddedAuthorityArgs["given"] {
    const { inputs } = this.planned;
    if (inputs.config.authority[name] === undefined) return undefined;
    const part = (field: "certificate" | "key") =>
      inputs.of([`authority.${name}.${field}`], ({ config }) => config.authority[name]?.[field] ?? "");
    return { certificatePem: pulumi.unsecret(pulumi.output(part("certificate"))), keyPem: pulumi.secret(part("key")) };
  }

  public request(): undefined {
    return undefined;
  }
}
