/** `kube-pki status`: every CA and certificate of a stack, or of all, for people and for programs. */
import { AUTHORITIES } from "../core/model/authorities";
import { FORM_NAMES, FORMS } from "../core/report/forms";
import { isFine, statusReport, type Filter, type StackFacts } from "../core/report/stackStatus";
import { STATUSES } from "../core/report/status";
import { paintFor } from "./colour";
import { EXIT, Failure, type Exit } from "./failure";
import {
  AS_OF_OPTION,
  durationOption,
  JSON_OPTION,
  momentOption,
  oneOf,
  parsedOptions,
  STACK_OPTIONS,
  unknownWord,
} from "./options";
import { SSH_OPTIONS, type SshChoice } from "./sshArgs";
import type { StackChoice } from "./stackOutputs";
import { allStacks, chosenStack, stackFacts } from "./status/stacks";
import type { OptionTable, Spec } from "./usage/spec";

const OPTIONS = {
  ...STACK_OPTIONS,
  all: { type: "boolean", default: false, text: "every stack of the project" },
  output: {
    type: "string",
    short: "o",
    value: "FORM",
    offers: FORM_NAMES,
    text: `${FORM_NAMES.join(", ")}; table by default`,
  },
  within: {
    type: "string",
    default: "0",
    value: "TIME",
    text:
      "exit 1 if a certificate expires, or a CA has to be rotated, within this; by default if one has expired or is overdue, " +
      "or a CA signs that certificates of their full validity would outlive",
  },
  node: {
    type: "string",
    multiple: true,
    value: "NODE",
    text: "certificates of this node alone; - for what is on no node; may be given several times",
  },
  status: {
    type: "string",
    multiple: true,
    value: "STATUS",
    offers: STATUSES,
    text: `only what is ${STATUSES.join(", ")}; may be given several times`,
  },
  authority: {
    type: "string",
    multiple: true,
    value: "CA",
    offers: AUTHORITIES,
    text: `only the CAs of ${AUTHORITIES.join(", ")}, and what they have signed; may be given several times`,
  },
  nodes: { type: "boolean", default: false, text: "ask every node over ssh which certificates it holds and serves" },
  ...SSH_OPTIONS,
  ...AS_OF_OPTION,
  json: { ...JSON_OPTION.json, text: "the same as --output json" },
} as const satisfies OptionTable;

export const SPEC: Spec = {
  summary: "every CA and leaf certificate of a stack, and what is to be done",
  text: "Only what the filters let through counts for the exit code.",
  options: OPTIONS,
  examples: [
    ["status", "the selected stack"],
    ["status --within 30d", "exits 1 if something ends within 30 days"],
    ["status --all --status expired --status overdue --status expiring", "what is wrong anywhere"],
    ["status --nodes --node cp1", "also what cp1 holds and serves"],
    ["status --all -o json", "for a program"],
  ],
  page: "status.md",
};

type Choice = StackChoice & SshChoice & { readonly all: boolean; readonly nodes: boolean };

/** Those that can be read, and why others cannot. */
const factsOf = async (
  choice: Choice,
  namesStack: boolean,
): Promise<{ readonly facts: readonly StackFacts[]; readonly failures: readonly string[] }> => {
  if (!choice.all)
    return {
      facts: [await stackFacts(choice, choice.nodes, namesStack ? await chosenStack(choice) : undefined)],
      failures: [],
    };
  if (choice.stack !== undefined) throw new Failure("--all and --stack: give one of them");
  const [facts, failures]: [StackFacts[], string[]] = [[], []];
  for (const stack of await allStacks(choice)) {
    try {
      facts.push(await stackFacts({ ...choice, stack }, choice.nodes, stack));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(`${stack}: ${error.message}`);
    }
  }
  return { facts, failures };
};

/** A node that no stack has would hide everything, and look well. */
const checkNodes = (asked: readonly string[], facts: readonly StackFacts[]): void => {
  const known = [...new Set(facts.flatMap(({ certificates }) => certificates.map(({ node }) => node)))];
  const unknown = asked.find((node) => !known.includes(node));
  if (unknown !== undefined && known.length > 0) throw unknownWord("--node", unknown, known);
};

export async function command(args: readonly string[]): Promise<Exit> {
  const options = parsedOptions(args, OPTIONS);
  const within = durationOption("within", options.within);
  const now = momentOption(options["as-of"]);
  const { text, namesStack } =
    FORMS[oneOf("--output", options.output ?? (options.json ? "json" : "table"), FORM_NAMES)];
  const filter: Filter = {
    nodes: options.node ?? [],
    statuses: (options.status ?? []).map((word) => oneOf("--status", word, STATUSES)),
    authorities: (options.authority ?? []).map((word) => oneOf("--authority", word, AUTHORITIES)),
  };
  const { facts, failures } = await factsOf(options, namesStack);
  checkNodes(filter.nodes, facts);
  const report = statusReport(facts, now, within, filter);
  process.stdout.write(text(report, paintFor(process.stdout, process.env)));
  const nothing = facts.every(({ certificates }) => certificates.length === 0)
    ? ["no certificates yet: run `pulumi up`"]
    : [];
  process.stderr.write([...nothing, ...report.remarks, ...failures].map((line) => `${line}\n`).join(""));
  if (failures.length > 0) return EXIT.failed;
  return isFine(report) ? EXIT.fine : EXIT.attention;
}
