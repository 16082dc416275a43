import assert from "node:assert/strict";
import { selects } from "../../../core/cluster/selector";

describe("label selectors", () => {
  const labels = { app: "web", tier: "a" };
  const expression = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });
  for (const [title, selector, expected] of [
    ["none selects nothing", undefined, false],
    ["an empty one selects all", {}, true],
    ["labels that are all there", { matchLabels: labels }, true],
    ["a label of another value", { matchLabels: { app: "web", tier: "b" } }, false],
    ["In", expression("tier", "In", "a", "b"), true],
    ["In, another", expression("tier", "In", "b"), false],
    ["In, none", expression("zone", "In", "b"), false],
    ["NotIn", expression("tier", "NotIn", "b"), true],
    ["NotIn, none", expression("zone", "NotIn", "b"), true],
    ["NotIn, that one", expression("tier", "NotIn", "a"), false],
    ["Exists", expression("tier", "Exists"), true],
    ["Exists, none", expression("zone", "Exists"), false],
    ["DoesNotExist", expression("zone", "DoesNotExist"), true],
    ["DoesNotExist, there", expression("tier", "DoesNotExist"), false],
    ["an operator that is not known", expression("tier", "Near", "x"), true],
    ["both kinds at once", { ...expression("tier", "Exists"), matchLabels: { app: "shop" } }, false],
  ] as const)
    it(title, () => {
      assert.equal(selects(selector, labels), expected);
    });
});
