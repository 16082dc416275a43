/**
 * What a walk is played on. Real: Pulumi's engine, the program, the preflight, the node script with its locks, journals and
 * backups, ssh, and every key and certificate. Stand-ins: the providers where the official ones are not installed, and the nodes,
 * which are folders of this machine in which no service runs (they are as on a machine that is yet to become a node), so nothing
 * is restarted or proven, and nothing is done in the cluster. The program is run in this process, not by the language host.
 */
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki, type ClusterPkiArgs } from "../../components";
import { parseConfig } from "../../core/config/parse";
import { planCluster, type ClusterPlan } from "../../core/plan";
import type { Config } from "../../core/schema/config";
import { NOW } from "../core/fixture";
import { TestStack, type How, type Run } from "../lab/plugins/testStack";
import { makeCa, type ExistingCa } from "../core/config/fixtures";
import type { Walk } from "./case";
import { filesOf, type Files } from "./files";
import { WalkNode } from "./node";
import type { Member, World } from "./world";

const NAME = "walk";
const DAY = 86_400_000;
const GIVEN = ["kubernetes", "etcd", "frontProxy"] as const;

/** Of systemd, also where the layout has static pods: the stub of systemctl knows none of them. */
const SERVICES = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"];

/** All there are of this node, its own component included. */
const targetOf = (name: string): string => `**::${NAME}-${name}**`;

interface Options extends Pick<How, "onStep"> {
  /** Of one node only. */
  readonly target?: string;
  readonly detectDrift?: boolean;
}

export class WalkCluster {
  readonly nodes = new Map<string, WalkNode>();

  private constructor(
    private readonly walk: Walk,
    readonly stack: TestStack,
    private readonly given: readonly (readonly [string, ExistingCa])[],
  ) {}

  static async create(walk: Walk): Promise<WalkCluster> {
    const names = walk.cas === "given" ? GIVEN : [];
    const given = await Promise.all(names.map(async (name) => [name, await makeCa(`lab-${name}`)] as const));
    return new WalkCluster(walk, await TestStack.create(), given);
  }

  /** Nodes of the stack file that are not there yet are made; those that are no longer in it stay. */
  async provide({ members }: World): Promise<void> {
    for (const { name } of members) {
      if (this.nodes.has(name)) continue;
      const [first] = this.nodes.values();
      this.nodes.set(name, await WalkNode.start(first?.server.clientKey));
    }
  }

  node({ name }: Pick<Member, "name">): WalkNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  private raw({ members, rotation }: World, detectDrift: boolean) {
    const names = [...this.nodes.keys()];
    return {
      cluster: { name: NAME, kubernetesVersion: "1.36.3", endpoint: "192.0.2.250:6443" },
      layout: this.walk.layout,
      nodes: members.map((member) => {
        const { server } = this.node(member);
        return {
          name: member.name,
          address: `192.0.2.${String(11 + names.indexOf(member.name))}`,
          roles: [member.role],
          ssh: { host: "127.0.0.1", port: server.port, user: "root", hostKey: server.hostKey },
          joining: this.given.length > 0,
        };
      }),
      services: Object.fromEntries(SERVICES.map((unit) => [unit, { kind: "systemd", unit }])),
      inCluster: { enabled: false },
      rollout: { acceptEtcdDowntime: true, detectDrift },
      ...(rotation !== undefined && { rotation }),
    };
  }

  /** The section `authority`, keys as they are to be there. */
  private authority(key: (key: string) => unknown) {
    const given = this.given.map(([name, ca]) => [name, { certificate: ca.certificate, key: key(ca.key) }] as const);
    return { algorithm: "ECDSA-P256", ...Object.fromEntries(given) };
  }

  private now({ days }: World): Date {
    return new Date(NOW.getTime() + days * DAY);
  }

  private args(world: World, detectDrift: boolean): ClusterPkiArgs {
    const [first] = this.nodes.values();
    const own = {
      authority: this.authority((key) => pulumi.secret(key)),
      ssh: { privateKey: first?.server.clientKey },
    };
    return { ...this.raw(world, detectDrift), ...own, now: this.now(world) } as unknown as ClusterPkiArgs;
  }

  config(world: World): Config {
    const raw = { ...this.raw(world, false), authority: this.authority((key) => key), ssh: { agent: true } };
    return parseConfig(raw, { now: this.now(world), secretKeys: new Set(["authority", "ssh"]) });
  }

  plan(world: World): ClusterPlan {
    return planCluster(this.config(world), this.now(world));
  }

  /** Returns when nothing runs on any node any more. */
  async up(world: World, { target, detectDrift = false, onStep }: Options = {}): Promise<Run> {
    const args = this.args(world, detectDrift);
    const how: How = {
      ...(onStep !== undefined && { onStep }),
      ...(target !== undefined && { target: [targetOf(target)] }),
    };
    const run = await this.stack.up(() => ({ certificates: new ClusterPki(NAME, args).certificates }), how);
    await Promise.all([...this.nodes.values()].map((node) => node.ended()));
    return run;
  }

  /** Of the nodes in the stack file, those without any file left out: no run has come to them. */
  files(world: World): Files[] {
    const config = this.config(world);
    return this.plan(world)
      .nodes.map((plan) => filesOf(plan, config, (path) => this.node(plan.node).text(path)))
      .filter(({ leaves, trusts }) => leaves.length + trusts.length > 0);
  }

  /** All that the stack has written on nodes, to see whether anything of it changes. */
  texts(): string {
    return [...this.nodes]
      .flatMap(([name, node]) =>
        ["etc", "var/lib"].flatMap((folder) =>
          node
            .list(folder)
            .filter((path) => !path.startsWith("kube-pki"))
            .map((path) => `${name} /${folder}/${path} ${node.stamp(`/${folder}/${path}`)}`),
        ),
      )
      .join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    this.stack.remove();
  }
}

/** What a run did, but for what was the same: `update walk-cp1-apply`. */
export const stepsOf = ({ steps }: Run): string[] =>
  Object.entries(steps)
    .filter(([, ops]) => ops.some((op) => op !== "same" && op !== "read"))
    .map(([name, ops]) => `${ops.join(",")} ${name}`);
