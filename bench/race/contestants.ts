/** Who races: by which command, and what is set up for it before the clock starts. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labConfig } from "../../test/e2e/labConfig";
import { KUBE_PKI } from "../../test/e2e/project";
import { sshArgv } from "../../test/lab/ssh";
import { labNetwork } from "../../test/lab/topology";
import { ensure } from "../../tools/toolchain";
import { NEW_NAME, type CaseName } from "./cases";
import type { RaceCluster } from "./cluster";

interface Start {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

export interface Contestant {
  readonly title: string;
  /** Called when the cluster is as it was in the beginning; gives the command that is raced. */
  readonly prepare: (cluster: RaceCluster, name: CaseName) => Promise<Start>;
  /** Bytes of what it remembers from run to run. */
  readonly stateBytes: (cluster: RaceCluster) => number;
}

/** The worker that is changed alone. */
export const changedWorker = ({ lab }: Pick<RaceCluster, "lab">): string => lab.nodes.at(-1)?.name ?? "";

/** Two thirds of a leaf's validity are over by then. */
const DUE_AFTER_DAYS = 300;

/** Top-level keys of the stack file; undefined removes one. */
const configOf = ({ lab }: RaceCluster, name: CaseName): Record<string, unknown> => {
  const nodes = labConfig(lab)["nodes"] as readonly { readonly name: string }[];
  const same = { nodes, asOf: undefined, rotation: undefined, inCluster: undefined };
  const changes: Readonly<Partial<Record<CaseName, Record<string, unknown>>>> = {
    renewal: { asOf: new Date(Date.now() + DUE_AFTER_DAYS * 86_400_000).toISOString() },
    // stubs have no workloads to roll
    rotation: { rotation: { generation: 2 }, inCluster: { enabled: false } },
    "one-node": {
      nodes: nodes.map((node) => (node.name === changedWorker({ lab }) ? { ...node, extraSans: [NEW_NAME] } : node)),
    },
  };
  return { ...same, ...changes[name] };
};

const UP = [KUBE_PKI, "up", "--yes", "--skip-preview", "--non-interactive"];
const PREVIEW = ["pulumi", "preview", "--non-interactive"];

const ours: Contestant = {
  title: "kube-pki",
  prepare: (cluster, name) => {
    cluster.stack.configure(configOf(cluster, name));
    const { env, folder } = cluster.stack;
    return Promise.resolve({ argv: name === "no-op-preview" ? PREVIEW : UP, env, cwd: folder });
  },
  stateBytes: ({ stack }) => statSync(join(stack.folder, "state/.pulumi/stacks/kube-pki/lab.json")).size,
};

const PEERS = join(__dirname, "peers");
const DAY_SECONDS = 86_400;

/** As long as a node of ours looks at what it has restarted. */
export const OUR_SETTLE_SECONDS = Number(
  /^limit STABLE (\d+)$/m.exec(readFileSync(join(__dirname, "..", "..", "node", "73-steady.sh"), "utf8"))?.[1],
);

const folderOf = ({ folder }: RaceCluster): string => join(folder, "peer");
const pkiOf = (cluster: RaceCluster): string => join(folderOf(cluster), "pki");

/** A folder with the CAs as they were, and what bench/race/peers/controller.sh takes from the environment. */
const peerEnv = (cluster: RaceCluster, name: CaseName): Record<string, string> => {
  const { lab, settleSeconds } = cluster;
  const folder = folderOf(cluster);
  rmSync(folder, { recursive: true, force: true });
  for (const each of ["work", "control"]) mkdirSync(join(folder, each), { recursive: true });
  cpSync(cluster.pki, pkiOf(cluster), { recursive: true });
  const more = (node: string) => (name === "one-node" && node === changedWorker(cluster) ? NEW_NAME : "-");
  const rows = lab.nodes.map(({ name: node, address, roles }) => [node, address, roles[0], more(node)].join(" "));
  writeFileSync(join(folder, "nodes"), `${rows.join("\n")}\n`);
  return {
    PKI: pkiOf(cluster),
    WORK: join(folder, "work"),
    NODES: join(folder, "nodes"),
    ENDPOINT: labNetwork.address,
    SERVICE: labNetwork.kubernetesServiceAddress,
    // a leaf lives for a year
    WITHIN: String((name === "renewal" || name === "rotation" ? 400 : 30) * DAY_SECONDS),
    DRY: name === "no-op-preview" ? "yes" : "no",
    SETTLE: String(settleSeconds),
  };
};

/** One connection for each node and run, as ansible has it too. */
const sshOptions = ({ lab }: RaceCluster): string[] => [
  ...sshArgv(lab.folder).slice(1),
  ...["-o", "ControlMaster=auto", "-o", "ControlPersist=60s"],
];

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

const LOOP: Readonly<Record<CaseName, string>> = {
  renewal: "renew",
  rotation: "rotate",
  "one-node": "renew",
  "no-op-up": "renew",
  "no-op-preview": "preview",
};

const loop: Contestant = {
  title: "shell loop over ssh",
  prepare: (cluster, name) => {
    const env = peerEnv(cluster, name);
    const ssh = ["ssh", ...sshOptions(cluster), "-o", `ControlPath=${join(folderOf(cluster), "control", "%h")}`];
    return Promise.resolve({
      argv: ["sh", join(PEERS, "loop.sh"), LOOP[name]],
      env: { ...env, SSH: ssh.join(" ") },
      cwd: folderOf(cluster),
    });
  },
  stateBytes: (cluster) => bytesIn(pkiOf(cluster)),
};

const PLAYBOOK: Readonly<Record<CaseName, readonly string[]>> = {
  renewal: ["renew.yaml"],
  rotation: ["rotate.yaml"],
  "one-node": ["renew.yaml"],
  "no-op-up": ["renew.yaml"],
  "no-op-preview": ["--check", "requests.yaml"],
};

const inventory = ({ lab }: RaceCluster): string => {
  const hosts = (controlPlanes: boolean) =>
    lab.nodes
      .filter(({ roles }) => roles.includes("control-plane") === controlPlanes)
      .map(({ name, address }) => `${name} ansible_host=${address} ansible_user=root`);
  return ["[control_planes]", ...hosts(true), "[workers]", ...hosts(false), ""].join("\n");
};

const ansible: Contestant = {
  title: "Ansible (tuned)",
  prepare: async (cluster, name) => {
    const env = peerEnv(cluster, name);
    const { "ansible-playbook": program } = await ensure(["ansible-playbook"], () => undefined);
    const folder = folderOf(cluster);
    const hosts = join(folder, "hosts.ini");
    writeFileSync(hosts, inventory(cluster));
    return {
      argv: [program, "--inventory", hosts, ...PLAYBOOK[name]],
      env: {
        ...env,
        ANSIBLE_CONFIG: join(PEERS, "ansible", "ansible.cfg"),
        ANSIBLE_HOME: join(folder, "ansible"),
        ANSIBLE_SSH_ARGS: sshOptions(cluster).join(" "),
        ANSIBLE_SSH_CONTROL_PATH_DIR: join(folder, "control"),
      },
      cwd: join(PEERS, "ansible"),
    };
  },
  stateBytes: (cluster) => bytesIn(pkiOf(cluster)),
};

export const CONTESTANTS = { ours, loop, ansible } as const satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof CONTESTANTS;
export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as ContestantName[];
