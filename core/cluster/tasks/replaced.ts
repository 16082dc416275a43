/** The CAs that go, of each authority whose rotation ends, and those that stay in their place. */
import { blocksOf } from "../../format/pemBlocks";
import { publishedCas } from "./rootCa";
import type { Work } from "../work";

/** Base64 of the DER. */
export interface Replaced {
  readonly old: readonly string[];
  readonly stays: readonly string[];
}

/**
 * Of a cluster that was taken over nobody but itself knows the old CA; until it is retired, it is published beside the one
 * that stays.
 */
const goes = async (work: Work): Promise<readonly string[]> => {
  if (work.job.old !== undefined) return blocksOf(work.job.old);
  const ours = blocksOf(await work.kube.ours("kubernetes"));
  return (await publishedCas(work)).filter((block) => ours.includes(block));
};

/** What nobody publishes the node alone knows. */
const othersGo = async (work: Work): Promise<readonly Replaced[]> =>
  Promise.all(
    (work.job.others ?? []).map(async ({ authority, old, ca }) => {
      const stays = blocksOf(ca);
      const known = old === "" ? await work.kube.ours(authority) : old;
      return { stays, old: blocksOf(known).filter((block) => !stays.includes(block)) };
    }),
  );

export const replaced = async (work: Work): Promise<readonly Replaced[]> => {
  const stays = blocksOf(work.job.ca ?? "");
  // its own issue of the new CA is among what is published
  const old = stays.length === 0 ? [] : (await goes(work)).filter((block) => !stays.includes(block));
  return [...(stays.length === 0 ? [] : [{ old, stays }]), ...(await othersGo(work))];
};

/** Whether a bundle knows a CA that goes and none that takes its place. */
export const lacksReplacement = (blocks: readonly string[], all: readonly Replaced[]): boolean =>
  all.some(
    ({ old, stays }) => blocks.some((block) => old.includes(block)) && !blocks.some((block) => stays.includes(block)),
  );
