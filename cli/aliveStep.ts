/** `kube-pki alive-step`: asks etcd members and control planes whether the cluster is dead, as `pulumi up` runs it (components/isDead.ts). */
import { text } from "node:stream/consumers";
import { scriptCommand } from "../core/nodes/scriptCommand";
import { refusal, type AliveJob } from "../core/recovery";
import { EXIT, Failure, type Exit } from "./failure";
import { endWithParent } from "./jobOverSsh";
import { lastLine } from "./run";
import { Ssh, type Connection } from "./ssh/connection";

type Job = AliveJob<Connection>;

const ask = async ({ name, payload, connection }: Job["nodes"][number], sudo: boolean): Promise<string> => {
  const ssh = await Ssh.open(connection);
  try {
    const { code, stdout, stderr } = await ssh.run(scriptCommand("alive", sudo), payload);
    process.stderr.write(stderr);
    if (code !== 0) throw new Failure(lastLine(stderr) || `${name}: the question ended with ${String(code)}`);
    return stdout;
  } finally {
    ssh.close();
  }
};

export const command = async (): Promise<Exit> => {
  endWithParent();
  const job = JSON.parse((await text(process.stdin)) || "null") as Job | null;
  if (job === null) throw new Failure("only a step of `pulumi up` can run this command: see docs/recover.md");
  const answers = await Promise.all(job.nodes.map((node) => ask(node, job.sudo)));
  const why = refusal(answers);
  if (why !== undefined) throw new Failure(why);
  process.stdout.write(answers.join(""));
  return EXIT.fine;
};
