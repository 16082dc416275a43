/** What the stack file says of other programs on a node that read files of the stack. */
import type { Config, NodeConfig } from "../schema/config";

export type Reader = Config["rollout"]["readers"][number];

export const readersOn = (
  { roles }: Pick<NodeConfig, "roles">,
  { rollout }: Pick<Config, "rollout">,
): readonly Reader[] => rollout.readers.filter((reader) => reader.roles.some((role) => roles.includes(role)));
