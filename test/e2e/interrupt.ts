import type { Lab } from "../lab/lab";

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Ctrl-C ends the lab before this process ends. (A lab whose process was killed, or interrupted while it was still being
 * started, is cleared by the next one.) Call the result when the lab has ended otherwise.
 */
export const endLabOnInterrupt = (lab: Lab, log: (line: string) => void): (() => void) => {
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const handler = (): void => {
      log("interrupted: ending the lab");
      void lab.stop().finally(() => process.exit(code));
    };
    process.once(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const remove of handlers) remove();
  };
};
