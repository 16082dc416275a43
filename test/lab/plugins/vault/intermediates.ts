import { text, type Properties } from "../values";
import { ApiError, type Api } from "./api";
import { backendOf, bodyOf, doing, outputsOf, word, type Definition } from "./resource";

/** The key stays whatever happens to the request: nothing is read back, and nothing is taken away. */
export const intermediateCertRequest: Definition = {
  inputs: {
    backend: "replace",
    type: "replace",
    commonName: "replace",
    format: "replace",
    keyType: "replace",
    keyBits: "replace",
    keyName: "replace",
    excludeCnFromSans: "replace",
    addBasicConstraints: "replace",
  },
  required: ["backend", "type", "commonName"],
  defaults: { format: "pem", privateKeyFormat: "der", keyType: "rsa", keyBits: 2048, addBasicConstraints: false },
  computed: ["csr", "keyId", "keyName", "keyRef", "privateKey", "privateKeyType"],
  async create(api, inputs) {
    const backend = backendOf(inputs);
    const path = `${backend}/issuers/generate/intermediate/${word(inputs["type"])}`;
    const flags = {
      exclude_cn_from_sans: inputs["excludeCnFromSans"] ?? false,
      add_basic_constraints: inputs["addBasicConstraints"] ?? false,
    };
    const { data } = await doing(
      `error creating intermediate cert request for PKI secret backend ${JSON.stringify(backend)}`,
      api.write(path, { ...bodyOf(inputs, ["commonName", "format", "keyType", "keyBits", "keyName"]), ...flags }),
    );
    return { id: `${path}/${word(data["key_id"])}`, outputs: outputsOf(data, ["csr", "keyId"]) };
  },
};

/** Nothing is taken away with it either: the issuer is the next one's. */
export const intermediateSetSigned: Definition = {
  inputs: { backend: "replace", certificate: "replace" },
  required: ["backend", "certificate"],
  defaults: {},
  computed: ["importedIssuers", "importedKeys"],
  async create(api, inputs) {
    const path = `${backendOf(inputs)}/intermediate/set-signed`;
    const { data } = await doing(
      `error creating intermediate set-signed on PKI secret backend ${JSON.stringify(backendOf(inputs))}`,
      api.write(path, bodyOf(inputs, ["certificate"])),
    );
    // an issuer that is there already is not among them
    return {
      id: path,
      outputs: { importedIssuers: data["imported_issuers"] ?? [], importedKeys: data["imported_keys"] ?? [] },
    };
  },
};

const issuerFields = [
  "issuerName",
  "leafNotAfterBehavior",
  "usage",
  "revocationSignatureAlgorithm",
  "issuingCertificates",
  "crlDistributionPoints",
  "ocspServers",
  "enableAiaUrlTemplating",
] as const;

const readIssuer = async (api: Api, path: string): Promise<Properties | undefined> => {
  try {
    const found = await api.read(path);
    return found && outputsOf(found.data, [...issuerFields, "issuerId"]);
  } catch (error) {
    if (error instanceof ApiError && error.message.includes("unable to find PKI issuer for reference"))
      return undefined;
    throw error;
  }
};

const writeIssuer = async (api: Api, path: string, inputs: Properties): Promise<Properties> => {
  await doing(`error writing data to ${JSON.stringify(path)}, err=`, api.write(path, bodyOf(inputs, issuerFields)));
  return (await readIssuer(api, path)) ?? {};
};

/** An issuer that is there: it is named and looked after, and goes with the resource. */
export const issuer: Definition = {
  inputs: {
    backend: "replace",
    issuerRef: "update",
    ...Object.fromEntries(issuerFields.map((name) => [name, "update"] as const)),
  },
  required: ["backend", "issuerRef"],
  defaults: {},
  computed: ["issuerId", "leafNotAfterBehavior", "usage", "revocationSignatureAlgorithm"],
  async create(api, inputs) {
    const path = `${backendOf(inputs)}/issuer/${text(inputs["issuerRef"]) ?? ""}`;
    if ((await readIssuer(api, path)) === undefined) throw new Error(`no issuer found at path ${path}`);
    return { id: path, outputs: await writeIssuer(api, path, inputs) };
  },
  update: writeIssuer,
  read: readIssuer,
  delete: (api, id) => api.delete(id),
};
