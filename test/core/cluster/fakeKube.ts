/** A cluster in memory, and a clock that moves when somebody waits. */
import type {
  HeldCertificates,
  Kube,
  ObjectName,
  Objects,
  SecretCertificates,
  TokenHeader,
  Where,
} from "../../../core/cluster/kube";
import { runJob } from "../../../core/cluster/run";
import type { Job } from "../../../core/cluster/job";
import type { AuthorityName } from "../../../core/model/authorities";
import type { Deleted, Patched, Read } from "../../../core/model/clusterObjects";

interface Held {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
}
type Any = Record<string, unknown>;

type Resource = Read | Patched;

const KINDS: Readonly<Record<string, Resource>> = {
  ConfigMap: "configmaps",
  DaemonSet: "daemonsets.apps",
  Secret: "secrets",
};

/** RFC 7396. */
const merged = (into: unknown, patch: unknown): unknown => {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Any = { ...(into as Any) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merged(result[key], value);
  }
  return result;
};

export class FakeKube implements Kube {
  readonly changes: string[] = [];
  readonly bodies: unknown[] = [];
  readonly known: Record<string, string> = {};
  /** Of kubelets that do not answer with "ok". */
  says: Record<string, string> = {};
  headers: TokenHeader[] = [];
  held: HeldCertificates[] = [];
  private readonly objects = new Map<string, Held[]>();
  private readonly effects: [RegExp, () => void][] = [];

  /** Adds objects, in place of those of the same name. */
  put(resource: Resource, ...added: readonly object[]): this {
    for (const each of added as Held[]) {
      this.take(resource, each.metadata);
      this.objects.set(resource, [...this.of(resource), each]);
    }
    return this;
  }

  /** What the cluster's controllers do after a change. */
  after(change: RegExp, effect: () => void): this {
    this.effects.push([change, effect]);
    return this;
  }

  find(resource: Resource, name: string): unknown {
    return this.of(resource).find(({ metadata }) => metadata.name === name);
  }

