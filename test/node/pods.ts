import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Cluster } from "./cluster";

export const MANIFEST = "/etc/kubernetes/manifests/store.yaml";

/** Of a static pod, as stub/pod has it. */
export const POD_CGROUP = "0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/c\n";

/** A node on which "store" is a static pod, and where no client of the container runtime is. */
export class PodCluster extends Cluster {
  static override async make(shell: string, { manifest = "", running = true } = {}): Promise<PodCluster> {
    const node = await PodCluster.with(new PodCluster(shell));
    return node.begun(() => node.bring(manifest, running));
  }

  private async bring(manifest: string, running: boolean): Promise<void> {
    this.lay(this.set());
    await this.start("web");
    const proc = join(this.root, "proc");
    mkdirSync(proc);
    for (const name of ["stat", "uptime"]) symlinkSync(`/proc/${name}`, join(proc, name));
    this.env["KUBE_PKI_PROC"] = proc;
    this.knows(this.pid("web"));
    // a workload that has the same name
    const other = join(proc, "1");
    mkdirSync(other);
    this.write("/proc/1/comm", "store\n");
    this.write("/proc/1/cmdline", "store\0");
    this.write("/proc/1/cgroup", "0::/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/c\n");
    symlinkSync("/proc/1/stat", join(other, "stat"));
    copyFileSync(join(__dirname, "stub", "pod"), join(this.tools, "pod"));
    this.without("crictl", "ctr");
    this.write(MANIFEST, manifest, 0o600);
    if (running) await this.pod("start");
  }

  /** systemd units are looked up in the same /proc. */
  knows(pid: number): void {
    const entry = join(this.root, "proc", String(pid));
    mkdirSync(entry);
    symlinkSync(`/proc/${String(pid)}/stat`, join(entry, "stat"));
  }

  /** What the kubelet does with a pod. */
  async pod(act: "start" | "stop", name = "store"): Promise<void> {
    await this.spawn(join(this.tools, "pod"), [act, name], "");
  }

  /** Puts a client of the container runtime there. */
  client(name: "crictl" | "ctr"): void {
    copyFileSync(join(this.tools, "pod"), join(this.tools, name));
  }

  /** Acts as the kubelet does when the manifest changes, until the returned function is called. */
  kubelet(act: () => Promise<void>, look: () => void = () => undefined): () => Promise<void> {
    let seen = this.read(MANIFEST);
    let acting = Promise.resolve();
    const timer = setInterval(() => {
      look();
      if (this.read(MANIFEST) === seen) return;
      seen = this.read(MANIFEST);
      acting = acting.then(act);
    }, 20);
    return async () => {
      clearInterval(timer);
      await acting;
    };
  }
}
