import { request } from "node:https";
import { ensure } from "../../tools/toolchain";
import { etcdCommand } from "./etcdCommand";
import { authority, leaf } from "./pki";
import { part, payload } from "./payload";
import { freePort } from "../freePort";
import { Scratch } from "./scratch";

export const ETCD_CA = "/etc/etcd/ca.crt";
export const CERT = "/etc/etcd/server.crt";
export const KEY = "/etc/etcd/server.key";

const NAMES = ["e1", "e2", "e3"] as const;
type Name = (typeof NAMES)[number];

/** Three real members of etcd on loopback, as units of one node; the payloads are those of the node of e1. */
export class EtcdMembers extends Scratch {
  private readonly ca = authority();
  private readonly pair = leaf(this.ca, "etcd");
  private readonly ports = new Map<Name, { readonly client: number; readonly peer: number }>();

  static async make(shell: string): Promise<EtcdMembers> {
    const node = new EtcdMembers(shell);
    node.write(ETCD_CA, node.ca.cert);
    node.write(CERT, node.pair.cert);
    node.write(KEY, node.pair.key, 0o600);
    const { etcd } = await ensure(["etcd"], () => undefined);
    for (const name of NAMES) node.ports.set(name, { client: await freePort(), peer: await freePort() });
    for (const name of NAMES) node.define(name, etcd);
    return node.begun(async () => {
      await node.startAll(...NAMES);
      for (const name of NAMES) await node.healthy(name);
    });
  }

  private url(name: Name, kind: "client" | "peer"): string {
    return `https://127.0.0.1:${String(this.ports.get(name)?.[kind])}`;
  }

  /** host:port for clients. */
  endpoint(name: Name): string {
    return `127.0.0.1:${String(this.ports.get(name)?.client)}`;
  }

  private define(name: Name, etcd: string): void {
    const [ca, cert, key] = [ETCD_CA, CERT, KEY].map((path) => this.path(path)) as [string, string, string];
    const all = NAMES.map((each) => [each, this.url(each, "peer")] as const);
    const data = this.path(`/etcd-${name}`);
    const [client, peer] = [this.url(name, "client"), this.url(name, "peer")];
    const folder = `/units/${name}`;
    const member = { name, data, ca, cert, key, client, peer, all };
    this.write(`${folder}/command`, etcdCommand(etcd, member, this.path(`${folder}/listening`)));
  }

  /** Asks a member's JSON gateway, or its /health; undefined if it does not answer 200. */
  ask(name: Name, path: string, body?: object): Promise<Record<string, unknown> | undefined> {
    return new Promise((resolve) => {
      const options = { ...this.pair, ca: this.ca.cert, method: body === undefined ? "GET" : "POST", timeout: 8000 };
      const asked = request(`${this.url(name, "client")}${path}`, options, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          resolve(response.statusCode === 200 ? (JSON.parse(text) as Record<string, unknown>) : undefined);
        });
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => {
        resolve(undefined);
      });
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  private async healthy(name: Name): Promise<void> {
    for (let i = 0; i < 300; i++) {
      if ((await this.ask(name, "/health"))?.["health"] === "true") return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`member ${name} does not become healthy`);
  }

  /** Who leads, and in which term. */
  async leadership(): Promise<{ leader: Name; term: string }> {
    for (const name of ["e2", "e3", "e1"] as const) {
      const status = await this.ask(name, "/v3/maintenance/status", {});
      if (status === undefined || status["leader"] === "0") continue;
      const ids = await this.ids();
      const leader = NAMES.find((each) => ids[each] === status["leader"]);
      if (leader !== undefined) return { leader, term: String(status["raftTerm"]) };
    }
    throw new Error("nobody leads");
  }

  private async ids(): Promise<Partial<Record<Name, string>>> {
    const list = (await this.ask("e2", "/v3/cluster/member/list", {})) as { members: { name: Name; ID: string }[] };
    return Object.fromEntries(list.members.map(({ name, ID }) => [name, ID]));
  }

  async lead(name: Name): Promise<void> {
    const { leader } = await this.leadership();
    if (leader !== name)
      await this.ask(leader, "/v3/maintenance/transfer-leadership", { targetID: (await this.ids())[name] });
  }

  /** Adds a learner, which nobody starts; etcd takes one only once all others have been connected for a while. */
  async add(peer: string): Promise<void> {
    for (let i = 0; i < 300; i++) {
      if ((await this.ask("e2", "/v3/cluster/member/add", { peerURLs: [peer], isLearner: true })) !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no member is added at ${peer}`);
  }

  /** A trust run on the node of e1 that restarts it. @param joining - who is to be a member as well: addresses */
  payload(joining: readonly string[] = []): string {
    const [own, second, third] = NAMES.map((name) => `127.0.0.1:${String(this.ports.get(name)?.client)}`);
    return payload(
      "trust",
      `node n1
start existing
${part("ca:etcd", authority().cert)}${part("ca:etcd:g1", this.ca.cert)}trust ca:etcd append
file ${ETCD_CA} 0644 root root ca:etcd
have ${CERT} cert:etcd-server ca:etcd
have ${KEY} key:etcd-server -
consumer etcd systemd e1
use etcd restart ${ETCD_CA}
member etcd ${String(second)}
member etcd ${String(third)}
${joining.map((address) => `joining etcd ${address}:2379\n`).join("")}served etcd ${String(own)} etcd-server
health etcd https ${String(own)} /health etcd-server
`,
    );
  }
}
