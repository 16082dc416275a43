/**
 * What every node is asked at once and changes nothing by (docs/node-protocol.md, verb `check`): whether its pods have the
 * new CA before any server is signed by it, and whether somebody on it still needs what is about to go.
 */
import { caPart } from "./authorities";
import type { Config } from "./config";
import type { Fact, Facts } from "./inCluster/steps";
import { gateLine } from "./inCluster/steps";
import { as, framed, part } from "./payloadLines";
import type { NodePlan } from "./plan";
import { hasWay, stateOf, type Rotated } from "./rotation";

/** `old` is empty where the stack does not know it; `tokenKid` undefined where it does not manage the key. */
type Known = Readonly<Pick<Facts, Extract<Fact, "ca" | "final" | "old">>> & { readonly tokenKid: string | undefined };

const isDone = (config: Config, what: Rotated): boolean => stateOf(config, what).phase === "done";

const oldLines = ({ old }: Known): string[] => (old.trim() === "" ? [] : part("old:kubernetes", old));

/** Where the stack works in the cluster it also looks whether what it did has arrived. */
const looksAtMounts = (config: Config): boolean => config.inCluster.enabled && hasWay(config, "kubernetes");

const mountedLines = (config: Config, { ca }: Known): string[] =>
  looksAtMounts(config) ? part("mounted:kubernetes", ca) : [];

/** Between `trust` and `issue`. */
export const mountsPayload = (plan: NodePlan, config: Config, known: Known): string =>
  framed("check", [
    `node ${as.name(plan.node.name)}`,
    ...mountedLines(config, known),
    ...oldLines(known),
    gateLine("scan", config),
  ]);

/** Before anything is retired; of the mounts once more, since pods may have come from anywhere meanwhile. */
export const checkPayload = (plan: NodePlan, config: Config, known: Known): string =>
  framed("check", [
    `node ${as.name(plan.node.name)}`,
    ...(isDone(config, "kubernetes")
      ? [...part(caPart("kubernetes"), known.final), ...mountedLines(config, known), ...oldLines(known)]
      : []),
    ...(isDone(config, "serviceAccount") && known.tokenKid !== undefined
      ? [`token-kid ${as.keyId(known.tokenKid)}`]
      : []),
    gateLine("scan", config),
    gateLine("tokens", config),
  ]);
