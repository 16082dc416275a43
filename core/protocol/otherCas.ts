/** The CAs of etcd and of the front proxy that go, for those who look for what still needs them. */
import { seeks } from "../authorities/rotation";
import { pemBlocks } from "../format/pem";
import type { Config } from "../schema/config";
import type { Generations } from "./trust";

/** What replaces the CA of another authority than the cluster's. */
export interface OtherCas {
  readonly authority: "etcd" | "frontProxy";
  /** The one that stays, PEM. */
  readonly ca: string;
  /** All before it that the stack knows, PEM; empty where only nodes do. */
  readonly old: string;
}

/** Of those whose rotation ends. */
export const otherCas = (config: Config, generations: Generations): readonly OtherCas[] =>
  (["etcd", "frontProxy"] as const)
    .filter((what) => seeks(config, what))
    .map((authority) => {
      const [ca = "", ...before] = [...generations[authority]].reverse();
      const old = before.flatMap(pemBlocks).filter((block) => !ca.includes(block));
      return { authority, ca, old: old.map((block) => `${block}\n`).join("") };
    });
