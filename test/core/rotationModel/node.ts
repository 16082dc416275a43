/**
 * One node: what is on its disk, and what each of its services has in memory. Who reads which file comes from the layout,
 * what a service notices without a restart from core/model/reload.ts.
 */
import { INVENTORY } from "../../../core/certificates/inventory";
import { isProfile, type LeafName } from "../../../core/model/profiles";
import type { Rotatable } from "../../../core/model/phases";
import type { Content } from "../../../core/layouts/layout";
import { consumerOf, needOf, type ConsumerInput, type ConsumerName } from "../../../core/model/reload";
import type { NodePlan } from "../../../core/plan";
import { caKeyText, caText, fileIn, fileText, isLeaf, isTrust, leafText, tokenKeyText } from "./texts";

export type Text = readonly string[];

interface Held {
  readonly input: ConsumerInput;
  readonly path: string;
  /** What it may hold: while a reload is under way it is the old or the new one, and both have to do. */
  versions: readonly Text[];
}

/** Stands for the controller manager's manifest: where it signs, certificate and key. */
export const SIGNING_FLAGS = "manifest of kube-controller-manager";
const SIGNING: ConsumerInput = "kube-controller-manager/signing";

const same = (one: Text, other: Text): boolean => one.join() === other.join();

/** A running service. */
export class Process {
  public readonly up: boolean = false;
  /** False for one that is only defined so far. */
  public readonly hasRun: boolean = false;
  private held: Held[] = [];
  private views = new Map<string, Text | undefined>();

  public constructor(
    public readonly name: ConsumerName,
    private readonly node: ModelNode,
  ) {}

  public stop(): void {
    (this as { up: boolean }).up = false;
  }

  /** Reads everything anew. */
  public start(): void {
    Object.assign(this, { up: true, hasRun: true });
    this.held = this.node.readBy(this.name).map((each) => ({ ...each, versions: [this.node.read(each.path)] }));
    this.views.clear();
  }

  public noticeChange(path: string): void {
    this.views.clear();
    if (!this.node.disk.has(path)) return; // what cannot be read is not taken
    for (const held of this.held)
      if (held.path === path && this.node.needOf(held.input) === "reload")
        held.versions = [...held.versions, this.node.read(path)];
  }

  /** What reloads has done so by now. */
  public settle(): void {
    this.views.clear();
    for (const held of this.held) held.versions = held.versions.slice(-1);
  }

  /** Whether it still runs with something else than what is on disk, and will until it is restarted. */
  public isStale(paths: ReadonlySet<string>): boolean {
    return this.held.some(
      ({ path, versions }) => paths.has(path) && !same(versions.at(-1) ?? [], this.node.read(path)),
    );
  }

  /** What it certainly trusts by this input; undefined: it does not ask. */
  public trusts(input: ConsumerInput): Text | undefined {
    return this.view(`trusts ${input}`, () => {
      const mine = this.held.filter((held) => held.input === input);
      if (mine.length === 0) return undefined;
      return mine.flatMap(({ versions }) =>
        (versions[0] ?? []).filter((text) => isTrust(text) && versions.every((version) => version.includes(text))),
      );
    });
  }

  /** Every leaf it may present by this input. */
  public presents(input: ConsumerInput): Text {
    return this.holds(input).filter(isLeaf);
  }

  /** Everything it may hold by this input. */
  public holds(input: ConsumerInput): Text {
    return (
      this.view(`holds ${input}`, () => [
        ...new Set(this.held.filter((held) => held.input === input).flatMap(({ versions }) => versions.flat())),
      ]) ?? []
    );
  }

  /** The controller manager's signing certificate and key, each as it may be. */
  public signing(): { readonly certificates: readonly Text[]; readonly keys: readonly Text[] } {
    const [certificate, key] = this.held.filter(({ input }) => input === SIGNING);
    return { certificates: certificate?.versions ?? [], keys: key?.versions ?? [] };
  }

  private view(name: string, make: () => Text | undefined): Text | undefined {
    if (!this.views.has(name)) this.views.set(name, make());
    return this.views.get(name);
  }
}

export type Disk = Map<string, Text>;

