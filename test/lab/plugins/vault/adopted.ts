import type { Properties } from "../values";
import type { Api, Reply } from "./api";
import { backendOf, changesOf, doing, outputsOf, word, type Definition } from "./resource";

type Particulars = Pick<Definition, "inputs" | "required" | "computed" | "delete"> & {
  /** What errors call it. */
  readonly noun: string;
  readonly fields: readonly string[];
  readonly path: (inputs: Properties) => string;
  /** Once it is the stack's. */
  readonly change: (api: Api, path: string, body: Properties) => Promise<Reply>;
  readonly read: (api: Api, path: string) => Promise<Properties | undefined>;
};

/** What is there before its resource is: it has to be, and only what differs is written. */
function adopted({ noun, fields, path: pathOf, change, read, ...rest }: Particulars): Definition {
  const write = async (sent: Particulars["change"], api: Api, path: string, before: Properties, inputs: Properties) => {
    const body = changesOf(before, inputs, fields, rest.computed);
    if (Object.keys(body).length > 0)
      await doing(`error writing data to ${JSON.stringify(path)}, err=`, sent(api, path, body));
    return (await read(api, path)) ?? {};
  };
  return {
    ...rest,
    inputs: { ...rest.inputs, ...Object.fromEntries(fields.map((name) => [name, "update"] as const)) },
    defaults: {},
    async create(api, inputs) {
      const path = pathOf(inputs);
      const found = await doing(`error reading ${noun} at ${path}, err=`, api.read(path));
      if (found === undefined) throw new Error(`no ${noun} found at path ${path}`);
      return { id: path, outputs: await write((on, to, body) => on.write(to, body), api, path, {}, inputs) };
    },
    update: (api, id, inputs, state) => write(change, api, id, state, inputs),
    read,
  };
}

const clusterFields = ["path", "aiaPath"];

export const configCluster = adopted({
  noun: "cluster config",
  inputs: { backend: "replace" },
  fields: clusterFields,
  required: ["backend"],
  computed: [],
  path: (inputs) => `${backendOf(inputs)}/config/cluster`,
  change: (api, path, body) => api.write(path, body),
  async read(api, path) {
    const found = await api.read(path);
    return found && outputsOf(found.data, clusterFields);
  },
});

const issuerComputed = ["issuerId", "leafNotAfterBehavior", "usage", "revocationSignatureAlgorithm"];
const issuerFields = [
  "issuerName",
  "leafNotAfterBehavior",
  "usage",
  "revocationSignatureAlgorithm",
  "issuingCertificates",
  "crlDistributionPoints",
  "ocspServers",
  "enableAiaUrlTemplating",
];

/** Another reference is an update that stays at the first issuer, and so differs for ever. */
export const issuer = adopted({
  noun: "issuer",
  inputs: { backend: "replace", issuerRef: "update" },
  fields: issuerFields,
  required: ["backend", "issuerRef"],
  computed: issuerComputed,
  path: (inputs) => `${word(inputs["backend"])}/issuer/${word(inputs["issuerRef"])}`,
  change: (api, path, body) => api.patch(path, body),
  /** Whatever error there is, the official plugin takes the issuer for gone. */
  async read(api, path) {
    const found = await api.read(path).catch(() => undefined);
    const [, backend = "", issuerRef = ""] = /^(.+)\/issuer\/(.+)$/.exec(path) ?? [];
    return found && { backend, issuerRef, ...outputsOf(found.data, [...issuerFields, ...issuerComputed]) };
  },
  delete: (api, id) => api.delete(id),
});
