/** `kube-pki cluster-step`: one step in the cluster, as `pulumi up` runs it (components/clusterCommand.ts). Its job is on stdin. */
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { CONNECTION_VARIABLE, type ClusterPayload } from "../core/cluster/payload";
import { runJob } from "../core/cluster/run";
import { Refusal, type Clock } from "../core/cluster/work";
import { NODE_SCRIPT_GZIP } from "../node/script";
import { EXIT, Failure, type Exit } from "./failure";
import { NodeKube } from "./nodeKube";
import { Ssh, type Connection } from "./ssh/connection";

/** No step of this machine's clock shortens a wait. */
const CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

const PARENT_LOOK_MS = 1_000;

/** Whoever ended the run has not ended this program: it must not go on changing the cluster on its own. */
const endWithParent = (): void => {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(EXIT.failed);
  }, PARENT_LOOK_MS).unref();
};

export const clusterStep = async (): Promise<Exit> => {
  endWithParent();
  const { through, job } = JSON.parse(await text(process.stdin)) as ClusterPayload;
  const connection = JSON.parse(process.env[CONNECTION_VARIABLE] ?? "null") as Connection | null;
  if (connection === null)
    throw new Failure("this command is for the steps of `pulumi up` alone: see docs/cluster-steps.md");
  const ssh = await Ssh.open(connection);
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
      nodeScript: NODE_SCRIPT_GZIP,
      report: line(process.stdout),
      say: line(process.stderr),
    });
  } catch (error) {
    throw error instanceof Refusal ? new Failure(error.message) : error;
  } finally {
    ssh.close();
  }
  return EXIT.fine;
};
