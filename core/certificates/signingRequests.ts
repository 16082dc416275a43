/**
 * Reads the signing requests a node printed and checks each against what was asked for. The authority signs the subject
 * and the names in the request, so with an unchecked one a single compromised node could make itself cluster admin.
 */
import type { X509Certificate } from "node:crypto";
import "reflect-metadata"; // @peculiar/x509 asks for it
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from "@peculiar/x509";
import type { CsrSignerPlan } from "../authorities/nodeCsrSigners";
import { canonicalIp } from "../format/addresses";
import { printedBefore } from "../format/printedBefore";

/** Splits the output of the node's `request` verb: profile -> {id, pem}. */
export const parseRequests = (stdout: string): Map<string, { id: string; pem: string }> => {
  const found = new Map<string, { id: string; pem: string }>();
  for (const block of stdout.split(/^(?=csr )/m)) {
    const match =
      /^csr (\S+) (\S+)\n(-----BEGIN CERTIFICATE REQUEST-----[\s\S]+?-----END CERTIFICATE REQUEST-----)/.exec(block);
    if (match?.[1] !== undefined && match[2] !== undefined && match[3] !== undefined)
      found.set(match[1], { id: match[2], pem: `${match[3]}\n` });
  }
  return found;
};

/** RFC 5280, 4.2.1.6 */
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

/** RFC 2985, 5.4.2 */
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

const sansOf = (request: Pkcs10CertificateRequest): string[] =>
  request.extensions
    .filter(({ type }) => type === SUBJECT_ALTERNATIVE_NAME)
    .flatMap(({ rawData }) => new SubjectAlternativeNameExtension(rawData).names.items)
    .map(({ type, value }) => (type === "ip" ? `IP:${canonicalIp(value) ?? value}` : `${type.toUpperCase()}:${value}`));

/** Whoever signs may read the second of two, where this program reads the first. */
const hasOneList = ({ attributes, extensions }: Pkcs10CertificateRequest): boolean => {
  const lists = attributes.filter(({ type }) => type === EXTENSION_REQUEST);
  const types = extensions.map(({ type }) => type);
  return lists.length <= 1 && lists.every(({ values }) => values.length === 1) && new Set(types).size === types.length;
};

/** How the names that are asked for have to be to those that are planned. */
export type NamesFit = (given: readonly string[], planned: readonly string[]) => boolean;

const same: NamesFit = (given, wanted) => JSON.stringify([...given].sort()) === JSON.stringify([...wanted].sort());

/** Whether a certificate is of the key that a request was made with. */
export const isKeyOf = (requestPem: string, certificate: X509Certificate): boolean => {
  const asked = Buffer.from(new Pkcs10CertificateRequest(requestPem).publicKey.rawData);
  return asked.equals(certificate.publicKey.export({ type: "spki", format: "der" }));
};

/** What a node was asked for: a leaf, or a CSR signer. */
type Asked = Omit<CsrSignerPlan, "generation" | "algorithm">;

/** What is wrong with a request, in words; undefined when it asks for exactly what the plan says, or for names that fit it. */
export const requestProblem = async (
  pem: string,
  leaf: Pick<Asked, "commonName" | "organizations" | "sans">,
  namesFit: NamesFit = same,
): Promise<string | undefined> => {
  const request = new Pkcs10CertificateRequest(pem);
  // the tls provider signs without looking at it
  if (!(await request.verify())) return "its signature does not match its key";
  const subject = request.subjectName;
  const fields = subject.toJSON().flatMap((rdn) => Object.keys(rdn));
  const extensions = request.extensions.filter(({ type }) => type !== SUBJECT_ALTERNATIVE_NAME);
  if (fields.some((field) => field !== "CN" && field !== "O")) return `its subject is ${request.subject}`;
  if (!same(subject.getField("CN"), [leaf.commonName])) return `its CN is ${subject.getField("CN").join(", ")}`;
  if (!same(subject.getField("O"), leaf.organizations)) return `its O is ${subject.getField("O").join(", ")}`;
  if (!hasOneList(request)) return "it asks for extensions twice";
  if (!namesFit(sansOf(request), leaf.sans)) return `its names are ${sansOf(request).join(", ") || "none"}`;
  if (extensions.length > 0) return `it asks for the extension ${extensions.map(({ type }) => type).join(", ")}`;
  return undefined;
};

/**
 * The request of one leaf or CSR signer out of a node's output, checked.
 *
 * @throws Error when the node answered with something else than it was asked for
 */
export const requestFor = async (stdout: string, node: string, leaf: Asked): Promise<string> => {
  const found = parseRequests(stdout).get(leaf.profile);
  const noise = found === undefined ? printedBefore(stdout, `csr ${leaf.profile} ${leaf.id}`) : undefined;
  if (noise !== undefined)
    throw new Error(
      `${node}: the signing request for ${leaf.profile} cannot be read, because ${noise}; then run \`pulumi up --replace '**${node}-request*'\``,
    );
  if (found?.id !== leaf.id)
    throw new Error(
      `${node}: no signing request for ${leaf.profile} ${leaf.id} was returned; run \`pulumi up\` again, and if that does not help, ` +
        `look at /var/lib/kube-pki on the node`,
    );
  const problem = await requestProblem(found.pem, leaf);
  if (problem !== undefined)
    throw new Error(
      `${node}: the signing request for ${leaf.profile} is not what was asked for (${problem}); nothing was signed: ` +
        `check who changed files under /var/lib/kube-pki on the node`,
    );
  return found.pem;
};