/** What a file holds where each authority is at this generation. */
const contentAt = (content: Content, path: string, at: Readonly<Record<Rotatable, number>>): Text => {
  switch (content.kind) {
    case "ca":
    case "csrSigner":
      return [caText(content.authority, at[content.authority])];
    case "caKey":
      return [caKeyText(content.authority, at[content.authority])];
    case "csrSignerKey":
      return [caKeyText("kubernetes", at.kubernetes)];
    case "serviceAccount":
      return [tokenKeyText(content.half, at.serviceAccount)];
    case "link":
      return [fileText(path.replace(/[^/]*$/, content.target))];
    case "key":
      return [`key/${content.profile}`];
    case "certificate":
    case "pair":
      return [leafFor(content.profile, at)];
    case "kubeconfig":
      return [
        caText("kubernetes", at.kubernetes),
        content.credentials === "inline" ? leafFor(content.profile, at) : fileText(content.credentials.file),
      ];
  }
};

const leafFor = (profile: LeafName, at: Readonly<Record<Rotatable, number>>): string => {
  if (!isProfile(profile)) throw new Error(`${profile}: the model has none of the user's own`);
  const { authority } = INVENTORY[profile];
  return leafText(authority, at[authority], profile, "first");
};

export class ModelNode {
  public readonly name: string;
  public disk: Disk = new Map();
  public readonly processes = new Map<ConsumerName, Process>();
  /** Generations of the keys that signed the tokens its pods hold. */
  public tokens: ReadonlySet<number> = new Set();
  /** The last payload of each verb that was proven. */
  public readonly applied = new Map<string, string>();
  /** By part what it knows to be this cluster's. */
  public readonly ours = new Map<string, ReadonlySet<string>>();
  /** A transaction that was cut: what its next one puts back. */
  public journal: Disk | undefined;
  public inDoubt = false;
  /** Has joined, and no step of the stack has been here yet. */
  public isNew = false;

  public constructor(
    public readonly plan: NodePlan,
    private readonly kubernetesMinor: number,
  ) {
    this.name = plan.node.name;
  }

  /** As a node that runs with one generation of everything. */
  public boot(at: Readonly<Record<Rotatable, number>>): void {
    for (const { path, content, rotationOnly } of this.plan.known)
      if (rotationOnly !== true) this.disk.set(path, contentAt(content, path, at));
    this.tokens = this.runsPods ? new Set([at.serviceAccount]) : new Set();
    this.startAll();
  }

  /** Its services are defined, as everywhere else; none has ever run. */
  public define(): void {
    const from = this.plan.signing?.from;
    if (from !== undefined && !this.disk.has(SIGNING_FLAGS)) this.disk.set(SIGNING_FLAGS, [from.certificate, from.key]);
    for (const { name } of this.plan.consumers)
      if (!this.processes.has(name)) this.processes.set(name, new Process(name, this));
  }

  public startAll(): void {
    this.define();
    for (const process of this.processes.values()) process.start();
  }

  public get runsPods(): boolean {
    // a kubelet without a kubeconfig is not of the cluster: it only runs what is in its manifest folder
    return this.plan.known.some(({ uses }) => uses.includes("kubelet/kubeconfig"));
  }

  public readonly needOf = (input: ConsumerInput) => needOf(input, this.kubernetesMinor);

  /** Which files a service reads, as what. */
  public readBy(name: ConsumerName): { readonly input: ConsumerInput; readonly path: string }[] {
    const reads = this.plan.known.flatMap(({ path, uses }) =>
      uses.filter((input) => consumerOf(input) === name && input !== SIGNING).map((input) => ({ input, path })),
    );
    const flags = name === "kube-controller-manager" ? (this.disk.get(SIGNING_FLAGS) ?? []) : [];
    return [...reads, ...flags.map((path) => ({ input: SIGNING, path }))];
  }

  /** A file's text; a link's is that of its target. */
  public read(path: string): Text {
    const text = this.disk.get(path) ?? [];
    const target = text.length === 1 ? fileIn(text[0] ?? "") : undefined;
    return target === undefined ? text : (this.disk.get(target) ?? []);
  }

  /** The leaf in a file, a kubeconfig, or the file it names. */
  public leafIn(path: string): string | undefined {
    const text = this.disk.get(path) ?? [];
    const other = text.map(fileIn).find((each) => each !== undefined);
    return (other === undefined ? text : this.read(other)).find(isLeaf);
  }

  public write(disk: Disk): void {
    const changed = [...disk].filter(([path, text]) => !same(this.disk.get(path) ?? ["none"], text));
    const gone = [...this.disk.keys()].filter((path) => !disk.has(path));
    this.disk = new Map(disk);
    for (const path of [...changed.map(([path]) => path), ...gone])
      for (const process of this.processes.values()) process.noticeChange(path);
  }
}
