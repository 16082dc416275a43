/** Checks of CAs that somebody else signs: who it is, and what people gave back. */
import { isOffline, keeperOf } from "../../authorities/backends";
import { authorityCommonName } from "../../authorities/names";
import { keptOf, signerOf } from "../../authorities/rotation";
import { isStandIn } from "../../format/standIn";
import { parsedCertificate } from "../../format/x509";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import { BACKEND_KINDS, BACKENDS, SIGNERS, type Backends } from "../../model/backends";
import type { Sections } from "../../schema/sections";
import { stateAsOf } from "../generations";
import { backendsOf } from "../normalise";
import { pathText } from "../problems";
import type { Check, CheckInput } from "./check";
import { certificateProblems, timeProblems } from "./givenCa";

type SignedBySection = Sections["authority"]["signedBy"];

const signerProblems = (at: string, signedBy: SignedBySection): string[] => {
  if (signedBy === undefined) return [];
  const { kind, mount } = signedBy;
  const { hasMount } = SIGNERS[kind];
  if (hasMount && mount === undefined)
    return [`${at}.mount: missing; with kind ${kind} give the path of the mount whose default issuer signs`];
  return !hasMount && mount !== undefined
    ? [`${at}.mount: given with kind ${kind}; allowed is kind: mount, or to leave it out`]
    : [];
};

/** The certificates that people gave back: each must be the CA that was asked for. */
const certificates = (at: string, pem: string, commonName: string, signs: boolean, now: Date): string[] => {
  if (isStandIn(pem)) return [];
  const certificate = parsedCertificate(pem);
  if (certificate === undefined) return [`${at}: not readable; allowed is a CA certificate in PEM`];
  const names = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  return [
    ...certificateProblems(at, pem, certificate),
    ...(signs ? timeProblems(at, certificate, now) : []),
    ...(names === commonName
      ? []
      : [`${at}: its CN is ${names ?? "missing"}; allowed is the CN of the signing request, ${commonName}`]),
  ];
};

const given = ({ sections, now }: CheckInput, name: AuthorityName, backends: Backends): string[] => {
  const { authority, rotation, adopt, cluster } = sections;
  if (authority === undefined || cluster === undefined || !("rotation" in sections) || !("adopt" in sections))
    return [];
  const state = rotation === undefined ? undefined : stateAsOf(name, { authority, rotation, adopt }, now);
  const target = state?.generation ?? 1;
  const offline = (generation: number): boolean => isOffline(keeperOf(backends, generation));
  const missing = keptOf({ generation: target })
    .filter(() => target > 1)
    .filter((generation) => offline(generation) && authority.signed?.[name]?.[String(generation)] === undefined)
    .slice(0, 1)
    .map(
      (generation) =>
        `authority.signed.${name}: nothing for generation ${String(generation)}; before a rotation to it give ` +
        `authority.requests: ${String(generation)}, run \`pulumi up\`, and have the request of ` +
        "`pulumi stack output signingRequests` signed",
    );
  const wrong = Object.entries(authority.signed?.[name] ?? {}).flatMap(([text, pem]) => {
    const at = pathText(["authority", "signed", name, text]);
    const generation = Number(text);
    return offline(generation)
      ? certificates(
          at,
          pem,
          authorityCommonName(cluster.name, name, generation),
          generation === (state === undefined ? 1 : signerOf(state)),
          now,
        )
      : [`${at}: given, but nobody is asked to sign generation ${text}; allowed is signedBy.kind: offline for it`];
  });
  return [...missing, ...wrong];
};

export const signedProblems: Check = (input) => {
  const { authority } = input.sections;
  if (authority === undefined) return [];
  const { signedBy, earlier } = authority;
  const signers = [
    ...signerProblems("authority.signedBy", signedBy),
    ...earlier.flatMap((each, index) => signerProblems(`authority.earlier[${String(index)}].signedBy`, each.signedBy)),
  ];
  const kinds = [...new Set(AUTHORITIES.flatMap((name) => backendsOf(authority, name).at(-1)?.kind ?? []))];
  if (signedBy !== undefined && !kinds.some((kind) => BACKENDS[kind].mayBeSigned))
    signers.push(
      `authority.signedBy: given with kind ${kinds.join(" and ")}, whose CAs sign themselves; allowed is kind: ` +
        BACKEND_KINDS.filter((kind) => BACKENDS[kind].mayBeSigned).join(" or "),
    );
  return [...signers, ...AUTHORITIES.flatMap((name) => given(input, name, backendsOf(authority, name)))];
};
