/** `kube-pki timer run`: what the unit and pipelines run. It prints what is due and why, then `kube-pki up` does it. */
import { approvesServing } from "../../core/certificates/approvesServing";
import { doneText } from "../../core/progress/text";
import { dueReport } from "../dueReport";
import { dueText } from "../due";
import { EXIT, Failure, type Exit } from "../failure";
import { parsedOptions, STACK_OPTIONS } from "../options";
import { previewedConfig, runPreview } from "../preview";
import { onlyRenewsNow, upRan } from "../up";
import type { OptionTable, Spec } from "../usage/spec";

const OPTIONS = {
  ...STACK_OPTIONS,
  "any-change": { type: "boolean", default: false, text: "also change CAs or the phase of a rotation" },
} as const satisfies OptionTable;

export const RUN: Spec = {
  summary: "what the timer runs: renews what is due, and fails if CAs or a phase would change",
  options: OPTIONS,
  examples: [["timer run --stack prod", "the weekly job of a pipeline"]],
  page: "unattended.md",
};

const say = (text: string): void => void process.stdout.write(text);

export const runDue = async (args: readonly string[]): Promise<Exit> => {
  const options = parsedOptions(args, OPTIONS);
  if (!options["any-change"] && !(await onlyRenewsNow(options)))
    throw new Failure(
      "nothing was done: this run would change CAs, how they are kept, or the phase of a rotation, or none has succeeded " +
        "yet. A person begins that: run `pulumi up` once (--any-change of `kube-pki timer install` lets the timer do it)",
    );
  const preview = await runPreview(options);
  const config = previewedConfig(preview, new Date());
  const isDue = preview.steps.length > 0;
  const looks = config !== undefined && approvesServing(config);
  if (!isDue) say(`nothing is due${looks ? "; what kubelets ask for is looked at" : ""}\n`);
  if (!isDue && !looks) return EXIT.fine;
  if (isDue) say(dueText(dueReport(preview.steps, config)));
  const where = [
    ...(options.stack === undefined ? [] : ["--stack", options.stack]),
    ...(options.cwd === undefined ? [] : ["--cwd", options.cwd]),
  ];
  const { exit, end } = await upRan(["--yes", "--skip-preview", "--non-interactive", "--color", "never", ...where]);
  if (exit === EXIT.fine && isDue) say(`${doneText(end)}\n`);
  if (exit !== EXIT.fine)
    throw new Failure("the run failed: see above; what was not reached keeps the certificates that it has");
  return exit;
};
