/** Whether the controller manager signs certificates, and with whose key. */
import type { Backends, CsrSigner } from "../model/backends";
import type { Config } from "../schema/config";
import { backendOf, isKeyInServer, backendFor } from "./backends";
import { isAdopted, issuerOf, stateOf } from "./rotation";

/**
 * By default it goes on signing where it did before; in a cluster that was created from Vault it signs nothing, which kubeadm
 * calls external CA mode.
 *
 * @param backends of the kubernetes authority
 * @param given as the stack file says
 * @param isTakenOver whether the cluster had a CA of its own, whose key the stack does not have
 */
export const csrSignerOf = (backends: Backends, given: CsrSigner | undefined, isTakenOver: boolean): CsrSigner =>
  given ?? (isTakenOver || !isKeyInServer(backendFor(backends, 1)) ? "state" : "none");

/** Where the controller manager has its key. */
export const csrSignerIn = (config: Pick<Config, "authority" | "adopt">): CsrSigner =>
  csrSignerOf(config.authority.backends.kubernetes, config.authority.csrSigner, isAdopted(config, "kubernetes"));

/** Whether the controller manager signs. */
export const hasCsrSigner = (config: Pick<Config, "authority" | "adopt">): boolean => csrSignerIn(config) !== "none";

/** Whether it signs with an intermediate, so that the trust bundle holds that one beside the CA. */
export const hasOwnCsrSigner = (config: Pick<Config, "authority" | "adopt" | "rotation">): boolean =>
  hasCsrSigner(config) &&
  isKeyInServer(backendOf(config, "kubernetes", Math.max(1, issuerOf(stateOf(config, "kubernetes")))));
