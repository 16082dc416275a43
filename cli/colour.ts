/** Colours on a terminal, and nowhere else. */
import type { WriteStream } from "node:tty";
import type { Paint } from "../core/report/forms/table";

/** SGR of ECMA-48: the eight colours that every terminal has, in the user's own shades. */
const CODES: Readonly<Record<Parameters<Paint>[0], string>> = { good: "32", warning: "33", bad: "31" };

type Stream = Partial<Pick<WriteStream, "isTTY" | "hasColors">>;

/** No colour for a file, a pipe, a dumb terminal, or whoever has set NO_COLOR (https://no-color.org). */
export const paintFor =
  (stream: Stream, env: NodeJS.ProcessEnv): Paint =>
  (tone, text) => {
    // set but empty is not set, which Node 20 does not know
    const isRefused = (env["NO_COLOR"] ?? "") !== "";
    const isShown = stream.isTTY === true && stream.hasColors?.({ ...env, NO_COLOR: undefined }) === true;
    return isShown && !isRefused ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text;
  };
