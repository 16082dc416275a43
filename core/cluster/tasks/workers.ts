/**
 * Nodes that no ssh reaches are visited by pods of a DaemonSet: a pod is ready when its node has done the step. Each revision has a
 * ConfigMap of its own, so that no pod ever sees half of two.
 */
import { createHash } from "node:crypto";
import type { WorkersJob } from "../job";
import { rolloutStatus } from "../rolloutStatus";
import { POLL_MS, Refusal, type Work } from "../work";
import { WORKERS } from "../workersManifest";
import { VISITORS, Visits } from "./visits";

/** An image is pulled. */
const PLACED_S = 180;
/** A kubelet restarted, proven, and put back where that fails. */
const WORKER_S = 900;
const TELL_MS = 30_000;
const NAMED = 5;

interface Revision {
  readonly name: string;
  readonly steps: readonly string[];
}

/** By all that a pod is given. */
const revisionOf = ({ manifest }: WorkersJob, nodeScript: string, steps: readonly string[]): Revision => ({
  name: createHash("sha256")
    .update(JSON.stringify([manifest, nodeScript, steps]))
    .digest("hex")
    .slice(0, 8),
  steps,
});

class Wave {
  private readonly visits: Visits;

  public constructor(
    private readonly work: Work,
    private readonly job: WorkersJob,
  ) {
    this.visits = new Visits(work.kube, job.namespace);
  }

  public async roll(): Promise<void> {
    const { job, work, visits } = this;
    if (job.steps.length === 0) return;
    const revision = revisionOf(job, work.nodeScript, job.steps);
    if (!(await this.isSettled(revision))) await this.place();
    await this.publish(revision);
    await this.retryFailed(revision);
    if (job.canary) {
      await this.apply(revision, "1");
      await this.wait(revision, WORKER_S, async () => visits.done > 0 || (await this.isRolledOut()));
    }
    await this.apply(revision, job.atOnce);
    await this.wait(revision, WORKER_S, () => this.isRolledOut());
    await this.forget(revision.name);
    work.say(`${String(visits.done)} nodes without ssh are done`);
    work.report(`workers ${String(visits.done)}`);
  }

  /** A privileged pod on every node has no business there once the rotation is over. What it left on the nodes stays. */
  public async remove(): Promise<void> {
    await this.work.kube.remove("daemonsets.apps", { namespace: this.job.namespace, name: WORKERS });
    await this.forget("none");
  }

  private daemonSet() {
    return this.work.kube.get("daemonsets.apps", { namespace: this.job.namespace, name: WORKERS });
  }

  private async isRolledOut(): Promise<boolean> {
    const object = await this.daemonSet();
    return object !== undefined && rolloutStatus("DaemonSet", object) === undefined;
  }

  /**
   * No node would begin out of its turn. The DaemonSet's controller replaces pods of before that are not ready all at once,
   * whatever their number.
   */
  private async isSettled(revision: Revision): Promise<boolean> {
    if ((await this.daemonSet()) === undefined) return false;
    await this.visits.look(revision.name);
    return this.visits.of("olderNotReady").length === 0;
  }

  /**
   * Pods that put node.sh in place and nothing else may begin on all nodes at once, as those of a new DaemonSet do. Image,
   * namespace and rights are then known to be good before a kubelet is restarted anywhere.
   */
  private async place(): Promise<void> {
    const revision = revisionOf(this.job, this.work.nodeScript, []);
    await this.publish(revision);
    await this.retryFailed(revision);
    await this.apply(revision, "100%");
    await this.wait(revision, PLACED_S, () => this.isRolledOut());
  }

