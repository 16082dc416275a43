/** `kube-pki timer run`: what the unit runs. What is due and why goes to the journal, then `kube-pki up` does it. */
import { dueReport } from "../dueReport";
import { dueText } from "../due";
import { EXIT, Failure, type Exit } from "../failure";
import { parsedOptions, STACK_OPTIONS } from "../options";
import { previewedConfig, runPreview } from "../preview";
import { onlyRenewsNow, command as up } from "../up";

const OPTIONS = {
  ...STACK_OPTIONS,
  "any-change": { type: "boolean", default: false, text: "also change CAs or the phase of a rotation" },
} as const;

const say = (text: string): void => void process.stdout.write(text);

export const runDue = async (args: readonly string[]): Promise<Exit> => {
  const options = parsedOptions(args, OPTIONS);
  if (!options["any-change"] && !(await onlyRenewsNow(options)))
    throw new Failure(
      "nothing was done: this run would change CAs, how they are kept, or the phase of a rotation, or none has succeeded " +
        "yet. A person begins that: run `pulumi up` once (--any-change of `kube-pki timer install` lets the timer do it)",
    );
  const preview = await runPreview(options);
  if (preview.steps.length === 0) {
    say("nothing is due\n");
    return EXIT.fine;
  }
  say(dueText(dueReport(preview.steps, previewedConfig(preview, new Date()))));
  const where = [
    ...(options.stack === undefined ? [] : ["--stack", options.stack]),
    ...(options.cwd === undefined ? [] : ["--cwd", options.cwd]),
  ];
  const exit = await up(["--yes", "--skip-preview", "--non-interactive", "--color", "never", ...where]);
  say(exit === EXIT.fine ? "done: the above is renewed and proven\n" : "");
  if (exit !== EXIT.fine)
    throw new Failure("the run failed: see above; what was not reached keeps the certificates that it has");
  return exit;
};
