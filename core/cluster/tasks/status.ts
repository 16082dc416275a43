/** The ConfigMap kube-system/kube-pki: what monitoring and people without the stack can read (core/cluster/published.ts). */
import { STATUS_CONFIG_MAP } from "../published";
import type { Work } from "../work";

const isoOf = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");

/**
 * A time since when something is so is kept for as long as it stays so, so it has to be known from before: what was renewed last is
 * told by another next renewal, and a phase by what was published of it.
 */
export const publishStatus = async (work: Work): Promise<void> => {
  const { nextRenewal, notAfter, rotation } = work.fact("status", "status");
  const held = (await work.kube.get("configmaps", STATUS_CONFIG_MAP))?.data ?? {};
  const now = isoOf(work.clock.now());
  const since = (isSame: boolean, key: string): string => (isSame ? (held[key] ?? now) : now);
  const phases = Object.entries(rotation).flatMap(([what, { generation, phase }]) => {
    const text = `generation ${String(generation)}, ${phase}`;
    const key = `${what}.since`;
    return [
      [what, text],
      [key, since(held[what] === text, key)],
    ];
  });
  const data: Readonly<Record<string, string>> = {
    nextRenewal,
    notAfter,
    lastRenewal: since(held["nextRenewal"] === nextRenewal, "lastRenewal"),
    ...Object.fromEntries(phases),
  };
  if (Object.entries(data).every(([key, value]) => held[key] === value)) return;
  await work.kube.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { ...STATUS_CONFIG_MAP }, data });
  work.say("configmap kube-pki in kube-system says what was renewed and what is next");
};
