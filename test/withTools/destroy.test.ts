/** `pulumi destroy` on the real engine, against an SSH server that notes every command it is asked to run. */
import assert from "node:assert/strict";
import { ClusterPki, type ClusterPkiArgs } from "../../components";
import { NOW } from "../core/fixture";
import { SshServer } from "../lab/plugins/sshServer";
import { errorsOf, TestStack, type How, type StoredResource } from "../lab/plugins/testStack";

/** What the nodes' certificates hang on: `pulumi destroy` alone must not take it away. */
const PROTECTED = [
  ...["kubernetes", "etcd", "frontProxy"].flatMap((name) => [`prod-${name}-ca-key`, `prod-${name}-ca-certificate`]),
  "prod-service-account",
];

const verbsOf = (commands: readonly string[]): string[] =>
  commands.map((command) => command.replace(/.*node\.sh /, ""));

/** One node that is all: whatever it is asked to run goes to the server of this test. */
const argsFor = (server: SshServer): ClusterPkiArgs => ({
  cluster: { name: "prod", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" },
  nodes: [
    {
      name: "cp1",
      address: "10.0.0.11",
      roles: ["control-plane"],
      ssh: { host: "127.0.0.1", port: server.port, user: "tester", hostKey: server.hostKey },
    },
  ],
  ssh: { privateKey: server.clientKey },
  // the server runs nothing, so it makes no keys either
  certificates: { keyLocation: "state" },
  rollout: { acceptEtcdDowntime: true },
  rotation: { generation: 2, phase: "trust" },
  inCluster: { enabled: false },
  now: NOW,
});

describe("pulumi destroy", function () {
  this.timeout(400_000);
  let server: SshServer;
  let stack: TestStack;

  /** What the state still has from a provider. */
  const left = async (): Promise<string[]> => {
    const { resources = [] } = (await stack.exported()) as { resources?: StoredResource[] };
    return resources.flatMap(({ urn, type }) => (/^(tls|command):/.test(type) ? [urn.replace(/.*::/, "")] : [])).sort();
  };

  const up = (how?: How) =>
    stack.up(() => ({ certificates: new ClusterPki("prod", argsFor(server)).certificates }), how);

  before(async () => {
    server = await SshServer.start();
    stack = await TestStack.create();
    const run = await up();
    assert.equal(run.failed, false, errorsOf(run));
  });
  after(async () => {
    stack.remove();
    await server.stop();
  });

  it("has something to leave: the node was given its files", () => {
    const verbs = verbsOf(server.commands);
    assert.deepEqual(verbs.slice(-2), ["trust", "apply"]);
    assert.equal(verbs.length, 3);
  });

  it("keeps the keys of CAs and tokens in the state and says so, and runs nothing for all that is deleted", async () => {
    const before = [...server.commands];
    const run = await stack.destroy();
    assert.equal(run.failed, true);
    const said = errorsOf(run);
    assert.match(said, /prod-service-account" cannot be deleted\s+because it is protected/);
    for (const name of PROTECTED.filter((each) => each.endsWith("-certificate"))) assert.ok(said.includes(name), said);
    // and nothing that they could depend on: with the comparison of nodes left behind the next run would compare none
    assert.deepEqual(await left(), [...PROTECTED].sort());
    assert.deepEqual(server.commands, before);
  });

  it("has the next up compare each node before it gives them anything", async () => {
    const [surveys, asked] = [server.surveys, server.commands.length];
    const run = await up();
    assert.equal(run.failed, false, errorsOf(run));
    assert.deepEqual(run.steps["prod-preflight"], ["create"]);
    for (const name of PROTECTED) assert.deepEqual(run.steps[name], ["same"], name);
    assert.equal(server.surveys, surveys + 1);
    assert.deepEqual(verbsOf(server.commands.slice(asked)).slice(-2), ["trust", "apply"]);
  });

  it("where the comparison itself was left, compares them in an up that replaces it", async () => {
    const surveys = server.surveys;
    assert.equal((await up()).failed, false);
    assert.equal(server.surveys, surveys, "nothing was due, and a node was asked");
    const run = await up({ replace: ["**::prod-preflight"] });
    assert.equal(run.failed, false, errorsOf(run));
    assert.equal(server.surveys, surveys + 1);
    for (const name of PROTECTED) assert.deepEqual(run.steps[name], ["same"], name);
  });

  it("takes all out of the state once protection is lifted, and runs nothing on any node", async () => {
    const before = [...server.commands];
    await stack.unprotect();
    const run = await stack.destroy();
    assert.equal(run.failed, false, errorsOf(run));
    assert.deepEqual(new Set(Object.values(run.steps).flat()), new Set(["delete"]));
    assert.deepEqual(await left(), []);
    assert.deepEqual(server.commands, before, "the files outlive the stack");
  });
});

describe("a run that nodes are not ready for", function () {
  this.timeout(200_000);

  it("makes no CA: it would be kept for good", async () => {
    const [server, stack] = [await SshServer.start(), await TestStack.create()];
    const args = argsFor(server);
    await server.stop();
    const run = await stack.up(() => ({ certificates: new ClusterPki("prod", args).certificates }));
    const { resources = [] } = (await stack.exported()) as { resources?: StoredResource[] };
    stack.remove();
    assert.ok(run.failed);
    assert.match(errorsOf(run), /the nodes are not as the stack file says, and nothing was touched:\s+cp1/);
    const kept = resources.map(({ urn }) => urn.replace(/.*::/, "")).filter((name) => PROTECTED.includes(name));
    assert.deepEqual(kept, []);
  });
});
