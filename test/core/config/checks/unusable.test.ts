import assert from "node:assert/strict";
import { config, hostKeyOf, node, problems, type Raw } from "../fixtures";
import { curve, opensslCa, opensslKey, rsa, spelledOut, type CaWish, type KeyKind } from "../openssl";

/** OpenSSL makes what is valid from now on; the fixtures' moment is past. */
const given = (authority: Raw): Raw => config({ authority, asOf: "2090-01-01T00:00:00Z" });

const KEYS =
  "must be RSA from 1024 bits, ECDSA on P-256, P-384 or P-521 by name, or Ed25519, because Go reads no other; give a CA with such a key";
const USAGES =
  "must be one whose extendedKeyUsage allows every use of its certificates, because Go refuses them otherwise (RFC 5280, 4.2.1.12); have the CA's certificate issued without extendedKeyUsage";
const NAMES =
  "must be one whose nameConstraints allow every name in the cluster's certificates (RFC 5280, 4.2.1.10); have the CA's certificate issued with wider nameConstraints or none";
const KINDS =
  "its nameConstraints are for other kinds of names too; must be one with nameConstraints for DNS names and IP addresses only, because Go supports no others; have the CA's certificate issued without those";

const usage = (text: string): CaWish => ({ extensions: [`extendedKeyUsage = ${text}`] });
const names = (text: string, more: readonly string[] = []): CaWish => ({
  extensions: [`nameConstraints = ${text}`, ...more],
});
const OWN = "permitted;IP:10.0.0.0/255.0.0.0";
const DIRECTORY = ["[org]", "O = example"];

