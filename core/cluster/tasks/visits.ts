/** What the pods that visit nodes without ssh say of them. */
import { isReady } from "../isReady";
import type { ContainerStatus, Kube, Pod } from "../kube";
import { WORKERS } from "../workersManifest";

/** Label selector of these pods, and of the ConfigMaps that they are given. */
export const VISITORS = `kube-pki/workers=${WORKERS}`;

interface Visit {
  readonly node: string;
  readonly pod: string;
  /** Of a pod of this revision; `older` is one of another. */
  readonly state: "ready" | "failed" | "waits" | "older" | "olderNotReady";
  readonly why: string;
}

const reasonOf = ({ state, lastState }: ContainerStatus): Pick<Visit, "state" | "why"> | undefined => {
  const ended = lastState?.terminated ?? state?.terminated;
  if (ended !== undefined && ended.exitCode !== 0)
    return { state: "failed", why: (ended.message ?? ended.reason ?? "").replace(/\s+/g, " ").trim() };
  return state?.waiting?.reason === undefined ? undefined : { state: "waits", why: `waits: ${state.waiting.reason}` };
};

/** What a pod says of its node. */
export const visitOf = (pod: Pod, revision: string): Visit => {
  const { metadata, spec, status = {} } = pod;
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
  const visit = { node: spec.nodeName ?? "-", pod: metadata.name };
  if (metadata.labels?.["kube-pki/revision"] !== revision)
    return { ...visit, state: isReady(pod) ? "older" : "olderNotReady", why: "" };
  if (isReady(pod)) return { ...visit, state: "ready", why: "" };
  const init = initContainerStatuses.map(reasonOf).find((each) => each !== undefined);
  if (init !== undefined) return { ...visit, ...init };
  const waits = containerStatuses
    .flatMap(({ state }) => state?.waiting?.reason ?? [])
    .find((reason) => reason !== "PodInitializing");
  const unplaced = conditions.find(({ type, status: is }) => type === "PodScheduled" && is === "False")?.message;
  const why = waits ?? unplaced;
  return { ...visit, state: "waits", why: why === undefined ? "" : `waits: ${why}` };
};

/** Of all such nodes, as of the last look. */
export class Visits {
  private all: readonly Visit[] = [];

  public constructor(
    private readonly kube: Kube,
    private readonly namespace: string,
  ) {}

  public get done(): number {
    return this.of("ready").length;
  }

  public get count(): number {
    return this.all.length;
  }

  public of(state: Visit["state"]): readonly Visit[] {
    return this.all.filter((each) => each.state === state);
  }

  public get waitedFor(): readonly Visit[] {
    return this.all.filter(({ state }) => state !== "ready");
  }

  public async look(revision: string): Promise<void> {
    const pods = await this.kube.list("pods", { namespace: this.namespace, labels: VISITORS });
    this.all = pods
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map((pod) => visitOf(pod, revision));
  }
}
