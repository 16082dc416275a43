import { BACKEND_KINDS, type BackendKind } from "../../core/model/backends";
import type { Config } from "../../core/schema/config";
import { InState } from "./inState";
import { InVault } from "./inVault";
import type { AuthorityKind } from "./kind";
import { vaultPreflight } from "./vaultPreflight";

/** What each kind does in a stack; what it is, is in core/model/backends.ts. */
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
 * Before any resource: whether what keeps the keys of CAs can sign.
 *
 * @throws pulumi.RunError in an `up`; a preview goes on with a warning
 */
export const preflight = async (config: Config, now: Date): Promise<void> => {
  for (const kind of BACKEND_KINDS) await KINDS[kind].preflight(config, now);
};
