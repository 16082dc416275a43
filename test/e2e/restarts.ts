/** What nodes say they restarted, and the fewest restarts a rotation can do with. */
import { nameOf, type CommandState } from "./stack";

export interface Restart {
  /** The `up` it happened in, by its title. */
  readonly up: string;
  /** The step of the node: trust, apply, retire. */
  readonly step: string;
  readonly node: string;
  readonly consumer: string;
  readonly how: "restarted" | "reloaded";
}

/** Outputs of commands with secret input are still plain text: nothing they print is a secret. */
const textOfOutput = (value: unknown): string => (typeof value === "string" ? value : "");

/** `<cluster>-<node>-<step>`, where the cluster of a lab is called lab. */
const COMMAND_NAME = /^lab-(.+)-([a-z]+)$/;

export const restartsIn = (commands: readonly CommandState[], up: string): Restart[] =>
  commands.flatMap(({ urn, outputs }) => {
    const [, node = "", step = ""] = COMMAND_NAME.exec(nameOf(urn)) ?? [];
    return [...textOfOutput(outputs?.stdout).matchAll(/^consumer (\S+) (restarted|reloaded)$/gm)].map(
      ([, consumer = "", how]) => ({ up, step, node, consumer, how: how as Restart["how"] }),
    );
  });

/** Which consumers a full rotation (all CAs and the service account key) has to restart in each step; no others. */
export const FEWEST_RESTARTS: Readonly<Record<string, readonly string[]>> = {
  trust: ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"],
  apply: ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"],
  retire: ["etcd", "kube-apiserver", "kube-controller-manager"],
};

/** A renewal on the nodes on which something is due: who has its credentials inline or keeps them in memory. */
export const RENEWAL_RESTARTS: typeof FEWEST_RESTARTS = {
  apply: ["kube-controller-manager", "kube-scheduler", "kubelet"],
};

/** The token key alone: a kubelet that starts gets new tokens for its pods. */
export const TOKEN_KEY_RESTARTS: typeof FEWEST_RESTARTS = {
  trust: ["kube-apiserver"],
  apply: ["kube-apiserver", "kube-controller-manager"],
  tokens: ["kubelet"],
  retire: ["kube-apiserver"],
};

/** Restarts of this `up` beyond the fewest, a sentence each. Kube-proxy is left out: only some layouts have it on a node. */
export const moreThanNeeded = (restarts: readonly Restart[], up: string, fewest = FEWEST_RESTARTS): string[] => {
  const seen = new Set<string>();
  return restarts
    .filter((each) => each.up === up && each.how === "restarted" && each.consumer !== "kube-proxy")
    .flatMap(({ node, step, consumer }) => {
      const what = `${node}: ${consumer} restarted in ${step}`;
      const again = seen.has(what);
      seen.add(what);
      if (again) return [`${what} twice`];
      return fewest[step]?.includes(consumer) === true ? [] : [what];
    });
};

/** Of the starts that were seen, by `<node> <program>`, those that no step told of: crashes, and restarts in secret. */
export const unasked = (seen: Readonly<Record<string, number>>, told: readonly Restart[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(seen)
      .map(([what, count]) => {
        const known = told.filter(({ node, consumer, how }) => how === "restarted" && `${node} ${consumer}` === what);
        return [what, count - known.length] as const;
      })
      .filter(([, count]) => count !== 0),
  );
