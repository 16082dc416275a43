import { endGroups, labGroups } from "./cgroup";
import { restoreLimits } from "./limits";
import { removeNetworks } from "./network";
import { runDir } from "./paths";
import { must } from "./process";
import type { Log } from "./progress";
import { abandonedLabs, readState } from "./state";

/** Ends a lab and removes all of it: processes, cgroups, namespaces, folder. Works on a lab in any state. */
export async function clearLab(name: string): Promise<void> {
  await endGroups(readState(name)?.cgroups ?? labGroups(name), `lab ${name}`);
  await removeNetworks(name);
  await must(["rm", "-rf", "--one-file-system", runDir(name)], { timeoutMs: 120_000 });
  restoreLimits();
}

/** Clears what killed drivers left. */
export async function clearAbandoned(log: Log): Promise<void> {
  for (const name of abandonedLabs()) {
    log(`lab ${name}: its driver is gone, clearing it`);
    await clearLab(name);
  }
}
