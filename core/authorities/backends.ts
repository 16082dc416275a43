/**
 * Where the CA key of each generation is generated and kept. Earlier generations stay where they are and only the next one is
 * generated in the new place, so that moving a cluster into Vault, out of it or to another mount is a rotation.
 */
import type { AuthorityName } from "../model/authorities";
import { CA_SIGNERS, type Backend, type Backends, type SignedBy } from "../model/backends";
import type { Config } from "../schema/config";

/** The backend that has the keys of a generation. */
export const backendFor = (backends: Backends, generation: number): Backend => {
  const found = backends.find(({ upTo = Infinity }) => generation <= upTo);
  if (found === undefined) throw new Error(`authority.earlier: no entry covers generation ${String(generation)}`);
  return found;
};

/** Where the key of a generation is. */
export const backendOf = ({ authority }: Pick<Config, "authority">, name: AuthorityName, generation: number): Backend =>
  backendFor(authority.backends[name], generation);

/** Who signs its CAs; undefined: they sign themselves. */
export const caSignerOf = (backend: Backend): SignedBy | undefined =>
  "signedBy" in backend ? backend.signedBy : undefined;

/** Whether an operator has its CAs signed by an offline CA. */
export const isOffline = (backend: Backend): boolean => {
  const signedBy = caSignerOf(backend);
  return signedBy !== undefined && CA_SIGNERS[signedBy.kind].isAwaited;
};

/** Whether the key of its CAs cannot be exported, so that the controller manager needs an intermediate. */
export const isKeyInServer = ({ keyIn }: Pick<Backend, "keyIn">): boolean => keyIn === "server";
