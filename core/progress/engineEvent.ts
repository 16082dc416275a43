/** What pulumi's engine says of a run: a line of `--event-log` (sdk/go/common/apitype/events.go), as far as progress needs it. */
import { z } from "zod";

export type EngineEvent =
  | { readonly kind: "begins" | "ends" | "fails"; readonly resource: ResourceStep }
  /** `resource`: whose row it is; undefined: of the run. */
  | { readonly kind: "says"; readonly urn: string | undefined; readonly severity: Severity; readonly text: string }
  | { readonly kind: "ran"; readonly changes: Readonly<Record<string, number>> };

/** `progress`: a line for the moment, such as what a node does. */
type Severity = "progress" | "info" | "warning" | "error";

export interface ResourceStep {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly parent: string | undefined;
  readonly outputs: Readonly<Record<string, unknown>> | undefined;
}

const state = z
  .object({ parent: z.string().nullish(), outputs: z.record(z.string(), z.unknown()).nullish() })
  .nullish();
const step = z
  .object({ metadata: z.object({ op: z.string(), urn: z.string(), type: z.string(), new: state, old: state }) })
  .optional();

const line = z.object({
  resourcePreEvent: step,
  resOutputsEvent: step,
  resOpFailedEvent: step,
  diagnosticEvent: z
    .object({
      urn: z.string().optional(),
      message: z.string(),
      severity: z.string(),
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  policyEvent: z
    .object({ message: z.string(), policyName: z.string(), policyPackName: z.string(), enforcementLevel: z.string() })
    .optional(),
  summaryEvent: z.object({ resourceChanges: z.record(z.string(), z.number()).nullish() }).optional(),
});

type Step = z.output<typeof step>;

const resourceOf = ({ metadata: { op, urn, type, new: made, old } }: NonNullable<Step>): ResourceStep => {
  const parent = made?.parent ?? old?.parent ?? "";
  return { op, urn, type, parent: parent === "" ? undefined : parent, outputs: made?.outputs ?? undefined };
};

/** Pulumi's marks for colours, and the word that says again how grave it is. */
const plain = (message: string): string =>
  message
    .replace(/<\{%[^%]*%\}>/g, "")
    .replace(/^(?:error|warning): /, "")
    .trimEnd();

const STEPS = { resourcePreEvent: "begins", resOutputsEvent: "ends", resOpFailedEvent: "fails" } as const;

/** Undefined for what is no news: pulumi's own debugging, and kinds that are not known. */
export const engineEvent = (text: string): EngineEvent | undefined => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = line.safeParse(raw);
  if (!parsed.success) return undefined;
  const { diagnosticEvent: said, policyEvent: policy, summaryEvent: ran, ...steps } = parsed.data;
  for (const [name, kind] of Object.entries(STEPS)) {
    const found = steps[name as keyof typeof STEPS];
    if (found !== undefined) return { kind, resource: resourceOf(found) };
  }
  if (ran !== undefined) return { kind: "ran", changes: ran.resourceChanges ?? {} };
  if (policy !== undefined) return refusalBy(policy);
  if (said === undefined) return undefined;
  const severity = severityOf(said.severity, said.ephemeral === true);
  const urn = said.urn === "" ? undefined : said.urn;
  return severity === undefined ? undefined : { kind: "says", urn, severity, text: plain(said.message) };
};

/** Of a policy pack: what it forbids stops the run. */
const refusalBy = (policy: NonNullable<z.output<typeof line>["policyEvent"]>): EngineEvent => ({
  kind: "says",
  urn: undefined,
  severity: policy.enforcementLevel === "mandatory" ? "error" : "warning",
  text: `${policy.policyPackName}, ${policy.policyName}: ${plain(policy.message).trim()}`,
});

const severityOf = (severity: string, isTransient: boolean): Severity | undefined => {
  switch (severity) {
    case "error":
    case "warning":
      return severity;
    case "info":
    case "info#err":
      return isTransient ? "progress" : "info";
    default:
      return undefined;
  }
};
