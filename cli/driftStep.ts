/** `kube-pki drift-step`: reads nodes and prints what was changed there, as a preview or run asks for it (components/drift.ts). */
import { text } from "node:stream/consumers";
import { driftAnswer } from "../core/drift/answer";
import { EXIT, Failure, type Exit } from "./failure";
import { endWithParent } from "./jobOverSsh";
import { answersOf, jobIn } from "./readNodes";

export const command = async (): Promise<Exit> => {
  endWithParent();
  const job = jobIn(await text(process.stdin));
  if (job === undefined) throw new Failure("only a run of pulumi can ask for this: see docs/drift.md");
  const { config, nodes } = job.compared;
  process.stdout.write(JSON.stringify(driftAnswer(config, await answersOf(nodes, job))));
  return EXIT.fine;
};
