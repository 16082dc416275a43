/** What a run has done so far: by node, and in all. */
import type { Due } from "./ahead";
import type { Happening, NodeEnd } from "./happening";

/** With one decimal; of milliseconds. */
export const secondsSince = (began: number, at: number): number => Math.round((at - began) / 100) / 10;

/** Where what is done once is told among the nodes. */
const NO_NODE = "-";

export class Tally {
  public issued = 0;
  public changes: Readonly<Record<string, number>> = {};
  public summary: unknown;
  private readonly ends = new Map<string, { result: NodeEnd["result"]; readonly steps: Record<string, number> }>();

  public note(due: Due, seconds: number, result: NodeEnd["result"]): void {
    const whose = due.kind === "node" ? due.node : NO_NODE;
    const end = this.ends.get(whose) ?? { result: "succeeded", steps: {} };
    if (result === "failed") end.result = "failed";
    end.steps[due.step] = (end.steps[due.step] ?? 0) + seconds;
    this.ends.set(whose, end);
  }

  /** Those that were issued since it was asked last. */
  public certificates(): Happening[] {
    if (this.issued === 0) return [];
    const { issued } = this;
    this.issued = 0;
    return [{ event: "certificates", issued }];
  }

  /** @param order of the nodes; what is done once comes first */
  public of(order: readonly string[]): Pick<Extract<Happening, { event: "end" }>, "changes" | "nodes" | "summary"> {
    const nodes = [NO_NODE, ...order].flatMap((node): NodeEnd[] => {
      const end = this.ends.get(node);
      return end === undefined ? [] : [{ node, ...end }];
    });
    return { changes: this.changes, nodes, ...(this.summary === undefined ? {} : { summary: this.summary }) };
  }
}
