/** Which leaves are other ones than where the cluster was settled last: those that the plan has another id for, and no other. */
import type { ClusterPlan } from "../../core/plan";
import type { Files } from "./files";

interface Held {
  /** core/certificates/leafId.ts */
  readonly id: string;
  readonly serial: string;
}

export class Leaves {
  /** Since then a run was broken off, or something was changed that the plan does not know. */
  isDisturbed = true;
  /** How many were other ones, the last time. */
  renewed = 0;
  private held = new Map<string, Held>();

  /** @returns what is not as it was planned; and takes the present ones for the next time */
  compare(plan: ClusterPlan, all: readonly Files[]): string[] {
    const now = new Map<string, Held>();
    for (const { node, leaves } of plan.nodes)
      for (const { profile, id } of leaves) {
        const files = all.find((each) => each.node === node.name);
        const serials = new Set(
          files?.leaves.filter((each) => each.profile === profile).map(({ certificate }) => certificate.serialNumber),
        );
        now.set(`${node.name} ${profile}`, { id, serial: [...serials].join(" and ") });
      }
    const found: string[] = [];
    this.renewed = 0;
    for (const [name, { id, serial }] of now) {
      if (!/^[0-9A-F]+$/.test(serial)) found.push(`${name}: ${serial === "" ? "is nowhere" : `there are ${serial}`}`);
      const before = this.held.get(name);
      if (before === undefined) continue;
      if (before.serial !== serial) this.renewed += 1;
      if (before.id !== id && before.serial === serial)
        found.push(`${name}: is due (${before.id} -> ${id}), and is the same`);
      if (before.id === id && before.serial !== serial && !this.isDisturbed)
        found.push(`${name}: is not due (${id}), and is another one`);
    }
    this.held = now;
    this.isDisturbed = false;
    return found;
  }
}
