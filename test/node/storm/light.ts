/** A service of a node that does nothing but run with its flags: no certificate is asked for, so its cases are cheap. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { isApply } from "./body";
import type { Flagged, Send } from "./case";
import { FLAG_OF, FORMS, OLD, pathOf, UNIT_PATH, WISHES, type Form } from "./flagForms";
import { CA } from "./layout";
import type { StormNode } from "./node";
import type { Consumers } from "./services";

const NAME = "store";
const STUB = join(__dirname, "..", "stub");

export class Light implements Consumers {
  private readonly form: Form;
  private readonly path: string;
  private kubelet: NodeJS.Timeout | undefined;
  /** Of its manifest, when the pod began. */
  private seen = "";
  private acts = false;

  private constructor(
    private readonly node: StormNode,
    private readonly of: Flagged,
  ) {
    this.form = FORMS[of.form];
    this.path = pathOf(this.form);
  }

  static async make(node: StormNode, of: Flagged): Promise<Light> {
    const light = new Light(node, of);
    light.lay();
    await light.start();
    return light;
  }

  private lay(): void {
    const { node, form } = this;
    const unit = `/units/${NAME}`;
    node.write(this.path, form.text(OLD), 0o640);
    node.write("/light.sh", ': >"$1/listening"\nread -r _ <"$1/fifo"\n');
    node.write(`${unit}/command`, `/bin/sh ${node.path("/light.sh")} ${node.path(unit)}`);
    execFileSync("mkfifo", [node.path(`${unit}/fifo`)]);
    if (form.unit !== undefined) {
      node.write(UNIT_PATH, form.unit);
      node.write(`${unit}/environment`, this.path);
    }
    if (form.kind === "systemd") node.write(`${unit}/fragment`, form.unit === undefined ? this.path : UNIT_PATH);
    if (form.knownAs !== undefined) node.write(`${unit}/manifest`, form.knownAs);
    if (form.dropIn !== undefined) {
      const at = `${this.path}.d/own.conf`;
      node.write(at, form.dropIn);
      node.write(`${unit}/dropins`, at);
    }
    if (form.environment !== undefined) node.env["STORE_ARGS"] = form.environment;
    if (form.kind === "systemd") return;
    node.apart("pod", join(STUB, "pod"));
    node.apart("crictl", join(STUB, "pod"), `[ "$1" != stop ] || exec ${node.tools}/pod stop ${NAME}\n`);
    fs.mkdirSync(node.path("/proc"));
    for (const name of ["stat", "uptime"]) fs.symlinkSync(`/proc/${name}`, node.path(`/proc/${name}`));
    node.env["KUBE_PKI_PROC"] = node.path("/proc");
  }

  lines(send: Send): string {
    const flags = this.of.wishes.map((wish) => `${WISHES[wish]} ${NAME} ${FLAG_OF[wish]}\n`).join("");
    return `consumer ${NAME} ${this.form.kind} ${NAME}\nuse ${NAME} restart ${CA}\n${isApply(send) ? "" : flags}`;
  }

  /** What the kubelet or systemd does with it. */
  private async act(...acts: readonly string[]): Promise<void> {
    const tool = this.form.kind === "systemd" ? "systemctl" : "pod";
    for (const act of acts)
      await this.node.spawn(join(this.node.tools, tool), act === "daemon-reload" ? [act] : [act, NAME], "");
  }

  async start(): Promise<void> {
    const isUnit = this.form.kind === "systemd";
    if (!isUnit) this.seen = this.node.read(this.path);
    await (isUnit ? this.act("daemon-reload", "restart") : this.act("start"));
    this.mustRun("at its start");
    if (isUnit) return;
    this.kubelet = setInterval(() => void this.look(), 10);
  }

  /** As a kubelet does: a manifest that has changed is another pod, and one that has ended begins again. */
  private async look(): Promise<void> {
    if (this.acts) return;
    const text = this.node.has(this.path) ? this.node.read(this.path) : this.seen;
    if (text === this.seen && this.flags() !== undefined) return;
    this.seen = text;
    this.acts = true;
    await this.act("stop", "start");
    this.acts = false;
  }

  async stop(): Promise<void> {
    clearInterval(this.kubelet);
    await this.until(() => !this.acts);
    await this.act("stop");
    if (this.form.kind === "systemd") await this.until(() => this.flags() === undefined);
  }

  async end(): Promise<void> {
    clearInterval(this.kubelet);
    await this.until(() => !this.acts);
  }

  private async until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 5000; !holds() && Date.now() < end;) await new Promise((go) => setTimeout(go, 10));
  }

  /** Of its process; undefined: it does not run. */
  private flags(): readonly string[] | undefined {
    try {
      const pid = String(this.node.pid(NAME));
      if (/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))) return undefined;
      const line = this.form.kind === "systemd" ? `/proc/${pid}/cmdline` : this.node.path(`/proc/${pid}/cmdline`);
      return fs
        .readFileSync(line, "utf8")
        .split("\0")
        .filter((word) => word.startsWith("--"));
    } catch {
      return undefined;
    }
  }

  private mustRun(when: string): readonly string[] {
    const flags = this.flags();
    if (flags === undefined) throw new Error(`a booted node always starts: ${NAME} does not run ${when}`);
    return flags;
  }

  async stillRun(succeeded: boolean, send: Send): Promise<void> {
    await this.until(() => this.flags() !== undefined); // the kubelet may be at it
    const flags = this.mustRun("after the run");
    if (!succeeded || isApply(send)) return;
    const lacks = this.of.wishes.filter((wish) => wish !== "ignore" && !flags.includes(FLAG_OF[wish]));
    if (lacks.length > 0) throw new Error(`flags are as the payload wants them: ${NAME} runs with ${flags.join(" ")}`);
  }
}
