import * as pulumi from "@pulumi/pulumi";
import { MENDING_STEPS, type Change, type DriftAnswer, type MendingStep, type NodeDrift } from "../core/drift/change";
import { closedText } from "../core/maintenanceWindow";
import { olderChange } from "../core/drift/older";
import type { LeafName } from "../core/model/profiles";
import { recovers } from "../core/recovery";
import type { NodePlan } from "../core/plan";
import type { Config } from "../core/schema/config";
import type { Issued } from "./authority/authority";
import { comparedNodes } from "./comparedNodes";
import { settled, type Inputs } from "./inputs";
import { ownProgram } from "./ownProgram";
import { sshConnection } from "./sshConnection";
import { warnOn } from "./warnOn";

/** What makes a step run though nothing that it is given has changed. */
export interface Again {
  /**
   * The note of the node that is to be brought back, or the one that it was told last; undefined: none was ever. So a run
   * after a repair changes nothing.
   */
  readonly note: pulumi.Output<string | undefined>;
}

/** A node and what was issued to it. */
interface ReadNode {
  readonly plan: NodePlan;
  readonly pki: pulumi.Resource;
  readonly given?: { readonly leaves: Readonly<Partial<Record<LeafName, Issued>>> };
}

const isMending = (step: string): step is MendingStep => MENDING_STEPS.some((each) => each === step);

export const readsNodes = (config: Config): boolean => config.rollout.detectDrift === true && !recovers(config);

/** One visit to each node in a preview and in a run, before any step; what was changed there behind the stack's back is told. */
export class Drift {
  /** Undefined where nodes are not read. */
  private readonly answer: Promise<DriftAnswer> | undefined;

  /** One moment for all nodes. */
  private readonly now = new Date();

  /** @param row what concerns no single node is told there */
  public constructor(
    private readonly inputs: Inputs,
    row: pulumi.Resource,
  ) {
    this.answer = readsNodes(inputs.config) ? this.read(row) : undefined;
  }

  /** Tells on the node's row what was changed there. */
  public async tell({ plan, pki, given }: ReadNode): Promise<void> {
    const { name } = plan.node;
    const found = (await this.answer)?.nodes[name];
    if (found === undefined) return;
    const lines =
      "unread" in found
        ? [`${found.unread}; whether it was changed behind the stack's back is not known`]
        : [...found.changes, ...(await this.older(found, given))].map(({ text: what, by }) =>
            by.length > 0 ? what : `${what} (no step brings that back)`,
          );
    const more = lines.length > 0 && this.closed !== undefined ? [`nothing is brought back: ${this.closed}`] : [];
    for (const line of [...lines, ...more]) warnOn(pki, `${name}: drift: ${line}`);
  }

  /** Undefined for a step that brings nothing back; "kept": nodes are not read, so it stays as the last run has left it. */
  public again(step: string, { plan, given }: Omit<ReadNode, "pki">): Again | "kept" | undefined {
    if (!isMending(step)) return undefined;
    if (this.answer === undefined) return "kept";
    const note = this.answer.then(async ({ nodes }) => {
      const found = nodes[plan.node.name];
      if (found === undefined || "unread" in found) return undefined;
      // before leaves are issued nothing of theirs is waited for
      const changes = step === "apply" ? [...found.changes, ...(await this.older(found, given))] : found.changes;
      return changes.some(({ by }) => by.includes(step)) && this.closed === undefined ? found.note : found.told[step];
    });
    return { note: pulumi.output(note) };
  }

  /** Why a run may not bring anything back now; a preview tells what one would do that may. */
  private get closed(): string | undefined {
    return pulumi.runtime.isDryRun() ? undefined : closedText(this.inputs.config.rollout, this.now);
  }

  /** Beside what the stack has issued, as far as a preview knows it. */
  private async older({ given: has }: NodeDrift, given: ReadNode["given"]): Promise<Change[]> {
    const leaves = Object.entries(given?.leaves ?? {}) as [LeafName, Issued][];
    const issued = await Promise.all(
      leaves.map(async ([profile, leaf]) => {
        const [certificatePem, at] = await Promise.all([settled(leaf.certificatePem), settled(leaf.issued)]);
        return certificatePem === undefined || at === undefined ? [] : [{ profile, certificatePem, issued: at }];
      }),
    );
    return [olderChange(has, issued.flat(), pulumi.runtime.isDryRun() ? undefined : this.inputs.began) ?? []].flat();
  }

  private async read(row: pulumi.Resource): Promise<DriftAnswer> {
    try {
      return await this.ask(row);
    } catch (error) {
      // a run that can do its work is not stopped by what it cannot see
      const why = error instanceof Error ? error.message : String(error);
      warnOn(row, `drift: no node was read: ${why}`);
      return { nodes: {}, refused: [] };
    }
  }

  private async ask(row: pulumi.Resource): Promise<DriftAnswer> {
    const { inputs } = this;
    const reached = await Promise.all(
      inputs.config.nodes.map(async (node) => {
        const connection = await settled(pulumi.output(sshConnection(inputs, node)));
        return { node, connection };
      }),
    );
    const known = reached.filter(({ connection }) => connection !== undefined);
    const unknown = reached.filter(({ connection }) => connection === undefined).map(({ node }) => node.name);
    if (unknown.length > 0) warnOn(row, `drift: ${unknown.join(", ")}: not read, as the address is not known yet`);
    const compared = await settled(
      comparedNodes(
        inputs,
        known.map(({ node }) => node),
      ),
    );
    if (known.length === 0 || compared === undefined) return { nodes: {}, refused: [] };
    const connections = Object.fromEntries(known.map(({ node, connection }) => [node.name, connection]));
    const job = `{"compared":${compared},"connections":${JSON.stringify(connections)}}`;
    // by a program of its own: what reads nodes is no part of a component
    const answer = JSON.parse(await ownProgram("drift-step", job)) as DriftAnswer;
    // a run is told by the step that compares nodes, which has the last word
    if (pulumi.runtime.isDryRun()) for (const line of answer.refused) warnOn(row, `a step would be refused: ${line}`);
    return answer;
  }
}
