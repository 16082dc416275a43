/** Requests to Vault or OpenBao before the plugin is used, with the same settings from the environment. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";

const LIMIT_MS = 5000;

/** What the server answered. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** As the plugin takes them (https://developer.hashicorp.com/vault/docs/commands#environment-variables). */
const trust = () => {
  const { VAULT_CACERT: file, VAULT_SKIP_VERIFY: skip } = process.env;
  return {
    ...(file === undefined || file === "" ? {} : { ca: readFileSync(file) }),
    rejectUnauthorized: !/^(1|true)$/i.test(skip ?? ""),
  };
};

/** The token that the plugin would use: from the environment, or the file of a login. */
export const tokenHere = (): string | undefined => {
  const given = process.env["VAULT_TOKEN"];
  if (given !== undefined && given !== "") return given;
  try {
    return readFileSync(join(homedir(), ".vault-token"), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
};

/**
 * One request of the HTTP API. It answers with any status.
 *
 * @throws Error when there is no answer within 5 s, or the server's certificate is not trusted here
 */
export const ask = (address: string, method: string, path: string, token = "", body?: object): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { VAULT_NAMESPACE: namespace } = process.env;
    const headers = {
      ...(token === "" ? {} : { "x-vault-token": token }),
      ...(namespace === undefined || namespace === "" ? {} : { "x-vault-namespace": namespace }),
    };
    const options = { method, headers, agent: false, timeout: LIMIT_MS, ...trust() };
    const sent = request(`${address.replace(/\/$/, "")}/v1/${path}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", reject).on("end", () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] });
        } catch {
          resolve({ status: response.statusCode ?? 0, body: {} });
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${String(LIMIT_MS / 1000)} s`)));
    sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
