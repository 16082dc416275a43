import assert from "node:assert/strict";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Reasons } from "../../components/reasons";
import { planCluster } from "../../core/plan";
import { configWith, NOW } from "../core/fixture";
import { TestStack } from "../lab/plugins/testStack";

const config = configWith({ rotation: { generation: 2 } });
const cluster = planCluster(config, NOW);
const [cp1] = cluster.nodes;
assert.ok(cp1);

/** A step of a rotation, by a command that needs no node. */
const program = (change: string) => () => {
  const reasons = new Reasons("prod", cluster, config);
  const row = new pulumi.ComponentResource("test:index:Row", "row");
  const hooks = reasons.of("prod-cp1-trust", "trust", cp1, row);
  new command.local.Command(
    "prod-cp1-trust",
    { create: pulumi.secret(`echo ${change}`), logging: "none" },
    { parent: row, hooks },
  );
};

describe("reasons in the output of an up", function () {
  this.timeout(300_000);
  let stack: TestStack;
  before(async () => {
    stack = await TestStack.create();
  });
  after(() => {
    stack.remove();
  });

  it("are told before a step runs, and of no step that does not", async () => {
    const told = [];
    for (const change of ["a", "a", "b"]) {
      const { messages, failed } = await stack.up(program(change));
      assert.equal(failed, false);
      told.push(messages.filter(({ severity }) => severity === "info").map(({ text }) => text.trim()));
    }
    const [first = [], second, third] = told;
    assert.match(
      first[0] ?? "",
      /^cp1: adds kubernetes generation 2, .* restarts kube-apiserver \(pool built once at start/,
    );
    assert.deepEqual([second, third], [[], first]);
  });
});
