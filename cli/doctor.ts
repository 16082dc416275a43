import { readFileSync } from "node:fs";
import { diagnose } from "../core/doctor/diagnose";
import type { Unreached } from "../core/doctor/cluster";
import { findingsText } from "../core/doctor/text";
import type { Survey } from "../core/survey/model";
import { parsedSurveys, SurveyError } from "../core/survey/parse";
import { EXIT, Failure, type Exit } from "./failure";
import { COMMON, durationOption, momentOption, parsedWithHosts } from "./options";
import { withPinnedHosts } from "./pinnedHosts";
import { SSH_OPTIONS, SSH_USAGE, type SshChoice } from "./sshArgs";
import { stackOutputs, type NodeAddress, type StackOutputs } from "./stackOutputs";
import { hostOf, isRead, surveyHosts, type Host } from "./surveyHosts";

export const USAGE = `kube-pki doctor [HOST...]  what is wrong with the PKI of these hosts, the most urgent first; changes nothing
  HOST               as ssh takes it: root@cp1; none: the nodes of the stack
  --from FILE        surveys from a file instead, one or a list as JSON; - is stdin; may be repeated
  -s, --stack S      compare with what this stack has issued; without HOST and --from the selected stack
  -C, --cwd DIR      folder of the Pulumi project
  --within 30d       tell of certificates that expire within this, of CAs six times as early
${SSH_USAGE}  --as-of TIME       look as of this time instead of now
  --json             print JSON
`;

/** What hosts said, and which said nothing. */
export interface Answers {
  readonly surveys: readonly Survey[];
  readonly unreached: readonly Unreached[];
}

/** Asks hosts over ssh: names as a user gives them, or nodes of a stack. */
export type SurveyHosts = (hosts: readonly (string | NodeAddress)[], choice: SshChoice) => Promise<Answers>;

/** What the command reaches beyond this program. */
export interface Reach {
  readonly surveyHosts: SurveyHosts;
  readonly print: (text: string) => void;
}

/** A host, and what it is called in sentences. */
type Named = Host & { readonly name: string };

/** Nodes of a stack by the host keys that it has, others by those that the user knows. */
const askHosts: SurveyHosts = (hosts, choice) => {
  const nodes = hosts.filter((host) => typeof host !== "string");
  return withPinnedHosts(nodes, async (targetOf) => {
    const named = hosts.map((host): Named =>
      typeof host === "string"
        ? { ...hostOf(host), name: host }
        : { target: targetOf(host), sudo: host.sudo, name: host.name },
    );
    const answers = [...(await surveyHosts(named, choice))];
    return {
      surveys: answers.flatMap(([, answer]) => (isRead(answer) ? [answer] : [])),
      unreached: answers.flatMap(([{ name }, answer]) =>
        isRead(answer) ? [] : [{ host: name, reason: answer.unreachable }],
      ),
    };
  });
};

const REACH: Reach = {
  surveyHosts: askHosts,
  print: (text) => process.stdout.write(text),
};

export const command = (args: readonly string[]): Promise<Exit> => doctor(args, REACH);

export async function doctor(args: readonly string[], { surveyHosts, print }: Reach): Promise<Exit> {
  const { options, hosts: given } = parsedWithHosts(args, {
    ...COMMON,
    within: { type: "string", default: "30d" },
    from: { type: "string", multiple: true, default: [] },
    ...SSH_OPTIONS,
  });
  const withinSeconds = durationOption("within", options.within);
  const now = momentOption(options["as-of"]);
  const isBare = given.length > 0 || options.from.length > 0;
  const stack = options.stack !== undefined || !isBare ? await stackOutputs(options) : undefined;
  const hosts = isBare ? given : (stack?.nodes ?? []);
  const { surveys, unreached } = hosts.length > 0 ? await surveyHosts(hosts, options) : NOBODY;
  const all = [...options.from.flatMap(surveysFrom), ...surveys];
  if (all.length === 0) throw new Failure(nothingText(unreached));
  const findings = diagnose(all, now, { withinSeconds, unreached, ...(stack && { stack: ofStack(stack) }) });
  const nodes = all.map(({ host }) => host.hostname);
  print(
    options.json
      ? `${JSON.stringify({ asOf: now.toISOString(), nodes, findings }, null, 2)}\n`
      : findingsText(findings, all.length),
  );
  return findings.every(({ urgency }) => urgency === "notice") ? EXIT.fine : EXIT.attention;
}

const NOBODY: Answers = { surveys: [], unreached: [] };

const ofStack = ({ certificates, nodes }: StackOutputs) => ({ certificates, nodes });

const nothingText = ([first, ...more]: readonly Unreached[]): string =>
  first === undefined
    ? "there is nothing to look at: neither hosts nor surveys nor nodes of a stack"
    : `none of the hosts could be read: ${first.host}: ${first.reason}${more.length > 0 ? `, and ${String(more.length)} more` : ""}`;

function surveysFrom(file: string): readonly Survey[] {
  try {
    return parsedSurveys(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    if (error instanceof SurveyError) throw new Failure(`--from ${file}: ${error.message}`);
    throw new Failure(`--from: ${error instanceof Error ? error.message : String(error)}`);
  }
}
