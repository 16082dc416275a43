import { createServer } from "node:net";

/** Below the ports that Linux gives to outgoing connections: one of those would sit on a port whose server is restarting. */
const FIRST = 10_000;

/** Of each process of mocha's; 4 fit below 32768. */
const SHARE = 5_000;

/** mocha numbers the processes it runs files in. */
const share = FIRST + (Number(process.env["MOCHA_WORKER_ID"] ?? 0) % 4) * SHARE;

let next = process.pid % SHARE;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once("error", () => {
        resolve(false);
      })
      .listen(port, "127.0.0.1", () =>
        server.close(() => {
          resolve(true);
        }),
      );
  });

/** A port of 127.0.0.1 that nothing listens on, and that no other test is given, also while its server is down. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < SHARE; tries++) {
    const port = share + next;
    next = (next + 1) % SHARE;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${String(share)} to ${String(share + SHARE - 1)}`);
}
