import { X509Certificate } from "node:crypto";
import { text } from "../values";
import { ApiError, type Api } from "./api";
import { whileMounted } from "./mount";
import { backendOf, bodyOf, certificateOutputs, doing, outputsOf, word, type Definition } from "./resource";

const rootOutputs = [...certificateOutputs, "issuerId", "keyId", "issuerName", "keyName"];

export const rootCert: Definition = {
  inputs: {
    backend: "replace",
    type: "replace",
    commonName: "replace",
    issuerName: "replace",
    keyName: "replace",
    keyType: "replace",
    keyBits: "replace",
    format: "replace",
    maxPathLength: "replace",
    excludeCnFromSans: "replace",
    ttl: "ignored",
  },
  required: ["backend", "type", "commonName"],
  defaults: { format: "pem", privateKeyFormat: "der", keyType: "rsa", keyBits: 2048, maxPathLength: -1 },
  computed: [...rootOutputs, "keyRef", "managedKeyId", "managedKeyName", "signatureBits"],
  async create(api, inputs) {
    const backend = backendOf(inputs);
    const sent = bodyOf(inputs, ["commonName", "ttl", "format", "keyType", "keyBits", "issuerName", "keyName"]);
    const flags = {
      max_path_length: inputs["maxPathLength"] ?? -1,
      exclude_cn_from_sans: inputs["excludeCnFromSans"] ?? false,
    };
    const { data } = await doing(
      `error creating root cert for PKI secret backend ${JSON.stringify(backend)}`,
      api.write(`${backend}/issuers/generate/root/${word(inputs["type"])}`, { ...sent, ...flags }),
    );
    return { id: `${backend}/issuer/${word(data["issuer_id"])}`, outputs: outputsOf(data, rootOutputs) };
  },
  read: whileMounted,
  /** The key stays: only the issuer goes. */
  delete: (api, id) => api.delete(id),
  /** At every plan the issuer is asked for its certificate: another one, or none, means a replacement. */
  async drift(connect, state) {
    const issuer = text(state["issuerId"]);
    const serial = text(state["serialNumber"]);
    if (issuer === undefined || serial === undefined) return [];
    const found = await issuerPem(await connect(), backendOf(state), issuer);
    if (found === "gone") return [{ path: "issuerId", kind: "update", replace: true }];
    const now = found === "unreadable" ? undefined : hexOf(new X509Certificate(found).serialNumber);
    return now === undefined || now === hexOf(serial) ? [] : [{ path: "serialNumber", kind: "update", replace: true }];
  },
};

const hexOf = (serial: string): string => serial.replaceAll(":", "").toLowerCase().replace(/^0+/, "");

async function issuerPem(api: Api, backend: string, issuer: string): Promise<string> {
  try {
    const reply = await api.readPublic(`${backend}/issuer/${issuer}/pem`);
    return reply?.text.includes("BEGIN CERTIFICATE") === true ? reply.text : "unreadable";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403) return "unreadable";
    if (error.message.includes("unable to find PKI issuer for reference")) return "gone";
    throw error;
  }
}

const intermediateOutputs = [...certificateOutputs, "caChains"];

export const rootSignIntermediate: Definition = {
  inputs: {
    backend: "replace",
    csr: "replace",
    commonName: "replace",
    format: "replace",
    maxPathLength: "replace",
    excludeCnFromSans: "replace",
    useCsrValues: "replace",
    notAfter: "replace",
    ttl: "ignored",
    issuerRef: "ignored",
    revoke: "ignored",
  },
  required: ["backend", "csr", "commonName"],
  defaults: { format: "pem", maxPathLength: -1, useCsrValues: false, revoke: false },
  computed: [...intermediateOutputs, "certificateBundle"],
  async create(api, inputs) {
    const backend = backendOf(inputs);
    const fields = ["csr", "commonName", "ttl", "notAfter", "format", "maxPathLength", "useCsrValues", "issuerRef"];
    const body = { ...bodyOf(inputs, fields), exclude_cn_from_sans: inputs["excludeCnFromSans"] ?? false };
    const issuer = word(inputs["issuerRef"]);
    const path = `${backend}/${issuer === "" ? "root" : `issuer/${issuer}`}/sign-intermediate`;
    const { data } = await doing(
      `error creating root sign-intermediate on PKI secret backend ${JSON.stringify(backend)}`,
      api.write(path, body),
    );
    const outputs = outputsOf(data, intermediateOutputs);
    const bundle = [outputs["certificate"], outputs["issuingCa"]].map((pem) => word(pem).trim()).join("\n");
    const id = `${issuer === "" ? backend : path}/${word(inputs["commonName"])}`;
    return { id, outputs: { ...outputs, certificateBundle: bundle } };
  },
};
