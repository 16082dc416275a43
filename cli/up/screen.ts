/** Where what happens in a run is shown: lines, lines above a line that changes, or JSON. */
import type { Writable } from "node:stream";
import type { WriteStream } from "node:tty";
import { aboutText } from "../../core/progress/ahead";
import { PROGRESS_VERSION, type Happening } from "../../core/progress/happening";
import type { Progress } from "../../core/progress/progress";
import { linesOf } from "../../core/progress/text";
import { paintFor } from "../colour";

export interface Screen {
  /** @param seconds since the run began */
  readonly show: (happenings: readonly Happening[], seconds: number) => void;
  /** Called again and again while it runs. */
  readonly now: (progress: Progress, seconds: number) => void;
  readonly end: () => void;
}

const nothing = (): void => undefined;

export const jsonScreen = (out: Writable): Screen => ({
  show: (happenings, seconds) => {
    for (const happening of happenings)
      out.write(`${JSON.stringify({ version: PROGRESS_VERSION, elapsedSeconds: tenths(seconds), ...happening })}\n`);
  },
  now: nothing,
  end: nothing,
});

const tenths = (seconds: number): number => Math.round(seconds * 10) / 10;

/** `[ 1:05]`. */
const clock = (seconds: number): string => {
  const text = `${String(Math.floor(seconds / 60))}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  return `[${text.padStart(5)}]`;
};

type Terminal = Writable & Partial<Pick<WriteStream, "isTTY" | "columns" | "hasColors">>;

const CLEAR_LINE = "\r\u001b[K";

export const lineScreen = (out: Terminal, env: NodeJS.ProcessEnv): Screen => {
  const paint = paintFor(out, env);
  const movesCursor = out.isTTY === true && env["TERM"] !== "dumb";
  let status = "";
  const draw = (text: string): void => {
    if (!movesCursor || (text === "" && status === "")) return;
    out.write(`${CLEAR_LINE}${text}`);
    status = text;
  };
  return {
    show: (happenings, seconds) => {
      const kept = status;
      for (const happening of happenings)
        for (const line of linesOf(happening, paint)) {
          draw("");
          out.write(happening.event === "end" ? `${line}\n` : `${clock(seconds)} ${line}\n`);
        }
      if (kept !== "") draw(kept);
    },
    now: (progress, seconds) => {
      draw(`${clock(seconds)} ${statusText(progress)}`.slice(0, (out.columns ?? 80) - 1));
    },
    end: () => {
      draw("");
    },
  };
};

/** What runs now, in one line. */
const statusText = (progress: Progress): string => {
  const [first, ...others] = progress.now;
  const left = progress.remaining;
  const about = left === undefined ? "" : `, ${aboutText(left)} left`;
  if (first === undefined) return `pulumi works${about}`;
  const { node, step, text, index, of } = first;
  const what = node === undefined ? step : `${node} ${step}`;
  const place = index === undefined || of === undefined ? "" : ` (${String(index)}/${String(of)})`;
  const more = others.length === 0 ? "" : ` and ${String(others.length)} more`;
  return `${what}${place}${more}${text === undefined ? "" : `: ${text}`}${about}`;
};
