import type { Lab } from "./lab";
import { sleep, waitFor } from "./process";
import { step, type Log } from "./progress";

/** Waits until the API answers /readyz through the lab's endpoint. */
export async function waitForApi(lab: Lab, timeoutMs: number): Promise<void> {
  await waitFor(`${lab.name}: the API at ${lab.endpoint} answers /readyz with ok`, timeoutMs, 300, async () => {
    const { stdout } = await lab.kubectl(["get", "--raw", "/readyz", "--request-timeout=3s"]);
    return stdout === "ok" ? true : undefined;
  });
}

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly conditions?: readonly {
        readonly type: string;
        readonly status: string;
        readonly lastHeartbeatTime: string;
      }[];
    };
  }[];
}

/** Names of the nodes that are Ready and whose kubelet said so after `since`: a stopped cluster's last word is not believed. */
export function readyNodes(list: NodeList, since: number): string[] {
  const ready = list.items.filter(({ status }) =>
    (status.conditions ?? []).some(
      (each) => each.type === "Ready" && each.status === "True" && Date.parse(each.lastHeartbeatTime) >= since,
    ),
  );
  return ready.map(({ metadata }) => metadata.name);
}

/** As `readyNodes`; undefined while nobody answers. */
export async function askReady(lab: Lab, since: number): Promise<string[] | undefined> {
  const { code, stdout } = await lab.kubectl(["get", "nodes", "-o", "json", "--request-timeout=5s"]);
  return code === 0 ? readyNodes(JSON.parse(stdout) as NodeList, since) : undefined;
}

/** Waits until each of these nodes is Ready, by a heartbeat not older than `since`. */
export async function waitForNodes(
  lab: Lab,
  names: readonly string[],
  since: number,
  timeoutMs: number,
): Promise<void> {
  let missing = [...names];
  const what = (): string => `${lab.name}: nodes Ready, still missing ${missing.join(", ")}`;
  const end = Date.now() + timeoutMs;
  while (missing.length > 0) {
    const ready = await askReady(lab, since);
    if (ready !== undefined) missing = names.filter((name) => !ready.includes(name));
    if (missing.length > 0 && Date.now() > end)
      throw new Error(`${what()}: not so after ${String(timeoutMs / 1000)} s`);
    if (missing.length > 0) await sleep(500);
  }
}

/** Waits until the API is ready and then until these nodes are. */
export async function waitForCluster(
  lab: Lab,
  names: readonly string[],
  since: number,
  timeoutMs: number,
  log: Log,
): Promise<void> {
  await lab.kubeconfig();
  await step(log, `lab ${lab.name}: API ready`, () => waitForApi(lab, timeoutMs));
  await step(log, `lab ${lab.name}: nodes Ready`, () => waitForNodes(lab, names, since, timeoutMs));
}

/** Times that the API gives have no fractions of a second. */
export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
