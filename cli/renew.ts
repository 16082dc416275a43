/** `kube-pki renew`: one certificate now, with a new key, by a time in the stack file and a `pulumi up`. */
import { NO_NODE } from "../core/certificates/renewAt";
import { momentText } from "../core/format/x509";
import { rawConfig } from "../core/config/parse";
import { pathText, valueAt } from "../core/config/problems";
import { EXIT, Failure, type Exit } from "./failure";
import { momentOption, STACK_OPTIONS } from "./options";
import { pulumiSaid, run } from "./run";
import { stackArgs, stackOutputs, type StackChoice } from "./stackOutputs";
import { asked, choiceOf, command as up, textsOf } from "./up";
import type { Spec } from "./usage/spec";

export const SPEC: Spec = {
  summary: "one certificate now, with a new key",
  args: "NODE CERTIFICATE",
  text:
    "NODE and CERTIFICATE as `kube-pki status` names them; - for what is on no node. Writes the time into the stack file and " +
    "runs `pulumi up`, which then renews it, and whatever else is due.",
  options: STACK_OPTIONS,
  handsOn: "pulumi up",
  examples: [
    ["renew cp1 apiserver", "the API server's on cp1"],
    ["renew - kubeconfig:alice --yes", "a user's, without being asked"],
  ],
  page: "renewal-clock.md",
};

const FIELD = ["certificates", "renewAt"] as const;

/** The certificate that is asked for, by the stack's own word. */
const checkThere = async (choice: StackChoice, node: string, certificate: string): Promise<void> => {
  const { certificates } = await stackOutputs(choice);
  const there = certificates.filter((row) => row.node === node).map((row) => row.certificate as string);
  if (there.includes(certificate)) return;
  const nodes = [...new Set(certificates.map((row) => row.node))];
  throw new Failure(
    there.length === 0
      ? `NODE: ${node}; must be one of ${nodes.join(", ")}`
      : `CERTIFICATE: ${certificate}; must be one of those ${node === NO_NODE ? "on no node" : `on ${node}`}: ${there.join(", ")}`,
  );
};

/** When the stack is planned for: the program compares with it. */
const momentIn = async (choice: StackChoice): Promise<Date> => {
  const config = await asked(choice, "config");
  const raw = config === undefined ? {} : rawConfig(textsOf(config));
  if (valueAt(raw, ["nodes"]) === undefined)
    throw new Failure(
      "the stack file has no kube-pki:nodes: where a program of your own gives them, give certificates.renewAt there too",
    );
  const asOf = valueAt(raw, ["asOf"]);
  return momentOption(typeof asOf === "string" ? asOf : undefined);
};

export const command = async (args: readonly string[]): Promise<Exit> => {
  const [node, certificate, ...options] = args;
  if (node === undefined || certificate === undefined || [node, certificate].some((each) => /^-./.test(each)))
    throw new Failure("NODE CERTIFICATE: missing; must come first, such as `npx kube-pki renew cp1 apiserver --yes`");
  const choice = choiceOf(options);
  await checkThere(choice, node, certificate);
  const now = momentText(await momentIn(choice));
  const path = `kube-pki:${pathText([...FIELD, node, certificate])}`;
  const set = ["config", "set", "--path", path, now, "--non-interactive", ...stackArgs(choice)];
  const { code, stderr } = await run("pulumi", set, { cwd: choice.cwd });
  if (code !== 0) throw new Failure(`pulumi config set failed: ${pulumiSaid(stderr)}`);
  process.stderr.write(
    `kube-pki: the stack file asks for ${node} ${certificate} (${pathText([...FIELD, node, certificate])}: ${now})\n`,
  );
  const exit = await up(options);
  if (exit !== EXIT.fine)
    process.stderr.write(
      `kube-pki: it is still asked for: \`pulumi up\` goes on; before one has begun, \`pulumi config rm --path '${path}'\` takes it back\n`,
    );
  return exit;
};
