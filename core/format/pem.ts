/** PEM: blocks taken out of a text. */

/** Which labels count: Go reads certificates under one of them only (crypto/x509 cert_pool.go), keys under several. */
const LABELS = { CERTIFICATE: /^CERTIFICATE$/, "PRIVATE KEY": /PRIVATE KEY$/ } as const;
type Wanted = keyof typeof LABELS;

const labelOf = (text: string): string => /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1] ?? "";

/**
 * Only the PEM blocks of a text, each ending with a newline: `pulumi config set` cuts the last newline off, editors add
 * carriage returns, blanks at ends of lines and a byte order mark, and `openssl x509 -text` writes prose above. Undefined
 * when there is no such block.
 */
export function canonicalPem(given: string, wanted: Wanted): string | undefined {
  const blocks = given
    .replace(/^\uFEFF/, "")
    .replace(/[\r\t ]+$/gm, "")
    .match(/^-----BEGIN ([A-Z0-9 ]+)-----\n[\s\S]+?\n-----END \1-----$/gm)
    ?.filter((block) => LABELS[wanted].test(labelOf(block)));
  return blocks === undefined || blocks.length === 0 ? undefined : `${blocks.join("\n")}\n`;
}

/** True for base64 of a PEM: it may be a key's. */
export const isEncodedPem = (given: string): boolean => given.trimStart().startsWith("LS0tLS1CRUdJTi");

/** `~/.ssh/id_ed25519`, `/etc/kubernetes/pki/ca.key`, `ca.crt`: one word that is no PEM. */
const isPath = (given: string): boolean =>
  /^\s*(?:~?\.{0,2}\/\S+|[\w.-]+\.(?:crt|key|pem|cer|der|p12|pfx|pub))\s*$/.test(given);

/** As `ssh-keygen` writes it beside the private one, or in PEM. */
const isPublicKey = (given: string): boolean =>
  /^\s*(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/.test(given) || labelOf(given).endsWith("PUBLIC KEY");

/** What keeps a text from holding a block, and what to do about it; the first that holds. */
const FAULTS: readonly (readonly [holds: (given: string, wanted: Wanted) => boolean, todo: string | undefined])[] = [
  [isEncodedPem, "it is base64 of a PEM, so decode it (base64 -d)"],
  [isPath, "it is the path of a file, so give the text in it (`pulumi config set --path 'kube-pki:FIELD' < FILE`)"],
  [isPublicKey, "it is a public key, so give the private one"],
  [(given, wanted) => wanted === "PRIVATE KEY" && labelOf(given).endsWith("CERTIFICATE"), "it is a certificate"],
  [
    (given, wanted) => wanted === "CERTIFICATE" && labelOf(given).endsWith(" CERTIFICATE"),
    "it has another PEM label, and Go reads only -----BEGIN CERTIFICATE-----, so convert it with `openssl x509 -in FILE`",
  ],
  [(given, wanted) => !LABELS[wanted].test(labelOf(given)), undefined],
  [(given) => given.includes("\\n"), "it has \\n in place of line ends, so give its lines as a block (`|` in YAML)"],
  [(given) => /^[ \t]+-----BEGIN /m.test(given), "it is indented, so let each line begin at its margin"],
  [() => true, "it is damaged, so give all lines from -----BEGIN to -----END, each on its own"],
];

/** What to do about a text in which `canonicalPem` finds nothing, where that can be told. */
export const pemTodo = (given: string, wanted: Wanted): string | undefined =>
  FAULTS.find(([holds]) => holds(given, wanted))?.[1];

/** Each certificate of a text, without the newline behind it. */
export const pemBlocks = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
