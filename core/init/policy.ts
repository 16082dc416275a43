/** The section `certificates`, as the certificates in place have it: validity, algorithms, subjects, and which there are at all. */
import { INVENTORY } from "../certificates/inventory";
import { formatDuration, parseDuration } from "../format/duration";
import { ALGORITHMS, isAlgorithm, type Algorithm } from "../model/algorithms";
import { PROFILE_NAMES, type ProfileName } from "../model/profiles";
import type { Config } from "../schema/config";
import type { CertificateFacts } from "../survey/model";
import type { Cas, LiveLeaf } from "./live";
import { mostCommon, remark, type Found, type Remark } from "./remarks";
import { subjectFields, type SubjectFields } from "./subjects";
import { unique } from "../format/unique";

export interface ProfileFields extends SubjectFields {
  readonly enabled?: false;
  readonly validity?: string;
  readonly algorithm?: Algorithm;
}

type Profiles = Partial<Record<ProfileName, ProfileFields>>;

const HOUR = 3600;
const DAY = 24 * HOUR;

/** How much longer than it was asked for a certificate may be: some are dated back. */
const DATED_BACK = HOUR;

const seconds = (moment: string): number => Date.parse(moment) / 1000;

/**
 * For how long it was issued, in whole hours. Older kubeadms date a leaf back to the beginning of its CA (pkiutil
 * NewSignedCert), so there the time counts that its file was written at.
 */
export const lifetimeOf = (
  { certificate, modifiedAt }: Pick<LiveLeaf, "certificate" | "modifiedAt">,
  ca: CertificateFacts | undefined,
): number => {
  const { notBefore, notAfter } = certificate;
  const isDatedBack = ca?.notBefore === notBefore;
  const written = modifiedAt === undefined ? NaN : seconds(modifiedAt);
  const begins =
    isDatedBack && written > seconds(notBefore) && written < seconds(notAfter) ? written : seconds(notBefore);
  const hours = Math.floor((seconds(notAfter) - begins) / HOUR);
  const days = Math.round(hours / 24);
  // to the day, if it is nearly that
  return Math.abs(days * DAY - hours * HOUR) <= DATED_BACK ? days * DAY : hours * HOUR;
};

const byProfile = (leaves: readonly LiveLeaf[]): (readonly [ProfileName, readonly LiveLeaf[]])[] =>
  PROFILE_NAMES.flatMap((profile) => {
    const own = leaves.filter((leaf) => leaf.profile === profile);
    return own.length === 0 ? [] : [[profile, own] as const];
  });

const USUAL = 365 * DAY;

const wholeUnits = (given: number): number =>
  given >= DAY ? given - (given % DAY) : Math.max(HOUR, given - (given % HOUR));

/** What is left of a CA becomes less: half of it leaves time to rotate. */
const withinCa = (wanted: number, longest: number): number =>
  wanted <= longest ? wanted : wholeUnits(Math.min(USUAL, longest / 2));

/** How long a certificate may be valid. */
export interface LeafLimit {
  readonly seconds: number;
  /** A CA of the cluster has no more left; else CAs that the stack makes have no more. */
  readonly isOfCluster: boolean;
}

/** `authority.validity`. */
const NEW_CA = 3650 * DAY;

/**
 * Each CA that stays has so much left, and the stack's own ones begin with so much.
 * @param made those that the stack makes
 */
export const leafLimit = (cas: Cas, made: readonly string[], now: Date): LeafLimit => {
  const left = Object.entries(cas)
    .filter(([name]) => !made.includes(name))
    .map(([, { notAfter }]) => Math.floor((Date.parse(notAfter) - now.getTime()) / 1000));
  const seconds = Math.min(NEW_CA, ...left);
  return { seconds, isOfCluster: left.includes(seconds) };
};

const limitText = ({ seconds, isOfCluster }: LeafLimit): string =>
  isOfCluster
    ? `a CA has only ${formatDuration(seconds - (seconds % DAY))} left; rotate it in time`
    : `CAs that the stack makes are valid for ${formatDuration(seconds)} (authority.validity), and none may end before its certificates`;

