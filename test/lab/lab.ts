import { randomUUID } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostOf } from "../../core/format/addresses";
import type { KubernetesVersion } from "../../tools/kubernetesRelease";
import { clearLab } from "./clean";
import { unsupported } from "./host";
import { install } from "./installers";
import { joinNode } from "./kubeadm";
import { prepareLab, startLab } from "./launch";
import { cutPower, discard, furnish, powerOff, powerOn } from "./machine";
import { inNamespace, labNamespace } from "./network";
import { hostKeyOf, onDisk } from "./node";
import { runDir } from "./paths";
import { failure, run, type Result, type RunOptions } from "./process";
import { step, type Log } from "./progress";
import { waitForCluster, waitForNodes, wholeSeconds } from "./ready";
import { keyFile, runOnNode } from "./ssh";
import { readState, writeState, type LabState } from "./state";
import * as topologies from "./topology";
import type { NodeSpec, Role, Topology } from "./topology";

export interface LabOptions {
  /** @default the topology's name and this process's id */
  readonly name?: string | undefined;
  /** In the place of the topology's, in a bare lab. */
  readonly nodes?: readonly NodeSpec[] | undefined;
  /** The release of Kubernetes. @default the one that everything runs with (tools/kubernetesRelease.ts) */
  readonly kubernetes?: KubernetesVersion | undefined;
  /** Nodes booted, programs and unit files there, nothing initialised. @default false */
  readonly bare?: boolean | undefined;
  /** The lab outlives this process. @default false */
  readonly keep?: boolean | undefined;
  readonly log: Log;
}

/** A running set of nodes, real enough for kubeadm, systemd and ssh, inside this machine. */
export class Lab {
  /** For `Lab.start` and `Lab.attach`. */
  constructor(
    private state: LabState,
    private readonly log: Log,
  ) {}

  /** One sentence that says what this machine lacks for a lab; undefined when it can run one. Never throws. */
  static supported(): string | undefined {
    return unsupported();
  }

  /** Starts a lab: nodes that answer ssh and, unless bare, a cluster whose nodes are all Ready. */
  static start(topologyName: string, options: LabOptions): Promise<Lab> {
    return startLab(topologyName, options);
  }

  /** Makes the prepared, stopped cluster that `start` copies, unless it is there. */
  static prepare(topologyName: string, log: Log): Promise<void> {
    return prepareLab(topologyName, log);
  }

  /** A lab that runs already. */
  static attach(name: string, log: Log = () => undefined): Lab {
    const state = readState(name);
    if (state === undefined) throw new Error(`lab ${name}: is not running; npm run lab -- status names those that are`);
    return new Lab(state, log);
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

  /** Names of the nodes that are nodes of the cluster. */
  get clusterNodes(): string[] {
    const { installer } = this.topology;
    return this.nodes.filter((node) => topologies.hasKubelet(node, installer)).map((node) => node.name);
  }

  get usesKubeadm(): boolean {
    return topologies.usesKubeadm[this.topology.installer];
  }

  /** host:port of the API for its clients. */
  get endpoint(): string {
    return topologies.endpoint(this.topology);
  }

  /** The same, taken apart. */
  get api(): { readonly host: string; readonly port: number } {
    return { host: hostOf(this.endpoint), port: topologies.labNetwork.apiPort };
  }

  get serviceCidr(): string {
    return topologies.networkOf(this.nodes[0]?.address ?? "").serviceCidr;
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
    const path = topologies.adminKubeconfig[this.topology.installer];
    const file = join(this.folder, "admin.kubeconfig");
    const text = await this.must(controlPlane.name, `cat ${path}`);
    // a kubectl that runs meanwhile would take a half-written file for none
    const fresh = `${file}.${randomUUID()}`;
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, file);
    return file;
  }

  /** Runs kubectl of the host as the cluster's admin, with the kubeconfig last fetched. */
  async kubectl(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    const file = join(this.folder, "admin.kubeconfig");
    const kubeconfig = existsSync(file) ? file : await this.kubeconfig();
    return this.exec([join(this.state.binaries, "kubectl"), "--kubeconfig", kubeconfig, ...args], {
      timeoutMs: 30_000,
      ...options,
    });
  }

