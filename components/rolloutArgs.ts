import type * as pulumi from "@pulumi/pulumi";
import type { ClientPlan } from "../core/certificates/clients";
import type { AuthorityName } from "../core/model/authorities";
import type { AuthorityGenerations } from "./authority/generations";
import type { Drift } from "./drift";
import type { Inputs } from "./inputs";
import type { IssuedToNode } from "./nodePki";
import type { VisitedNode } from "./nodeSteps";

/** A node, and what was issued to it. */
export interface PlannedNode extends VisitedNode {
  readonly given: IssuedToNode;
}

/** What a cluster's PKI is made from. */
export interface RolloutArgs {
  readonly inputs: Inputs;
  readonly drift: Drift;
  /** In the plan's order. */
  readonly nodes: readonly VisitedNode[];
  /** Plain: it shapes the graph. */
  readonly clients: readonly ClientPlan[];
  readonly authorities: Readonly<Record<AuthorityName, AuthorityGenerations>>;
  /** Of what is made only where nodes are ready for it, since it is kept for good. */
  readonly compared: pulumi.CustomResourceOptions;
}
