/** What has to hold of every stack file that is made for a running cluster. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import type { LeafPlan } from "../../../core/certificates/leaves";
import { checkedConfig, isProblems, type Raw } from "../../../core/init/checked";
import type { Choices } from "../../../core/init/choices";
import { liveLeaves, placesOf } from "../../../core/init/live";
import { canonicalName } from "../../../core/init/names";
import type { RemarkKind } from "../../../core/init/remarks";
import { stackOf, type Stack } from "../../../core/init/stack";
import { stackText } from "../../../core/init/text";
import type { Visit } from "../../../core/init/visits";
import { NOW } from "./facts";

export const made = (visits: readonly Visit[], choices: Partial<Choices> = {}): Stack =>
  stackOf(visits, { ca: "existing", now: NOW, vaultAddress: "https://vault.example.com:8200", ...choices });

export const told = ({ remarks }: Stack, kind: RemarkKind): string[] =>
  remarks.filter((each) => each.kind === kind).map(({ text }) => text);

/** The value at a path. */
export const field = (raw: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), raw);

/** It is valid, and no name, usage or subject of a certificate that the stack renews would be lost. */
export const isLossless = (stack: Stack): void => {
  assert.deepEqual(stack.problems, []);
  assert.ok(stack.planned);
  const { nodes } = stack.planned.cluster;
  const subjects = told(stack, "changed").filter((text) => /: (?:CN|O) .* becomes /.test(text));
  assert.deepEqual(subjects, [], "subjects");
  for (const live of liveLeaves(placesOf(nodes, stack.nodes))) {
    const leaf: LeafPlan | undefined = nodes
      .find(({ node }) => node.name === live.node)
      ?.leaves.find(({ profile }) => profile === live.profile);
    if (leaf === undefined) continue;
    const missing = live.certificate.sans.map(canonicalName).filter((san) => !leaf.sans.some((each) => each === san));
    assert.deepEqual(missing, [], `${live.node} ${live.profile}`);
    const usages = live.certificate.usages.filter((usage) => !leaf.usages.some((each) => `${each}Auth` === usage));
    assert.deepEqual(usages, [], `${live.node} ${live.profile}`);
  }
};

/** The text says what was meant. */
export const parsesBack = (stack: Stack): void => {
  const { config } = parse(stackText(stack)) as { config: Raw };
  const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("kube-pki:", ""), value]));
  assert.deepEqual(raw, stack.raw);
  const secrets = stack.secrets.map(({ at }) => at);
  const parsed = checkedConfig(raw, secrets, NOW);
  assert.ok(!isProblems(parsed), JSON.stringify(parsed));
  assert.deepEqual(parsed, stack.planned?.config);
};
