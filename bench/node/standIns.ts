/** A node in a scratch folder with the payload of a real layout: what serves and what runs there are stand-ins. */
import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import { createServer as httpServer, type Server } from "node:http";
import { createServer as httpsServer } from "node:https";
import { join } from "node:path";
import type { NodePlan } from "../../core/plan";
import { planCluster } from "../../core/plan";
import { applyPayload } from "../../core/protocol/apply";
import { configWith, NOW } from "../../test/core/fixture";
import { freePort } from "../../test/freePort";
import { authority, leaf, type Pair } from "../../test/node/pki";
import { payload } from "../../test/node/payload";
import { Scratch } from "../../test/node/scratch";

const STUBS = join(__dirname, "..", "..", "test", "node", "stub");
const ADDRESS = /\b(?:\d+\.\d+\.\d+\.\d+|api\.example\.com):\d+/g;
const KEYS = "/var/lib/kube-pki/keys";

const config = configWith();
const cluster = planCluster(config, NOW);
const authorities = { kubernetes: authority(), etcd: authority(), frontProxy: authority() };
const tokens = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const lines = (body: string, word: string): string[][] =>
  body.split("\n").flatMap((line) => (line.startsWith(`${word} `) ? [line.split(" ").slice(1)] : []));

const DAY_MS = 86_400_000;
const fromNow = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

export class StandInNode extends Scratch {
  private readonly servers: Server[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly ports = new Map<string, number>();
  /** Of what no certificate of this node is served at. */
  private readonly other = leaf(authorities.kubernetes);

  private constructor(
    shell: string,
    private readonly plan: NodePlan,
  ) {
    super(shell);
  }

  /** Its services run, and nothing of the stack is there yet. */
  static async make(shell: string, name: string): Promise<StandInNode> {
    const plan = cluster.nodes.find(({ node }) => node.name === name);
    if (plan === undefined) throw new Error(`no node ${name}`);
    const node = new StandInNode(shell, plan);
    return node.begun(() => node.bring());
  }

  private async bring(): Promise<void> {
    const body = this.body();
    await this.serve(body);
    this.env["KUBE_PKI_PROC"] = this.path("/proc");
    fs.mkdirSync(this.path("/proc"));
    for (const name of ["stat", "uptime"]) fs.symlinkSync(`/proc/${name}`, this.path(`/proc/${name}`));
    this.write("/run.sh", ': >"$1/listening"\nexec sleep 86400\n');
    for (const tool of ["pod", "crictl"]) fs.copyFileSync(join(STUBS, "pod"), join(this.tools, tool));
    fs.renameSync(join(this.tools, "systemctl"), this.path("/systemctl"));
    // the kubelet's process is looked up among those of the pods
    this.tool(
      "systemctl",
      `${this.path("/systemctl")} "$@" || exit
read -r pid <"$FAKE_UNITS/kubelet/pid"
ln -sfn "/proc/$pid" "$KUBE_PKI_PROC/$pid"`,
    );
    const options = lines(body, "reads");
    for (const [name = "", kind, unit = ""] of lines(body, "consumer")) {
      this.write(`/units/${unit}/command`, `/bin/sh ${this.path("/run.sh")} ${this.path(`/units/${unit}`)}`);
      if (kind === "systemd") await this.start(unit);
      else {
        const flags = options.flatMap(([of, flag, path]) =>
          of === name ? [`    - ${flag ?? ""}=${path ?? ""}\n`] : [],
        );
        const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${unit}\nspec:\n  containers:\n  - command:\n    - ${unit}\n${flags.join("")}`;
        this.write(`/etc/kubernetes/manifests/${unit}.yaml`, text, 0o600);
        await this.spawn(join(this.tools, "pod"), ["start", unit], "");
      }
    }
  }

  /** A payload with certificates of its own. */
  renewal(): string {
    return payload("apply", this.local(this.body()));
  }

  private body(): string {
    const leaves = this.plan.leaves.map(({ profile, id, authority: by, commonName }) => {
      const pair = leaf(authorities[by], commonName, { days: 365 });
      this.write(`${KEYS}/${profile}/${id}.key`, pair.key, 0o600);
      return [profile, { certificatePem: pair.cert, issued: fromNow(0), expires: fromNow(364) }] as const;
    });
    const text = applyPayload(cluster, this.plan, config, {
      leaves: Object.fromEntries(leaves),
      trust: {
        kubernetes: authorities.kubernetes.cert,
        etcd: authorities.etcd.cert,
        frontProxy: authorities.frontProxy.cert,
      },
      caKeys: { kubernetes: authorities.kubernetes.key },
      serviceAccount: { privatePem: tokens.privateKey, publicPem: tokens.publicKey },
    });
    return text.slice(text.indexOf("\n") + 1);
  }

  private local(body: string): string {
    return body.replaceAll(ADDRESS, (address) => `127.0.0.1:${String(this.ports.get(address) ?? 1)}`);
  }

  /** Whatever answers to the node answers 200, with the certificate that lies on the node. */
  private async serve(body: string): Promise<void> {
    const files = new Map(lines(body, "file").map(([path = "", , , , part = ""]) => [part, path]));
    const served = new Map(lines(body, "served").map(([, where = "", profile = ""]) => [where, profile]));
    const plain = new Set(
      lines(body, "health").flatMap(([, scheme, where = ""]) => (scheme === "http" ? [where] : [])),
    );
    for (const address of new Set(body.match(ADDRESS) ?? [])) {
      const port = await freePort();
      this.ports.set(address, port);
      const api = [...served.keys()].find((where) => where.endsWith(":6443"));
      const profile = served.get(address.startsWith("api.example.com:") && api !== undefined ? api : address);
      const pair = (): Pair => {
        const [cert, key] = ["cert", "key"].map((half) => files.get(`${half}:${profile ?? ""}`));
        return cert !== undefined && key !== undefined && this.has(cert) && this.has(key)
          ? { cert: this.read(cert), key: this.read(key) }
          : this.other;
      };
      await this.listen(port, plain.has(address) ? undefined : pair);
    }
  }

  private async listen(port: number, pair: (() => Pair) | undefined): Promise<void> {
    const answer = (_: unknown, response: { end(text: string): void }): void => {
      response.end("{}\n");
    };
    const server = pair === undefined ? httpServer(answer) : httpsServer(pair(), answer);
    this.servers.push(server);
    if (pair !== undefined && "setSecureContext" in server) {
      let last = JSON.stringify(pair());
      const secure = server;
      this.timers.push(
        setInterval(() => {
          const now = pair();
          if (JSON.stringify(now) === last) return;
          try {
            secure.setSecureContext(now);
            last = JSON.stringify(now);
          } catch {
            // half a pair
          }
        }, 50),
      );
    }
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  }

  /** Puts another text of the script there. */
  install(text: string): void {
    this.write("/var/lib/kube-pki/node.sh", text, 0o600);
  }

  override remove(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const server of this.servers) server.close();
    super.remove();
  }
}
