/**
 * The SDK takes a call that is answered with UNAVAILABLE for the end of the engine (runtime/resource.js): it asks for nothing
 * more, and the program ends well. An engine that is still there takes all that it was not asked for as given up, and deletes
 * it, or tells people to unprotect their CAs. ./engineConnections.ts has the one cause that was found, of inline programs;
 * this is for a program with a process of its own, whatever the cause.
 */
import { connect } from "node:net";

/** What is used of the SDK's own memory of a run (runtime/state.js). */
interface Store {
  readonly terminated?: boolean;
  readonly settings?: { readonly options?: { readonly monitorAddr?: string } };
}

interface Globals {
  readonly asyncLocalStorage?: { getStore(): Store | undefined };
  readonly globalStore?: Store;
}

/** Whether the engine still waits for this program. */
const waits = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
    const socket = connect({ host, port: Number(port), timeout: 5000 });
    const end = (answered: boolean) => (): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });

let isWatched = false;

/** Once in a process: a program that the SDK has ended while the engine waits for it fails, so that nothing is deleted. */
export const failOnLostEngine = (): void => {
  if (isWatched) return;
  isWatched = true;
  const { asyncLocalStorage, globalStore } = globalThis as Globals;
  const store = asyncLocalStorage?.getStore() ?? globalStore;
  process.once("beforeExit", () => {
    const { terminated, settings } = store ?? {};
    if (terminated !== true) return;
    void waits(settings?.options?.monitorAddr ?? "").then((engineWaits) => {
      if (!engineWaits) return; // it has failed itself, and said why
      console.error(
        "the Pulumi SDK lost a call to the engine and asked for nothing more: nothing was deleted; run again",
      );
      process.exitCode = 1;
    });
  });
};
