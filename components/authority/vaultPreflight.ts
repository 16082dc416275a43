import { readFileSync } from "node:fs";
import { request } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../../core/config";
import { planCluster } from "../../core/plan";
import {
  capabilityProblem,
  dependenceWarning,
  healthProblem,
  signPaths,
  tokenProblem,
  type Health,
  type Token,
} from "../../core/vaultPreflight";

const LIMIT_MS = 5000;

interface Answer {
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

/** The one the plugin would use; where a login left it, too. */
const tokenHere = (): string | undefined => {
  const given = process.env["VAULT_TOKEN"];
  if (given !== undefined && given !== "") return given;
  try {
    return readFileSync(join(homedir(), ".vault-token"), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
};

const ask = (address: string, method: string, path: string, token = "", body?: object): Promise<Answer> =>
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

const NOT_TRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/;

const healthOf = (address: string): Promise<Health> =>
  ask(address, "GET", "sys/health").then(
    ({ status, body }) => ({ status, serverTime: numberOf(body["server_time_utc"]) }),
    (error: unknown) => {
      const { code = "", message } = error as NodeJS.ErrnoException;
      return { failure: code || message, isTrust: NOT_TRUSTED.test(code) };
    },
  );

const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

const tokenOf = async (address: string, token: string): Promise<Token> => {
  const { status, body } = await ask(address, "GET", "auth/token/lookup-self", token);
  return { status, ttl: numberOf((body["data"] as { ttl?: unknown } | undefined)?.ttl) ?? 0 };
};

/** Those of the paths that the token may not write to; none where it may not even ask. */
const deniedOf = async (address: string, token: string, paths: readonly string[]): Promise<string[]> => {
  const { status, body } = await ask(address, "POST", "sys/capabilities-self", token, { paths });
  const may = (body["data"] ?? body) as Readonly<Record<string, readonly string[] | undefined>>;
  if (status !== 200) return [];
  return paths.filter((path) => !["update", "root"].some((each) => may[path]?.includes(each) === true));
};

const problemOf = async (address: string, config: Config, now: Date): Promise<string | undefined> => {
  const health = healthProblem(address, await healthOf(address), Math.round(Date.now() / 1000));
  if (health !== undefined) return health;
  const token = tokenHere();
  const problem = tokenProblem(token === undefined ? undefined : await tokenOf(address, token));
  if (problem !== undefined || token === undefined) return problem;
  const paths = signPaths(config, planCluster(config, now), now);
  return capabilityProblem(config, await deniedOf(address, token, paths));
};

/**
 * Before any resource: whether the server signs and the token may ask it to. An `up` ends with the sentence that says what to
 * do. A preview goes on with a warning and shows what it can without the server. Does nothing for other kinds of authority.
 *
 * @throws pulumi.RunError in an `up`
 */
export const vaultPreflight = async (config: Config, now: Date): Promise<void> => {
  const { kind, address } = config.authority;
  if (kind !== "vault" || address === undefined) return;
  const warning = dependenceWarning(config);
  if (warning !== undefined) await pulumi.log.warn(warning);
  const problem = await problemOf(address, config, now);
  if (problem === undefined) return;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(problem);
  await pulumi.log.warn(problem);
};
