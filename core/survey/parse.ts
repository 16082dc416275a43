/** Reads surveys from JSON that came from outside: a file, or another machine. */
import { z } from "zod";
import { mustBe } from "../format/problem";
import { CONSUMER_INPUTS, CONSUMER_NAMES } from "../model/reload";
import { SURVEY_VERSION, type Survey } from "./model";

const text = z.string();
const texts = z.array(text);
const number = z.number();
const component = z.enum(CONSUMER_NAMES);
const moment = z.iso.datetime({ offset: true });

const host = z.object({
  hostname: text,
  addresses: texts,
  kernel: text,
  os: text,
  readAt: moment,
  clockAheadSeconds: number,
  bootedAt: moment,
  uid: number,
  openssl: text.exactOptional(),
  tools: texts,
  selinux: text.exactOptional(),
  readOnly: texts,
  room: z.array(z.object({ mount: text, freeBytes: number })),
});

const start = z.discriminatedUnion("by", [
  z.object({
    by: z.literal("systemd"),
    unit: text,
    file: text,
    dropIns: texts,
    environmentFiles: texts,
    needsReload: z.boolean(),
    enabled: z.boolean(),
  }),
  z.object({ by: z.literal("static-pod"), manifest: text }),
  z.object({ by: z.enum(["pod", "other"]) }),
]);

const componentFacts = z.object({
  name: component,
  pid: number,
  uid: number,
  gid: number,
  startedAt: moment,
  version: text.exactOptional(),
  start,
  options: z.array(
    z.object({ name: text, values: texts, from: z.enum(["command line", "environment", "configuration file"]) }),
  ),
  configurationFile: text.exactOptional(),
  listens: z.array(z.object({ address: text, port: number })),
});

const certificate = z.object({
  subject: text,
  issuer: text,
  serial: text,
  notBefore: moment,
  notAfter: moment,
  sans: texts,
  isCa: z.boolean(),
  usages: texts,
  keyId: text,
  authorityKeyId: text,
  publicKey: text,
  algorithm: text,
  fingerprint: text,
  pem: text,
});
const certificates = z.array(certificate);

const file = z.object({
  path: text,
  state: z.enum(["file", "missing", "unreadable", "other"]),
  real: text.exactOptional(),
  link: text.exactOptional(),
  owner: text,
  group: text,
  uid: number,
  gid: number,
  mode: text,
  modifiedAt: z.union([moment, z.literal("")]), // none of what is not there
  certificates,
  keys: texts,
  isLocked: z.literal(true).exactOptional(),
  publicKeys: texts,
  uses: z.array(
    z.object({ component, option: text, input: z.enum(CONSUMER_INPUTS).exactOptional(), secret: z.boolean() }),
  ),
});

const kubeconfig = z.object({
  path: text,
  currentContext: text,
  contexts: z.array(z.object({ name: text, cluster: text, user: text })),
  clusters: z.array(
    z.object({
      name: text,
      server: text,
      authorities: certificates,
      authorityFile: text.exactOptional(),
      proxyUrl: text.exactOptional(),
      tlsServerName: text.exactOptional(),
      insecure: z.boolean(),
    }),
  ),
  users: z.array(
    z.object({
      name: text,
      certificates,
      certificateFile: text.exactOptional(),
      keyFile: text.exactOptional(),
      key: text.exactOptional(),
      other: z.array(z.enum(["token", "password", "exec", "auth-provider"])),
    }),
  ),
});

const folder = z.object({ mode: text, uid: number, gid: number, real: text });
const kind = z.enum(["acl", "flags"]);
const mark = z.object({ path: text, kind, was: text.exactOptional(), is: text.exactOptional() });

const record = z.object({
  applied: text.exactOptional(),
  leaves: z.array(z.object({ profile: text, id: text, serial: text })),
  cas: texts,
  files: texts,
  served: z.array(z.object({ component: text, at: text, serial: text.exactOptional() })),
  interrupted: z.boolean(),
  noted: z
    .object({
      name: text,
      told: z.object({ apply: text.exactOptional(), trust: text.exactOptional() }),
      files: z.array(z.object({ path: text, mode: text, uid: number, gid: number, isSame: z.boolean() })),
      links: z.array(z.object({ path: text, target: text })),
      folders: z.array(z.object({ path: text, was: folder, is: folder.exactOptional() })).exactOptional(),
      marks: z.array(mark).exactOptional(),
    })
    .exactOptional(),
});

const cluster = z.object({
  nodes: z.array(
    z.object({ name: text, addresses: texts, controlPlane: z.boolean(), kubeletVersion: text, ready: z.boolean() }),
  ),
  kubeadm: z
    .object({
      kubernetesVersion: text,
      controlPlaneEndpoint: text,
      certificatesDir: text,
      clusterName: text,
      serviceSubnet: text,
      podSubnet: text,
      dnsDomain: text,
      certSans: texts,
      etcd: z.enum(["local", "external"]),
      etcdServerSans: texts,
      etcdPeerSans: texts,
      certificateValidity: text.exactOptional(),
    })
    .exactOptional(),
});

/** What a later program adds is left out. */
const survey = z.object({
  version: z.literal(SURVEY_VERSION),
  host,
  components: z.array(componentFacts),
  files: z.array(file),
  kubeconfigs: z.array(kubeconfig),
  served: z.array(z.object({ component, at: text, chain: certificates })),
  staticPods: z.array(
    z.object({
      manifest: text,
      name: text,
      images: texts,
      modifiedAt: z.union([moment, z.literal("")]), // none of what is not there
      hostPaths: texts,
      component: component.exactOptional(),
    }),
  ),
  readers: z.array(z.object({ pid: number, name: text, path: text, how: z.enum(["command line", "mount"]) })),
  renewers: texts,
  record: record.exactOptional(),
  missingUnits: texts.exactOptional(),
  cluster: cluster.exactOptional(),
  unread: texts,
});

/** Names every field of a type as one that has to be there, so that an optional one cannot be forgotten either. */
type Complete<T> = T extends readonly (infer E)[]
  ? readonly Complete<E>[]
  : T extends object
    ? { [K in keyof T]-?: Complete<T[K]> }
    : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** Fails to compile where model.ts and the schema differ. */
export const IN_STEP: Same<Complete<Survey>, Complete<z.output<typeof survey>>> = true;

const versioned = z.object({ version: z.number() });

/** A file that holds no survey; the message says what is wrong with it. */
export class SurveyError extends Error {
  override readonly name = "SurveyError";
}

function parsedSurvey(value: unknown, place: string): Survey {
  const { data } = versioned.safeParse(value);
  if (data !== undefined && data.version !== SURVEY_VERSION)
    throw new SurveyError(
      mustBe(
        `${place}version`,
        String(data.version),
        String(SURVEY_VERSION),
        "use the kube-pki that wrote it, or survey the node again",
      ),
    );
  const result = survey.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.map(String).join(".") ?? "";
  throw new SurveyError(
    `${`${place}${field}` || "survey"}: not what \`kube-pki survey\` writes (${issue?.message ?? "unknown"}); survey the node again`,
  );
}

/** One survey, or a list of them. */
export function parsedSurveys(json: string): Survey[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new SurveyError(
      `no JSON (${error instanceof Error ? error.message : String(error)}); must be what \`kube-pki survey\` writes`,
    );
  }
  return Array.isArray(value)
    ? value.map((each: unknown, index) => parsedSurvey(each, `[${String(index)}].`))
    : [parsedSurvey(value, "")];
}
