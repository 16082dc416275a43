/** Leaf certificates of the "offline CA" of a lab: openssl, in a folder of the host. */
import { must } from "./process";

/** What `openssl genpkey` is told of a key. */
type Algorithm = readonly [name: string, option: string];

export const EC: Algorithm = ["EC", "ec_paramgen_curve:P-256"];
export const RSA: Algorithm = ["RSA", "rsa_keygen_bits:2048"];

/** $1 PKI folder, $2 authority, $3 subject, $4 usage, $5 SANs or nothing, $6 and $7 algorithm: prints key and certificate. */
const leafScript = `
umask 077
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  echo "basicConstraints=critical,CA:FALSE"
  echo "keyUsage=critical,digitalSignature,keyEncipherment"
  echo "extendedKeyUsage=$4"
  echo "authorityKeyIdentifier=keyid"
  [ -z "$5" ] || echo "subjectAltName=$5"
} >"$work/extensions"
openssl genpkey -algorithm "$6" -pkeyopt "$7" -out "$work/key" 2>/dev/null
openssl req -new -key "$work/key" -subj "$3" -out "$work/csr"
openssl x509 -req -in "$work/csr" -CA "$2.crt" -CAkey "$2.key" -set_serial "0x$(openssl rand -hex 16)" -days 365 \\
  -extfile "$work/extensions" -out "$work/crt" 2>/dev/null
cat "$work/key" "$work/crt"
`;

interface Request {
  /** Name of its two files in the folder. */
  readonly authority: string;
  readonly subject: string;
  readonly usage: string;
  readonly sans: readonly string[];
  readonly algorithm: Algorithm;
}

/** A leaf of an authority whose certificate and key are in the folder. */
export async function issueLeaf(
  folder: string,
  { authority, subject, usage, sans, algorithm }: Request,
): Promise<{ key: string; certificate: string }> {
  const argv = ["sh", "-euc", leafScript, "sh", folder, authority, subject, usage, sans.join(","), ...algorithm];
  const text = await must(argv, { what: `issuing ${subject}` });
  const at = text.indexOf("-----BEGIN CERTIFICATE-----");
  return { key: text.slice(0, at), certificate: text.slice(at) };
}
