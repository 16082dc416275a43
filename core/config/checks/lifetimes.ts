/** Checks that every certificate can be renewed in time, and that no leaf outlives its CA. */
import { INVENTORY } from "../../certificates/inventory";
import { formatDuration } from "../../format/duration";
import { mustBe } from "../../format/problem";
import { isStandIn } from "../../format/standIn";
import { momentText, parsedCertificate, subjectText } from "../../format/x509";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import { PROFILE_NAMES } from "../../model/profiles";
import type { Sections } from "../../schema/sections";
import { pathText } from "../problems";

type Certificates = Sections["certificates"];
interface GivenLifetime {
  readonly validity?: number | undefined;
  readonly renewBefore?: number | undefined;
  readonly renewEvery?: number | undefined;
}

/** A number of seconds and the field it was read from. */
interface Sourced {
  readonly at: string;
  readonly seconds: number;
}

const RENEWALS = ["renewBefore", "renewEvery"] as const;

function renewalProblems(at: string, own: GivenLifetime, general: GivenLifetime, validity: Sourced): string[] {
  if (own.renewBefore !== undefined && own.renewEvery !== undefined) {
    return [mustBe(at, "both renewBefore and renewEvery", "one of the two")];
  }
  const isOwn = own.renewBefore !== undefined || own.renewEvery !== undefined;
  const source = isOwn ? own : general;
  return RENEWALS.flatMap((field) => {
    const seconds = source[field];
    if (seconds === undefined || seconds < validity.seconds) return [];
    const from = isOwn ? at : "certificates";
    return [
      mustBe(
        `${from}.${field}`,
        formatDuration(seconds),
        `less than ${validity.at}, ${formatDuration(validity.seconds)}`,
      ),
    ];
  });
}

/** Validity of generated CAs, and the existing CAs that sign. */
type Authorities = Pick<Sections["authority"], "validity" | AuthorityName>;

/** How long a CA is still valid: an existing one by its certificate, else the validity of a generated one. */
function limitOf(authority: Authorities, name: AuthorityName, now: Date): Sourced & { what: string } {
  const pem = authority[name]?.certificate;
  const certificate = pem === undefined ? undefined : parsedCertificate(pem);
  if (certificate === undefined) {
    const seconds = authority.validity;
    return { at: "authority.validity", seconds, what: `authority.validity, ${formatDuration(seconds)}` };
  }
  const ends = new Date(certificate.validTo);
  const seconds = Math.floor((ends.getTime() - now.getTime()) / 1000);
  const what =
    `what authority.${name} has left: ${subjectText(certificate)} expires ${momentText(ends)}, ` +
    `in ${formatDuration(seconds)}`;
  return { at: `authority.${name}`, seconds, what };
}

/** `authority` is undefined when it has problems of its own. */
export function lifetimeProblems(
  certificates: Certificates,
  authority: Authorities | undefined,
  now: Date,
  users: readonly { readonly validity?: number | undefined }[] = [],
): string[] {
  const generalValidity = { at: "certificates.validity", seconds: certificates.validity };
  const problems = new Set(renewalProblems("certificates", certificates, {}, generalValidity));
  const isAwaited = (name: AuthorityName): boolean => isStandIn(authority?.[name]?.certificate ?? "");
  const limits =
    authority === undefined
      ? []
      : AUTHORITIES.filter((name) => !isAwaited(name)).map((name) => ({ name, ...limitOf(authority, name, now) }));
  const check = (at: string, { validity: given, ...own }: GivenLifetime, name: AuthorityName): void => {
    const validity = given === undefined ? generalValidity : { at: `${at}.validity`, seconds: given };
    renewalProblems(at, own, certificates, validity).forEach((problem) => problems.add(problem));
    const limit = limits.find((each) => each.name === name);
    // An expired CA is a problem of its own.
    if (limit !== undefined && limit.seconds > 0 && validity.seconds > limit.seconds) {
      problems.add(mustBe(validity.at, formatDuration(validity.seconds), `no longer than ${limit.what}`));
    }
  };
  for (const name of PROFILE_NAMES) {
    const own = certificates.profiles[name];
    if (own?.enabled !== false)
      check(pathText(["certificates", "profiles", name]), own ?? {}, INVENTORY[name].authority);
  }
  for (const [name, own] of Object.entries(certificates.own))
    check(pathText(["certificates", "own", name]), own, own.authority);
  users.forEach(({ validity }, index) => {
    check(pathText(["users", index]), { validity }, "kubernetes");
  });
  return [...problems];
}
