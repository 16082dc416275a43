/** The user's own certificates that objects in the cluster hold (`certificates.own`), step by step. */
import { generationsUpTo, hasPrevious, isRotating, ownTrustedOf, retiresOld, stateOf } from "../authorities/rotation";
import { pemBlocks } from "../format/pem";
import type { AuthorityName } from "../model/authorities";
import type { RotationState } from "../model/phases";
import { ownName, type OwnName } from "../model/profiles";
import type { Generations } from "../protocol/trust";
import type { Config, OwnConfig, Workload } from "../schema/config";

type Secret = NonNullable<OwnConfig["secret"]>;

/** `trust`: the new CA is added; `issue`: the certificate is written; `retire`: the old CA goes. */
export const OWN_STEPS = {
  trust: { writes: false, retires: false, trusts: (state) => ownTrustedOf({ ...state, phase: "trust" }) },
  issue: { writes: true, retires: false, trusts: ownTrustedOf },
  retire: { writes: false, retires: true, trusts: ownTrustedOf },
} as const satisfies Readonly<
  Record<string, { writes: boolean; retires: boolean; trusts: (state: RotationState) => readonly number[] }>
>;

export type OwnStep = keyof typeof OWN_STEPS;

/** A certificate and its key, PEM. */
export interface HeldPair {
  readonly certificate: string;
  readonly key: string;
}

/** What one of them is to be. */
export interface HeldJob {
  readonly leaf: OwnName;
  readonly authority: AuthorityName;
  readonly secret: Secret;
  readonly configMap?: OwnConfig["configMap"];
  /** CAs that are to be there, PEM. */
  readonly ca: string;
  /** CAs that go, PEM, and with them whatever else was this cluster's; absent: none goes. */
  readonly old?: string;
  /** Absent: the certificate stays as it is. */
  readonly pair?: HeldPair;
  /** Names and usages that the one in place may lose. */
  readonly allowLoss: readonly string[];
  /** In this order; none where a CA only goes. */
  readonly restart: readonly Workload[];
}

type Entry = readonly [name: string, own: OwnConfig & { readonly secret: Secret }];

const entries = ({ certificates }: Config): Entry[] =>
  Object.entries(certificates.own).flatMap(([name, { secret, ...own }]): Entry[] =>
    secret === undefined ? [] : [[name, { ...own, secret }]],
  );

export const holdsOwn = (config: Config): boolean => entries(config).length > 0;

/** Whether a step has something to do for an authority. An aborted rotation has left its CA where nothing is rotated any more. */
const CONCERNS: Readonly<Record<OwnStep, (config: Config, authority: AuthorityName) => boolean>> = {
  trust: hasPrevious,
  issue: () => true,
  retire: (config, authority) => isRotating(config) && retiresOld(stateOf(config, authority)),
};

const concerned = (step: OwnStep, config: Config): Entry[] =>
  entries(config).filter(([, { authority }]) => CONCERNS[step](config, authority));

export const hasOwnStep = (step: OwnStep, config: Config): boolean => concerned(step, config).length > 0;

export const ownText = (step: OwnStep, config: Config): string =>
  concerned(step, config)
    .map(([, { secret, configMap }]) =>
      [
        `Secret ${secret.namespace}/${secret.name}`,
        ...(configMap === undefined ? [] : [`ConfigMap ${configMap.namespace}/${configMap.name}`]),
      ].join(" and "),
    )
    .join(", ");

const pemOf = (generations: readonly number[], all: readonly string[]): string =>
  generations
    .flatMap((generation) => pemBlocks(all[generation - 1] ?? ""))
    .map((block) => `${block}\n`)
    .join("");

/**
 * The older first, so that going on from `trust` to `issue` changes nothing. While the last phase has come but the old CA is
 * not gone the step `issue` leaves it there: it only adds.
 */
const wanted = (step: OwnStep, config: Config, authority: AuthorityName): readonly number[] =>
  OWN_STEPS[step].trusts(stateOf(config, authority));

export const heldJobs = (
  step: OwnStep,
  config: Config,
  generations: Generations,
  pairs: Readonly<Record<string, HeldPair>>,
): HeldJob[] =>
  concerned(step, config).flatMap(([name, { authority, secret, configMap, allowLoss = [], restart }]): HeldJob[] => {
    const leaf = ownName(name);
    const pair = pairs[leaf];
    const { writes, retires } = OWN_STEPS[step];
    if (writes && pair === undefined) return []; // its authority cannot sign yet
    const stays = wanted(step, config, authority);
    const gone = generationsUpTo(stateOf(config, authority)).filter((generation) => !stays.includes(generation));
    return [
      {
        leaf,
        authority,
        secret,
        ...(configMap && { configMap }),
        ca: pemOf(stays, generations[authority]),
        ...(retires ? { old: pemOf(gone, generations[authority]) } : {}),
        ...(writes && pair !== undefined ? { pair } : {}),
        allowLoss,
        restart: retires ? [] : restart,
      },
    ];
  });
