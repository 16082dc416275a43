/** How an `up` goes through the nodes. */
interface StrategyRow {
  /** A cluster that is dead is brought back: files first, then all members of etcd at once, nothing of what is dead restored. */
  readonly recovers: boolean;
}

export const STRATEGIES = {
  rolling: { recovers: false },
  recover: { recovers: true },
} as const satisfies Readonly<Record<string, StrategyRow>>;

export type Strategy = keyof typeof STRATEGIES;
export const STRATEGY_NAMES = Object.keys(STRATEGIES) as [Strategy, ...Strategy[]];
export const DEFAULT_STRATEGY: Strategy = "rolling";
