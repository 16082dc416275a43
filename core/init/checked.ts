/** Reads a stack file that is being made, whose secrets nobody has set yet. */
import { parseConfig } from "../config/parse";
import { ConfigError } from "../config/problems";
import { standInFor } from "../format/standIn";
import type { Config } from "../schema/config";
import { SECRET_PATHS } from "../schema/jsonSchema";

export type Raw = Readonly<Record<string, unknown>>;

const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

/** A copy with a value at a path. */
const withValue = (raw: Raw, [key = "", ...rest]: readonly string[], value: unknown): Raw => {
  const inner = raw[key];
  return { ...raw, [key]: rest.length === 0 ? value : withValue(isRaw(inner) ? inner : {}, rest, value) };
};

/** Host keys that nobody has looked at yet, as the nodes of a survey that was saved have none. */
const withHostKeys = (nodes: unknown, awaited: Set<string>): unknown =>
  !Array.isArray(nodes)
    ? nodes
    : nodes.map((node: Raw, index) => {
        const ssh = isRaw(node["ssh"]) ? node["ssh"] : {};
        if (ssh["hostKey"] !== undefined) return node;
        const at = `nodes[${String(index)}].ssh.hostKey`;
        awaited.add(at);
        return { ...node, ssh: { ...ssh, hostKey: standInFor(at) } };
      });

/** @param secrets paths of secrets that are to be set: "authority.etcd.key" */
export const checkedConfig = (raw: Raw, secrets: readonly string[], now: Date): Config | readonly string[] => {
  const awaited = new Set<string>(secrets);
  const filled = secrets.reduce<Raw>((all, at) => withValue(all, at.split("."), standInFor(at)), {
    ...raw,
    nodes: withHostKeys(raw["nodes"], awaited),
  });
  try {
    return parseConfig(filled, { now, secretKeys: new Set(SECRET_PATHS.map(([section]) => String(section))), awaited });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

export const isProblems = (given: Config | readonly string[]): given is readonly string[] => Array.isArray(given);
