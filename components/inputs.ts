import * as pulumi from "@pulumi/pulumi";
import { filledIn, mayBeLate, splitInputs } from "../core/config/inputs";
import { parseConfig } from "../core/config/parse";
import { ConfigError } from "../core/config/problems";
import { planCluster, type ClusterPlan, type NodePlan } from "../core/plan";
import type { Config, NodeConfig } from "../core/schema/config";
import { isKnown } from "./isKnown";
import type { Sections } from "./sections";

/** The configuration and plan of a cluster, as far as they are known. */
export interface Known {
  readonly config: Config;
  readonly plan: ClusterPlan;
}

/** The same with one node of the plan. */
export interface KnownToNode extends Known {
  readonly node: NodePlan;
}

/** Undefined where a preview does not know it. */
export const settled = <T>(output: pulumi.Output<T>): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    isKnown(output).then((known) => {
      if (known) output.apply(resolve);
      else resolve(undefined);
    }, reject);
  });

/** Sections have their values apart: what one waits for may itself wait for what another one gave. */
const sectionOf = (path: string): string => /^\w*/.exec(path)?.[0] ?? path;

/**
 * What a cluster is made from, where some values come to be known only while the program runs: addresses, host keys, CA
 * certificates and keys. Which resources there are follows from the rest, planned with stand-ins for them; what a resource is
 * given is computed again once they are known, all of a section at once and checked as if they had been plain.
 */
export class Inputs {
  /** With stand-ins. */
  public readonly config: Config;
  /** With stand-ins. */
  public readonly plan: ClusterPlan;
  /** When the run began, whatever moment is planned for. */
  public readonly began: Date;

  private readonly raw: Readonly<Record<string, unknown>>;
  private readonly late: ReadonlyMap<string, pulumi.Output<unknown>>;
  private readonly known = new Map<string, Promise<Known>>();

  /** @throws pulumi.RunError with one sentence for each problem */
  public constructor(
    private readonly base: string,
    sections: Sections,
    now: Date,
  ) {
    const { raw, late } = splitInputs({ ...sections });
    this.raw = raw;
    this.began = now;
    this.late = new Map([...late].map(([path, value]) => [path, pulumi.output(value)]));
    this.config = this.parsed(raw, new Set(late.keys()), now);
    this.plan = planCluster(this.config, this.config.asOf);
  }

  /**
   * What follows from the values at these paths of one section, and from everything that is plain.
   *
   * @throws Error where the schema does not mark the path as an input: its value would stay a stand-in
   */
  public of<T>(paths: readonly string[], pick: (known: Known) => T | Promise<T>): pulumi.Input<T> {
    for (const path of paths)
      if (!mayBeLate(path)) throw new Error(`${path}: no field of the stack file that may be an output`);
    const late = paths.flatMap((path) => this.late.get(path) ?? []);
    const [first] = paths.filter((path) => this.late.has(path));
    if (first === undefined) return pick(this);
    return pulumi.all(late).apply(async () => pick(await this.knownOf(sectionOf(first))));
  }

  /** What follows from the node's own address: its leaves. */
  public ofNode<T>(node: NodeConfig, pick: (known: KnownToNode) => T | Promise<T>): pulumi.Input<T> {
    return this.of([this.addressOf(node)], (known) => pick(toNode(known, node)));
  }

  /** What a node, or a step through it, is told: that follows from it and from where etcd and API servers are. */
  public payload<T>(node: NodeConfig, write: (known: KnownToNode) => T): pulumi.Output<T> {
    const servers = this.config.nodes.filter(
      ({ name, roles }) => name === node.name || roles.includes("control-plane") || roles.includes("etcd"),
    );
    const paths = servers.map((each) => this.addressOf(each));
    // plain data: there is nothing to unwrap
    return pulumi.output(this.of(paths, (known) => write(toNode(known, node)))) as pulumi.Output<T>;
  }

  /** Path of a node in the arguments. */
  public pathOf({ name }: NodeConfig): string {
    return `nodes[${String(this.config.nodes.findIndex((each) => each.name === name))}]`;
  }

  private addressOf(node: NodeConfig): string {
    return `${this.pathOf(node)}.address`;
  }

  private knownOf(section: string): Promise<Known> {
    const known = this.known.get(section) ?? this.learn(section);
    this.known.set(section, known);
    return known;
  }

  /** In a preview some values stay unknown; nothing that follows from them is computed. */
  private async learn(section: string): Promise<Known> {
    const own = [...this.late].filter(([path]) => sectionOf(path) === section);
    const values = await Promise.all(own.map(async ([path, output]) => [path, await settled(output)] as const));
    const learned = new Map(values.filter(([, value]) => value !== undefined));
    const awaited = new Set([...this.late.keys()].filter((path) => !learned.has(path)));
    const config = this.parsed(filledIn(this.raw, learned), awaited, this.config.asOf);
    return { config, plan: planCluster(config, config.asOf) };
  }

  private parsed(raw: Readonly<Record<string, unknown>>, awaited: ReadonlySet<string>, now: Date): Config {
    try {
      return parseConfig(raw, { now, awaited });
    } catch (error) {
      // a user's mistake: the message says it, a stack trace would hide it
      if (error instanceof ConfigError) throw new pulumi.RunError(`${this.base}: ${error.message}`);
      throw error;
    }
  }
}

const toNode = (known: Known, { name }: NodeConfig): KnownToNode => {
  const node = known.plan.nodes.find((each) => each.node.name === name);
  if (node === undefined) throw new Error(`${name}: not in the plan`);
  return { ...known, node };
};
