/** `kube-pki cluster-step`: one step in the cluster, as `pulumi up` runs it (components/localStep.ts). */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterPayload } from "../core/cluster/payload";
import { runJob } from "../core/cluster/run";
import { Refusal, type Clock } from "../core/cluster/work";
import { nodeScriptGzip } from "../node/script";
import { Failure, type Exit } from "./failure";
import { jobOverSsh } from "./jobOverSsh";
import { NodeKube } from "./nodeKube";

/** No step of this machine's clock shortens a wait. */
const CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

export const command = (): Promise<Exit> =>
  jobOverSsh(async (given, ssh) => {
    const { through, job } = given as ClusterPayload;
    const ours = `${job.ca ?? ""}${job.old ?? ""}`;
    const cas = {
      ...(ours === "" ? {} : { kubernetes: ours }),
      ...(job.frontProxy === undefined ? {} : { frontProxy: job.frontProxy }),
    };
    const kube = new NodeKube((command, stdin) => ssh.run(command, stdin), through, cas, CLOCK);
    const line = (stream: NodeJS.WriteStream) => (said: string) => void stream.write(`${said}\n`);
    try {
      await runJob(job, {
        kube,
        clock: CLOCK,
        nodeScript: nodeScriptGzip(),
        report: line(process.stdout),
        say: line(process.stderr),
      });
    } catch (error) {
      throw error instanceof Refusal ? new Failure(error.message) : error;
    }
  });
