import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endGroups, labGroups, populated } from "./cgroup";
import { startBalancer } from "./balancer";
import { clearAbandoned, clearLab } from "./clean";
import { unsupported } from "./host";
import { installHardway, startServices, writeUnits } from "./hardway";
import { ensureInputs, type Inputs } from "./inputs";
import { installKubeadm, joinNode } from "./kubeadm";
import { self } from "./lock";
import { createLabNetwork, createNodeNetwork, inNamespace, labNamespace, removeNodeNetwork } from "./network";
import { boot, hostKeyOf, makeDisk, wipeDisk, writeIdentity } from "./node";
import { nodeDir, runDir } from "./paths";
import { ensurePrepared } from "./prepared";
import { failure, must, run, waitFor, type Result, type RunOptions } from "./process";
import { step, type Log } from "./progress";
import { waitForApi, waitForNodes, waitForSsh } from "./ready";
import { copyContainerd, copyDisk } from "./snapshot";
import { ensureKey, keyFile, runOnNode } from "./ssh";
import { claim, readState, writeState, type LabState } from "./state";
import * as topologies from "./topology";
import type { Installer, NodeSpec, Role, Topology } from "./topology";

export interface LabOptions {
  /** @default the topology's name and this process's id */
  readonly name?: string | undefined;
  /** Nodes booted, programs and unit files there, nothing initialised. @default false */
  readonly bare?: boolean | undefined;
  /** The lab outlives this process. @default false */
  readonly keep?: boolean | undefined;
  readonly log: Log;
}

const install = { kubeadm: installKubeadm, hardway: installHardway } as const satisfies Record<Installer, unknown>;

/** A running set of nodes, real enough for kubeadm, systemd and ssh, inside this machine. */
export class Lab {
  private constructor(
    private state: LabState,
    private readonly log: Log,
  ) {}

  /** One sentence that says what this machine lacks for a lab; undefined when it can run one. Never throws. */
  static supported(): string | undefined {
    return unsupported();
  }

  /** Starts a lab: nodes that answer ssh and, unless bare, a cluster whose nodes are all Ready. */
  static async start(topologyName: string, options: LabOptions): Promise<Lab> {
    const missing = unsupported();
    if (missing !== undefined) throw new Error(missing);
    const topology = topologies.topology(topologyName);
    const name = options.name ?? `${topology.name}-${String(process.pid)}`;
    topologies.checkName("lab name", name);
    const { log } = options;
    await clearAbandoned(log);
    const inputs = await ensureInputs(log);
    if (options.bare === true) return Lab.launch(topology, inputs, { ...options, name, bare: true });
    const prepared = await Lab.prepareFrom(topology, inputs, log);
    return Lab.launch(topology, inputs, { ...options, name }, prepared);
  }

  /** Makes the prepared cluster that `start` copies, unless it is there. */
  static async prepare(topologyName: string, log: Log): Promise<void> {
    const missing = unsupported();
    if (missing !== undefined) throw new Error(missing);
    await clearAbandoned(log);
    await Lab.prepareFrom(topologies.topology(topologyName), await ensureInputs(log), log);
  }

  /** A lab that runs already. */
  static attach(name: string, log: Log = () => undefined): Lab {
    const state = readState(name);
    if (state === undefined) throw new Error(`lab ${name}: is not running; npm run lab -- status names those that are`);
    return new Lab(state, log);
  }

  private static prepareFrom(topology: Topology, inputs: Inputs, log: Log): Promise<string> {
    return ensurePrepared(topology, inputs, log, async () => {
      const lab = await Lab.launch(topology, inputs, { name: `prepare-${topology.name}`, bare: true, log });
      try {
        const since = wholeSeconds(Date.now());
        await install[topology.installer](lab, log);
        await lab.waitReady(since, 240_000);
        return lab;
      } catch (error) {
        await lab.stop();
        throw error;
      }
    });
  }

