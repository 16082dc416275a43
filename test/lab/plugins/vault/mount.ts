import { number, text, type Properties } from "../values";
import { ApiError, type Api } from "./api";
import { backendOf, outputsOf, type Definition } from "./resource";

const seconds = (inputs: Properties, name: string): string => `${String(number(inputs[name]) ?? 0)}s`;

const config = (inputs: Properties): Properties => ({
  default_lease_ttl: seconds(inputs, "defaultLeaseTtlSeconds"),
  max_lease_ttl: seconds(inputs, "maxLeaseTtlSeconds"),
});

/** Asks for the one, which a token may be let do that may not see the list. */
async function mountAt(api: Api, path: string): Promise<Properties | undefined> {
  try {
    return (await api.read(`sys/mounts/${path.replace(/^\/|\/$/g, "")}`))?.data;
  } catch (error) {
    if (error instanceof ApiError && error.message.includes("No secret engine mount at")) return undefined;
    throw error;
  }
}

/** All that a refresh looks at of what was signed: whether its mount is there. */
export const whileMounted = async (api: Api, _: string, state: Properties): Promise<Properties | undefined> =>
  (await mountAt(api, backendOf(state))) && {};

async function live(api: Api, path: string): Promise<Properties | undefined> {
  const found = await mountAt(api, path);
  if (found === undefined) return undefined;
  const tuned = found["config"] as Properties;
  return {
    ...outputsOf(found, ["type", "description", "accessor", "local", "sealWrap", "externalEntropyAccess"]),
    path,
    defaultLeaseTtlSeconds: tuned["default_lease_ttl"] ?? 0,
    maxLeaseTtlSeconds: tuned["max_lease_ttl"] ?? 0,
    forceNoCache: tuned["force_no_cache"] ?? false,
  };
}

export const mount: Definition = {
  inputs: {
    path: "update",
    type: "replace",
    description: "update",
    defaultLeaseTtlSeconds: "update",
    maxLeaseTtlSeconds: "update",
  },
  required: ["path", "type"],
  defaults: { externalEntropyAccess: false },
  computed: ["accessor", "defaultLeaseTtlSeconds", "maxLeaseTtlSeconds", "forceNoCache", "sealWrap"],
  async create(api, inputs) {
    const path = text(inputs["path"]) ?? "";
    const { type = "", description = "" } = inputs;
    await api.write(`sys/mounts/${path}`, { type, description, config: config(inputs) }).catch((error: unknown) => {
      throw new Error(`error writing to Vault: ${error instanceof Error ? error.message : String(error)}`);
    });
    return { id: path, outputs: (await live(api, path)) ?? {} };
  },
  async update(api, id, inputs) {
    const path = text(inputs["path"]) ?? "";
    if (path !== id)
      throw new Error(`this stand-in does not move ${id} to ${path}: install the official plugin for it`);
    const { description = "" } = inputs;
    await api.write(`sys/mounts/${path}/tune`, { ...config(inputs), description });
    return (await live(api, path)) ?? {};
  },
  read: (api, id) => live(api, id),
  delete: (api, id) => api.delete(`sys/mounts/${id}`),
};
