/** What a step on the machine that runs pulumi is given (components/localStep.ts): its job on stdin, and a node to do it by. */
import { text } from "node:stream/consumers";
import { CONNECTION_VARIABLE } from "../core/nodes/connection";
import { EXIT, Failure, type Exit } from "./failure";
import { Ssh, type Connection } from "./ssh/connection";

const PARENT_LOOK_MS = 1_000;

/** Whoever ended the run has not ended this program: it must not go on changing anything on its own. */
export const endWithParent = (): void => {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(EXIT.failed);
  }, PARENT_LOOK_MS).unref();
};

/** @throws Failure where it was not `pulumi up` that began the program, or the node is not reached */
export const jobOverSsh = async (doIt: (job: unknown, ssh: Ssh) => Promise<void>): Promise<Exit> => {
  endWithParent();
  const connection = JSON.parse(process.env[CONNECTION_VARIABLE] ?? "null") as Connection | null;
  if (connection === null)
    throw new Failure("only a step of `pulumi up` can run this command: see docs/cluster-steps.md");
  const job: unknown = JSON.parse(await text(process.stdin));
  const ssh = await Ssh.open(connection);
  try {
    await doIt(job, ssh);
  } finally {
    ssh.close();
  }
  return EXIT.fine;
};
