import type * as pulumi from "@pulumi/pulumi";
import type { ClientPlan } from "../../core/certificates/clients";
import type { AuthorityName } from "../../core/model/authorities";
import type { Config } from "../../core/schema/config";
import type { Inputs } from "../inputs";
import type { Authority } from "./authority";

/** What the authorities of a cluster are made from. */
export interface Planned {
  readonly inputs: Inputs;
  /** Who gets a certificate without being a node. */
  readonly clients: readonly ClientPlan[];
  /** Of the controller manager's signers of a generation, PEM by the node that made the key. */
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
  /** Called where a generation of this kind is wanted, once in a stack. */
  readonly maker: (base: string, planned: Planned, options: pulumi.ComponentResourceOptions) => AuthorityMaker;
  /**
   * Asks, before any resource, whether what keeps the keys can sign. Does nothing where the stack has none of this kind.
   *
   * @throws pulumi.RunError in an `up`
   */
  readonly preflight: (config: Config, now: Date) => Promise<void>;
}