  /** Immutable: its name says what it holds. */
  private async publish({ name: revision, steps }: Revision): Promise<void> {
    const { namespace } = this.job;
    const name = `${WORKERS}-${revision}`;
    if ((await this.work.kube.get("configmaps", { namespace, name })) !== undefined) return;
    const data: Record<string, string> = { "node.sh.gz": this.work.nodeScript };
    for (const [index, text] of steps.entries())
      data[`step-${String(index + 1)}`] = Buffer.from(text).toString("base64");
    await this.work.kube.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      immutable: true,
      metadata: { name, namespace, labels: { "kube-pki/workers": WORKERS } },
      binaryData: data,
    });
  }

  private async apply({ name }: Revision, atOnce: string): Promise<void> {
    const text = JSON.stringify(this.job.manifest)
      .replaceAll('"@at-once@"', atOnce.endsWith("%") ? `"${atOnce}"` : atOnce)
      .replaceAll("@revision@", name);
    await this.work.kube.apply(JSON.parse(text) as object);
  }

  /** A pod tries once. Those that failed in an earlier run try again. */
  private async retryFailed(revision: Revision): Promise<void> {
    await this.visits.look(revision.name);
    for (const { node, pod } of this.visits.of("failed")) {
      await this.work.kube.remove("pods", { namespace: this.job.namespace, name: pod });
      this.work.say(`${node} tries again`);
    }
  }

  /** So long without another node that is done. A node that fails stops the wave: the DaemonSet's controller would go on with others. */
  private async wait(revision: Revision, seconds: number, isDone: () => Promise<boolean>): Promise<void> {
    const { work, visits } = this;
    let [best, moved, told] = [-1, work.clock.now(), work.clock.now()];
    for (;;) {
      await visits.look(revision.name);
      if (visits.of("failed").length > 0) await this.stop();
      if (await isDone()) return;
      const now = work.clock.now();
      if (visits.done > best) [best, moved] = [visits.done, now];
      if (now - moved >= seconds * 1000)
        throw new Refusal(
          `${this.waiting()} within ${String(seconds)} s (${String(visits.done)} of ${String(visits.count)} nodes without ssh ` +
            "are done): repair that, or remove the node from the cluster (kubectl delete node), then run again",
        );
      if (now - told >= TELL_MS) {
        work.say(`nodes without ssh: ${String(visits.done)} of ${String(visits.count)} are done`);
        told = now;
      }
      await work.clock.sleep(POLL_MS);
    }
  }

  private waiting(): string {
    const all = this.visits.waitedFor;
    if (all.length === 0) return `the DaemonSet ${WORKERS} did not finish`;
    const named = all.slice(0, NAMED).map(({ node, pod, state, why }) => {
      const begun = state.startsWith("older") ? ", not begun" : "";
      return `${node} (pod ${pod}${begun}${why === "" ? "" : `, ${why}`})`;
    });
    const more = all.length > NAMED ? ` and ${String(all.length - NAMED)} more` : "";
    return `${named.join(", ")}${more} ${all.length > 1 ? "were" : "was"} not done`;
  }

  /** No further node begins; those under way end by themselves. */
  private async stop(): Promise<never> {
    await this.work.kube.patch("daemonsets.apps", { namespace: this.job.namespace, name: WORKERS }, "merge", {
      spec: { updateStrategy: { type: "OnDelete", rollingUpdate: null } },
    });
    const failed = this.visits.of("failed");
    const named = failed.slice(0, 3).map(({ node, why }) => `${node}: ${why.replace(new RegExp(`^${node}: `), "")}`);
    const more = failed.length > 3 ? `; and ${String(failed.length - 3)} more` : "";
    throw new Refusal(
      `${named.join("; ")}${more}; ${String(this.visits.done)} of ${String(this.visits.count)} nodes without ssh are done and ` +
        "no other one begins: repair this, then run again",
    );
  }

  private async forget(keep: string): Promise<void> {
    const { kube } = this.work;
    const { namespace } = this.job;
    for (const { metadata } of await kube.list("configmaps", { namespace, labels: VISITORS }))
      if (metadata.name !== `${WORKERS}-${keep}`) await kube.remove("configmaps", { namespace, name: metadata.name });
  }
}

export const workers = (work: Work): Promise<void> => new Wave(work, work.fact("workers", "workers")).roll();

export const workersRemove = (work: Work): Promise<void> =>
  new Wave(work, work.fact("workers", "workers-remove")).remove();
