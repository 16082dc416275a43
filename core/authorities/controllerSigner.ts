/** Whether the controller manager signs certificates, and with whose key. */
import type { Backends, ControllerSigner } from "../model/backends";
import type { Config } from "../schema/config";
import { backendOf, isKeyInServer, keeperOf } from "./backends";
import { isAdopted, signerOf, stateOf } from "./rotation";

/**
 * By default it goes on where it did before, and a cluster that began from Vault has no signer, which kubeadm calls external
 * CA mode.
 *
 * @param backends of the kubernetes authority
 * @param given as the stack file says
 * @param isTakenOver whether the cluster had a CA of its own, whose key the stack does not have
 */
export const controllerSigner = (
  backends: Backends,
  given: ControllerSigner | undefined,
  isTakenOver: boolean,
): ControllerSigner => given ?? (isTakenOver || !isKeyInServer(keeperOf(backends, 1)) ? "state" : "none");

/** Where the controller manager has its key. */
export const signerIn = (config: Pick<Config, "authority" | "adopt">): ControllerSigner =>
  controllerSigner(config.authority.backends.kubernetes, config.authority.csrSigner, isAdopted(config, "kubernetes"));

/** Whether the controller manager signs. */
export const hasSigner = (config: Pick<Config, "authority" | "adopt">): boolean => signerIn(config) !== "none";

/** Whether that signer is now an intermediate of its own, so that the trust bundle holds it beside the CA. */
export const hasOwnSigner = (config: Pick<Config, "authority" | "adopt" | "rotation">): boolean =>
  hasSigner(config) &&
  isKeyInServer(backendOf(config, "kubernetes", Math.max(1, signerOf(stateOf(config, "kubernetes")))));
