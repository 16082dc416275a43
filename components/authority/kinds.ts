import { BACKEND_KINDS, type BackendKind } from "../../core/model/backends";
import type { Config } from "../../core/schema/config";
import { InState } from "./inState";
import { InVault } from "./inVault";
import type { AuthorityKind } from "./kind";
import { vaultPreflight } from "./vaultPreflight";

/** The code of each kind; its properties are in core/model/backends.ts. */
export const KINDS: Readonly<Record<BackendKind, AuthorityKind>> = {
  embedded: {
    maker: (_base, planned, options) => new InState(planned, options),
    preflight: () => Promise.resolve(), // there is no server to ask
  },
  vault: {
    maker: (base, planned, options) => new InVault(base, planned, options),
    preflight: vaultPreflight,
  },
};

/**
 * Checks, before any resource, that the servers with CA keys can sign.
 *
 * @throws pulumi.RunError in an `up`; a preview continues with a warning
 */
export const preflight = async (config: Config, now: Date): Promise<void> => {
  for (const kind of BACKEND_KINDS) await KINDS[kind].preflight(config, now);
};
