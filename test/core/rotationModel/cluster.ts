/** A running cluster: its nodes, and what is published inside it. */
import type { ConsumerName } from "../../../core/model/reload";
import type { ModelNode, Process, Text } from "./node";
import { caText, generationIn, isTrust } from "./texts";

export interface Running {
  readonly node: ModelNode;
  readonly process: Process;
}

export class Cluster {
  public readonly nodes: ModelNode[] = [];
  /** What pods trust: versions of kube-root-ca.crt that a pod may still hold. */
  public podTrust: readonly Text[] = [];
  /** What aggregated servers trust: `extension-apiserver-authentication`, to which API servers only ever add. */
  public aggregatedTrust: Text = [];
  /** What a node that joins gets: `cluster-info`. */
  public joinTrust: Text = [];

  /** Those that have run before, whether they run now or not. */
  public all(name: ConsumerName): Running[] {
    return this.nodes.flatMap((node) => {
      const process = node.processes.get(name);
      return process?.hasRun === true ? [{ node, process }] : [];
    });
  }

  public up(name: ConsumerName): Running[] {
    return this.all(name).filter(({ process }) => process.up);
  }

  public node(name: string): ModelNode {
    const node = this.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  /** What any controller manager would publish as leader. */
  public publishable(): Text[] {
    return this.all("kube-controller-manager").map(
      ({ process }) => process.trusts("kube-controller-manager/root-ca") ?? [],
    );
  }

  /** Pods that started under another leader hold something else. */
  public publish(): void {
    this.podTrust = [...this.podTrust, ...this.publishable()];
  }

  /** Everything that reloads by itself has done so, in services, pods and aggregated servers. */
  public settle(): void {
    for (const node of this.nodes) for (const process of node.processes.values()) process.settle();
    this.podTrust = this.publishable();
    const offered = this.up("kube-apiserver").flatMap(
      ({ process }) => process.trusts("kube-apiserver/requestheader-ca") ?? [],
    );
    this.aggregatedTrust = [...new Set([...this.aggregatedTrust, ...offered])];
  }

  /** Task `authentication-clean`: deleted, and written anew by the API servers. */
  public cleanAuthentication(): void {
    this.aggregatedTrust = [];
    this.settle();
  }

  /** A kubelet that starts gets new tokens for its pods; they live on in them, so does the kubelet's own choice of server. */
  public refreshTokens(node: ModelNode): void {
    if (!node.runsPods) return;
    const from = apiServersOf(this, node, "kubelet");
    const generations = from.flatMap(({ process }) =>
      process.holds("kube-apiserver/service-account-private").map(generationIn),
    );
    if (generations.length > 0) node.tokens = new Set(generations);
  }

  /** cluster-info as the stack writes it. */
  public setJoinTrust(generations: readonly number[]): void {
    this.joinTrust = generations.map((generation) => caText("kubernetes", generation)).filter(isTrust);
  }
}

/** The API servers a client on this node may come to: as the kubeconfig of this service says. */
export const apiServersOf = (cluster: Cluster, node: ModelNode, client: ConsumerName): Running[] => {
  const servers = cluster.up("kube-apiserver");
  const row = node.plan.known.find(
    ({ content, uses }) => content.kind === "kubeconfig" && uses.some((input) => input.startsWith(`${client}/`)),
  );
  return row?.content.kind === "kubeconfig" && row.content.server === "local"
    ? servers.filter((server) => server.node === node)
    : servers;
};
