import type { Difference } from "../host";
import { number, texts, type Properties } from "../values";
import { whileMounted } from "./mount";
import { backendOf, bodyOf, certificateOutputs, doing, outputsOf, word, type Definition } from "./resource";

const renewPending = (state: Properties): boolean =>
  (number(state["expiration"]) ?? Infinity) - (number(state["minSecondsRemaining"]) ?? 0) <= Date.now() / 1000;

const signOutputs = [...certificateOutputs, "caChains", "expiration"];

export const sign: Definition = {
  inputs: {
    backend: "replace",
    name: "replace",
    csr: "replace",
    commonName: "replace",
    altNames: "replace",
    ipSans: "replace",
    format: "replace",
    excludeCnFromSans: "replace",
    removeRootsFromChain: "replace",
    ttl: "ignored",
    issuerRef: "ignored",
    notAfter: "ignored",
    autoRenew: "ignored",
    minSecondsRemaining: "ignored",
  },
  required: ["backend", "name", "csr", "commonName"],
  defaults: { format: "pem", autoRenew: false, minSecondsRemaining: 604_800, removeRootsFromChain: false },
  computed: [...signOutputs, "renewPending"],
  named: true,
  async create(api, inputs) {
    const backend = backendOf(inputs);
    const { name = "", commonName = "" } = inputs;
    const lists = Object.fromEntries(
      ["altNames", "ipSans"].flatMap((list) =>
        Array.isArray(inputs[list]) ? [[list, texts(inputs[list]).join(",")]] : [],
      ),
    );
    const fields = ["csr", "commonName", "ttl", "format", "notAfter", "issuerRef", "altNames", "ipSans"];
    const body = {
      ...bodyOf({ ...inputs, ...lists }, fields),
      exclude_cn_from_sans: inputs["excludeCnFromSans"] ?? false,
    };
    const { data } = await doing(
      `error creating certificate sign ${word(commonName)} by ${word(name)} for PKI secret backend ${JSON.stringify(backend)}`,
      api.write(`${backend}/sign/${word(name)}`, body),
    );
    const outputs = outputsOf(data, signOutputs);
    const pending = renewPending({ ...inputs, ...outputs });
    return { id: `${backend}/${word(name)}/${word(commonName)}`, outputs: { ...outputs, renewPending: pending } };
  },
  /** Only a refresh sees that it is due. */
  read: async (api, id, state) => (await whileMounted(api, id, state)) && { renewPending: renewPending(state) },
  /** And only with `autoRenew` does a plan act on what the last refresh saw. */
  drift(_, state, inputs): Promise<Difference[]> {
    const due = inputs["autoRenew"] === true && state["renewPending"] === true;
    return Promise.resolve(due ? [{ path: "renewPending", kind: "update", replace: true }] : []);
  },
};