  list<R extends Read>(resource: R, { namespace, fields, labels }: Where = {}): Promise<readonly Objects[R][]> {
    const [, name] = fields?.startsWith("metadata.name=") ? fields.split("=") : [];
    const [key = "", value] = labels?.split("=") ?? [];
    const found = this.of(resource).filter(
      ({ metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) &&
        (name === undefined || metadata.name === name) &&
        (value === undefined || metadata.labels?.[key] === value),
    );
    return Promise.resolve(structuredClone(found) as unknown as Objects[R][]);
  }

  async get<R extends Read>(resource: R, { namespace, name }: ObjectName): Promise<Objects[R] | undefined> {
    const all = await this.list(resource, namespace === undefined ? {} : { namespace });
    return all.find(({ metadata }) => metadata.name === name);
  }

  patch(resource: Patched, name: ObjectName, type: "json" | "merge", body: object): Promise<void> {
    const known = this.of(resource);
    const index = known.findIndex(({ metadata }) => isNamed(metadata, name));
    if (index >= 0 && type === "merge") known[index] = merged(known[index], body) as Held;
    return this.changed(`patch ${resource} ${textOf(name)}`, body);
  }

  remove(resource: Deleted, name: ObjectName): Promise<void> {
    this.take(resource, name);
    return this.changed(`remove ${resource} ${textOf(name)}`);
  }

  create(body: object): Promise<void> {
    return this.placed("create", body);
  }

  apply(body: object): Promise<void> {
    return this.placed("apply", body);
  }

  /** As an API server does: what is no longer the one that was read stays. */
  approve(name: string, body: object): Promise<boolean> {
    const requests = this.of("certificatesigningrequests.certificates.k8s.io");
    const at = requests.findIndex(({ metadata }) => metadata.name === name);
    const versionOf = (each: unknown) => {
      const { uid, resourceVersion } = (each as { metadata: Record<string, string> }).metadata;
      return `${uid ?? ""} ${resourceVersion ?? ""}`;
    };
    if (at < 0 || versionOf(requests[at]) !== versionOf(body)) return Promise.resolve(false);
    requests[at] = body as Held;
    return this.changed(`approve ${name}`, body).then(() => true);
  }

  syncPods(pods: readonly ObjectName[], mark: string): Promise<void> {
    return this.changed(`sync ${pods.map(textOf).join(" ")}`, { mark });
  }

  tokenHeaders(): Promise<readonly TokenHeader[]> {
    return Promise.resolve(this.headers);
  }

  heldCertificates(): Promise<readonly HeldCertificates[]> {
    return Promise.resolve(this.held);
  }

  certificatesIn(name: ObjectName): Promise<SecretCertificates | undefined> {
    const secret = this.of("secrets").find(({ metadata }) => isNamed(metadata, name)) as
      (Held & { data?: Record<string, string> }) | undefined;
    if (secret === undefined) return Promise.resolve(undefined);
    const texts = Object.entries(secret.data ?? {}).map(
      ([key, data]) => [key, Buffer.from(data, "base64").toString()] as const,
    );
    return Promise.resolve({
      isOurs: secret.metadata.annotations?.["kube-pki/certificate"] !== undefined,
      entries: Object.fromEntries(texts.filter(([, text]) => text.startsWith("-----BEGIN CERTIFICATE-----"))),
    });
  }

  kubelets(nodes: readonly string[]): Promise<readonly (readonly [string, string])[]> {
    return Promise.resolve(nodes.map((node) => [node, this.says[node] ?? "ok"] as const));
  }

  ours(authority: AuthorityName): Promise<string> {
    return Promise.resolve(this.known[authority] ?? "");
  }

  private placed(verb: string, body: object): Promise<void> {
    const { kind, metadata } = body as Held & { kind: string };
    this.put(KINDS[kind] ?? "configmaps", body);
    return this.changed(`${verb} ${textOf(metadata)}`, body);
  }

  private changed(change: string, body?: unknown): Promise<void> {
    this.changes.push(change);
    this.bodies.push(body);
    for (const [pattern, effect] of this.effects) if (pattern.test(change)) effect();
    return Promise.resolve();
  }

  private of(resource: string): Held[] {
    const held = this.objects.get(resource) ?? [];
    this.objects.set(resource, held);
    return held;
  }

  private take(resource: string, name: ObjectName): void {
    this.objects.set(
      resource,
      this.of(resource).filter(({ metadata }) => !isNamed(metadata, name)),
    );
  }
}

const isNamed = (metadata: ObjectName, { namespace, name }: ObjectName): boolean =>
  metadata.name === name && metadata.namespace === namespace;

const textOf = ({ namespace, name }: ObjectName): string => (namespace === undefined ? name : `${namespace}/${name}`);

/** 2026-11-24T08:48:40Z, unix seconds. */
export const NOW = 1_795_510_120;

export interface Outcome {
  /** The refusal, empty if there is none. */
  readonly why: string;
  readonly said: string;
  readonly reported: string;
  /** KIND NAME of what was found. */
  readonly found: readonly string[];
  /** How long it waited. */
  readonly seconds: number;
}

export class FakeCluster extends FakeKube {
  private timers: [at: number, effect: () => void][] = [];

  constructor(private now = NOW * 1000) {
    super();
  }

  /** When somebody has waited for so long. */
  later(seconds: number, effect: () => void): this {
    this.timers.push([this.now + seconds * 1000, effect]);
    return this;
  }

  async work(job: Pick<Job, "tasks"> & Partial<Job>): Promise<Outcome> {
    const [said, reported]: [string[], string[]] = [[], []];
    const began = this.now;
    let why = "";
    try {
      await runJob(
        { force: [], ...job },
        {
          kube: this,
          clock: { now: () => this.now, sleep: (milliseconds) => this.sleep(milliseconds) },
          nodeScript: "c2NyaXB0",
          say: (text) => said.push(text),
          report: (line) => reported.push(line),
        },
      );
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    const found = reported.flatMap((line) => /^found (\S+ \S+) /.exec(line)?.[1] ?? []);
    return { why, said: said.join("\n"), reported: reported.join("\n"), found, seconds: (this.now - began) / 1000 };
  }

  sleep(milliseconds: number): Promise<void> {
    this.now += milliseconds;
    const due = this.timers.filter(([at]) => at <= this.now);
    this.timers = this.timers.filter(([at]) => at > this.now);
    for (const [, effect] of due) effect();
    return Promise.resolve();
  }
}

/** A certificate for those who only compare them. */
export const pem = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
export const base64 = (text: string): string => Buffer.from(text).toString("base64");

export const [OLD, NEW, OTHER] = [pem("b2xk"), pem("bmV3"), pem("b3RoZXI=")] as const;
