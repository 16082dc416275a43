/** Keys that a stack needs as secrets, and where they lie until then. */
import type { KeyFile } from "./cas";

/** A private key that the stack is to have: no text of ours holds it. */
interface NamedSecret {
  /** As `pulumi config set --path` takes it, without the namespace. */
  readonly at: string;
}

/** A key that lies on a node. */
export interface NodeSecret extends NamedSecret {
  readonly file: KeyFile;
  /** SHA-256 of its public half, hex. */
  readonly publicKey: string;
}

/** A key on the operator's own machine. */
export interface LocalSecret extends NamedSecret {
  readonly local: string;
  /** The operator gave it for this, so it may be set. */
  readonly isNamed: boolean;
}

export type Secret = NodeSecret | LocalSecret;

/** Where it lies, for a person. */
export const whereOf = (secret: Secret): string =>
  "file" in secret ? `${secret.file.node.name}:${secret.file.path}` : secret.local;