describe("what OpenSSL reads and a cluster's programs do not take", () => {
  /** Each was seen to be refused by `x509.Certificate.Verify`, or not to be parsed, in a program of Go 1.26. */
  const refused: readonly (readonly [string, CaWish, string])[] = [
    ["a curve of Bitcoin", { key: curve("secp256k1") }, `an ECDSA key on the curve secp256k1; ${KEYS}`],
    ["a curve of Brainpool", { key: curve("brainpoolP256r1") }, `an ECDSA key on the curve brainpoolP256r1; ${KEYS}`],
    ["a curve in numbers", { key: curve("P-256", "explicit") }, `an ECDSA key with explicit curve parameters; ${KEYS}`],
    ["an RSA-PSS key", { key: rsa(2048, "RSA-PSS") }, `a key of type rsa-pss; ${KEYS}`],
    ["a short RSA key", { key: rsa(512) }, `an RSA key of 512 bits; ${KEYS}`],
    ["Ed448", { key: ["ED448"] }, `a key of type ed448; ${KEYS}`],
    [
      "a negative serial number",
      { options: ["-set_serial", "-5"] },
      "serial number -05; must be one whose serial number is not negative (RFC 5280, 4.1.2.2), because Go reads no other; replace the CA (rotation: {generation: 2})",
    ],
    ["servers only", usage("serverAuth"), `its extendedKeyUsage does not allow clientAuth; ${USAGES}`],
    ["clients only", usage("clientAuth"), `its extendedKeyUsage does not allow serverAuth; ${USAGES}`],
    ["neither", usage("codeSigning"), `its extendedKeyUsage does not allow serverAuth and clientAuth; ${USAGES}`],
    [
      "a critical extension of its own",
      { extensions: ["1.2.3.4 = critical, ASN1:UTF8String:x"] },
      "extension 1.2.3.4 is critical; must be one whose critical extensions Go knows; have the CA's certificate issued without it",
    ],
    [
      "other DNS names",
      names("critical, permitted;DNS:example.com"),
      `its nameConstraints do not allow DNS:cp1; ${NAMES}`,
    ],
    [
      "other addresses",
      names("permitted;IP:10.0.0.0/255.255.0.0"),
      `its nameConstraints do not allow IP:10.96.0.1; ${NAMES}`,
    ],
    [
      "an excluded name",
      names("excluded;DNS:example.com"),
      `its nameConstraints do not allow DNS:api.example.com; ${NAMES}`,
    ],
    [
      "an excluded address",
      names("excluded;IP:10.0.0.1/255.255.255.255"),
      `its nameConstraints do not allow IP:10.0.0.1; ${NAMES}`,
    ],
    ["directory names, critical", names("critical, permitted;dirName:org", DIRECTORY), KINDS],
    ["directory names, which OpenSSL applies", names("permitted;dirName:org", DIRECTORY), KINDS],
  ];
  for (const [what, wish, sentence] of refused)
    it(`refuses a CA with ${what}`, () => {
      assert.deepEqual(problems(given({ kubernetes: opensslCa(wish) })), [
        `authority.kubernetes.certificate: ${sentence}`,
      ]);
    });

  /** Each verified leaves in the same program. */
  const taken: readonly (readonly [string, CaWish])[] = [
    ["P-224", { key: curve("P-224") }],
    ["P-521", { key: curve("P-521") }],
    ["Ed25519", { key: ["ED25519"] }],
    ["RSA of 1024 bits", { key: rsa(1024) }],
    ["a PSS signature of an RSA key", { key: rsa(2048), options: ["-sigopt", "rsa_padding_mode:pss"] }],
    ["a SHA-1 signature", { key: rsa(2048), options: ["-sha1"] }],
    ["serial number 0", { options: ["-set_serial", "0"] }],
    ["a serial number of 26 bytes", { options: ["-set_serial", `0x7f${"ff".repeat(25)}`] }],
    ["both usages", usage("serverAuth, clientAuth")],
    ["any usage", usage("codeSigning, anyExtendedKeyUsage")],
    ["critical policies", { extensions: ["certificatePolicies = critical, 1.2.3.4"] }],
    ["constraints that hold", names(`critical, ${OWN}, excluded;DNS:other.com`)],
    ["constraints of e-mail", names("critical, permitted;email:example.com")],
  ];
  for (const [what, wish] of taken)
    it(`takes a CA with ${what}`, () => {
      assert.deepEqual(problems(given({ kubernetes: opensslCa(wish) })), []);
    });

  it("asks of the front proxy's CA what it is for: clients only", () => {
    assert.deepEqual(problems(given({ frontProxy: opensslCa(usage("clientAuth")) })), []);
    assert.equal(problems(given({ frontProxy: opensslCa(usage("serverAuth")) })).length, 1);
    assert.deepEqual(problems(given({ frontProxy: opensslCa(names("permitted;DNS:example.com")) })), []);
  });

  it("names a wildcard that stands for an excluded name too", () => {
    const kubernetes = opensslCa(names("excluded;DNS:a.example.org"));
    const cluster = { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com" };
    const raw = { ...given({ kubernetes }), cluster: { ...cluster, extraSans: ["*.example.org"] } };
    assert.deepEqual(problems(raw), [
      `authority.kubernetes.certificate: its nameConstraints do not allow DNS:*.example.org; ${NAMES}`,
    ]);
    assert.deepEqual(problems({ ...raw, cluster: { ...cluster, extraSans: ["b.example.org"] } }), []);
  });

  it("says nothing of a CA that was rotated away from", () => {
    const raw = {
      ...given({ kubernetes: opensslCa({ options: ["-set_serial", "-5"] }) }),
      rotation: { generation: 2 },
      rollout: { acceptEtcdDowntime: true },
    };
    assert.deepEqual(problems(raw), []);
  });

  it("refuses a CA's key in a form that Go does not read, also where its certificate is in another", () => {
    const ca = opensslCa();
    assert.deepEqual(problems(given({ kubernetes: { ...ca, key: spelledOut(ca.key) } })), [
      `authority.kubernetes.key: an ECDSA key with explicit curve parameters; ${KEYS}`,
    ]);
  });

  const TOKENS =
    "must be RSA from 1024 bits or ECDSA on P-256, P-384 or P-521 by name, because kube-apiserver signs tokens with no other; give the key of --service-account-signing-key-file";
  /** k8s.io/kubernetes/pkg/serviceaccount. */
  const tokenKeys: readonly (readonly [KeyKind, string | undefined])[] = [
    [rsa(2048), undefined],
    [curve("P-256"), undefined],
    [curve("P-384"), undefined],
    [curve("P-521"), undefined],
    [["ED25519"], `an Ed25519 key; ${TOKENS}`],
    [curve("secp256k1"), `an ECDSA key on the curve secp256k1; ${TOKENS}`],
    [curve("P-224"), `an ECDSA key on the curve secp224r1; ${TOKENS}`],
    [rsa(2048, "RSA-PSS"), `a key of type rsa-pss; ${TOKENS}`],
  ];
  for (const [kind, sentence] of tokenKeys)
    it(`${sentence === undefined ? "takes" : "refuses"} a token key of ${kind.join(" ")}`, () => {
      assert.deepEqual(
        problems(given({ serviceAccount: { key: opensslKey(kind) } })),
        sentence === undefined ? [] : [`authority.serviceAccount.key: ${sentence}`],
      );
    });

  const RSA_HOST_KEY = hostKeyOf("ssh-rsa");
  const HOSTS =
    "an RSA key; must be of type ed25519 or ecdsa, because the command provider knows RSA host keys only with SHA-1, which sshd refuses; give one that `ssh-keyscan -t ed25519,ecdsa HOST` shows";

  it("refuses RSA host keys, of nodes and of the bastion", () => {
    const raw = config({
      nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], ssh: { hostKey: RSA_HOST_KEY } })],
      ssh: { agent: true, bastion: { host: "b.example.com", hostKey: RSA_HOST_KEY } },
    });
    assert.deepEqual(problems(raw), [`nodes[0].ssh.hostKey: ${HOSTS}`, `ssh.bastion.hostKey: ${HOSTS}`]);
  });

  it("takes ECDSA host keys", () => {
    const hostKey = hostKeyOf("ecdsa-sha2-nistp384");
    const raw = config({ nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], ssh: { hostKey } })] });
    assert.deepEqual(problems(raw), []);
  });
});
