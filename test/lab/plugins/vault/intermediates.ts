import { randomUUID } from "node:crypto";
import { whileMounted } from "./mount";
import { backendOf, bodyOf, doing, outputsOf, word, type Definition } from "./resource";

/** The key stays whatever becomes of the request: nothing is read again, and nothing is taken away. */
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
    const fields = ["commonName", "format", "privateKeyFormat", "keyType", "keyBits", "keyName"];
    const { data } = await doing(
      `error creating intermediate cert request for PKI secret backend ${JSON.stringify(backend)}`,
      api.write(path, { ...bodyOf(inputs, fields), ...flags }),
    );
    const outputs = outputsOf(data, ["csr", "keyId", "privateKey", "privateKeyType"]);
    return { id: `${path}/${randomUUID()}`, outputs };
  },
};

/** The issuer stays when this goes: `issuer` takes it away. */
export const intermediateSetSigned: Definition = {
  inputs: { backend: "replace", certificate: "replace" },
  required: ["backend", "certificate"],
  defaults: {},
  computed: ["importedIssuers", "importedKeys"],
  async create(api, inputs) {
    const backend = backendOf(inputs);
    const path = `${backend}/intermediate/set-signed`;
    const { data } = await doing(
      `error creating intermediate set-signed on PKI secret backend ${JSON.stringify(backend)}`,
      api.write(path, bodyOf(inputs, ["certificate"])),
    );
    // one that was there before is not among them
    const imported = { importedIssuers: data["imported_issuers"] ?? [], importedKeys: data["imported_keys"] ?? [] };
    return { id: `${path}/${randomUUID()}`, outputs: imported };
  },
  read: whileMounted,
};
