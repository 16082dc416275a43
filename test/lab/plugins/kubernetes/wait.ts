import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../host";
import { part, text, type Properties } from "../values";
import { ApiError, type Api } from "./api";
import type { Kind } from "./kinds";
import type { Progress } from "./rollouts";

const defaultSeconds = 600;
const pollMs = 500;

export interface Waited {
  readonly live: Properties;
  /** Why it did not end well. */
  readonly failure?: string;
}

/** Waits until the change has reached every pod. An API server that is away meanwhile is waited for. */
export async function wait(api: Api, kind: Kind, path: string, applied: Properties, context: Context): Promise<Waited> {
  const { rollout } = kind;
  if (rollout === undefined) return { live: applied };
  const deadline = Date.now() + (context.timeoutSeconds ?? defaultSeconds) * 1000;
  let [live, said] = [applied, ""];
  for (;;) {
    try {
      const now = await look(api, kind, path);
      live = now.live;
      const { done, message } = now.progress;
      if (message !== said) context.log("info", message, true);
      said = message;
      if (done) return { live };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { live, failure: error.message };
    }
    if (Date.now() > deadline) return { live, failure: rollout.timedOut(text(part(live, "metadata")["name"]) ?? "") };
    await sleep(pollMs);
  }
}

/** The object as it is, and how far it is; what has no pods is always done. */
export async function look(api: Api, kind: Kind, path: string): Promise<{ live: Properties; progress: Progress }> {
  const live = await api.get(path);
  const { rollout } = kind;
  if (rollout === undefined) return { live, progress: { done: true, message: "" } };
  const namespace = text(part(live, "metadata")["namespace"]) ?? "default";
  const related = rollout.related && `/apis/apps/v1/namespaces/${namespace}/${rollout.related}`;
  const items = related === undefined ? [] : (await api.get(related))["items"];
  return { live, progress: rollout.progress(live, items as Properties[]) };
}
