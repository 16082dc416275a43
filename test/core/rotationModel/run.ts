/**
 * `pulumi up` as the graph allows it: every step that a changed payload asks for, any order the dependencies leave open.
 * Payloads, who rotates and the order of nodes are the product's; the order of steps is that of components/clusterPki.ts,
 * which order.test.ts compares with this table.
 */
import {
  canSign,
  generationsUpTo,
  hasReached,
  attemptKey,
  issuerOf,
  stateOf,
  trustedOf,
} from "../../../core/authorities/rotation";
import type { LeafPlan } from "../../../core/certificates/leaves";
import { AUTHORITIES, type AuthorityName } from "../../../core/model/authorities";
import { ROTATABLE } from "../../../core/model/phases";
import { orderIn } from "../../../core/stepOrder";
import { planCluster, type ClusterPlan, type NodePlan } from "../../../core/plan";
import { applyPayload, type Material } from "../../../core/protocol/apply";
import { renewsTokens } from "../../../core/protocol/tokens";
import { trustPayload, type Generations } from "../../../core/protocol/trust";
import type { Config } from "../../../core/schema/config";
import type { Cluster } from "./cluster";
import { caKeyText, caText, leafText, tokenKeyText } from "./texts";
import { Failure, Refusal, transaction, type Steps, type Surroundings } from "./transaction";

export const STEPS = ["trust", "apply", "retire"] as const;
export type StepName = (typeof STEPS)[number];

/** The steps of a run in order: each on all nodes before the next on any. */
export const stepsOf = (plan: ClusterPlan, config: Config): readonly StepName[] =>
  STEPS.filter((step) => step === "apply" || (plan.rotates && (step === "trust" || hasReached(config, "done"))));

/** What the stack's state knows: the payload each step last succeeded with, each leaf, and the round. */
export type Recorded = Map<string, string>;

/** A resource with a trigger: what it makes stays until the trigger is another one. */
const triggered = (recorded: Recorded, name: string, trigger: string): string => {
  const [had, count = "0"] = recorded.get(name)?.split("#") ?? [];
  const now = had === trigger ? `${trigger}#${count}` : `${trigger}#${String(Number(count) + 1)}`;
  recorded.set(name, now);
  return now;
};

/** What goes wrong in a run, at its n-th micro step. */
export interface Fault {
  /**
   * fails: a proof, the node puts the old set back. killed: the run; what runs on nodes goes on, and with `unrecorded` the
   * stack does not learn of it. crashes: the node, which starts again with the files as they are.
   */
  readonly kind: "none" | "fails" | "killed" | "unrecorded" | "crashes";
  readonly at: number;
}

export interface Wrong {
  /** Another order. */
  readonly steps?: readonly StepName[];
  /** Another payload; undefined: none. */
  readonly payload?: (text: string, step: StepName, node: string) => string | undefined;
  /** Nobody waits for pods and for what reloads after a step. */
  readonly withoutWaits?: boolean;
  /** Nobody asks which key signed the tokens in use. */
  readonly withoutGate?: boolean;
}

export interface Run {
  readonly cluster: Cluster;
  readonly config: Config;
  readonly now: Date;
  readonly recorded: Recorded;
  /** The next of a row of numbers from 0 to `below` - 1. */
  readonly pick: (below: number) => number;
  readonly fault?: Fault;
  /** Called in every moment in which the cluster has to work. */
  readonly watch: (moment: string) => void;
  /** What the product would not do, to see that the model minds. */
  readonly wrong?: Wrong;
}

export type End = "done" | "stopped" | { readonly refused: string };

const generationsOf = (config: Config): Generations => {
  const each = (make: (generation: number) => string, what: AuthorityName | "serviceAccount") =>
    generationsUpTo(stateOf(config, what)).map(make);
  return {
    kubernetes: each((generation) => caText("kubernetes", generation), "kubernetes"),
    etcd: each((generation) => caText("etcd", generation), "etcd"),
    frontProxy: each((generation) => caText("frontProxy", generation), "frontProxy"),
    serviceAccount: each((generation) => tokenKeyText("public", generation), "serviceAccount"),
  };
};

