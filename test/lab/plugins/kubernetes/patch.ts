import { randomBytes } from "node:crypto";
import { Unfinished } from "../failure";
import type { Made, ResourceType } from "../host";
import { hasUnknown, part, paths, text, type Properties } from "../values";
import { ApiError, type Api } from "./api";
import { messageOf, type Cluster } from "./cluster";
import { pathOf, type Kind } from "./kinds";
import { pruned } from "./prune";
import { look, wait } from "./wait";

const notLive = (id: string, why: string): string =>
  `the Kubernetes API server reported that ${JSON.stringify(id)} failed to fully initialize or become live: ${why}`;

const identity = ["metadata.name", "metadata.namespace"];

/**
 * A `...Patch` resource: server-side apply under a field manager of its own, which the state holds. Unlike the official
 * plugin it does not wait for a namespace to appear, and knows the annotations `patchForce` and `skipAwait` only.
 */
export function patch(kind: Kind, cluster: Cluster): ResourceType {
  return {
    check(inputs) {
      if (!cluster.serverSideApply) {
        throw new Error(
          "patch resources require Server-Side Apply mode, which is enabled using the `enableServerSideApply` Provider config",
        );
      }
      if (nameOf(inputs) === "") throw new Error("patch resources require the `.metadata.name` field to be set");
      return [];
    },

    diff: (before, inputs) =>
      paths(placed(kind, pruned(before.state, before.inputs)), placed(kind, inputs)).map((change) => ({
        ...change,
        replace: identity.includes(change.path),
      })),

    async create(inputs, context) {
      if (context.preview) return { id: "", state: inputs };
      const { api } = cluster;
      const fieldManager = `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
      const how = { fieldManager, force: cluster.patchForce || annotated(inputs, "patchForce") };
      const live = await apply(api, kind, inputs, how).catch((error: unknown) => {
        const named = `resource ${JSON.stringify(context.urn)}`;
        throw new Error(`${named} was not successfully created by the Kubernetes API server: ${messageOf(error)}`);
      });
      if (!awaited(inputs)) return made(live, fieldManager);
      const end = await wait(api, kind, pathOfObject(kind, live), live, context);
      const result = made(end.live, fieldManager);
      if (end.failure === undefined) return result;
      throw new Unfinished(
        `resource ${JSON.stringify(context.urn)} was successfully created, but the Kubernetes API server reported that it ` +
          `failed to fully initialize or become live: ${end.failure}`,
        result,
      );
    },

    async update(state, inputs, context) {
      if (context.preview && (hasUnknown(inputs) || cluster.unreachable !== undefined)) return inputs;
      const { api } = cluster;
      const path = pathOfObject(kind, state);
      const fieldManager = managerOf(state);
      let live: Properties;
      try {
        const old = await api.get(path);
        const unmanaged = part(old, "metadata")["managedFields"] === undefined;
        const force = cluster.patchForce || annotated(inputs, "patchForce") || unmanaged;
        live = await apply(api, kind, inputs, { fieldManager, force, dryRun: context.preview });
      } catch (error) {
        if (context.preview && error instanceof ApiError && error.status === 403) return inputs;
        // The state then has what is live and that it failed, so that the next run does it again.
        const found = await api.get(path).catch((again: unknown) => {
          const failed = `update of resource ${JSON.stringify(context.urn)} failed`;
          throw new Error(`${failed}: ${messageOf(error)}\nunable to get cluster state: ${messageOf(again)}`);
        });
        const result = made(found, fieldManager);
        throw new Unfinished(notLive(result.id, messageOf(error)), result);
      }
      if (context.preview) return stateOf(live, fieldManager);
      const result = made(live, fieldManager);
      if (!awaited(inputs)) return result.state;
      const end = await wait(api, kind, path, live, context);
      if (end.failure === undefined) return stateOf(end.live, fieldManager);
      throw new Unfinished(notLive(result.id, end.failure), made(end.live, fieldManager));
    },

    async read(known, context) {
      if (cluster.unreachable !== undefined) {
        context.log("warning", `configured Kubernetes cluster is unreachable: ${cluster.unreachable}`);
        throw new Error("failed to read resource state due to unreachable cluster");
      }
      const [name = "", namespace = ""] = known.id.split("/").reverse();
      const now = await look(cluster.api, kind, pathOf(kind, namespace, name)).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      });
      if (now === undefined) return undefined;
      const { live, progress } = now;
      const state = stateOf(live, managerOf(known.state));
      const found = { id: known.id, inputs: pruned(live, known.inputs), state };
      if (!progress.done && awaited(known.inputs)) {
        throw new Unfinished(`Resource '${name}' was created but failed to initialize`, found);
      }
      return found;
    },

    /** Gives up the fields: those nobody else has go away, the object stays. */
    async delete(state) {
      const { apiVersion, kind: name } = kind;
      const { namespace, name: objectName } = place(state);
      const nothing = { apiVersion, kind: name, metadata: { name: objectName, ...(kind.namespaced && { namespace }) } };
      try {
        await cluster.api.apply(pathOfObject(kind, state), nothing, { fieldManager: managerOf(state), force: false });
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 422 && error.message.includes("Required value")))
          throw error;
        throw new Error(
          "this Patch resource is currently managing a required field, so it can't be deleted directly. Either set the " +
            `\`retainOnDelete\` resource option, or transfer ownership of the field before deleting: ${error.message}`,
        );
      }
    },
  };
}

async function apply(api: Api, kind: Kind, inputs: Properties, how: Parameters<Api["apply"]>[2]): Promise<Properties> {
  try {
    return await api.apply(pathOfObject(kind, inputs), inputs, how);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    throw new Error(
      "server-side apply field conflict detected: the resource managed by field manager " +
        `${JSON.stringify(how.fieldManager)} had an apply conflict: ${error.message}`,
    );
  }
}

/** The official plugin keeps the inputs here as well; the engine then could not tell which of those are secret. */
function stateOf(live: Properties, fieldManager: string): Properties {
  return { ...live, __initialApiVersion: live["apiVersion"] ?? "", __fieldManager: fieldManager };
}

function made(live: Properties, fieldManager: string): Made {
  const namespace = text(part(live, "metadata")["namespace"]);
  const name = nameOf(live);
  return { id: namespace === undefined ? name : `${namespace}/${name}`, state: stateOf(live, fieldManager) };
}

function managerOf(state: Properties): string {
  return text(state["__fieldManager"]) ?? "";
}

function annotated(object: Properties, annotation: string): boolean {
  return part(part(object, "metadata"), "annotations")[`pulumi.com/${annotation}`] === "true";
}

function awaited(inputs: Properties): boolean {
  return !annotated(inputs, "skipAwait");
}

function nameOf(object: Properties): string {
  return text(part(object, "metadata")["name"]) ?? "";
}

function place(object: Properties): { namespace: string; name: string } {
  return { namespace: text(part(object, "metadata")["namespace"]) ?? "default", name: nameOf(object) };
}

function pathOfObject(kind: Kind, object: Properties): string {
  const { namespace, name } = place(object);
  return pathOf(kind, namespace, name);
}

/** With the namespace that is meant where none is given. */
function placed(kind: Kind, object: Properties): Properties {
  const namespace = kind.namespaced ? place(object).namespace : null;
  return { ...object, metadata: { ...part(object, "metadata"), namespace } };
}