  /** Adds a bare node with all programs and the container images; `join` makes it part of a kubeadm cluster. */
  async addNode(name: string, roles: readonly Role[] = ["worker"]): Promise<NodeSpec> {
    topologies.checkNodeName(name);
    if (this.nodes.some((node) => node.name === name)) throw new Error(`addNode: the lab has a node ${name} already`);
    const node: NodeSpec = { name, address: topologies.freeAddress(this.nodes), roles };
    const before = this.nodes;
    this.state = { ...this.state, nodes: [...before, node] };
    writeState(this.state);
    for (const other of before) await this.must(other.name, `echo '${node.address} ${name}' >>/etc/hosts`);
    await step(this.log, `starting ${name}`, async () => {
      await furnish(this.state, node);
      await powerOn(this.state, node);
    });
    return node;
  }

  /** Gives a node of the same name and address an empty disk and a new host key, as a replaced machine has. */
  async replaceNode(name: string): Promise<void> {
    const node = this.node(name);
    await step(this.log, `replacing ${name}`, async () => {
      await discard(this.state, node);
      await furnish(this.state, node);
      await powerOn(this.state, node);
    });
  }

  /**
   * Joins a bare node to the kubeadm cluster, in the place of one of that name if there was one, and waits until it is
   * Ready. With `pki: "given"` its files are there already.
   */
  async join(name: string, pki: "made" | "given" = "made"): Promise<void> {
    if (!this.usesKubeadm) throw new Error("join: only for kubeadm topologies, use startCluster in a hardway lab");
    const since = wholeSeconds(Date.now());
    const deleted = await this.kubectl(["delete", "node", name, "--ignore-not-found"]);
    if (deleted.code !== 0) throw new Error(failure(`deleting the former node ${name}`, deleted));
    await joinNode(this, this.node(name), this.log, pki);
    await waitForNodes(this, [name], since, 120_000);
  }

  /** Starts the cluster of a bare lab once the PKI is on its nodes, by kubeadm or unit by unit, and waits until the nodes are Ready. */
  async startCluster(): Promise<void> {
    const since = wholeSeconds(Date.now());
    await install[this.topology.installer](this, this.log, "given");
    await waitForCluster(this, this.clusterNodes, since, 120_000, this.log);
  }

  /** Shuts every node down as a power button does and waits until nothing of them runs; etcd's last, as API servers wait for it to the last. */
  async powerOff(): Promise<void> {
    const last = topologies.withRole(this.nodes, "etcd");
    const first = this.nodes.filter((node) => !last.includes(node));
    for (const nodes of [first, last]) await Promise.all(nodes.map((node) => powerOff(this.state, node)));
  }

  /** Ends a node at once, in the middle of whatever it does; its disk stays. Sent before this returns. */
  cutPower(name: string): Promise<void> {
    return cutPower(this.state, this.node(name));
  }

  /** Switches a node on again and waits until it answers ssh. */
  powerOn(name: string): Promise<void> {
    return powerOn(this.state, this.node(name));
  }

  /** Where a file that a node has written lies on this machine, also while the node is off. */
  onDisk(name: string, path: string): string {
    return onDisk(this.folder, this.node(name).name, path);
  }

  /** Waits until the API is ready, and the node is if it is one of the cluster; what it said before `since`, in milliseconds, does not count. */
  waitForNode(name: string, since: number): Promise<void> {
    const names = this.clusterNodes.filter((each) => each === name);
    return waitForCluster(this, names, wholeSeconds(since), 180_000, this.log);
  }

  /** Ends the lab and removes all of it. */
  stop(): Promise<void> {
    return clearLab(this.name);
  }

  private node(name: string): NodeSpec {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined)
      throw new Error(
        `lab ${this.name}: has no node ${name}, it has ${this.nodes.map((each) => each.name).join(", ")}`,
      );
    return found;
  }
}
