import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensure } from "../../tools/toolchain";
import { freePort } from "../freePort";
import { createGroups } from "./cgroup";
import type { Lab } from "./lab";
import { must, waitFor } from "./process";
import { readState } from "./state";
import { labNetwork } from "./topology";

/** What the API answers: status code and body. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Where a server runs and how its process is begun. */
interface Place {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** The command with a prefix that begins it where it belongs. */
  readonly begun: (argv: readonly string[]) => string[];
  /** Whether it goes on when the terminal of whoever began it is gone, as a lab that is kept does. */
  readonly detached: boolean;
}

const PORT = 8200;
/** The server's name among a lab's members; no node can have it. */
const MEMBER = "_openbao";

/** $1 cgroups, then the command. */
const script = `
groups=$1; shift
for group in $groups; do echo $$ >"$group/cgroup.procs"; done
exec "$@"
`;

export const openBaoConfig = ({ folder, host, port }: Pick<Place, "folder" | "host" | "port">): string => {
  const at = (name: string): string => JSON.stringify(join(folder, name));
  return `
api_addr     = "https://${host}:${String(port)}"
cluster_addr = "https://${host}:${String(port + 1)}"
ui           = false
log_level    = "warn"

storage "raft" {
  path    = ${at("data")}
  node_id = "it"
}

listener "tcp" {
  address         = "${host}:${String(port)}"
  cluster_address = "${host}:${String(port + 1)}"
  tls_cert_file   = ${at("server.crt")}
  tls_key_file    = ${at("server.key")}
}

# for whoever drives it from outside of its network
listener "unix" {
  address     = ${at("api.sock")}
  tls_disable = true
}

audit "file" "to-file" {
  options {
    file_path = ${at("audit.log")}
  }
}
`;
};

/**
 * A real OpenBao server: TLS, raft storage, audit on, initialised and unsealed. Alone on loopback it ends with `stop`; in a
 * lab it listens on the lab's own address, where the lab's `driver` commands reach it, and ends with the lab.
 */
export class OpenBao {
  private child: ChildProcess | undefined;
  private unsealKey = "";
  /** Of the root token: it may do everything. */
  public rootToken = "";

  private constructor(private readonly place: Place) {}

  /** A server of one's own, on loopback. */
  public static async start(): Promise<OpenBao> {
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-openbao-"));
    // the port after it is the cluster's, and nobody joins this one
    return OpenBao.run({
      folder,
      host: "127.0.0.1",
      port: await freePort(),
      begun: (argv) => [...argv],
      detached: false,
    });
  }

  /** A server in the lab's network. */
  public static async inLab(lab: Lab): Promise<OpenBao> {
    const folder = join(lab.folder, "openbao");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const groups = createGroups(readState(lab.name)?.cgroups ?? [], MEMBER).join("\n");
    const begun = (argv: readonly string[]): string[] => lab.driver(["sh", "-euc", script, "sh", groups, ...argv]);
    return OpenBao.run({ folder, host: labNetwork.address, port: PORT, begun, detached: true });
  }

  public get address(): string {
    return `https://${this.place.host}:${String(this.place.port)}`;
  }

  /** The certificate its clients trust. */
  public get caFile(): string {
    return join(this.place.folder, "server.crt");
  }

  /** The environment of a client; the token is the root's unless another one is given. */
  public env(token = this.rootToken): Record<string, string> {
    return { VAULT_ADDR: this.address, VAULT_CACERT: this.caFile, VAULT_TOKEN: token };
  }

