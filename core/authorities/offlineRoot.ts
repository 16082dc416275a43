/**
 * CAs signed offline: the stack generates the key in Vault and outputs the request; an operator has it signed by the offline
 * root and puts the certificate into the stack file (`authority.signed`).
 */
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import type { Config } from "../schema/config";
import { backendOf, isOffline } from "./backends";
import { generationsUpTo, stateOf } from "./rotation";

type Given = Pick<Config, "authority" | "rotation">;

/** The generations after the target of the rotation whose signing request is made ahead (`authority.requests`). */
export const requestedAhead = (config: Given, name: AuthorityName): number[] => {
  const { generation } = stateOf(config, name);
  return Array.from(
    { length: Math.max(0, config.authority.requests - generation) },
    (_, index) => generation + 1 + index,
  ).filter((each) => isOffline(backendOf(config, name, each)));
};

/** The generations that the stack would use and that are not signed yet. */
export const unsigned = (config: Given, name: AuthorityName): number[] =>
  generationsUpTo(stateOf(config, name)).filter(
    (generation) =>
      isOffline(backendOf(config, name, generation)) && config.authority.signed[name][String(generation)] === undefined,
  );

/** Whether the stack has to wait for signatures, so that no node is visited. */
export const awaitsSigning = (config: Given): boolean => AUTHORITIES.some((name) => unsigned(config, name).length > 0);
