import * as pulumi from "@pulumi/pulumi";
import { planCluster } from "../../core/plan";
import type { Config } from "../../core/schema/config";
import { usesVault } from "../../core/vault/mounts";
import {
  capabilityProblem,
  caProblem,
  caWarning,
  dependenceWarning,
  healthProblem,
  previewWarning,
  rolePath,
  roleProblem,
  signingCas,
  signingRoles,
  signPath,
  tokenProblem,
  type Health,
  type SigningCa,
  type SigningRole,
  type Token,
} from "../../core/vault/preflight";
import { ask, tokenHere } from "./vaultApi";

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

/** What the token may do at each path; undefined where it may not even ask. */
const capabilitiesOf = async (address: string, token: string, paths: readonly string[]) => {
  const { status, body } = await ask(address, "POST", "sys/capabilities-self", token, { paths });
  const may = (body["data"] ?? body) as Readonly<Record<string, readonly string[] | undefined>>;
  return status === 200
    ? (path: string, what: string) => may[path]?.some((each) => each === what || each === "root") === true
    : undefined;
};

/** The CA's certificate; undefined if the mount has none of that name, as before it is created. */
const pemOf = async (address: string, { mount, issuer }: SigningCa): Promise<string | undefined> => {
  const { body } = await ask(address, "GET", `${mount}/issuer/${issuer}/json`);
  const pem = (body["data"] as { certificate?: unknown } | undefined)?.certificate;
  return typeof pem === "string" ? pem : undefined;
};

interface Found {
  /** Stops an `up`. */
  readonly problem: string | undefined;
  readonly warnings: readonly string[];
}

const casFound = async (address: string, cas: readonly SigningCa[], config: Config, now: Date): Promise<Found> => {
  const found = await Promise.all(cas.map(async (ca) => [ca, await pemOf(address, ca)] as const));
  const there = found.flatMap(([ca, pem]) => (pem === undefined ? [] : [[ca, pem] as const]));
  return {
    problem: there.map(([ca, pem]) => caProblem(ca, pem, config, now)).find((problem) => problem !== undefined),
    warnings: there.flatMap(([ca, pem]) => caWarning(ca, pem, now) ?? []),
  };
};

/** A token that may change roles sets them itself; one that may not even read them is told by the server. */
const roleFound = async (
  address: string,
  token: string,
  roles: readonly SigningRole[],
): Promise<string | undefined> => {
  const found = await Promise.all(
    roles.map(async (role) => {
      const { status, body } = await ask(address, "GET", rolePath(role), token);
      const max = (body["data"] as { max_ttl?: unknown } | undefined)?.max_ttl;
      return status === 200 && typeof max === "number" ? roleProblem(role, max) : undefined;
    }),
  );
  return found.find((problem) => problem !== undefined);
};

const lookAt = async (address: string, config: Config, now: Date): Promise<Found> => {
  const only = (problem: string | undefined): Found => ({ problem, warnings: [] });
  const health = healthProblem(address, await healthOf(address), Math.round(Date.now() / 1000));
  if (health !== undefined) return only(health);
  const token = tokenHere();
  const problem = tokenProblem(token === undefined ? undefined : await tokenOf(address, token));
  if (problem !== undefined || token === undefined) return only(problem);
  const plan = planCluster(config, now);
  const roles = signingRoles(config, plan, now);
  const may = await capabilitiesOf(
    address,
    token,
    roles.flatMap((role) => [signPath(role), rolePath(role)]),
  );
  const denied =
    may &&
    capabilityProblem(
      config,
      roles.map(signPath).filter((path) => !may(path, "update")),
    );
  if (denied !== undefined) return only(denied);
  const fixed = roles.filter((role) => may?.(rolePath(role), "read") === true && !may(rolePath(role), "update"));
  const short = await roleFound(address, token, fixed);
  return short === undefined ? casFound(address, signingCas(config, plan, now), config, now) : only(short);
};

/**
 * Checks, before any resource, that the server can sign and the token may ask it to. An `up` fails with a message that says what
 * to do. A preview continues with a warning and shows what it can without the server. Does nothing for other kinds of authority.
 *
 * @throws pulumi.RunError in an `up`
 */
export const vaultPreflight = async (config: Config, now: Date): Promise<void> => {
  const address = config.authority.vault?.address;
  if (!usesVault(config) || address === undefined) return;
  const warning = dependenceWarning(config);
  if (warning !== undefined) await pulumi.log.warn(warning);
  const { problem, warnings } = await lookAt(address, config, now);
  for (const each of warnings) await pulumi.log.warn(each);
  if (problem === undefined) return;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(problem);
  await pulumi.log.warn(previewWarning(problem));
};
