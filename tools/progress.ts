// What a person sees while tools are got: what is being made, what is left, and
// for how long it goes on.

import type { Tool } from "./catalog";

export interface Work {
  readonly tool: Tool;
  /** On two idle cores. */
  readonly seconds: number;
}

export interface Progress {
  readonly begin: (tool: Tool, words: string) => void;
  readonly step: (step: string) => void;
  readonly end: (tool: Tool) => void;
  readonly stop: () => void;
}

const heartbeatMs = 15_000;

/** Announces the whole work at once, and speaks at least every 15 seconds until it is stopped. */
export function startProgress(
  work: readonly Work[],
  cores: number,
  log: (line: string) => void,
  clock: () => number = Date.now,
): Progress {
  const left = new Map(work.map(({ tool, seconds }) => [tool.name, (seconds * 2) / Math.max(1, cores)]));
  const names = work.map(({ tool }) => `${tool.name} ${tool.version}`).join(", ");
  const compiles = work.some(({ seconds }) => seconds > 0) ? ", less where parts were built before" : "";
  log(`getting ${names}: ${estimate(sum(left))} on ${count(cores, "core")}${compiles}`);
  let current = "";
  let step = "";
  let began = clock();
  let done = 0;
  const beat = setInterval(() => {
    if (current !== "") log(`${current}: ${step}, ${elapsed(clock() - began)}`);
  }, heartbeatMs);
  beat.unref();
  return {
    begin: (tool, words) => {
      current = tool.name;
      step = "working";
      began = clock();
      log(
        `[${String(done + 1)}/${String(work.length)}] ${tool.name} ${tool.version}: ${words} (${estimate(left.get(tool.name) ?? 0)}; ${estimate(sum(left))} in all)`,
      );
    },
    step: (words) => {
      step = words;
    },
    end: (tool) => {
      current = "";
      done += 1;
      left.delete(tool.name);
      log(
        `[${String(done)}/${String(work.length)}] ${tool.name} ${tool.version}: ready after ${elapsed(clock() - began)}`,
      );
    },
    stop: () => {
      clearInterval(beat);
    },
  };
}

/** Words for a time that is only roughly known. */
export function estimate(seconds: number): string {
  if (seconds < 45) return "under a minute";
  return `about ${String(Math.round(seconds / 60))} min`;
}

function elapsed(ms: number): string {
  return `${String(Math.round(ms / 1000))} s`;
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function sum(left: ReadonlyMap<string, number>): number {
  return [...left.values()].reduce((total, seconds) => total + seconds, 0);
}
