import { request } from "node:https";
import { ensure } from "../../tools/toolchain";
import { etcdCommand } from "./etcdCommand";
import { authority, leaf, type LeafOptions, type Pair } from "./pki";
import { part, payload } from "./payload";
import { freePort } from "../freePort";
import { Scratch } from "./scratch";

export const CA = "/etc/etcd/ca.crt";
export const CERT = "/etc/etcd/server.crt";
export const KEY = "/etc/etcd/server.key";

interface Ports {
  readonly client: number;
  readonly peer: number;
}

/** A node with one real member of etcd, as a unit; none of its peers takes its certificate while that has ended. */
export class EtcdNode extends Scratch {
  /** The same in each payload of a set: a node knows a set by its text. */
  private readonly issued = Math.floor(Date.now() / 1000) - 60;

  private constructor(
    shell: string,
    readonly name: string,
    private readonly ca: Pair,
    private readonly ports: ReadonlyMap<string, Ports>,
  ) {
    super(shell);
  }

  /** Three nodes, one member each; `leafOptions` are those of the certificates that they start with. */
  static async three(shell: string, leafOptions: LeafOptions): Promise<readonly EtcdNode[]> {
    const ca = authority();
    const { etcd } = await ensure(["etcd"], () => undefined);
    const ports = new Map<string, Ports>();
    for (const name of ["e1", "e2", "e3"]) ports.set(name, { client: await freePort(), peer: await freePort() });
    const nodes = [...ports.keys()].map((name) => new EtcdNode(shell, name, ca, ports));
    for (const node of nodes) {
      const { cert, key } = leaf(ca, "etcd", leafOptions);
      node.write(CA, ca.cert);
      node.write(CERT, cert);
      node.write(KEY, key, 0o600);
      node.define(etcd);
      await node.start("etcd");
    }
    return nodes;
  }

  private url(kind: keyof Ports, name = this.name): string {
    return `https://127.0.0.1:${String(this.ports.get(name)?.[kind])}`;
  }

  private define(etcd: string): void {
    const [ca, cert, key] = [CA, CERT, KEY].map((path) => this.path(path)) as [string, string, string];
    const all = [...this.ports.keys()].map((each) => [each, this.url("peer", each)] as const);
    const data = this.path("/data");
    const member = { name: this.name, data, ca, cert, key, client: this.url("client"), peer: this.url("peer"), all };
    this.write("/units/etcd/command", etcdCommand(etcd, member, this.path("/units/etcd/listening")));
  }

  /** A certificate that has not ended. */
  fresh(): Pair {
    return leaf(this.ca, "etcd");
  }

  /** Whether there is a quorum, as an own certificate that has not ended is told. */
  async isHealthy(): Promise<boolean> {
    const { cert, key } = this.fresh();
    return new Promise((resolve) => {
      const options = { cert, key, rejectUnauthorized: false, timeout: 3000 };
      const asked = request(`${this.url("client")}/health`, options, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => {
        resolve(false);
      });
      asked.end();
    });
  }

  payload({ cert, key }: Pair): string {
    const own = this.url("client").replace("https://", "");
    const others = [...this.ports.keys()].filter((name) => name !== this.name);
    return payload(
      "apply",
      `node ${this.name}
start existing
${part("ca:etcd", this.ca.cert)}${part("cert:etcd-server", cert)}${part("key:etcd-server", key)}leaf etcd-server i1 ${String(this.issued)} ${String(this.issued + 86400)} ca:etcd
file ${CA} 0644 root root ca:etcd
file ${KEY} 0600 root root key:etcd-server
file ${CERT} 0644 root root cert:etcd-server
consumer etcd systemd etcd
use etcd restart ${CA}
use etcd reload ${CERT}
use etcd reload ${KEY}
${others.map((name) => `member etcd ${this.url("client", name).replace("https://", "")}\n`).join("")}served etcd ${own} etcd-server
health etcd https ${own} /health etcd-server
`,
    );
  }

  alive(): string {
    const own = this.url("client").replace("https://", "");
    return payload(
      "alive",
      `node ${this.name}\nround r1\nleaf etcd-server ${CERT}\nauthority ca:etcd ${CA}\napi ${own}\napi 127.0.0.1:1\n`,
    );
  }
}
