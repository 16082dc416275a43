import type * as pulumi from "@pulumi/pulumi";
import type { ClientPlan } from "../../core/certificates/clients";
import type { AuthorityName } from "../../core/model/authorities";
import type { Config } from "../../core/schema/config";
import type { Inputs } from "../inputs";
import type { Authority } from "./authority";

/** The inputs of a cluster's authorities. */
export interface Planned {
  readonly inputs: Inputs;
  /** Clients on no node: the administrator and users. */
  readonly clients: readonly ClientPlan[];
  /** Signing requests of the controller manager's CSR signers of a generation, PEM by the node that made the key. */
  readonly csrSignerRequests: (generation: number) => ReadonlyMap<string, pulumi.Output<string>>;
}

/** One kind of authority in a stack. */
export interface AuthorityMaker {
  /** One generation of an authority. */
  authority(resource: string, name: AuthorityName, generation: number): Authority;
  /** The signing request of a CA that another CA signs, PEM; undefined where its CAs sign themselves. */
  request(resource: string, name: AuthorityName, generation: number): pulumi.Output<string> | undefined;
}

export interface AuthorityKind {
  /** Called once in a stack, if it has a generation of this kind. */
  readonly maker: (base: string, planned: Planned, options: pulumi.ComponentResourceOptions) => AuthorityMaker;
  /**
   * Checks, before any resource, that the server with the keys can sign. Does nothing if the stack has none of this kind.
   *
   * @throws pulumi.RunError in an `up`
   */
  readonly preflight: (config: Config, now: Date) => Promise<void>;
}
