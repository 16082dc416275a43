/** `kube-pki doctor`: what is wrong with the PKI of hosts, or of a stack's nodes. */
import type { Unreached } from "../core/doctor/cluster";
import { diagnose } from "../core/doctor/diagnose";
import { findingsText } from "../core/doctor/text";
import type { Survey } from "../core/survey/model";
import { EXIT, Failure, type Exit } from "./failure";
import { world as realWorld, type World } from "./init/world";
import { AS_OF_OPTION, durationOption, JSON_OPTION, momentOption, parsedWithHosts, STACK_OPTIONS } from "./options";
import { withPinnedHosts } from "./pinnedHosts";
import { savedSurveys } from "./savedSurveys";
import { SSH_OPTIONS, type SshChoice } from "./sshArgs";
import { stackOutputs, type StackOutputs } from "./stackOutputs";
import { hostOf, isRead, type Host } from "./surveyHosts";
import type { OptionTable, Spec } from "./usage/spec";

const OPTIONS = {
  from: {
    type: "string",
    multiple: true,
    value: "FILE",
    offers: "files",
    text: "take surveys that `kube-pki survey` has printed; - is stdin; may be given several times",
  },
  stack: {
    ...STACK_OPTIONS.stack,
    text: "compare with what this stack has issued; the selected one where neither HOST nor --from is given",
  },
  cwd: STACK_OPTIONS.cwd,
  within: {
    type: "string",
    default: "30d",
    value: "TIME",
    text: "tell of certificates that expire within this, and of CAs six times as early; 30d by default",
  },
  ...SSH_OPTIONS,
  ...AS_OF_OPTION,
  ...JSON_OPTION,
} as const satisfies OptionTable;

export const SPEC: Spec = {
  summary: "what is wrong with the PKI of these hosts, or of a stack's nodes, the most urgent first",
  args: "[HOST...]",
  text: "HOST is [user@]host[:port]; none: the nodes of the stack. It reads only.",
  options: OPTIONS,
  examples: [
    ["doctor root@cp1 root@cp2 ann@w1", "a cluster without a stack"],
    ["doctor --stack prod", "the nodes of a stack, against what it has issued"],
    ["doctor --from cp1.json", "what `kube-pki survey` has printed elsewhere"],
  ],
  page: "doctor.md",
};

export type Reach = Pick<World, "surveyHosts" | "print">;

export const command = (args: readonly string[]): Promise<Exit> => doctor(args, realWorld());

export async function doctor(args: readonly string[], { surveyHosts, print }: Reach): Promise<Exit> {
  const { options, hosts: given } = parsedWithHosts(args, OPTIONS);
  const withinSeconds = durationOption("within", options.within);
  const now = momentOption(options["as-of"]);
  const saved = (options.from ?? []).flatMap(savedSurveys);
  const isBare = given.length > 0 || options.from !== undefined;
  const stack = options.stack !== undefined || !isBare ? await stackOutputs(options) : undefined;
  const { surveys, unreached } = isBare
    ? await answersOf(
        given.map((name) => ({ ...hostOf(name), name })),
        surveyHosts,
        options,
      )
    : await nodesOf(stack, surveyHosts, options);
  const all = [...saved, ...surveys];
  if (all.length === 0) throw new Failure(nothingText(unreached));
  const findings = diagnose(all, now, { withinSeconds, unreached, ...(stack && { stack }) });
  const nodes = all.map(({ host }) => host.hostname);
  print(
    options.json
      ? `${JSON.stringify({ asOf: now.toISOString(), nodes, findings }, null, 2)}\n`
      : findingsText(findings, all.length),
  );
  return findings.every(({ urgency }) => urgency === "notice") ? EXIT.fine : EXIT.attention;
}

interface Answers {
  readonly surveys: readonly Survey[];
  readonly unreached: readonly Unreached[];
}

/** A host, and what it is called where it does not answer. */
type Named = Host & { readonly name: string };

const answersOf = async (
  hosts: readonly Named[],
  surveyHosts: World["surveyHosts"],
  choice: SshChoice,
): Promise<Answers> => {
  const answers = [...(await surveyHosts(hosts, choice))];
  return {
    surveys: answers.flatMap(([, answer]) => (isRead(answer) ? [answer] : [])),
    unreached: answers.flatMap(([{ name }, answer]) =>
      isRead(answer) ? [] : [{ host: name, reason: answer.unreachable }],
    ),
  };
};

const nodesOf = (
  stack: StackOutputs | undefined,
  surveyHosts: World["surveyHosts"],
  choice: SshChoice,
): Promise<Answers> =>
  withPinnedHosts(stack?.nodes ?? [], (targetOf) =>
    answersOf(
      (stack?.nodes ?? []).map((node) => ({ name: node.name, target: targetOf(node), sudo: node.sudo })),
      surveyHosts,
      choice,
    ),
  );

const nothingText = (unreached: readonly Unreached[]): string =>
  unreached.length === 0
    ? "there is nothing to look at: neither hosts nor surveys nor nodes of a stack"
    : `none of the hosts could be read: ${unreached.map(({ host, reason }) => `${host}: ${reason}`).join("; ")}`;
