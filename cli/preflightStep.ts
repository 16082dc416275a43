/** `kube-pki preflight-step`: compares nodes with the stack file before any is touched, as `pulumi up` runs it (components/preflightStep.ts). */
import { text } from "node:stream/consumers";
import { closedText } from "../core/maintenanceWindow";
import { compare } from "../core/preflight/compare";
import { dueNodes, notesOf } from "../core/preflight/job";
import { EXIT, Failure, type Exit } from "./failure";
import { endWithParent } from "./jobOverSsh";
import { answersOf, jobIn } from "./readNodes";

/** What the provider says of the run before (command:local:Command, addPreviousOutputInEnv). */
const NOTES = "PULUMI_COMMAND_STDOUT";

const listed = (heading: string, lines: readonly string[]): string =>
  [heading, ...lines.map((line) => `  ${line}`)].join("\n");

export const command = async (): Promise<Exit> => {
  endWithParent();
  const job = jobIn(await text(process.stdin));
  if (job === undefined) throw new Failure("only a step of `pulumi up` can run this command: see docs/preflight.md");
  const notes = process.env[NOTES] ?? "";
  const { config, nodes } = job.compared;
  const due = dueNodes(nodes, notes);
  const closed = due.length === 0 ? undefined : closedText(config.rollout, new Date());
  if (closed !== undefined) throw new Failure(`${closed}; nothing was touched`);
  const { refused, told } = compare(config, await answersOf(due, job), notes === "");
  if (told.length > 0)
    process.stderr.write(`${listed("what the nodes have and the stack file does not say:", told)}\n`);
  if (refused.length > 0)
    throw new Failure(listed("the nodes are not as the stack file says, and nothing was touched:", refused));
  process.stdout.write(notesOf(nodes));
  return EXIT.fine;
};
