/** A command failed; the message is one sentence for its user. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** Exit codes of every command. */
export const EXIT = {
  fine: 0,
  /** Something needs attention: it is about to expire, or a node differs from its stack. */
  attention: 1,
  /** The command could not do its work. */
  failed: 2,
} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];
