import { texts, type Properties } from "../values";
import type { Api } from "./api";
import { backendOf, bodyOf, doing, outputsOf, word, type Definition } from "./resource";

/** Inputs of a role that a product may want, with the official defaults; undefined where the server has its own. */
const roleDefaults = {
  allowLocalhost: true,
  allowBareDomains: false,
  allowSubdomains: false,
  allowGlobDomains: false,
  allowAnyName: false,
  allowWildcardCertificates: true,
  enforceHostnames: true,
  allowIpSans: true,
  serverFlag: true,
  clientFlag: true,
  codeSigningFlag: false,
  emailProtectionFlag: false,
  keyType: "rsa",
  keyBits: 2048,
  useCsrCommonName: true,
  useCsrSans: true,
  generateLease: false,
  noStore: false,
  requireCn: true,
  basicConstraintsValidForNonCa: false,
} as const;
const roleComputed = ["issuerRef", "ttl", "maxTtl", "keyUsages", "notBeforeDuration", "cnValidations", "signatureBits"];
const roleLists = ["allowedDomains", "organizations"];
const roleFields = [...Object.keys(roleDefaults), ...roleComputed, ...roleLists];

async function writeRole(api: Api, path: string, inputs: Properties): Promise<Properties> {
  // an update that leaves a list out empties it
  const lists = Object.fromEntries(roleLists.map((name) => [name, inputs[name] ?? []]));
  await doing(
    `error writing PKI secret backend role ${JSON.stringify(path)}`,
    api.write(path, bodyOf({ ...inputs, ...lists }, roleFields)),
  );
  return (await readRole(api, path)) ?? {};
}

async function readRole(api: Api, path: string): Promise<Properties | undefined> {
  const found = await api.read(path);
  if (found === undefined) return undefined;
  const outputs = outputsOf(found.data, roleFields, ["ttl", "maxTtl"]);
  const backdated = outputs["notBeforeDuration"];
  const given = Object.entries(outputs).filter(([name, value]) => !roleLists.includes(name) || texts(value).length > 0);
  return {
    ...Object.fromEntries(given),
    ...(typeof backdated === "number" && { notBeforeDuration: `${String(backdated)}s` }),
  };
}

export const role: Definition = {
  inputs: {
    backend: "replace",
    name: "replace",
    ...Object.fromEntries(roleFields.map((name) => [name, "update"] as const)),
  },
  required: ["backend", "name"],
  defaults: roleDefaults,
  computed: roleComputed,
  named: true,
  async create(api, inputs) {
    const path = `${backendOf(inputs)}/roles/${word(inputs["name"])}`;
    return { id: path, outputs: await writeRole(api, path, inputs) };
  },
  update: (api, id, inputs) => writeRole(api, id, inputs),
  read: (api, id) => readRole(api, id),
  delete: (api, id) => api.delete(id),
};
