/** Which order of nodes a step keeps. */
import { hasPrevious } from "./authorities/rotation";
import { managesServiceAccount } from "./authorities/serviceAccount";
import type { NodeOrder } from "./nodeOrder";
import type { NodeStep } from "./protocol/nodeSteps";
import { recovers } from "./recovery";
import type { Config } from "./schema/config";

/**
 * In `trust` and `retire` no node depends on what another has done in that step, nor in `apply`, but for the token key: pods of a
 * kubelet that restarts before each API server signs with the new one get tokens of the old one, and it would restart once more.
 */
export const orderIn = (step: NodeStep, config: Config): NodeOrder => {
  if (step === "trust" || step === "retire") return "beside";
  if (step !== "apply") return "serversFirst";
  if (recovers(config)) return "start";
  return managesServiceAccount(config) && hasPrevious(config, "serviceAccount") ? "serversFirst" : "beside";
};
