import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { ensure } from "../../../tools/toolchain";
import { authority, leaf, type Pair } from "../../node/pki";
import { freePort } from "../../freePort";

/** Any object of the API. */
export type Live = Record<string, unknown>;

/** What is under these keys of an object; undefined if there is nothing. */
export function dig(object: unknown, ...keys: (string | number)[]): unknown {
  return keys.reduce<unknown>((at, key) => (at as Live | undefined)?.[key], object);
}

const patches = { merge: "application/merge-patch+json", apply: "application/apply-patch+yaml" } as const;

interface Sent {
  readonly object?: Live;
  readonly type?: string;
  /** Who asks; the admin by default. */
  readonly client?: Pair;
}

/** A real kube-apiserver with its etcd on loopback, and nothing else: no controller, no node. */
export class ApiServer {
  private readonly folder = mkdtempSync(join(tmpdir(), "kube-pki-apiserver-"));
  private readonly log = openSync(join(this.folder, "log"), "a", 0o600);
  private readonly processes: ChildProcess[] = [];
  private readonly ca = authority();
  readonly admin = leaf(this.ca, "admin");
  server = "";

  static async start(): Promise<ApiServer> {
    const made = new ApiServer();
    try {
      await made.run();
    } catch (error) {
      await made.stop();
      throw error;
    }
    return made;
  }

  /** For the admin of this cluster, but for what is given. */
  kubeconfig({ server = this.server, ca = this.ca.cert, client = this.admin } = {}): string {
    const data = (pem: string): string => Buffer.from(pem).toString("base64");
    return stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "it",
      contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
      clusters: [{ name: "it", cluster: { server, "certificate-authority-data": data(ca) } }],
      users: [
        {
          name: "it",
          user: { "client-certificate-data": data(client.cert), "client-key-data": data(client.key) },
        },
      ],
    });
  }

  /** A certificate of this cluster for somebody. */
  user(name: string): Pair {
    return leaf(this.ca, name);
  }

  /** The authority of the server together with another one. */
  bundle(other: Pair): string {
    return this.ca.cert + other.cert;
  }

  get(path: string, client = this.admin): Promise<Live> {
    return this.send("GET", path, { client });
  }

  create(path: string, object: Live, client = this.admin): Promise<Live> {
    return this.send("POST", path, { object, type: "application/json", client });
  }

  merge(path: string, object: Live): Promise<Live> {
    return this.send("PATCH", path, { object, type: patches.merge });
  }

  /** As somebody else than the stack, with force. */
  applyAs(fieldManager: string, path: string, object: Live): Promise<Live> {
    return this.send("PATCH", `${path}?fieldManager=${fieldManager}&force=true`, { object, type: patches.apply });
  }

  delete(path: string): Promise<Live> {
    return this.send("DELETE", path);
  }

  async stop(): Promise<void> {
    for (const child of this.processes.reverse()) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.kill("SIGKILL")) await ended;
    }
    closeSync(this.log);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(): Promise<void> {
    const [programs, port, etcdPort, peerPort] = await Promise.all([
      ensure(["kube-apiserver", "etcd"], () => undefined),
      freePort(),
      freePort(),
      freePort(),
    ]);
    this.server = `https://127.0.0.1:${String(port)}`;
    const etcd = `http://127.0.0.1:${String(etcdPort)}`;
    const peer = `http://127.0.0.1:${String(peerPort)}`;
    // prettier-ignore
    this.spawn(programs.etcd, "--name=it", `--data-dir=${join(this.folder, "etcd")}`, "--unsafe-no-fsync", "--log-level=error",
      `--listen-client-urls=${etcd}`, `--advertise-client-urls=${etcd}`, `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=it=${peer}`);
    const serving = leaf(this.ca, "kube-apiserver");
    const tokens = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const signing = this.file("sa.key", tokens.privateKey.export({ type: "sec1", format: "pem" }).toString());
    const checking = this.file("sa.pub", tokens.publicKey.export({ type: "spki", format: "pem" }).toString());
    // prettier-ignore
    this.spawn(programs["kube-apiserver"], `--etcd-servers=${etcd}`, "--bind-address=127.0.0.1", `--secure-port=${String(port)}`,
      `--tls-cert-file=${this.file("server.crt", serving.cert)}`, `--tls-private-key-file=${this.file("server.key", serving.key)}`,
      `--client-ca-file=${this.file("ca.crt", this.ca.cert)}`, "--anonymous-auth=false", "--authorization-mode=AlwaysAllow",
      "--service-account-issuer=https://it", `--service-account-key-file=${checking}`, `--service-account-signing-key-file=${signing}`,
      "--service-cluster-ip-range=10.96.0.0/16", "--disable-admission-plugins=ServiceAccount");
    await this.ready();
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + 60_000;
    let why: unknown;
    while (Date.now() < deadline && this.processes.every(({ exitCode }) => exitCode === null)) {
      try {
        await this.get("/readyz");
        await this.get("/api/v1/namespaces/default");
        return;
      } catch (error) {
        why = error;
        await sleep(200);
      }
    }
    const said = readFileSync(join(this.folder, "log"), "utf8")
      .split("\n")
      .filter((line) => /^E|"level":"(error|fatal)"/.test(line));
    throw new Error(`kube-apiserver did not become ready: ${String(why)}\n${said.slice(-3).join("\n")}`);
  }

  private spawn(program: string, ...args: string[]): void {
    this.processes.push(spawn(program, args, { stdio: ["ignore", "ignore", this.log], cwd: this.folder }));
  }

  private file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  private send(method: string, path: string, { object, type, client = this.admin }: Sent = {}): Promise<Live> {
    const { ca } = this;
    const headers = type === undefined ? {} : { "content-type": type };
    return new Promise((resolve, reject) => {
      const options = { method, headers, ca: ca.cert, cert: client.cert, key: client.key, agent: false };
      const sent = request(this.server + path, options, (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => {
          if ((response.statusCode ?? 500) >= 300) reject(new Error(`${method} ${path}: ${body}`));
          else resolve((body.startsWith("{") ? JSON.parse(body) : {}) as Live);
        });
      });
      sent.on("error", reject).end(object === undefined ? undefined : JSON.stringify(object));
    });
  }
}
