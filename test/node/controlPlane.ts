import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { part, payload } from "./payload";
import { authority } from "./pki";
import { Scratch, type Result } from "./scratch";

/** A node with a kubectl that answers from files, see stub/kubectl: templates are what only a real cluster proves. */
export class ControlPlane extends Scratch {
  readonly old = authority();
  readonly stays = authority();

  constructor(shell: string) {
    super(shell);
    mkdirSync(this.path("/kubectl"));
    this.env["KUBECTL"] = this.path("/kubectl");
    this.tool("kubectl", readFileSync(join(__dirname, "stub", "kubectl"), "utf8"));
    this.write("/etc/kubernetes/admin.conf", "");
  }

  answer(key: string, text: string): void {
    writeFileSync(this.path(`/kubectl/${key}`), text);
  }

  /** What earlier runs have left here of the cluster's CAs. */
  remember(name: string, ...pems: readonly string[]): void {
    const bodies = pems.map((pem) => `${name} CERTIFICATE ${pem.replace(/-----[^-]+-----|\s/g, "")}\n`);
    this.write("/var/lib/kube-pki/ours", bodies.join(""), 0o600);
  }

  /** What it answers from the second time on. */
  answerNext(key: string, text: string): void {
    this.answer(`next.${key}`, text);
    this.answer(`after.${key}`, `cp "$KUBECTL/next.${key}" "$KUBECTL/${key}"`);
  }

  patched(key: string): string | undefined {
    const file = this.path(`/kubectl/patched.${key}`);
    return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  }

  /** What was asked that changes the cluster, in order. */
  changes(): string[] {
    if (!this.has("/kubectl/calls")) return [];
    return this.read("/kubectl/calls")
      .split("\n")
      .filter((line) => /^(patch|delete)/.test(line));
  }

  /** Waits for what never comes: 2 s each. */
  workInVain(tasks: readonly string[], lines = ""): Promise<Result> {
    return this.work(tasks, lines, { KUBE_PKI_LIMIT: "2" });
  }

  work(tasks: readonly string[], lines = "", env: Record<string, string> = {}): Promise<Result> {
    const parts = part("ca:kubernetes", this.stays.cert) + part("old:kubernetes:g1", this.old.cert);
    const text = tasks.map((task) => `task ${task}\n`).join("");
    return this.run(
      "cluster",
      payload("cluster", `node n1\nkubeconfig /etc/kubernetes/admin.conf\n${parts}${lines}${text}`),
      env,
    );
  }
}

/** The debris a run leaves behind, which is none. */
export const leftBehind = (node: ControlPlane): string[] =>
  node.list("/var/lib/kube-pki").filter((name) => name.startsWith("look"));

/** As go-template's `urlquery` prints it: one word. */
export const urlquery = (text: string): string => encodeURIComponent(text).replaceAll("%20", "+");

/** What is listed of the kube-root-ca.crt of one namespace, and when others than us wrote it. */
export const rootCa = (namespace: string, pem: string, ...written: readonly string[]): string =>
  `${[namespace, `=${urlquery(pem)}`, ...written].join(" ")}\n`;

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Kind and name of each thing that was found. */
export const found = ({ stdout }: Result): string[] =>
  stdout.split("\n").flatMap((line) => /^found (\S+ \S+)/.exec(line)?.[1] ?? []);
