/** The CAs of the kubernetes authority that steps in the cluster distribute. */
import { isAdopted, isRotating, generationsUpTo, stateOf } from "../authorities/rotation";
import { pemBlocks } from "../format/pem";
import { whyMissing } from "../format/printedBefore";
import { caPart } from "../protocol/parts";
import type { Config } from "../schema/config";
import type { Facts } from "./facts";

const lines = (blocks: readonly string[]): string => blocks.map((block) => `${block}\n`).join("");

/** The CAs that a node trusts, by the answer of its `trust` step. */
export const trustedBy = (stdout: string): string => {
  const line = `trusted ${caPart("kubernetes")}`;
  const at = `${line}\n`;
  const start = `\n${stdout}`.indexOf(`\n${at}`);
  const [text = ""] = start < 0 ? [] : stdout.slice(start + at.length).split(/^(?:trusted|done) /m);
  const blocks = pemBlocks(text);
  if (blocks.length === 0)
    throw new Error(`the node did not report which CAs it trusts: ${whyMissing(stdout, line)}, run again`);
  return lines(blocks);
};

/**
 * Whether only nodes know all that was trusted before: the CA before this generation is not the stack's, or CSR signers
 * whose keys are on control planes were removed from the stack.
 */
export const learnedFromNodes = (config: Config): boolean =>
  (isAdopted(config, "kubernetes") && stateOf(config, "kubernetes").generation === 1) ||
  (config.authority.csrSigner === "node" && isRotating(config));

/** By the clock a run may have missed generations, so that the one before may not be the one in use. */
const rotating = (config: Config, generations: readonly string[]): string[] => {
  const kept = generationsUpTo(stateOf(config, "kubernetes"));
  const concerned = config.rotation?.byClock === true ? kept : kept.slice(-2);
  return [...concerned].reverse().flatMap((generation) => pemBlocks(generations[generation - 1] ?? ""));
};

/** The facts about CAs. */
export type TrustFact = "ca" | "final" | "rotating" | "old";

/**
 * @param generations certificates by generation, the CA's first: index 0 is generation 1
 * @param trusted what a node trusts since its `trust` step; used only where `learnedFromNodes`
 */
export const trustTexts = (
  config: Config,
  generations: readonly string[],
  trusted: string | undefined,
): Pick<Facts, TrustFact> => {
  const final = pemBlocks(generations.at(-1) ?? "");
  const all =
    trusted === undefined
      ? rotating(config, generations)
      : [...final, ...pemBlocks(trusted).filter((block) => !final.includes(block))];
  return {
    ca: lines(final.slice(0, 1)),
    final: lines(final),
    rotating: lines(all),
    old: lines(all.filter((block) => !final.includes(block))),
  };
};
