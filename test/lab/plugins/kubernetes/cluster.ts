import type { Difference, Failure, Provider } from "../host";
import { paths, text, unknown, type Properties } from "../values";
import { Api } from "./api";
import { accessOf, clusterOf } from "./kubeconfig";

/** `version` comes from the engine. No change of a patch replaces it, so the two `Mutable` ones make no difference here. */
const options = [
  "kubeconfig",
  "clusterIdentifier",
  "enableServerSideApply",
  "enablePatchForce",
  "enableConfigMapMutable",
  "enableSecretMutable",
  "version",
];

/** `pulumi:providers:kubernetes`: one cluster, asked once per run whether it answers. */
export class Cluster implements Provider {
  serverSideApply = true;
  patchForce = false;
  /** Why the cluster cannot be used; for the rest of the run, as in the official plugin. */
  unreachable: string | undefined = "the provider is not configured";
  private client: Api | undefined;

  check(inputs: Properties): Failure[] {
    const given = Object.keys(inputs).filter((name) => !name.startsWith("__"));
    return [
      ...given
        .filter((property) => !options.includes(property))
        .map((property) => ({
          property,
          reason: `this stand-in has no ${property}: install the official plugin for it`,
        })),
      ...(text(inputs["kubeconfig"]) === undefined
        ? [{ property: "kubeconfig", reason: "this stand-in needs the text of a kubeconfig" }]
        : []),
    ];
  }

  /** Another cluster replaces the provider and all under it; what makes it another one depends on `clusterIdentifier`. */
  diff(before: Properties, inputs: Properties): Difference[] {
    const identifier = before["clusterIdentifier"] ?? undefined;
    const pinned = identifier !== undefined && identifier === inputs["clusterIdentifier"];
    return paths(before, inputs).map((change) => {
      const replace = {
        clusterIdentifier: () => identifier !== undefined,
        kubeconfig: () => !pinned && otherCluster(before["kubeconfig"], inputs["kubeconfig"]),
      }[change.path];
      return { ...change, replace: replace?.() ?? false };
    });
  }

  async configure(given: Readonly<Record<string, string>>): Promise<void> {
    this.serverSideApply = given["enableServerSideApply"] !== "false";
    this.patchForce = given["enablePatchForce"] === "true";
    try {
      this.client = new Api(accessOf(given["kubeconfig"] ?? ""));
    } catch (error) {
      this.unreachable = messageOf(error);
      return;
    }
    try {
      await this.client.get("/openapi/v3");
      this.unreachable = undefined;
    } catch (error) {
      this.unreachable = `unable to load schema information from the API server: ${messageOf(error)}`;
    }
  }

  /** For what needs the cluster. */
  get api(): Api {
    if (this.client !== undefined && this.unreachable === undefined) return this.client;
    throw new Error(`configured Kubernetes cluster is unreachable: ${this.unreachable ?? ""}`);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function otherCluster(before: Properties[string] | undefined, after: Properties[string] | undefined): boolean {
  if (after === unknown) return true;
  const [old, now] = [clusterOf(text(before) ?? ""), clusterOf(text(after) ?? "")];
  return old !== undefined && now !== undefined && paths(old, now).length > 0;
}
