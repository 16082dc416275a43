/** Checks of CAs that another CA signs: which one, and the certificates it issued. */
import { isOffline, backendFor } from "../../authorities/backends";
import { authorityCommonName } from "../../authorities/names";
import { generationsUpTo, issuerOf } from "../../authorities/rotation";
import { missing, mustBe } from "../../format/problem";
import { isStandIn } from "../../format/standIn";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import { BACKEND_KINDS, BACKENDS, CA_SIGNERS, type Backends } from "../../model/backends";
import type { Sections } from "../../schema/sections";
import { stateAsOf } from "../generations";
import { backendsOf } from "../normalise";
import { pathText } from "../problems";
import type { Check, CheckInput } from "./check";
import { caCertificateProblems, type GivenCa } from "./existingCa";
import { plannedSans } from "./plannedSans";

type SignedBySection = Sections["authority"]["signedBy"];

const signerProblems = (at: string, signedBy: SignedBySection): string[] => {
  if (signedBy === undefined) return [];
  const { kind, mount } = signedBy;
  const { hasMount } = CA_SIGNERS[kind];
  if (hasMount && mount === undefined)
    return [missing(`${at}.mount`, `with kind ${kind} give the path of the mount whose default issuer signs`)];
  return !hasMount && mount !== undefined
    ? [mustBe(`${at}.mount`, `given with kind ${kind}`, "used with kind: mount", "set that kind, or leave it out")]
    : [];
};

/** The certificates from the offline CA: each must be for the CA that was requested. */
const certificates = (at: string, pem: string, commonName: string, ca: GivenCa): string[] => {
  if (isStandIn(pem)) return [];
  const { certificate, problems } = caCertificateProblems(at, pem, ca);
  if (certificate === undefined) return problems;
  const names = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  return [
    ...problems,
    ...(names === commonName
      ? []
      : [mustBe(at, `its CN is ${names ?? "missing"}`, `for the CN of the signing request, ${commonName}`)]),
  ];
};

const given = ({ sections, now }: CheckInput, name: AuthorityName, backends: Backends): string[] => {
  const { authority, rotation, adopt, cluster } = sections;
  if (authority === undefined || cluster === undefined || !("rotation" in sections) || !("adopt" in sections))
    return [];
  const state = rotation === undefined ? undefined : stateAsOf(name, { authority, rotation, adopt }, now);
  const target = state?.generation ?? 1;
  const offline = (generation: number): boolean => isOffline(backendFor(backends, generation));
  const unsigned = generationsUpTo({ generation: target })
    .filter(() => target > 1)
    .filter((generation) => offline(generation) && authority.signed?.[name]?.[String(generation)] === undefined)
    .slice(0, 1)
    .map((generation) =>
      missing(
        `authority.signed.${name}["${String(generation)}"]`,
        `before a rotation to this generation set authority.requests: ${String(generation)}, run \`pulumi up\`, have the ` +
          "request in `pulumi stack output signingRequests` signed, and give the certificate here",
      ),
    );
  const wrong = Object.entries(authority.signed?.[name] ?? {}).flatMap(([text, pem]) => {
    const at = pathText(["authority", "signed", name, text]);
    const generation = Number(text);
    return offline(generation)
      ? certificates(at, pem, authorityCommonName(cluster.name, name, generation), {
          authority: name,
          signs: generation === (state === undefined ? 1 : issuerOf(state)),
          sans: () => plannedSans(sections, name, now),
          now,
        })
      : [
          mustBe(
            at,
            `given, but generation ${text} is not signed offline`,
            "used with signedBy.kind: offline",
            "set that, or leave it out",
          ),
        ];
  });
  return [...unsigned, ...wrong];
};

export const signedProblems: Check = (input) => {
  const { authority } = input.sections;
  if (authority === undefined) return [];
  const { signedBy, earlier } = authority;
  const caSignerProblems = [
    ...signerProblems("authority.signedBy", signedBy),
    ...earlier.flatMap((each, index) => signerProblems(`authority.earlier[${String(index)}].signedBy`, each.signedBy)),
  ];
  const kinds = [...new Set(AUTHORITIES.flatMap((name) => backendsOf(authority, name).at(-1)?.kind ?? []))];
  if (signedBy !== undefined && !kinds.some((kind) => BACKENDS[kind].mayBeSigned))
    caSignerProblems.push(
      mustBe(
        "authority.signedBy",
        `given with kind ${kinds.join(" and ")}, whose CAs are self-signed`,
        `used with kind: ${BACKEND_KINDS.filter((kind) => BACKENDS[kind].mayBeSigned).join(" or ")}`,
        "set that kind, or leave it out",
      ),
    );
  return [...caSignerProblems, ...AUTHORITIES.flatMap((name) => given(input, name, backendsOf(authority, name)))];
};