  /** One request of the HTTP API, such as `api("GET", "sys/health")`; every status is an answer. */
  public api(method: string, path: string, body?: unknown, token = this.rootToken): Promise<Answer> {
    const headers = token === "" ? {} : { "x-vault-token": token };
    return new Promise((resolve, reject) => {
      const socketPath = join(this.place.folder, "api.sock");
      const sent = request({ socketPath, method, path: `/v1/${path}`, headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("error", reject).on("end", () => {
          const parsed = text.startsWith("{") ? (JSON.parse(text) as Answer["body"]) : { text };
          resolve({ status: response.statusCode ?? 0, body: parsed });
        });
      });
      sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** As `api`, for what has to succeed; gives the answer's `data`. */
  public async must(
    method: string,
    path: string,
    body?: unknown,
    token = this.rootToken,
  ): Promise<Record<string, unknown>> {
    const answer = await this.api(method, path, body, token);
    if (answer.status >= 300)
      throw new Error(`OpenBao ${method} ${path}: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
    return (answer.body["data"] ?? answer.body) as Record<string, unknown>;
  }

  /** A token that may do what the policy says, and nothing else. */
  public async token(policy: string, ttl = "1h"): Promise<string> {
    const name = `p${String(Date.now())}-${String(Math.floor(Math.random() * 1e6))}`;
    await this.must("POST", `sys/policies/acl/${name}`, { policy });
    const made = await this.api("POST", "auth/token/create", { policies: [name], no_default_policy: true, ttl });
    return (made.body["auth"] as { client_token: string }).client_token;
  }

  public async seal(): Promise<void> {
    await this.must("POST", "sys/seal");
  }

  /** Opens a sealed server and waits until it serves. */
  public async unseal(): Promise<void> {
    await this.must("POST", "sys/unseal", { key: this.unsealKey });
    await waitFor("OpenBao is active", 30_000, 100, async () =>
      (await this.api("GET", "sys/health")).status === 200 ? true : undefined,
    );
  }

  /** One line for each request and each answer so far. */
  public audit(): Record<string, unknown>[] {
    const text = readFileSync(join(this.place.folder, "audit.log"), "utf8");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Ends the process; what it knows stays. */
  public async powerOff(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    child.ref(); // or nothing may be left that keeps whoever waits here from ending
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill("SIGKILL")) await ended;
    this.child = undefined;
  }

  /** Begins the process again and unseals it. */
  public async powerOn(): Promise<void> {
    await this.begin();
    await this.unseal();
  }

  public async stop(): Promise<void> {
    await this.powerOff();
    rmSync(this.place.folder, { recursive: true, force: true });
  }

  private static async run(place: Place): Promise<OpenBao> {
    const server = new OpenBao(place);
    try {
      await makeServingPair(place);
      mkdirSync(join(place.folder, "data"), { mode: 0o700 });
      writeFileSync(join(place.folder, "config.hcl"), openBaoConfig(place), { mode: 0o600 });
      await server.begin();
      const made = await server.must("POST", "sys/init", { secret_shares: 1, secret_threshold: 1 });
      server.unsealKey = (made["keys_base64"] as string[])[0] ?? "";
      server.rootToken = String(made["root_token"]);
      // for a lab that is kept
      writeFileSync(join(place.folder, "root-token"), server.rootToken, { mode: 0o600 });
      await server.unseal();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private async begin(): Promise<void> {
    const { folder, begun, detached } = this.place;
    const { bao } = await ensure(["bao"], () => undefined);
    const socket = join(folder, "api.sock");
    rmSync(socket, { force: true });
    const [command = "", ...args] = begun([bao, "server", `-config=${join(folder, "config.hcl")}`]);
    const logFile = join(folder, "openbao.log");
    const log = openSync(logFile, "a", 0o600);
    const child = spawn(command, args, { detached, stdio: ["ignore", log, log] });
    closeSync(log);
    child.unref();
    this.child = child;
    await waitFor("OpenBao answers", 30_000, 100, async () => {
      if (child.exitCode !== null)
        throw new Error(
          `OpenBao does not start: ${readFileSync(logFile, "utf8").trim().split("\n").slice(-3).join(" | ")}`,
        );
      if (!existsSync(socket)) return undefined;
      return this.api("GET", "sys/health").then(
        () => true,
        () => undefined,
      );
    });
  }
}

async function makeServingPair({ folder, host }: Place): Promise<void> {
  // prettier-ignore
  await must(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365",
    "-keyout", join(folder, "server.key"), "-out", join(folder, "server.crt"), "-subj", "/CN=openbao",
    "-addext", `subjectAltName=IP:${host}`], { what: "the certificate of OpenBao" });
}
