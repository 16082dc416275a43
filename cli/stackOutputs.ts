/** Reads what the program put out: `certificates`, `authorities` and `nodes` of a stack. */
import { z } from "zod";
import { isLogin } from "../core/format/login";
import { AUTHORITIES } from "../core/model/authorities";
import { PHASES } from "../core/model/phases";
import { PROFILE_NAMES } from "../core/model/profiles";
import type { AuthorityRow } from "../core/report/authorityRows";
import type { CertificateRow } from "../core/report/report";
import { Failure } from "./failure";
import { pulumiSaid, run } from "./run";

/** Reads rows of the program: a schema that would refuse any of them does not compile. */
const readerOf =
  <Row>() =>
  <S extends z.ZodType<Row>>(schema: [Row] extends [z.input<S>] ? S : never): S =>
    schema;

const certificate = readerOf<CertificateRow>()(
  z.object({
    node: z.string(),
    certificate: z.union([
      z.enum(PROFILE_NAMES),
      z.templateLiteral(["own.", z.string()]),
      z.templateLiteral(["kubeconfig:", z.string()]),
    ]),
    subject: z.string(),
    issuer: z.string(),
    serial: z.string(),
    notBefore: z.iso.datetime({ offset: true }).optional(),
    notAfter: z.iso.datetime({ offset: true }),
    nextRenewal: z.iso.datetime({ offset: true }),
    keyLocation: z.enum(["node", "state"]),
    proof: z.enum(["served", "accepted", "chain", "restarted", "none"]),
  }),
);

const authority = readerOf<AuthorityRow>()(
  z.object({
    authority: z.enum(AUTHORITIES),
    generation: z.int().min(1),
    phase: z.enum(PHASES),
    nextPhaseFrom: z.iso.datetime({ offset: true }).optional(),
    signs: z.boolean(),
    subject: z.string(),
    serial: z.string(),
    notBefore: z.iso.datetime({ offset: true }),
    notAfter: z.iso.datetime({ offset: true }),
    rotateBefore: z.iso.datetime({ offset: true }),
  }),
);

// These reach the command line of ssh, so they are checked again here.
const node = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  host: z.string().regex(/^[A-Za-z0-9:][A-Za-z0-9.:-]*$/),
  port: z.int().min(1).max(65_535),
  user: z.string().refine(isLogin),
  hostKey: z
    .string()
    .regex(/^[a-z0-9-]+ [A-Za-z0-9+/=]+$/)
    .nullish(),
  sudo: z.boolean(),
});

export type NodeAddress = z.output<typeof node>;

const outputs = z.object({
  certificates: z.array(certificate),
  // not of a stack whose last `up` was by an earlier version
  authorities: z.array(authority).default([]),
  nodes: z.array(node),
});

export interface StackOutputs {
  readonly certificates: readonly CertificateRow[];
  readonly authorities: readonly AuthorityRow[];
  readonly nodes: readonly NodeAddress[];
}

/** The options that point a pulumi command at a project and a stack. */
export interface StackChoice {
  readonly stack?: string | undefined;
  readonly cwd?: string | undefined;
}

export const stackArgs = ({ stack }: StackChoice): string[] => (stack === undefined ? [] : ["--stack", stack]);

const asked = async (what: "output" | "export", choice: StackChoice): Promise<unknown> => {
  const form = what === "output" ? ["--json"] : [];
  const args = ["stack", what, ...form, "--non-interactive", ...stackArgs(choice)];
  const { code, stdout, stderr } = await run("pulumi", args, { cwd: choice.cwd });
  if (code !== 0) throw new Failure(`pulumi stack ${what} failed: ${pulumiSaid(stderr)}`);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Failure(`pulumi stack ${what} did not print JSON`);
  }
};

/** Asks the real pulumi for the outputs of a stack. */
export async function stackOutputs(choice: StackChoice): Promise<StackOutputs> {
  const raw = await asked("output", choice);
  const own = z.object({ certificates: z.array(z.unknown()) }).safeParse(raw).success;
  return parsedOutputs(own || isEmpty(raw) ? raw : (rowsIn(await asked("export", choice)) ?? raw));
}

const isEmpty = (raw: unknown): boolean => typeof raw === "object" && raw !== null && Object.keys(raw).length === 0;

const exported = z.object({
  deployment: z.object({
    resources: z.array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() })),
  }),
});

/**
 * The rows as each ClusterPki of the stack itself has them. The stack's outputs of these names are secrets, or not there
 * (components/stackOutputs.ts), and those secrets, kubeconfigs among them, need not be decrypted for what is none.
 */
const rowsIn = (state: unknown): object | undefined => {
  const parsed = exported.safeParse(state);
  const clusters = (parsed.data?.deployment.resources ?? []).flatMap(({ type, outputs: held }) =>
    type === CLUSTER && held !== undefined ? [held] : [],
  );
  if (clusters.length === 0) return undefined;
  const all = (name: string): unknown[] => clusters.flatMap((held) => held[name] ?? []);
  return { certificates: all("certificates"), authorities: all("authorities"), nodes: all("nodes") };
};

/** The type of the component that holds a cluster. */
export const CLUSTER = "kube-pki:index:ClusterPki";

function parsedOutputs(raw: unknown): StackOutputs {
  if (isEmpty(raw)) throw new Failure("the stack has no outputs: no `pulumi up` of it has succeeded yet");
  const result = outputs.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Failure(
    `the stack's output ${issue?.path.map(String).join(".") ?? ""} is not what kube-pki writes; run \`pulumi up\` with this version first`,
  );
}
