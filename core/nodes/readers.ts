/** What the stack file says of other programs on a node that read files of the stack, the user's own certificates too. */
import type { Config, NodeConfig } from "../schema/config";
import { ownOn, pathsOf } from "./ownFiles";

export type Reader = Omit<Config["rollout"]["readers"][number], "roles">;

/** Each program once, with all that it reads. */
export const readersOn = (
  node: Pick<NodeConfig, "name" | "roles">,
  config: Pick<Config, "rollout" | "certificates">,
): readonly Reader[] => {
  const listed = config.rollout.readers.filter(({ roles }) => roles.some((role) => node.roles.includes(role)));
  const own = ownOn(node, config).flatMap((each) =>
    each.own.readers.map(({ kind, name }): Reader => ({ kind, name, reads: pathsOf(each) })),
  );
  const byName = new Map<string, Reader>();
  for (const reader of [...listed, ...own]) {
    const known = byName.get(reader.name);
    byName.set(reader.name, { ...reader, reads: [...(known?.reads ?? []), ...reader.reads] });
  }
  return [...byName.values()];
};
