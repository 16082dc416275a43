/**
 * The controller manager's CSR signers whose keys are generated on the control planes and stay there: an intermediate for each
 * control plane and generation, trusted wherever the CA is.
 */
import type { San } from "../format/addresses";
import type { Algorithm } from "../model/algorithms";
import type { Config, NodeConfig } from "../schema/config";
import { backendOf, isKeyInServer } from "./backends";
import { authorityCommonName, csrSignerCommonName } from "./names";
import { stateOf, trustedOf } from "./rotation";

/** An intermediate for which a control plane generates a key and a signing request. */
export interface CsrSignerPlan {
  /** Its name in the node protocol, in the place of a leaf's profile; one for each generation, so that going back finds its key. */
  readonly profile: string;
  readonly generation: number;
  /** Names the key: a new id is a new key. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly sans: readonly San[];
}

/** The name of the CSR signer of a generation on a node. */
export const csrSignerProfile = (generation: number): string => `signer-g${String(generation)}`;

/** Those of a node that are trusted in this phase: older ones are trusted no more than their CA. */
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
