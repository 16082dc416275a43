import { readFile } from "node:fs/promises";
import { ensure } from "../../tools/toolchain";
import type { Lab } from "./lab";
import { step, type Log } from "./progress";
import { inWaves } from "./waves";

/** What runs in a cluster beside Kubernetes itself (tools/neighbourTools.ts). */
const PROGRAMS = ["metrics-server", "coredns", "webhook"] as const;

/** Where pods find them: their nodes' /opt is mounted into them (test/e2e/clients/userland.ts). */
const FOLDER = "/opt/neighbours";

export const programOnNode = (name: (typeof PROGRAMS)[number]): string => `${FOLDER}/${name}`;

/** Gets the programs, by building them once, and puts them on every node that pods run on. */
export async function installNeighbours(lab: Lab, log: Log): Promise<void> {
  const paths = await ensure(PROGRAMS, log);
  await step(log, "putting the neighbours' programs on the nodes", async () => {
    for (const name of PROGRAMS) {
      const program = await readFile(paths[name]);
      const at = programOnNode(name);
      await inWaves(lab.clusterNodes, (node) =>
        lab.must(node, `mkdir -p ${FOLDER} && cat >${at} && chmod 755 ${at}`, { stdin: program, timeoutMs: 120_000 }),
      );
    }
  });
}
