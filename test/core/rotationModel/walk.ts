/** Clusters to walk with, and what the stack file says about them. */
import { issuerOf } from "../../../core/authorities/rotation";
import { ROTATABLE, type Rotatable, type RotationState } from "../../../core/model/phases";
import { LAYOUTS, type LayoutName } from "../../../core/layouts";
import { planCluster } from "../../../core/plan";
import type { Config } from "../../../core/schema/config";
import type { ClusterPkiArgs } from "../../../components";
import { argsWith, configWith, NOW } from "../fixture";
import { broken } from "./broken";
import { Cluster } from "./cluster";
import { ModelNode, type Text } from "./node";
import { OTHER_TOKENS, up, type End, type Recorded, type Run } from "./run";
import { caText, generationIn, isCa, pinOf, tokenKeyText } from "./texts";

export interface Topology {
  readonly layout: LayoutName;
  readonly minor: number;
  readonly controlPlanes: number;
  /** 0: stacked. */
  readonly etcdMembers: number;
  readonly workers: number;
}

export type States = Readonly<Record<Rotatable, RotationState>>;

export const statesOf = (make: (what: Rotatable) => RotationState): States =>
  Object.fromEntries(ROTATABLE.map((what) => [what, make(what)])) as Record<Rotatable, RotationState>;

const nodes = ({ controlPlanes, etcdMembers, workers }: Topology) => {
  const row = (count: number, prefix: string, role: string, net: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: `${prefix}${String(index + 1)}`,
      address: `10.0.${String(net)}.${String(index + 1)}`,
      roles: [role],
    }));
  return [
    ...row(etcdMembers, "e", "etcd", 1),
    ...row(controlPlanes, "cp", "control-plane", 2),
    ...row(workers, "w", "worker", 3),
  ];
};

const pin = (what: "kubernetes" | "etcd" | "frontProxy") => pinOf(caText(what, 0));

/** What a stack file says with these states; `adopted` as for a cluster whose CAs were there before the stack. */
const sections = (topology: Topology, states: States, adopted: boolean) => ({
  cluster: {
    name: "prod",
    kubernetesVersion: `1.${String(topology.minor)}.3`,
    endpoint: "api.example.com:6443",
  },
  layout: topology.layout,
  nodes: nodes(topology),
  ssh: { agent: true, insecureIgnoreHostKeys: true },
  rollout: { acceptEtcdDowntime: true },
  rotation: { ...states },
  ...(adopted && {
    adopt: {
      kubernetes: pin("kubernetes"),
      etcd: pin("etcd"),
      frontProxy: pin("frontProxy"),
      serviceAccount: true,
    },
  }),
});

export const stackFile = (...given: Parameters<typeof sections>): Config => configWith(sections(...given));
/** The same as a program gives it. */
export const argsFor = (...given: Parameters<typeof sections>): ClusterPkiArgs => argsWith(sections(...given));

export const row = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** A cluster, the state of its stack, and everything that was found broken on the way. */
export class Walk {
  public readonly cluster = new Cluster();
  public readonly recorded: Recorded = new Map();
  public readonly found: string[] = [];
  public readonly moments: string[] = [];
  private readonly pick: (below: number) => number;
  private now = NOW;

  public constructor(
    private topology: Topology,
    seed: number,
    private readonly adopted = false,
  ) {
    this.pick = row(seed);
    const at = statesOf(() => ({ generation: 1, phase: "done" }));
    const generation = adopted ? 0 : 1;
    for (const plan of planCluster(this.config(at), NOW).nodes) {
      const node = new ModelNode(plan, topology.minor);
      this.cluster.nodes.push(node);
      node.boot({ kubernetes: generation, etcd: generation, frontProxy: generation, serviceAccount: generation });
    }
    this.cluster.settle();
    this.cluster.setJoinTrust([generation]);
    this.watch("before anything");
  }

  public up(states: States, more: Partial<Run> = {}): End {
    this.moments.push(
      `up ${ROTATABLE.map((what) => `${what}=${String(states[what].generation)}/${states[what].phase}`).join(" ")} ${JSON.stringify(more.fault ?? "")}`,
    );
    const end = up({
      cluster: this.cluster,
      config: this.config(states),
      now: this.now,
      recorded: this.recorded,
      pick: this.pick,
      watch: (moment) => {
        this.watch(moment);
      },
      ...more,
    });
    this.moments.push(`-> ${typeof end === "string" ? end : end.refused}`);
    return end;
  }

  /** Runs until it is done, as a person would who reads what is refused. */
  public upUntilDone(states: States): End {
    let end = this.up(states);
    for (let tries = 0; tries < 3 && end !== "done"; tries++) {
      if (typeof end === "object" && end.refused.includes(OTHER_TOKENS)) this.hoursPass();
      end = this.up(states);
    }
    return end;
  }

