/** Which steps of a preview only follow from another way to their node by ssh: login, host, bastion, sudo. Pure. */
import { nameInUrn } from "../core/certificates/resourceNames";
import { CONNECTION_VARIABLE } from "../core/nodes/connection";
import { withoutSudo } from "../core/nodes/scriptCommand";
import { UNKNOWN, type Step } from "./preview";

export interface LoginChanges {
  /** The prefix of their resources (core/certificates/resourceNames.ts), sorted. */
  readonly nodes: readonly string[];
  /** Whether nothing speaks for a step but the way to its node, or that its inputs come from such steps and are not known before they ran. */
  readonly explain: (step: Step) => boolean;
}

/** How components/sshConnection.ts says how a node is reached: to the remote commands, and to programs of ours. */
const LOGIN = new RegExp(`^(?:connection|environment\\.${CONNECTION_VARIABLE})(?:$|[.[])`);

/** What a job of our programs says beside `sudo` (core/protocol/install.ts, core/cluster/payload.ts). */
const jobWithoutSudo = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), (key, value: unknown) => (key === "sudo" ? undefined : value));
  } catch {
    return text; // what a node is told
  }
};

/** Inputs that say what is done on the node, and beside that how root is become there: what is left of each without that. */
const WITH_SUDO: Readonly<Record<string, (text: string) => string>> = { create: withoutSudo, stdin: jobWithoutSudo };

/** Whether a property differs in nothing but how the node is reached: the same is done there. */
const isReach = ({ oldState, newState }: Step, property: string): boolean => {
  if (LOGIN.test(property)) return true;
  const rest = WITH_SUDO[property];
  const [before, after] = [oldState?.inputs?.[property], newState?.inputs?.[property]];
  return (
    rest !== undefined &&
    typeof before === "string" &&
    typeof after === "string" &&
    before !== after &&
    rest(before) === rest(after)
  );
};

/** `certRequestPem` of `certRequestPem[0].x`. */
const inputOf = (property: string): string => /^[^.[]*/.exec(property)?.[0] ?? property;

const CHANGING = new Set(["update", "replace", "create-replacement"]);

const reasonsOf = ({ replaceReasons, diffReasons }: Step): string[] => [
  ...new Set([...(replaceReasons ?? []), ...(diffReasons ?? [])]),
];

/**
 * Another way to a node runs its steps again, the signing requests among them: a preview does not know what they will answer, and
 * shows each certificate as to be replaced. The node answers what it did before, and none is.
 */
export function loginChanges(steps: readonly Step[]): LoginChanges {
  const byUrn = new Map<string, Step>();
  // one replacement can be several steps; the first one says it all
  for (const step of steps) if (!byUrn.has(step.urn)) byUrn.set(step.urn, step);
  const known = new Map<string, boolean>();

  const isAwaited = (step: Step, input: string): boolean => {
    if (step.newState?.inputs?.[input] !== UNKNOWN) return false;
    const sources = (step.newState.propertyDependencies?.[input] ?? []).flatMap((urn) => byUrn.get(urn) ?? []);
    return sources.length > 0 && sources.every(explain);
  };
  const follows = (step: Step): boolean => {
    const reasons = reasonsOf(step);
    return (
      CHANGING.has(step.op) &&
      reasons.length > 0 &&
      step.oldState?.replacementTrigger === step.newState?.replacementTrigger &&
      reasons.every((property) => isReach(step, property) || isAwaited(step, inputOf(property)))
    );
  };
  const explain = ({ urn }: Step): boolean => {
    const step = byUrn.get(urn);
    if (step === undefined) return false;
    const answer = known.get(urn) ?? follows(step);
    known.set(urn, answer);
    return answer;
  };

  const parents = [...byUrn.values()].flatMap((step) => {
    const parent = step.newState?.parent ?? "";
    return NODE.test(parent) && reasonsOf(step).some((property) => isReach(step, property)) && explain(step)
      ? [nameInUrn(parent)]
      : [];
  });
  return { nodes: [...new Set(parents)].sort(), explain };
}

/** The type of a node's row (components/nodePki.ts), in a URN. */
const NODE = /\bkube-pki:index:NodePki::/;
