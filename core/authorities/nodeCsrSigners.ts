/**
 * The controller manager's signers where their keys are made on the control planes and stay there: an intermediate for each
 * control plane and generation, trusted wherever the CA is.
 */
import type { San } from "../format/addresses";
import type { Algorithm } from "../model/algorithms";
import type { Config, NodeConfig } from "../schema/config";
import { backendOf, isKeyInServer } from "./backends";
import { authorityCommonName, csrSignerCommonName } from "./names";
import { stateOf, trustedOf } from "./rotation";

/** What a control plane is asked to make a key and a signing request for. */
export interface CsrSignerPlan {
  /** What the node calls it: no leaf's profile, and another one for each generation, so that going back finds its key. */
  readonly profile: string;
  readonly generation: number;
  /** Names the key: a new id is a new key. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly sans: readonly San[];
}

/** The name of the signer of a generation on a node. */
export const csrSignerProfile = (generation: number): string => `signer-g${String(generation)}`;

/** Those of a node that are trusted in this phase: the older ones are as dead as their CA. */
export const nodeCsrSigners = (
  node: Pick<NodeConfig, "roles">,
  config: Pick<Config, "authority" | "cluster" | "rotation">,
): CsrSignerPlan[] =>
  config.authority.csrSigner !== "node" || !node.roles.includes("control-plane")
    ? []
    : trustedOf(stateOf(config, "kubernetes"))
        .filter((generation) => generation > 0 && isKeyInServer(backendOf(config, "kubernetes", generation)))
        .map((generation) => ({
          profile: csrSignerProfile(generation),
          id: `g${String(generation)}`,
          generation,
          algorithm: config.authority.algorithm,
          commonName: csrSignerCommonName(authorityCommonName(config.cluster.name, "kubernetes", generation)),
          organizations: [],
          sans: [],
        }));
