/** Asks whoever is at the terminal. */
import { createInterface } from "node:readline/promises";

/** Undefined: they have gone (Ctrl-C, Ctrl-D), and readline would never answer. */
export const answerTo = async (
  question: string,
  output: NodeJS.WritableStream,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<string | undefined> => {
  const terminal = createInterface({ input, output });
  const gone = new Promise<undefined>((resolve) => {
    terminal.once("close", () => {
      resolve(undefined);
    });
  });
  try {
    return (await Promise.race([terminal.question(question).catch(() => undefined), gone]))?.trim();
  } finally {
    terminal.close();
  }
};