  private static async launch(
    topology: Topology,
    inputs: Inputs,
    options: LabOptions & { readonly name: string },
    prepared?: string,
  ): Promise<Lab> {
    const state: LabState = {
      name: options.name,
      topology: topology.name,
      bare: options.bare ?? false,
      owner: options.keep === true ? undefined : self(),
      nodes: topology.nodes,
      cgroups: labGroups(options.name),
      kubernetesVersion: inputs.binaries.kubernetesVersion,
      rootfs: inputs.rootfs.folder,
      binaries: inputs.binaries.folder,
      containerdRoot: inputs.images.containerdRoot,
    };
    claim(state);
    const lab = new Lab(state, options.log);
    try {
      const since = wholeSeconds(Date.now());
      await step(options.log, `lab ${lab.name}: starting ${lab.nodes.map((node) => node.name).join(", ")}`, async () => {
        await ensureKey(keyFile(lab.folder), "kube-pki lab");
        await createLabNetwork(lab.name);
        if (topology.balanced) await startBalancer(state, lab.folder);
        // Host keys go into one file: identities are written one node after another.
        for (const node of lab.nodes) await lab.furnish(node, prepared);
        await Promise.all(lab.nodes.map((node) => lab.power(node)));
      });
      if (prepared !== undefined) await lab.waitReady(since, 180_000);
      return lab;
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  get name(): string {
    return this.state.name;
  }

  get folder(): string {
    return runDir(this.state.name);
  }

  get nodes(): readonly NodeSpec[] {
    return this.state.nodes;
  }

  get topology(): Topology {
    return topologies.topology(this.state.topology);
  }

  /** host:port of the API for its clients. */
  get endpoint(): string {
    return topologies.endpoint(this.topology);
  }

  get serviceCidr(): string {
    return topologies.labNetwork.serviceCidr;
  }

  get kubernetesVersion(): string {
    return this.state.kubernetesVersion;
  }

  get sshKeyFile(): string {
    return keyFile(this.folder);
  }

  /** The node's host key as known_hosts has it: `ssh-ed25519 AAAA...`. */
  hostKey(node: string): string {
    return hostKeyOf(this.folder, this.node(node).name);
  }

  /** The command with a prefix that runs it inside the lab's network. */
  driver(argv: readonly string[]): string[] {
    return inNamespace(labNamespace(this.name), argv);
  }

  /** Runs a command of the host inside the lab's network. */
  exec(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(this.driver(argv), options);
  }

  /** Runs shell text on a node, over ssh. */
  run(node: string, shellText: string, options: RunOptions = {}): Promise<Result> {
    return runOnNode(this.name, this.folder, this.node(node), shellText, options);
  }

  /** As `run`, for what has to succeed; gives its standard output. */
  async must(node: string, shellText: string, options: RunOptions = {}): Promise<string> {
    const result = await this.run(node, shellText, options);
    if (result.code !== 0) throw new Error(failure(`${node}: ${shellText.slice(0, 80)}`, result));
    return result.stdout;
  }

  /** Fetches the admin's kubeconfig as it is now and gives the path of the copy. */
  async kubeconfig(): Promise<string> {
    const [controlPlane] = topologies.withRole(this.nodes, "control-plane");
    if (controlPlane === undefined) throw new Error(`lab ${this.name}: has no control plane`);
    const path = this.topology.installer === "kubeadm" ? "/etc/kubernetes/admin.conf" : "/var/lib/kubernetes/admin.kubeconfig";
    const file = join(this.folder, "admin.kubeconfig");
    writeFileSync(file, await this.must(controlPlane.name, `cat ${path}`), { mode: 0o600 });
    return file;
  }

  /** Runs kubectl of the host as the cluster's admin, with the kubeconfig last fetched. */
  async kubectl(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    const file = join(this.folder, "admin.kubeconfig");
    const kubeconfig = existsSync(file) ? file : await this.kubeconfig();
    return this.exec([join(this.state.binaries, "kubectl"), "--kubeconfig", kubeconfig, ...args], { timeoutMs: 30_000, ...options });
  }

  /** Adds a bare node with all programs and the container images; `joinWorker` makes it part of a kubeadm cluster. */
  async addNode(name: string, roles: readonly Role[] = ["worker"]): Promise<NodeSpec> {
    topologies.checkNodeName(name);
    if (this.nodes.some((node) => node.name === name)) throw new Error(`addNode: the lab has a node ${name} already`);
    const node: NodeSpec = { name, address: topologies.freeAddress(this.nodes), roles };
    const before = this.nodes;
    this.state = { ...this.state, nodes: [...before, node] };
    writeState(this.state);
    for (const other of before) await this.must(other.name, `echo '${node.address} ${name}' >>/etc/hosts`);
    await step(this.log, `starting ${name}`, async () => {
      await this.furnish(node);
      await this.power(node);
    });
    return node;
  }

  /** Gives a node of the same name and address an empty disk and a new host key, as a replaced machine has. */
  async replaceNode(name: string): Promise<void> {
    const node = this.node(name);
    await step(this.log, `replacing ${name}`, async () => {
      await endGroups(this.groupsOf(name), name);
      await removeNodeNetwork(this.name, name);
      await wipeDisk(this.folder, name);
      await this.furnish(node);
      await this.power(node);
    });
  }

  /** Joins a bare node to the kubeadm cluster and waits until it is Ready. */
  async joinWorker(name: string): Promise<void> {
    if (this.topology.installer !== "kubeadm") throw new Error("joinWorker: only for kubeadm topologies, use startServices in a hardway lab");
    const since = wholeSeconds(Date.now());
    await joinNode(this, this.node(name), this.log);
    await waitForNodes(this, [name], since, 120_000);
  }

  /** Starts the services of a bare hardway lab, or of some of its nodes, once their PKI is there, and waits until the nodes are Ready. */
  async startServices(names: readonly string[] = this.nodes.map((node) => node.name)): Promise<void> {
    if (this.topology.installer !== "hardway") throw new Error("startServices: only for hardway topologies, run kubeadm in the others");
    const since = wholeSeconds(Date.now());
    await startServices(this, names.map((name) => this.node(name)), this.log);
    await this.waitReady(since, 120_000);
  }

  /** Shuts every node down as a power button does and waits until nothing of them runs; etcd's last, as API servers wait for it to the last. */
  async powerOff(): Promise<void> {
    const last = topologies.withRole(this.nodes, "etcd");
    const first = this.nodes.filter((node) => !last.includes(node));
    for (const nodes of [first, last]) await Promise.all(nodes.map((node) => this.powerOffNode(node)));
  }

  private async powerOffNode({ name }: NodeSpec): Promise<void> {
    await this.run(name, "systemctl stop kubelet; systemctl --no-block poweroff", { timeoutMs: 120_000 });
    const off = (): Promise<true | undefined> => Promise.resolve(populated(this.groupsOf(name)) ? undefined : true);
    await waitFor(`${name}: is off`, 120_000, 100, off);
  }

  /** Ends the lab and removes all of it. */
  stop(): Promise<void> {
    return clearLab(this.name);
  }

  private node(name: string): NodeSpec {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`lab ${this.name}: has no node ${name}, it has ${this.nodes.map((each) => each.name).join(", ")}`);
    return found;
  }

  private groupsOf(node: string): string[] {
    return this.state.cgroups.map((group) => join(group, node));
  }

  /** Gives the node its disk: a copy of the prepared one, or an empty one with the container images. */
  private async furnish(node: NodeSpec, prepared?: string): Promise<void> {
    if (prepared !== undefined) await copyDisk(prepared, this.folder, node.name);
    makeDisk(this.folder, node.name);
    if (prepared === undefined) {
      await copyContainerd(this.state.containerdRoot, join(nodeDir(this.folder, node.name), "containerd"));
      if (this.topology.installer === "hardway") writeUnits(this.folder, node, this.nodes);
    }
    await writeIdentity(this.folder, node, this.nodes, this.topology.installer);
  }

  private async power(node: NodeSpec): Promise<void> {
    await createNodeNetwork(this.name, node);
    boot(this.state, this.folder, node);
    await waitForSsh(this, node);
  }

  private async waitReady(since: number, timeoutMs: number): Promise<void> {
    const names = this.nodes.filter((node) => hasKubelet(node, this.topology)).map((node) => node.name);
    await step(this.log, `lab ${this.name}: API ready`, async () => {
      await this.kubeconfig();
      await waitForApi(this, timeoutMs);
    });
    await step(this.log, `lab ${this.name}: nodes Ready`, () => waitForNodes(this, names, since, timeoutMs));
  }
}

/** Without kubeadm, only workers are nodes of the cluster. */
function hasKubelet(node: NodeSpec, topology: Topology): boolean {
  return topology.installer === "kubeadm" || node.roles.includes("worker");
}

/** Times that the API gives have no fractions of a second. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
