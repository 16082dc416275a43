/** What a component does with nodes that it may read, under mocks; test/withTools/drift.test.ts has the real engine and a node. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki, type ClusterPkiArgs } from "../../components";
import { argsWith, RAW } from "../core/fixture";
import { SshServer } from "../lab/plugins/sshServer";
import { plainKeys, registeredBy, type Asked, type Registered } from "./mocks";

const NAMES = ["cp1", "cp2", "w1"];
const NODES = (RAW["nodes"] as readonly ClusterPkiArgs["nodes"][number][]).filter(({ name }) => NAMES.includes(name));

describe("a cluster whose nodes are read", function () {
  this.timeout(120_000); // it starts programs, on a busy machine
  let servers: readonly SshServer[];
  let warned: { text: string; row: string }[];
  /** Of drift: others speak of the stack file. */
  const warn = () =>
    mock.method(pulumi.log, "warn", async (text: string, resource?: pulumi.Resource) => {
      const row = resource === undefined ? "" : await nameOf(resource);
      if (text.includes("drift: ")) warned.push({ text, row });
    });
  const nameOf = (row: pulumi.Resource): Promise<string> =>
    new Promise((resolve) => {
      row.urn.apply((urn) => {
        resolve(urn.replace(/.*::/, ""));
      });
    });
  let warning: ReturnType<typeof warn>;
  beforeEach(async () => {
    warned = [];
    warning = warn();
    const first = await SshServer.start();
    servers = [first, ...(await Promise.all([1, 2].map(() => SshServer.start(first.clientKey))))];
  });
  afterEach(async () => {
    warning.mock.restore();
    await Promise.all(servers.map((server) => server.stop().catch(() => undefined)));
  });

  const argsFor = (rollout: Record<string, unknown>, changes: Record<string, unknown> = {}): ClusterPkiArgs =>
    argsWith({
      nodes: NODES.map((node, index) => ({
        ...node,
        ssh: { host: "127.0.0.1", port: servers[index]?.port, user: "tester", hostKey: servers[index]?.hostKey },
      })),
      // a secret that comes as an output, and opens all of them
      ssh: { privateKey: pulumi.secret(servers[0]?.clientKey ?? "") },
      rollout: { acceptEtcdDowntime: true, ...rollout },
      ...changes,
    });

  const applies = (all: readonly Registered[]) => all.filter(({ name }) => name.endsWith("-apply"));
  /** What is registered until every node has its last step and nothing more comes. */
  const run = async (args: () => ClusterPkiArgs, isPreview: boolean) => {
    const asked = new Map<string, Asked>();
    const all = await registeredBy(
      () => {
        new ClusterPki("prod", args());
        return pulumi.output("begun");
      },
      isPreview,
      asked,
    );
    for (let count = -1; count < all.length || applies(all).length < NODES.length;) {
      count = all.length;
      await sleep(2500);
    }
    return { all, asked };
  };
  const surveys = () => servers.map((server) => server.surveys);

  it("visits each node once, and has its steps as they are where nothing has changed", async () => {
    const { all, asked } = await run(() => argsFor({ detectDrift: true }), false);
    assert.deepEqual(surveys(), [1, 1, 1]);
    assert.equal(applies(all).length, 3);
    for (const { name, inputs } of applies(all)) {
      assert.equal(inputs["update"], undefined, name);
      assert.deepEqual(asked.get(name)?.ignoreChanges, [], name);
    }
    assert.deepEqual(warned, []);
    assert.deepEqual(
      all.flatMap(({ name, inputs }) => plainKeys(inputs).map((path) => `${name}${path}`)),
      [],
    );
  });

  it("visits none without the setting, nor a dead cluster, and leaves what an earlier run was told", async () => {
    for (const rollout of [{}, { detectDrift: false }, { detectDrift: true, strategy: "recover" }]) {
      const { all, asked } = await run(() => argsFor(rollout), true);
      assert.deepEqual(surveys(), [0, 0, 0]);
      assert.equal(applies(all).length, 3);
      for (const { name } of applies(all)) assert.deepEqual(asked.get(name)?.ignoreChanges, ["update"], name);
    }
    assert.deepEqual(warned, []);
  });

  it("tells on its row of each node that is not reached, and goes on", async () => {
    for (const server of servers) server.refuse = 99;
    const { all } = await run(() => argsFor({ detectDrift: true }), true);
    assert.equal(applies(all).length, 3);
    assert.deepEqual(warned.map(({ row }) => row).sort(), ["prod-cp1", "prod-cp2", "prod-w1"]);
    for (const { text } of warned)
      assert.match(
        text,
        /^\w+: drift: ssh to 127\.0\.0\.1:\d+: .*; whether it was changed behind the stack's back is not known$/,
      );
  });

  it("tells of a new node whose address a preview does not know, and reads the others", async () => {
    const unknown = pulumi.output(pulumi.unknown) as unknown as pulumi.Output<string>;
    const args = () => {
      const known = argsFor({ detectDrift: true });
      return {
        ...known,
        nodes: known.nodes.map((node) =>
          node.name === "w1" ? { ...node, address: unknown, ssh: { hostKey: servers[2]?.hostKey ?? "" } } : node,
        ),
      };
    };
    await run(args, true);
    const texts = warned.map(({ text }) => text);
    assert.equal(
      texts.filter((text) => text === "drift: w1: not read, as the address is not known yet").length,
      1,
      texts.join("\n"),
    );
    assert.deepEqual(surveys(), [1, 1, 0]);
  });
});
