/**
 * What the engine said in runs of test/withTools/standInCluster.ts: `pulumi up --event-log`, without pulumi's debugging and the
 * fields that core/progress/engineEvent.ts does not read. Times are seconds since the first event.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Order } from "../../../core/nodeOrder";
import type {} from "../../../core/progress/ahead";
import { engineEvent, type EngineEvent } from "../../../core/progress/engineEvent";
import type { Happening } from "../../../core/progress/happening";
import { Progress } from "../../../core/progress/progress";
import { aheadOf } from "../../../core/progress/ahead";

export interface Timed {
  readonly at: number;
  readonly event: EngineEvent;
}

const FOLDER = join(__dirname, "recorded");

export const textOf = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

export const recorded = (name: string): Timed[] =>
  textOf(`${name}.ndjson`)
    .trim()
    .split("\n")
    .flatMap((line) => {
      const event = engineEvent(line);
      const { timestamp } = JSON.parse(line) as { timestamp: number };
      return event === undefined ? [] : [{ at: timestamp * 1000, event }];
    });

/** One control plane, and two workers one after another. */
export const ORDER: Order = new Map([
  ["cp1", []],
  ["w1", ["cp1"]],
  ["w2", ["w1"]],
]);

/** All that a run shows, from its plan to its end. */
export const shown = (run: string, preview?: string): Happening[] => {
  const events = recorded(run);
  const ahead = preview === undefined ? undefined : aheadOf(recorded(preview).map(({ event }) => event));
  const progress = new Progress(0, ahead, preview === undefined ? undefined : ORDER);
  const last = events.at(-1)?.at ?? 0;
  return [
    ...progress.plan(),
    ...events.flatMap(({ at, event }) => progress.take(event, at)),
    ...progress.end(!run.startsWith("failing"), last),
  ];
};
