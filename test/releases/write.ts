/**
 * `npm run release-states`, once for each release: brings stacks up with the real engine and keeps their states for
 * test/withTools/upgrade.test.ts. The nodes are stand-ins that answer at once.
 */
import { StandInNodes } from "../../bench/controller/nodes";
import { version } from "../../cli/usage/version";
import type { ClusterPkiArgs } from "../../components";
import { HARDWAY, RAW } from "../core/fixture";
import { errorsOf, TestStack } from "../lab/plugins/testStack";
import { keep, program } from "./release";

type Nodes = readonly { readonly name: string; readonly address: string; readonly roles: readonly string[] }[];

const TWO = { nodes: (RAW["nodes"] as Nodes).slice(2, 4) };

/** Resources of every kind that needs no server: what is in the cluster and in Vault is not among them. */
const STACKS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  // each entry an `up` after the one before
  kubeadm: [TWO, { ...TWO, rotation: { generation: 2, phase: "trust" }, rollout: { acceptEtcdDowntime: true } }],
  "keys-in-state": [
    { ...HARDWAY, certificates: { keyLocation: "state" }, nodes: HARDWAY.nodes.slice(2), users: [{ name: "jane" }] },
  ],
};

const madeBy = async (name: string): Promise<string> => {
  const stack = await TestStack.create();
  const runs = STACKS[name] ?? [];
  const now = new Date().toISOString();
  const count = Math.max(...runs.map(({ nodes }) => (nodes as Nodes).length));
  const servers = await StandInNodes.start(count);
  try {
    const args = runs.map((changes): Omit<ClusterPkiArgs, "now"> => {
      const nodes = (changes["nodes"] as Nodes).map((node, index) => {
        const { host, port, hostKey } = servers.servers[index]?.connection ?? {};
        return { ...node, ssh: { host, port, hostKey } };
      });
      const ssh = { user: "tester", privateKey: servers.privateKey };
      return { ...RAW, inCluster: { enabled: false }, ...changes, nodes, ssh } as unknown as ClusterPkiArgs;
    });
    for (const each of args) {
      const run = await stack.up(program({ args: each, now }));
      if (run.failed) throw new Error(errorsOf(run));
    }
    const last = args.at(-1);
    if (last === undefined) throw new Error(`${name}: no run`);
    return keep({ version: version(), name, now, args: last, deployment: await stack.exported() });
  } finally {
    await servers.stop();
    stack.remove();
  }
};

const main = async (): Promise<void> => {
  for (const name of Object.keys(STACKS)) console.log(await madeBy(name));
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
