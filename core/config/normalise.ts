import { caOf } from "../authorities/oneCa";
import { defaultRenewEvery } from "../certificates/leafPolicy";
import { secondsOf } from "../format/duration";
import { mapAuthorities, type AuthorityName } from "../model/authorities";
import { BACKENDS, DEFAULT_BACKEND, type Backend, type BackendKind, type Backends } from "../model/backends";
import { withEtcd } from "../nodes/topology";
import type { ExistingCa, AuthoritySection, Config, CertificatesConfig } from "../schema/config";
import { KIND_SECTIONS, SECTION_KINDS, type SectionKind } from "../schema/authority";
import type { Sections } from "../schema/sections";
import { rotationAsOf } from "./generations";

/** One for all authorities, or one for each that is named. */
const ofOne = <T extends string | number>(
  given: T | Readonly<Partial<Record<AuthorityName, T | undefined>>>,
  name: AuthorityName,
  otherwise: T,
): T => (typeof given === "object" ? (given[name] ?? otherwise) : given);

type Entry = Pick<AuthoritySection["earlier"][number], "kind" | "signedBy" | SectionKind>;

/** Where an authority is, as its entry of the stack file says in the section of its kind. */
const backendOf = (given: Entry, name: AuthorityName): Backend => {
  const kind = ofOne<BackendKind>(given.kind, name, DEFAULT_BACKEND);
  const placeOf = KIND_SECTIONS[kind]?.place as ((section: unknown, name: AuthorityName) => object) | undefined;
  const { keyIn, mayBeSigned } = BACKENDS[kind];
  const backend: object = {
    kind,
    keyIn,
    ...(mayBeSigned ? { signedBy: given.signedBy } : {}),
    ...placeOf?.(Reflect.get(given, kind), name),
  };
  return backend as Backend; // all of it is of that kind, which the types of a table cannot tell
};

/** Where the generations of one authority are made, the oldest first. */
export const backendsOf = (given: Entry & Pick<AuthoritySection, "earlier">, name: AuthorityName): Backends => [
  ...given.earlier.map((each) => ({ ...backendOf(each, name), upTo: ofOne<number>(each.generations, name, 0) })),
  backendOf(given, name),
];

/** What each kind was asked for, as it was given. */
const kindSections = (authority: AuthoritySection): Pick<AuthoritySection, SectionKind> =>
  Object.fromEntries<unknown>(SECTION_KINDS.map((kind) => [kind, authority[kind]]));

const existingCa = (given: Sections["authority"]["kubernetes"]): ExistingCa | undefined =>
  given?.certificate === undefined || given.key === undefined
    ? undefined
    : { certificate: given.certificate, key: given.key };

type Single = Pick<
  NonNullable<Sections["certificates"]["own"][string]>,
  "validity" | "renewBefore" | "renewEvery" | "algorithm" | "allowLoss"
>;

const inSeconds = <T extends Single>({ validity, renewEvery, ...rest }: T) => ({
  ...rest,
  validitySeconds: validity,
  renewEverySeconds: renewEvery,
});

/** Those that are given. */
const each = <T extends Single>(given: Readonly<Record<string, T | undefined>>) =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, one]) => (one === undefined ? [] : [[name, inSeconds(one)]])),
  );

const certificatesOf = (given: Sections["certificates"]): CertificatesConfig => ({
  validitySeconds: given.validity,
  renewBefore: given.renewBefore,
  renewEverySeconds:
    given.renewEvery ??
    (given.renewBefore === undefined
      ? defaultRenewEvery(given.validity)
      : given.validity - secondsOf(given.renewBefore, given.validity)),
  renewalIsDefault: given.renewEvery === undefined && given.renewBefore === undefined,
  algorithm: given.algorithm,
  keyLocation: given.keyLocation,
  renewAt: given.renewAt,
  profiles: each(given.profiles),
  own: each(given.own),
});

/** Fills in what follows from the rest. The sections have passed every check. */
export function normalised(sections: Sections, now: Date): Config {
  const { authority, rotation, ...rest } = sections;
  return {
    ...rest,
    asOf: now,
    nodes: withEtcd(sections.nodes),
    authority: {
      backends: mapAuthorities((name) => backendsOf(authority, caOf({ authority }, name))),
      signed: mapAuthorities((name) => authority.signed?.[caOf({ authority }, name)] ?? {}),
      oneCa: authority.oneCa,
      requests: authority.requests,
      csrSigner: authority.csrSigner,
      ...kindSections(authority),
      algorithm: authority.algorithm,
      validitySeconds: authority.validity,
      kubernetes: existingCa(authority.kubernetes),
      etcd: existingCa(authority.etcd),
      frontProxy: existingCa(authority.frontProxy),
      serviceAccount: authority.serviceAccount,
    },
    certificates: certificatesOf(sections.certificates),
    ...(rotation && { rotation: rotationAsOf({ ...sections, rotation }, now) }),
  };
}
