/** The stacks of a project, and what is known of each. */
import { z } from "zod";
import { NO_NODE } from "../../core/certificates/renewAt";
import type { StackFacts } from "../../core/report/stackStatus";
import { Failure } from "../failure";
import { comparison, queryNodes, unknownCertificates } from "../nodeStatus";
import { pulumiSaid, run } from "../run";
import type { SshChoice } from "../sshArgs";
import { stackOutputs, type StackChoice } from "../stackOutputs";

const listed = z.array(z.object({ name: z.string(), current: z.boolean().optional() }));

const stacksOf = async (cwd: string | undefined): Promise<z.output<typeof listed>> => {
  const { code, stdout, stderr } = await run("pulumi", ["stack", "ls", "--json", "--non-interactive"], { cwd });
  if (code !== 0) throw new Failure(`pulumi stack ls failed: ${pulumiSaid(stderr)}`);
  try {
    return listed.parse(JSON.parse(stdout));
  } catch {
    throw new Failure("pulumi stack ls did not print a list of stacks");
  }
};

/** All of a project, by name. */
export const allStacks = async ({ cwd }: StackChoice): Promise<readonly string[]> => {
  const names = (await stacksOf(cwd)).map(({ name }) => name);
  if (names.length === 0) throw new Failure("--all: the project has no stack yet; `pulumi stack init` makes one");
  return names.sort();
};

/** The one that is named, or selected. */
export const chosenStack = async ({ stack, cwd }: StackChoice): Promise<string> => {
  const name = stack ?? (await stacksOf(cwd)).find(({ current }) => current === true)?.name;
  if (name === undefined) throw new Failure("--stack: missing; no stack is selected");
  return name;
};

/** Of one stack; its nodes are asked too where that is wanted. */
export const stackFacts = async (
  choice: StackChoice & SshChoice,
  asksNodes: boolean,
  label: string | undefined,
): Promise<StackFacts> => {
  const { authorities, certificates, nodes } = await stackOutputs(choice);
  const answers = asksNodes ? await queryNodes(nodes, choice) : undefined;
  return {
    stack: label,
    authorities,
    certificates: certificates.map((row) =>
      answers === undefined || row.node === NO_NODE ? row : { ...row, onNode: comparison(row, answers.get(row.node)) },
    ),
    nodeRemarks: [...(answers ?? [])].flatMap(([node, answer]) =>
      unknownCertificates(node, answer, certificates).map((text) => ({ node, text })),
    ),
  };
};
