/** What a run has done so far: by node, and in all. */
import type { Due } from "./ahead";
import type { End, Happening, NodeEnd } from "./happening";

/** With one decimal; of milliseconds. */
export const secondsSince = (began: number, at: number): number => Math.round((at - began) / 100) / 10;

/** Where what is done once is told among the nodes. */
export const NO_NODE = "-";

export class Tally {
  /** Certificates, of the whole run. */
  public issued = 0;
  private told = 0;
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
    const issued = this.issued - this.told;
    this.told = this.issued;
    return issued === 0 ? [] : [{ event: "certificates", issued }];
  }

  /** @param order of the nodes; what is done once comes first */
  public of(order: readonly string[]): Pick<End, "changes" | "nodes" | "issued" | "summary"> {
    const nodes = [NO_NODE, ...order].flatMap((node): NodeEnd[] => {
      const end = this.ends.get(node);
      return end === undefined ? [] : [{ node, ...end }];
    });
    return {
      changes: this.changes,
      nodes,
      issued: this.issued,
      ...(this.summary === undefined ? {} : { summary: this.summary }),
    };
  }
}