  /** A worker joins as kubeadm does it: trust from cluster-info, a certificate from the controller manager. */
  public joinWorker(): void {
    const signers = this.cluster
      .up("kube-controller-manager")
      .map(({ process }) => process.signing().certificates.at(-1));
    const signer = signers[this.pick(signers.length)]?.[0];
    if (signer === undefined || !LAYOUTS[this.topology.layout].publishesClusterInfo) return;
    const node = this.newNode("workers");
    node.boot({ kubernetes: generationIn(signer), etcd: 0, frontProxy: 0, serviceAccount: 0 });
    for (const { path, content } of node.plan.known)
      if (content.kind === "ca") node.disk.set(path, this.cluster.joinTrust);
      else if (content.kind === "kubeconfig") this.replaceCas(node, path, this.cluster.joinTrust);
    this.start(node);
  }

  /** A control plane joins with the pki folder of the first one, as by `kubeadm init phase upload-certs`. */
  public joinControlPlane(states: States): void {
    const [first] = this.cluster.nodes.filter(({ plan }) => plan.signing !== undefined);
    if (first === undefined || !LAYOUTS[this.topology.layout].publishesClusterInfo) return;
    const node = this.newNode("controlPlanes");
    const signing = Object.fromEntries(ROTATABLE.map((what) => [what, issuerOf(states[what])]));
    node.boot(signing as Record<Rotatable, number>);
    for (const { path, content } of node.plan.known) {
      const copied = content.kind === "ca" || content.kind === "caKey" || content.kind === "serviceAccount";
      const text = first.disk.get(path);
      if (copied && text !== undefined && node.disk.has(path)) node.disk.set(path, text);
    }
    this.start(node);
  }

  /**
   * A node whose services are defined and have never run: with no file at all, or with those that say what is trusted
   * (the CAs that the stack's output `trust` names) and the keys of the others.
   */
  public arrive(count: "controlPlanes" | "workers", trusted: "nothing" | States): ModelNode {
    const node = this.newNode(count);
    if (trusted !== "nothing")
      for (const { path, content } of node.plan.known)
        if (content.kind === "ca")
          node.disk.set(path, [caText(content.authority, trusted[content.authority].generation)]);
        else if (content.kind === "serviceAccount" && content.half === "public")
          node.disk.set(path, [tokenKeyText("public", trusted.serviceAccount.generation)]);
    node.isNew = true;
    node.define();
    return node;
  }

  private replaceCas({ disk }: ModelNode, path: string, cas: Text): void {
    disk.set(path, [...cas, ...(disk.get(path) ?? []).filter((text) => !isCa(text))]);
  }

  private start(node: ModelNode): void {
    node.isNew = true;
    node.startAll();
    this.cluster.refreshTokens(node);
    this.watch(`${node.name} joined`);
  }

  private newNode(count: "controlPlanes" | "workers"): ModelNode {
    this.topology = { ...this.topology, [count]: this.topology[count] + 1 };
    const name = `${count === "workers" ? "w" : "cp"}${String(this.topology[count])}`;
    const at = statesOf(() => ({ generation: 1, phase: "done" }));
    const plan = planCluster(this.config(at), NOW).nodes.find(({ node }) => node.name === name);
    if (plan === undefined) throw new Error(`no plan for ${name}`);
    const node = new ModelNode(plan, this.topology.minor);
    this.cluster.nodes.push(node);
    return node;
  }

  /** Every leaf is due. */
  public renewalIsDue(): void {
    this.now = new Date(this.now.getTime() + 250 * 24 * 3600 * 1000);
  }

  /** Tokens are refreshed by themselves, late in their life. */
  public hoursPass(): void {
    this.cluster.settle();
    for (const node of this.cluster.nodes) this.cluster.refreshTokens(node);
    this.watch("hours later");
  }

  /** A service ends and is started again, as it may at any time. */
  public restartAny(): void {
    const all = this.cluster.nodes.flatMap((node) =>
      [...node.processes.values()].map((process) => ({ node, process })),
    );
    const one = all[this.pick(all.length)];
    if (!one?.process.up) return;
    one.process.start();
    if (one.process.name === "kubelet") this.cluster.refreshTokens(one.node);
    if (one.process.name === "kube-controller-manager") this.cluster.publish();
    this.watch(`${one.node.name}: ${one.process.name} restarted by itself`);
  }

  public config(states: States): Config {
    return stackFile(this.topology, states, this.adopted);
  }

  public watch(moment: string): void {
    this.moments.push(moment);
    for (const sentence of broken(this.cluster)) this.found.push(`${moment}: ${sentence}`);
  }
}
