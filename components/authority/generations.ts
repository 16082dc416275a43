import type * as pulumi from "@pulumi/pulumi";
import { backendOf } from "../../core/authorities/backends";
import { authorityCommonName } from "../../core/authorities/names";
import { caOf, ownCas } from "../../core/authorities/oneCa";
import { awaitsSigning, requestedAhead, unsigned } from "../../core/authorities/offlineRoot";
import { generationsUpTo, issuerOf, stateOf } from "../../core/authorities/rotation";
import type { BackendKind } from "../../core/model/backends";
import { mustBe } from "../../core/format/problem";
import { mapAuthorities, type AuthorityName } from "../../core/model/authorities";
import type { Config } from "../../core/schema/config";
import type { Authority } from "./authority";
import type { AuthorityMaker, Planned } from "./kind";
import { KINDS } from "./kinds";

/** One authority with all its generations. */
export interface AuthorityGenerations {
  /** Every generation the stack keeps: the first is generation 1. */
  readonly all: readonly Authority[];
  /** The one that signs; undefined while that is a CA the stack took over and whose key it does not know. */
  readonly issuer: Authority | undefined;
  /** The target of a rotation. */
  readonly target: Authority;
}

export interface Authorities {
  /** Undefined while a CA waits for its signature. */
  readonly generations: Readonly<Record<AuthorityName, AuthorityGenerations>> | undefined;
  /** Signing requests for an offline CA: PEM by the name of the requested CA. */
  readonly requests: Readonly<Record<string, pulumi.Output<string>>>;
}

/**
 * All three authorities in all their generations. Earlier ones stay in the state, so that every phase can be gone back to;
 * those that may still be presented are protected from deletion.
 */
export const authoritiesOf = (
  base: string,
  planned: Planned,
  options: pulumi.ComponentResourceOptions,
): Authorities => {
  const { config } = planned.inputs;
  const makers = new Map<BackendKind, AuthorityMaker>();
  const makerOf = (name: AuthorityName, generation: number): AuthorityMaker => {
    const { kind } = backendOf(config, name, generation);
    const maker = makers.get(kind) ?? KINDS[kind].maker(base, planned, options);
    makers.set(kind, maker);
    return maker;
  };
  const resourceOf = (name: AuthorityName, generation: number): string =>
    generation === 1 ? `${base}-${name}-ca` : `${base}-${name}-ca-g${String(generation)}`;
  const own = ownCas(config);
  const requests = own.flatMap((name) =>
    [...unsigned(config, name), ...requestedAhead(config, name)].flatMap((generation) => {
      const request = makerOf(name, generation).request(resourceOf(name, generation), name, generation);
      return request === undefined
        ? []
        : [[authorityCommonName(config.cluster.name, name, generation), request] as const];
    }),
  );
  const made = mapAuthorities((name) => {
    if (!own.includes(name)) return [];
    const waiting = unsigned(config, name);
    return generationsUpTo(stateOf(config, name))
      .filter((generation) => !waiting.includes(generation))
      .map((generation) => makerOf(name, generation).authority(resourceOf(name, generation), name, generation));
  });
  return {
    generations: awaitsSigning(config) ? undefined : mapAuthorities((name) => generationsOf(name, config, made[caOf(config, name)])),
    requests: Object.fromEntries(requests),
  };
};

const generationsOf = (name: AuthorityName, config: Config, all: readonly Authority[]): AuthorityGenerations => {
  const target = all.at(-1);
  if (target === undefined) throw new Error(mustBe(`rotation.${name}.generation`, "below 1", "a whole number from 1"));
  return { all, issuer: all[issuerOf(stateOf(config, name)) - 1], target };
};