/** The generation whose certificate an apply carries: that of the signer, or where it is not ours the one to come. */
const carried = (config: Config, what: AuthorityName | "serviceAccount"): number =>
  canSign(config, what) ? issuerOf(stateOf(config, what)) : stateOf(config, what).generation;

/** What is made before any node is told anything. */
export interface Made {
  readonly round: string;
  readonly leafId: (node: NodePlan, leaf: LeafPlan) => string;
}

const ROUND = "round";

const madeFor = (plan: ClusterPlan, config: Config, recorded: Recorded): Made => {
  const round = triggered(recorded, ROUND, attemptKey(config)).replace(/^.*#/, "");
  const nameOf = (node: NodePlan, { profile }: LeafPlan) => `${node.node.name} leaf ${profile}`;
  for (const node of plan.nodes) for (const leaf of node.leaves) triggered(recorded, nameOf(node, leaf), leaf.id);
  return { round, leafId: (node, leaf) => recorded.get(nameOf(node, leaf)) ?? "" };
};

const materialOf = (node: NodePlan, config: Config, { leafId }: Made): Material => ({
  leaves: Object.fromEntries(
    node.leaves.map((leaf) => [
      leaf.profile,
      {
        certificatePem: leafText(leaf.authority, leaf.generation, leaf.profile, leafId(node, leaf)),
        issued: "2026-11-22T00:00:00Z",
        expires: "2027-11-22T00:00:00Z",
      },
    ]),
  ),
  trust: Object.fromEntries(AUTHORITIES.map((name) => [name, caText(name, carried(config, name))])) as Record<
    AuthorityName,
    string
  >,
  next: Object.fromEntries(
    ROTATABLE.flatMap((what) => {
      const { generation, phase } = stateOf(config, what);
      if (phase !== "trust" || generation === 1) return [];
      return [[what, what === "serviceAccount" ? tokenKeyText("public", generation) : caText(what, generation)]];
    }),
  ),
  caKeys: { kubernetes: caKeyText("kubernetes", carried(config, "kubernetes")) },
  serviceAccount: {
    privatePem: tokenKeyText("private", carried(config, "serviceAccount")),
    publicPem: tokenKeyText("public", carried(config, "serviceAccount")),
  },
});

const payloadOf = (step: StepName, plan: ClusterPlan, node: NodePlan, config: Config, made: Made): string =>
  step === "apply"
    ? applyPayload(plan, node, config, materialOf(node, config, made))
    : trustPayload(step, plan, node, config, generationsOf(config), step === "retire" ? made.round : undefined);

/** A refusal that time mends. */
export const OTHER_TOKENS = "pods hold tokens signed by another key than the one that stays";

interface Task {
  readonly node: string;
  readonly steps: Steps;
  readonly recordAs: readonly [string, string];
}

/** One run, to its end, a refusal or a fault. */
export const up = (run: Run): End => new Up(run).run();

class Up {
  private moments = 0;
  private stopped = false;
  private refusal: string | undefined;
  private readonly plan: ClusterPlan;
  private readonly made: Made;
  private readonly around: Surroundings;

  public constructor(private readonly of: Run) {
    this.plan = planCluster(of.config, of.now);
    this.made = madeFor(this.plan, of.config, of.recorded);
    this.around = {
      kubeletStarted: (node) => {
        of.cluster.refreshTokens(node);
      },
      publish: () => {
        of.cluster.publish();
      },
    };
  }

  public run(): End {
    const steps = this.of.wrong?.steps ?? stepsOf(this.plan, this.of.config);
    for (const step of steps) {
      this.onAllNodes(step);
      if (!this.stopped && this.refusal === undefined && this.of.wrong?.withoutWaits !== true) this.inCluster(step);
      if (this.refusal !== undefined) return { refused: this.refusal };
      if (this.stopped) return "stopped";
    }
    // only a run that comes to its end deletes what the graph no longer has
    const gone = STEPS.filter((step) => !steps.includes(step));
    for (const key of this.of.recorded.keys())
      if (gone.some((step) => key.endsWith(` ${step}`))) this.of.recorded.delete(key);
    return "done";
  }

  private onAllNodes(step: StepName): void {
    const open = [...this.plan.nodes];
    const order = orderIn(step, this.of.config);
    const done = new Set<string>();
    const tasks: Task[] = [];
    while (tasks.length > 0 || (open.length > 0 && !this.ends)) {
      for (const node of open.filter(({ after }) => after[order].every((name) => done.has(name)))) {
        if (this.ends) break;
        open.splice(open.indexOf(node), 1);
        const task = this.begin(step, node);
        if (task === undefined) done.add(node.node.name);
        else tasks.push(task);
      }
      const task = tasks[tasks.length > 0 ? this.of.pick(tasks.length) : 0];
      if (task !== undefined && this.advance(task)) {
        tasks.splice(tasks.indexOf(task), 1);
        done.add(task.node);
      }
    }
  }

  private get ends(): boolean {
    return this.stopped || this.refusal !== undefined;
  }

  /** Undefined: the stack knows that this payload is there. */
  private begin(step: StepName, node: NodePlan): Task | undefined {
    const { cluster, config, recorded, wrong } = this.of;
    const right = payloadOf(step, this.plan, node, config, this.made);
    const payload = wrong?.payload === undefined ? right : wrong.payload(right, step, node.node.name);
    const key = `${node.node.name} ${step}`;
    if (payload === undefined || recorded.get(key) === payload) return undefined;
    const steps = transaction(cluster.node(node.node.name), payload, this.around);
    return { node: node.node.name, steps, recordAs: [key, payload] };
  }

  /** One micro step; true: the task has ended. */
  private advance(task: Task): boolean {
    try {
      const next = task.steps.next();
      if (next.done === true) {
        if (!(this.stopped && this.of.fault?.kind === "unrecorded")) this.of.recorded.set(...task.recordAs);
        return true;
      }
      this.of.watch(next.value);
      return this.moments++ === this.of.fault?.at && this.strike(task);
    } catch (error) {
      if (error instanceof Refusal) this.refusal = error.message;
      else if (error instanceof Failure) this.stopped = true;
      else throw error;
      return true;
    }
  }

  private strike(task: Task): boolean {
    const { cluster, fault, watch } = this.of;
    switch (fault?.kind) {
      case "fails": {
        const put = task.steps.throw(new Failure());
        if (put.done !== true) watch(put.value);
        return false;
      }
      case "killed":
      case "unrecorded":
        this.stopped = true;
        return false;
      case "crashes":
        cluster.node(task.node).startAll();
        cluster.refreshTokens(cluster.node(task.node));
        cluster.publish();
        this.stopped = true;
        watch(`${task.node}: came up again after a crash`);
        return true;
      default:
        return false;
    }
  }

  private inCluster(after: StepName): void {
    const { cluster, config, watch } = this.of;
    cluster.settle();
    watch(`what reloads has reloaded after ${after}`);
    if (after === "apply" && this.of.wrong?.withoutGate !== true) {
      this.renewTokens();
      this.askTokens();
    }
    if (after === "retire" && stateOf(config, "frontProxy").phase === "done") cluster.cleanAuthentication();
    if (after !== "apply") cluster.setJoinTrust(trustedOf(stateOf(config, "kubernetes")));
    watch(`in the cluster after ${after}`);
  }

  /** The step `tokens`: a kubelet whose pods hold tokens of another key is restarted. */
  private renewTokens(): void {
    const { cluster, config, watch } = this.of;
    if (!renewsTokens(config)) return;
    const { generation } = stateOf(config, "serviceAccount");
    for (const { node: planned } of this.plan.nodes) {
      const node = cluster.node(planned.name);
      const kubelet = node.processes.get("kubelet");
      if (kubelet === undefined || [...node.tokens].every((each) => each === generation)) continue;
      kubelet.stop();
      watch(`${node.name}: kubelet stopped for new tokens`);
      kubelet.start();
      this.around.kubeletStarted(node);
      watch(`${node.name}: kubelet started for new tokens`);
    }
  }

  /** Verb `check`: the old token key stays for as long as one of its tokens is in use. */
  private askTokens(): void {
    const { cluster, config } = this.of;
    const { generation, phase } = stateOf(config, "serviceAccount");
    if (!this.plan.managesServiceAccount || !this.plan.rotates || phase !== "done") return;
    const late = cluster.nodes.find(({ tokens }) => [...tokens].some((each) => each !== generation));
    if (late !== undefined) this.refusal = `${late.name}: ${OTHER_TOKENS}`;
  }
}
