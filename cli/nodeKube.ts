/** The cluster's objects, through the kubectl of a control plane: requests of the verb `objects` (docs/node-protocol.md). */
import { scriptCommand } from "../core/nodes/scriptCommand";
import type {
  HeldCertificates,
  Kube,
  ObjectName,
  Objects,
  SecretCertificates,
  TokenHeader,
  Where,
} from "../core/cluster/kube";
import type { Through } from "../core/cluster/payload";
import { Refusal, type Clock } from "../core/cluster/work";
import type { AuthorityName } from "../core/model/authorities";
import { MAYBE_SERVED, type Deleted, type Patched, type Read } from "../core/model/clusterObjects";
import { as, framed, part } from "../core/protocol/lines";
import { caPart } from "../core/protocol/parts";
import { lastLine, type Finished } from "./run";

/** What a node is run with. */
export type RunOnNode = (command: string, stdin: string) => Promise<Finished>;

/** An API server that was just restarted is asked again. */
const ANSWER_MS = 90_000;
const POLL_MS = 2_000;

/** The node's exit code where the API server did not answer. */
const NO_ANSWER = 3;

/** Where it serves no such kind. */
const NOT_SERVED = 4;

/** Pods whose kubelets are told by one kubectl, which has a minute. */
const SYNCED_AT_ONCE = 200;

/** A payload is ASCII. */
const jsonText = (body: object): string =>
  JSON.stringify(body, undefined, 1).replace(
    /[^\n\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const body = (object: object): string[] => part("body", jsonText(object));

const at = ({ namespace, name }: ObjectName): string => `${namespace ?? "-"} ${name}`;

const held = (answer: string): HeldCertificates[] =>
  answer.split(/^= /m).flatMap((entry) => {
    const [, namespace, name, key, pem = ""] = /^([^/ ]+)\/(\S+) (\S+)\n([^]*)$/.exec(entry) ?? [];
    return namespace === undefined || name === undefined || key === undefined ? [] : [{ namespace, name, key, pem }];
  });

export class NodeKube implements Kube {
  public constructor(
    private readonly run: RunOnNode,
    private readonly through: Through,
    /** CAs of this cluster, PEM: by them its entries in a kubeconfig are known. */
    private readonly cas: Readonly<{ kubernetes?: string; frontProxy?: string }>,
    private readonly clock: Clock,
  ) {}

  public async list<R extends Read>(resource: R, where: Where = {}): Promise<readonly Objects[R][]> {
    const { namespace = "-", fields = "-", labels = "-" } = where;
    const answer = await this.ask(
      `get ${resource}`,
      [`list ${resource} ${namespace} ${fields} ${labels}`],
      MAYBE_SERVED.has(resource),
    );
    if (answer.trim() === "") return [];
    return (JSON.parse(answer) as { readonly items: readonly Objects[R][] }).items;
  }

  public async get<R extends Read>(resource: R, name: ObjectName): Promise<Objects[R] | undefined> {
    const answer = await this.ask(`get ${resource}`, [`get ${resource} ${at(name)}`], MAYBE_SERVED.has(resource));
    return answer.trim() === "" ? undefined : (JSON.parse(answer) as Objects[R]);
  }

  public async patch(resource: Patched, name: ObjectName, type: "json" | "merge", patch: object): Promise<void> {
    await this.ask(`patch ${resource}`, [...body(patch), `patch ${resource} ${at(name)} ${type}`]);
  }

  public async remove(resource: Deleted, name: ObjectName): Promise<void> {
    await this.ask(`delete ${resource}`, [`remove ${resource} ${at(name)}`]);
  }

  public async create(object: object): Promise<void> {
    await this.ask("create", [...body(object), "create"]);
  }

  public async apply(object: object): Promise<void> {
    await this.ask("apply", [...body(object), "apply"]);
  }

  public async approve(name: string, request: object): Promise<boolean> {
    const answer = await this.ask(`certificate approve ${name}`, [...body(request), `approve ${name}`]);
    return answer.trim() !== "changed";
  }

  public async syncPods(pods: readonly ObjectName[], mark: string): Promise<void> {
    const items = pods.map((metadata) => ({ apiVersion: "v1", kind: "Pod", metadata }));
    for (let from = 0; from < items.length; from += SYNCED_AT_ONCE) {
      const list = { apiVersion: "v1", kind: "List", items: items.slice(from, from + SYNCED_AT_ONCE) };
      await this.ask("annotate pods", [...body(list), `sync-pods ${as.name(mark)}`]);
    }
  }

  public async tokenHeaders(): Promise<readonly TokenHeader[]> {
    const answer = await this.ask("get secrets", ["token-headers"]);
    return answer.split("\n").flatMap((line) => {
      const [, namespace, name, header = ""] = /^([^/ ]+)\/([^ ]+) ?(.*)$/.exec(line) ?? [];
      return namespace === undefined || name === undefined ? [] : [{ namespace, name, header }];
    });
  }

  public async heldCertificates(): Promise<readonly HeldCertificates[]> {
    return held(await this.ask("get secrets", ["held-certificates"]));
  }

  public async certificatesIn({ namespace, name }: Required<ObjectName>): Promise<SecretCertificates | undefined> {
    const answer = await this.ask(`get secrets ${name}`, [`certificates-in ${namespace} ${name}`]);
    const by = /^secret (ours|other)$/m.exec(answer)?.[1];
    if (by === undefined) return undefined;
    return { isOurs: by === "ours", entries: Object.fromEntries(held(answer).map(({ key, pem }) => [key, pem])) };
  }

  public async kubelets(nodes: readonly string[]): Promise<readonly (readonly [string, string])[]> {
    const answer = await this.ask(
      "get --raw /api/v1/nodes/.../proxy/healthz",
      nodes.map((node) => `kubelet ${node}`),
    );
    return answer.split("\n").flatMap((line) => {
      const [, node, says] = /^(\S+) (.+)$/.exec(line) ?? [];
      return node === undefined || says === undefined ? [] : [[node, says.trim()] as const];
    });
  }

  public ours(authority: AuthorityName): Promise<string> {
    return this.ask("ours", [`ours ${authority.toLowerCase()}`]);
  }

  /** @param maybeServed where there is no such kind nothing is the answer */
  private async ask(what: string, request: readonly string[], maybeServed = false): Promise<string> {
    const { node, kubeconfig, sudo } = this.through;
    const { kubernetes, frontProxy } = this.cas;
    const payload = framed("objects", [
      `node ${as.name(node)}`,
      `kubeconfig ${as.path(kubeconfig)}`,
      ...(kubernetes === undefined ? [] : part(caPart("kubernetes"), kubernetes)),
      ...(frontProxy === undefined ? [] : part(caPart("frontProxy"), frontProxy)),
      ...request,
    ]);
    const command = scriptCommand("objects", sudo);
    const began = this.clock.now();
    for (;;) {
      const { code, stdout, stderr } = await this.run(command, payload);
      if (code === 0) return stdout;
      if (code === NOT_SERVED && maybeServed) return "";
      const why = lastLine(stderr);
      if (code === null) throw new Refusal(`${node}: the ssh connection ended while it was asked: run again`);
      // one that has just started may not serve all of its kinds yet
      if (code !== NO_ANSWER && code !== NOT_SERVED)
        throw new Refusal(why === "" ? `${node}: node.sh ended with ${String(code)}` : why);
      if (this.clock.now() - began >= ANSWER_MS)
        throw new Refusal(`'kubectl ${what}' on ${node} did not succeed within ${String(ANSWER_MS / 1000)} s: ${why}`);
      await this.clock.sleep(POLL_MS);
    }
  }
}
