/** What makes a node in a folder quick where no service runs that needs time. */
import { existsSync } from "node:fs";
import type { Scratch } from "./scratch";

/** A folder in memory, where there is one: a run flushes all that it writes. */
export const inMemory = (): string | undefined => (existsSync("/dev/shm") ? "/dev/shm" : undefined);

/**
 * Whoever relays what a worker says waits for the worker's end, which is seen at once: looks at it every 20 ms were a third
 * of the processes of a run. Its `kill -0` then finds nobody.
 */
const RELAYS = `for worker in "$KUBE_PKI_ROOT/var/lib/kube-pki"/run."$PPID".*/worker; do
  [ ! -f "$worker" ] || { read -r _ pid _ <"$worker" && exec /usr/bin/tail -f --pid="$pid" -s 0.02 /dev/null; }
done 2>/dev/null
`;

/** Nothing is waited for. @param sleep - the real program */
export const hasten = (node: Scratch, sleep = "/usr/bin/sleep"): void => {
  node.tool("sleep", `${RELAYS}exec ${sleep} 0.02`);
};
