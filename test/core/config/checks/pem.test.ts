import assert from "node:assert/strict";
import { config, makeCa, makeKey, parsed, problems, type ExistingCa, type Raw } from "../fixtures";

const CERTIFICATE = "must be a certificate in PEM";

describe("PEM in the stack file", () => {
  let ca: ExistingCa;
  before(async () => {
    ca = await makeCa("kubernetes");
  });
  const given = (kubernetes: Raw): Raw => config({ authority: { kubernetes } });
  const labelled = (label: string) => ca.certificate.replaceAll("CERTIFICATE", label);

  const taken: readonly (readonly [string, (pem: string) => string])[] = [
    ["carriage returns", (pem) => pem.replaceAll("\n", "\r\n")],
    ["a byte order mark", (pem) => `\uFEFF${pem}`],
    ["blanks at the ends of lines", (pem) => pem.replaceAll("\n", " \t\n")],
    ["prose above", (pem) => `Certificate:\n    Data:\n        Version: 3 (0x2)\n${pem}`],
    ["another block beside it", (pem) => `${pem}${labelled("TRUSTED CERTIFICATE")}`],
  ];
  for (const [what, written] of taken)
    it(`may have ${what}`, () => {
      const raw = given({ certificate: written(ca.certificate), key: written(ca.key) });
      assert.deepEqual(parsed(raw).authority.kubernetes, ca);
    });

  const OTHER =
    "it has another PEM label, and Go reads only -----BEGIN CERTIFICATE-----, so convert it with `openssl x509 -in FILE`";
  const refused: readonly (readonly [string, (pem: string) => string, RegExp | string, string])[] = [
    [
      "base64 of a PEM",
      (pem) => Buffer.from(pem).toString("base64"),
      "a text in base64 (not shown)",
      "it is base64 of a PEM, so decode it (base64 -d)",
    ],
    [
      "the path of a file",
      () => "/etc/kubernetes/pki/ca.crt",
      '"/etc/kubernetes/pki/ca.crt"',
      "it is the path of a file, so give the text in it (`pulumi config set --path 'kube-pki:FIELD' < FILE`)",
    ],
    [
      "the name of a file",
      () => "ca.pem",
      '"ca.pem"',
      "it is the path of a file, so give the text in it (`pulumi config set --path 'kube-pki:FIELD' < FILE`)",
    ],
    [
      "a public key",
      () => labelled("PUBLIC KEY"),
      /^"-----BEGIN PUBLIC KEY-----/,
      "it is a public key, so give the private one",
    ],
    [
      "\\n in place of line ends",
      (pem) => pem.replaceAll("\n", "\\n"),
      /^"-----BEGIN CERTIFICATE-----\\\\n.*\.\.\."/,
      "it has \\n in place of line ends, so give its lines as a block (`|` in YAML)",
    ],
    [
      "indented lines",
      (pem) => pem.replaceAll(/^/gm, "  "),
      /^" {2}-----BEGIN CERTIFICATE-----\\n.*\.\.\."/,
      "it is indented, so let each line begin at its margin",
    ],
    [
      "a block that does not end",
      (pem) => pem.replace(/-----END.*/, ""),
      /^"-----BEGIN CERTIFICATE-----\\n.*\.\.\."/,
      "it is damaged, so give all lines from -----BEGIN to -----END, each on its own",
    ],
    ["a TRUSTED CERTIFICATE", () => labelled("TRUSTED CERTIFICATE"), /^"-----BEGIN TRUSTED CERTIFICATE-----/, OTHER],
    ["an X509 CERTIFICATE", () => labelled("X509 CERTIFICATE"), /^"-----BEGIN X509 CERTIFICATE-----/, OTHER],
  ];
  for (const [what, written, shown, todo] of refused)
    it(`is not ${what}, which is said`, () => {
      const [problem = "", ...more] = problems(given({ certificate: written(ca.certificate), key: ca.key }));
      assert.deepEqual(more, []);
      const [, text = "", rest = ""] = /^authority\.kubernetes\.certificate: (.*?)(; must be .*)$/s.exec(problem) ?? [];
      assert.equal(rest, `; ${CERTIFICATE}; ${todo}`);
      if (typeof shown === "string") assert.equal(text, shown);
      else assert.match(text, shown);
    });

  it("is said of keys too, which are not shown", () => {
    const key = makeKey();
    assert.deepEqual(problems(config({ authority: { serviceAccount: { key: key.replaceAll("\n", "\\n") } } })), [
      "authority.serviceAccount.key: not readable (not shown); must be a private key in PEM; it has \\n in place of line ends, so give its lines as a block (`|` in YAML)",
    ]);
  });

  it("does not show a key in base64, wherever it stands", () => {
    const encoded = Buffer.from(makeKey()).toString("base64");
    const all = problems(given({ certificate: encoded, key: ca.key })).join("\n");
    assert.match(all, /a text in base64 \(not shown\)/);
    assert.ok(!all.includes(encoded.slice(40, 60)), all);
  });
});