const validityOf = (
  leaves: readonly LiveLeaf[],
  cas: Cas,
  limit: LeafLimit,
  wished: number | undefined,
): Found<{ readonly general: number; readonly own: Profiles }> => {
  const lifetimes = byProfile(leaves).map(
    ([profile, own]) =>
      [profile, mostCommon(own.map((leaf) => lifetimeOf(leaf, cas[INVENTORY[profile].authority]))) ?? USUAL] as const,
  );
  const most = mostCommon(lifetimes.map(([, each]) => each)) ?? USUAL;
  const usual = wished ?? most;
  const general = withinCa(usual, limit.seconds);
  const shorter = lifetimes.filter(([, each]) => each < general && each >= HOUR && each !== most);
  const longer = lifetimes.filter(([, each]) => each > general && general === usual);
  const remarks: Remark[] = [
    ...(general < usual
      ? [
          remark(
            "changed",
            `certificates are valid for ${formatDuration(general)}, and no longer for ${formatDuration(usual)}: ${limitText(limit)}`,
          ),
        ]
      : []),
    ...(longer.length === 0
      ? []
      : [
          remark(
            "changed",
            `${longer.map(([profile, each]) => `${profile} (valid for ${formatDuration(each)} now)`).join(", ")}: valid for ` +
              `${formatDuration(general)} as the others, since it is renewed in time`,
          ),
        ]),
  ];
  const own = Object.fromEntries(shorter.map(([profile, each]) => [profile, { validity: formatDuration(each) }]));
  return { value: { general, own }, remarks };
};

const algorithmsOf = (leaves: readonly LiveLeaf[], usual: Algorithm): Found<{ general: Algorithm; own: Profiles }> => {
  const known = leaves.filter(({ certificate }) => isAlgorithm(certificate.algorithm));
  const general = mostCommon(known.map(({ certificate }) => certificate.algorithm)) as Algorithm | undefined;
  const own = byProfile(known).flatMap(([profile, of]) => {
    const algorithm = mostCommon(of.map(({ certificate }) => certificate.algorithm)) as Algorithm;
    return algorithm === general ? [] : [[profile, { algorithm }] as const];
  });
  const others = unique(leaves.map(({ certificate }) => certificate.algorithm).filter((each) => !isAlgorithm(each)));
  return {
    value: { general: general ?? usual, own: Object.fromEntries(own) },
    remarks:
      others.length === 0
        ? []
        : [
            remark(
              "changed",
              `certificates with keys of ${others.join(", ")} get ${general ?? usual} (certificates.algorithm): the stack makes keys of ` +
                ALGORITHMS.join(", "),
            ),
          ],
  };
};

export interface CertificateFields {
  readonly validity: string;
  readonly algorithm: Algorithm;
  readonly profiles: Profiles;
}

export interface PolicyInput {
  /** Those that a CA of the cluster has issued. */
  readonly leaves: readonly LiveLeaf[];
  /** Profiles that are not the stack's. */
  readonly absent: readonly ProfileName[];
  readonly cas: Cas;
  /** Of the draft. */
  readonly config: Config;
  /** A leaf must not outlive its CA. */
  readonly limit: LeafLimit;
  /** What kubeadm was told, in its own spelling. */
  readonly wishedValidity?: string | undefined;
}

export const certificateFields = (given: PolicyInput): Found<CertificateFields> => {
  const { absent, cas, config, limit, wishedValidity } = given;
  const leaves = given.leaves.filter(({ profile }) => !absent.includes(profile));
  const validity = validityOf(leaves, cas, limit, parseDuration(wishedValidity ?? ""));
  const algorithms = algorithmsOf(leaves, config.certificates.algorithm);
  const subjects = subjectFields(leaves, config);
  const fieldsOf = (profile: ProfileName): ProfileFields => ({
    ...(absent.includes(profile) ? { enabled: false } : {}),
    ...validity.value.own[profile],
    ...algorithms.value.own[profile],
    ...subjects.value[profile],
  });
  const profiles = PROFILE_NAMES.map((profile) => [profile, fieldsOf(profile)] as const).filter(
    ([, fields]) => Object.keys(fields).length > 0,
  );
  return {
    value: {
      validity: formatDuration(validity.value.general),
      algorithm: algorithms.value.general,
      profiles: Object.fromEntries(profiles),
    },
    remarks: [validity, algorithms, subjects].flatMap(({ remarks }) => remarks),
  };
};
