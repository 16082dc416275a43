import { text, texts, type Properties } from "../values";
import type { Api } from "./api";
import { backendOf, bodyOf, doing, outputsOf, word, type Definition } from "./resource";

const at = (name: string): string => `sys/policies/acl/${name}`;

async function writePolicy(api: Api, name: string, inputs: Properties): Promise<Properties> {
  const { policy = "" } = inputs;
  await doing("error writing to Vault", api.write(at(name), { policy }));
  return { name, policy };
}

export const policy: Definition = {
  inputs: { name: "replace", policy: "update" },
  required: ["name", "policy"],
  defaults: {},
  computed: [],
  named: true,
  async create(api, inputs) {
    const name = word(inputs["name"]);
    return { id: name, outputs: await writePolicy(api, name, inputs) };
  },
  update: (api, id, inputs) => writePolicy(api, id, inputs),
  async read(api, id) {
    const found = await api.read(at(id));
    return found && { name: id, policy: text(found.data["policy"]) ?? "" };
  },
  delete: (api, id) => api.delete(at(id)),
};

const fields = ["tokenPolicies", "tokenNoDefaultPolicy", "tokenTtl", "tokenMaxTtl", "bindSecretId", "secretIdTtl"];

async function readRole(api: Api, path: string): Promise<Properties | undefined> {
  const found = await api.read(path);
  if (found === undefined) return undefined;
  const id = await api.read(`${path}/role-id`);
  // of numbers the server says 0 where nothing was given
  const outputs = Object.entries(outputsOf(found.data, fields)).filter(([, value]) => value !== 0);
  return { ...Object.fromEntries(outputs), roleId: text(id?.data["role_id"]) ?? "" };
}

async function writeRole(api: Api, path: string, inputs: Properties): Promise<Properties> {
  const body = bodyOf({ ...inputs, tokenPolicies: texts(inputs["tokenPolicies"]) }, fields);
  await doing(`error writing AppRole auth backend role ${JSON.stringify(path)}`, api.write(path, body));
  return (await readRole(api, path)) ?? {};
}

export const approleRole: Definition = {
  inputs: {
    backend: "replace",
    roleName: "replace",
    ...Object.fromEntries(fields.map((name) => [name, "update"] as const)),
  },
  required: ["roleName"],
  defaults: { backend: "approle", bindSecretId: true },
  computed: ["roleId"],
  named: true,
  async create(api, inputs) {
    const path = `auth/${backendOf(inputs)}/role/${word(inputs["roleName"])}`;
    return { id: path, outputs: await writeRole(api, path, inputs) };
  },
  update: (api, id, inputs) => writeRole(api, id, inputs),
  read: (api, id) => readRole(api, id),
  delete: (api, id) => api.delete(id),
};
