/** Certificates that the stack file asks for at a time of their own, beside the clock: `certificates.renewAt`. */
import type { Config } from "../schema/config";

/** In the place of a node's name, where a certificate is on none. */
export const NO_NODE = "-";

/** A user's, as reports name it. */
export const userLeaf = (user: string): `kubeconfig:${string}` => `kubeconfig:${user}`;

/** @param certificate as reports name it (core/report/report.ts) */
export const askedFor = (
  { certificates }: Pick<Config, "certificates">,
  node: string,
  certificate: string,
): Date | undefined => certificates.renewAt[node]?.[certificate];
