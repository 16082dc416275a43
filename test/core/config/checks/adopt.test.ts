import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { config, makeCa, makeKey, parsed, problems, type ExistingCa, type Raw } from "../fixtures";

const PIN = "ab".repeat(32);
const COLONS = Array.from({ length: 32 }, () => "AB").join(":");
const PINS = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
const ALLOWED = (file: string) =>
  "must be a SHA-256 fingerprint, 64 hexadecimal digits with or without colons, as " +
  `\`openssl x509 -noout -fingerprint -sha256 -in /etc/kubernetes/pki/${file}\` shows it`;

const TOKEN_KEY =
  "must be true or false, or the SHA-256 fingerprint of its public half, 64 hexadecimal digits, as " +
  "`k=$(openssl x509 -in /etc/kubernetes/pki/sa.pub -noout -pubkey 2>/dev/null || " +
  'openssl pkey -pubin -in /etc/kubernetes/pki/sa.pub) && echo "$k" | openssl pkey -pubin -outform DER | sha256sum` shows it';
const NOTHING = createHash("sha256").digest("hex");

/** The configuration's only etcd member may be restarted. */
const adopting = (adopt: unknown, more: Raw = {}): Raw =>
  config({ adopt, rollout: { acceptEtcdDowntime: true }, ...more });

describe("adoption in the stack file", () => {
  let ca: ExistingCa;
  let short: ExistingCa;
  let ended: ExistingCa;
  before(async () => {
    [ca, short, ended] = await Promise.all([
      makeCa("given"),
      makeCa("short", { to: "2026-07-01T12:00:00Z" }),
      makeCa("ended", { to: "2026-05-31T00:00:00Z" }),
    ]);
  });

  it("reads fingerprints as openssl prints them", () => {
    const given = { kubernetes: COLONS, etcd: `sha256 Fingerprint=${COLONS}`, frontProxy: PIN.toUpperCase() };
    assert.deepEqual(parsed(adopting(given)).adopt, { ...PINS, serviceAccount: false });
    assert.equal(parsed(adopting({ ...PINS, serviceAccount: true })).adopt?.serviceAccount, true);
    assert.equal(parsed(adopting({ ...PINS, serviceAccount: `${PIN}  -` })).adopt?.serviceAccount, PIN);
    assert.equal(parsed(config()).adopt, undefined);
  });

  it("takes over what is not given", () => {
    const authority = { kubernetes: ca, frontProxy: ca };
    assert.deepEqual(problems(adopting({ etcd: PIN }, { authority })), []);
    assert.deepEqual(problems(adopting({ serviceAccount: true }, { authority: { ...authority, etcd: ca } })), []);
  });

  it("goes on to later generations, whose authorities are all the stack's", () => {
    assert.deepEqual(problems(adopting(PINS, { rotation: { generation: 2 } })), []);
  });

  const missing = (name: string) =>
    `adopt.${name}: missing; must be given, because an existing cluster has every CA already; ` +
    `give the CA's fingerprint here, or its certificate and key as authority.${name}`;
  const refused: readonly (readonly [string, () => Raw, readonly string[]])[] = [
    [
      "another digest",
      () => adopting({ ...PINS, etcd: "ab".repeat(20) }),
      [`adopt.etcd: "${"ab".repeat(20)}"; ${ALLOWED("etcd/ca.crt")}; 40 digits are SHA-1, so give that of -sha256`],
    ],
    [
      "what is no digest",
      () => adopting({ ...PINS, kubernetes: true }),
      [`adopt.kubernetes: true (a boolean); ${ALLOWED("ca.crt")}`],
    ],
    [
      "a token key by another digest",
      () => adopting({ ...PINS, serviceAccount: "ab" }),
      [`adopt.serviceAccount: "ab"; ${TOKEN_KEY}`],
    ],
    [
      "the sum of nothing, which a failed command ends in",
      () => adopting({ ...PINS, serviceAccount: `${NOTHING}  -` }),
      [
        `adopt.serviceAccount: "${NOTHING}  -"; ${TOKEN_KEY}; this is the sum of nothing, since the command before sha256sum failed`,
      ],
    ],
    [
      "nothing",
      () => adopting({}),
      ["adopt: empty; must be the fingerprint of each CA whose key you do not have; leave it out if you have them"],
    ],
    [
      "authorities that are neither given nor adopted",
      () => adopting({ kubernetes: PIN }),
      [missing("etcd"), missing("frontProxy")],
    ],
    [
      "a token key alone",
      () => adopting({ serviceAccount: true }),
      [missing("kubernetes"), missing("etcd"), missing("frontProxy")],
    ],
    [
      "a CA that is given",
      () => adopting(PINS, { authority: { etcd: ca } }),
      ["adopt.etcd: authority.etcd is given too; must be one of the two; adopt only a CA whose key you do not have"],
    ],
    [
      "a token key that is given",
      () => adopting({ ...PINS, serviceAccount: true }, { authority: { serviceAccount: { key: makeKey() } } }),
      ["adopt.serviceAccount: authority.serviceAccount is given too; must be one of the two; remove one"],
    ],
    [
      "leaves that outlive the CA that is made",
      () => adopting(PINS, { authority: { validity: "200d" } }),
      ["certificates.validity: 365d; must be no longer than authority.validity, 200d"],
    ],
  ];
  for (const [what, raw, sentences] of refused) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(problems(raw()), sentences);
    });
  }

  describe("and rotation of an existing CA", () => {
    const given = (kubernetes: ExistingCa, rotation: Raw, more: Raw = {}) =>
      problems(config({ authority: { kubernetes, ...more }, rotation: { kubernetes: rotation } }));
    const left =
      "certificates.validity: 365d; must be no longer than what authority.kubernetes has left: CN=short expires 2026-07-01T12:00:00Z, in 30d12h";
    const past =
      "authority.kubernetes.certificate: CN=ended expired 2026-05-31T00:00:00Z; must be a CA that is valid now";

    it("measures leaves by the CA that signs them", () => {
      assert.deepEqual(given(short, { generation: 1 }), [left]);
      assert.deepEqual(given(short, { generation: 2, phase: "trust" }), [left]);
      assert.deepEqual(given(short, { generation: 2, phase: "issue" }), []);
      assert.deepEqual(given(short, { generation: 2 }), []);
      assert.deepEqual(given(short, { generation: 2 }, { validity: "200d" }), [
        "certificates.validity: 365d; must be no longer than authority.validity, 200d",
      ]);
    });

    it("lets a CA end once it signs no longer", () => {
      assert.deepEqual(given(ended, { generation: 1 }), [past]);
      assert.deepEqual(given(ended, { generation: 2, phase: "trust" }), [past]);
      assert.deepEqual(given(ended, { generation: 2 }), []);
    });
  });
});
