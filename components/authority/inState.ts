import * as pulumi from "@pulumi/pulumi";
import { authorityCommonName } from "../../core/authorities/names";
import { isInUse, stateOf } from "../../core/authorities/rotation";
import type { AuthorityName } from "../../core/model/authorities";
import type { Authority } from "./authority";
import { EmbeddedAuthority } from "./embedded";
import type { AuthorityMaker, Planned } from "./kind";

/** Authorities whose keys are in the stack's state. */
export class InState implements AuthorityMaker {
  public constructor(
    private readonly planned: Planned,
    private readonly options: pulumi.ComponentResourceOptions,
  ) {}

  public authority(resource: string, name: AuthorityName, generation: number): Authority {
    const { config } = this.planned;
    const { authority, cluster } = config;
    const given = generation === 1 ? authority[name] : undefined;
    return new EmbeddedAuthority(
      resource,
      {
        commonName: authorityCommonName(cluster.name, name, generation),
        algorithm: authority.algorithm,
        validitySeconds: authority.validitySeconds,
        given: given && { certificatePem: given.certificate, keyPem: pulumi.secret(given.key) },
        isInUse: isInUse(stateOf(config, name), generation),
      },
      this.options,
    );
  }

  public request(): undefined {
    return undefined;
  }
}
