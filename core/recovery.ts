/** Whether a cluster is dead, by what its nodes say (docs/node-protocol.md, verb `alive`), and so may be brought back at once. */
import { isRotating } from "./authorities/rotation";
import { STRATEGIES } from "./model/strategies";
import type { Config } from "./schema/config";

export const recovers = ({ rollout }: Pick<Config, "rollout">): boolean => STRATEGIES[rollout.strategy].recovers;

/** Whether what is trusted changes as well: the CAs themselves have ended, or their keys are gone. */
export const recoversTrust = (config: Config): boolean => recovers(config) && isRotating(config);

/** What the step is given that asks the nodes (cli/aliveStep.ts). */
export interface AliveJob<Connection> {
  readonly sudo: boolean;
  readonly nodes: readonly {
    readonly name: string;
    /** For the verb `alive` (core/protocol/alive.ts). */
    readonly payload: string;
    readonly connection: Connection;
  }[];
}

const linesOf = (answers: readonly string[], pattern: RegExp): string[] =>
  answers.flatMap((answer) => [...answer.matchAll(pattern)].map(([, what = ""]) => what));

/** @returns why nothing may be touched: where API servers answer and nothing has ended, nodes go one after another */
export const refusal = (answers: readonly string[]): string | undefined => {
  const [answering] = linesOf(answers, /^api (\S+) yes$/gm);
  if (answering === undefined || linesOf(answers, /^ended (\S+) /gm).length > 0) return undefined;
  return (
    `rollout.strategy: recover: ${answering} answers, and no certificate of a control plane has ended; must be rolling, ` +
    "because this cluster is not dead; remove rollout.strategy, then run again: no node was touched"
  );
};
