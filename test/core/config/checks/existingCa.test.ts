import assert from "node:assert/strict";
import { utils } from "ssh2";
import { opensshKey } from "../../../lab/plugins/sshServer";
import { config, HOST_KEY, makeCa, makeKey, problems, type ExistingCa, type Raw } from "../fixtures";

const ADOPTION =
  "missing; give the CA's private key as a secret, or leave this out and give the CA's fingerprint under `adopt`: " +
  "the stack then creates a CA of its own and retires this one";
const UNREADABLE = "not readable (not shown); must be a private key in PEM without a passphrase";

describe("existing CAs and keys", () => {
  let good: ExistingCa;
  let other: ExistingCa;
  let ended: ExistingCa;
  let early: ExistingCa;
  let leaf: ExistingCa;
  let short: ExistingCa;
  before(async () => {
    [good, other, ended, early, leaf, short] = await Promise.all([
      makeCa("kubernetes"),
      makeCa("other"),
      makeCa("old", { to: "2026-05-31T00:00:00Z" }),
      makeCa("young", { from: "2026-07-01T00:00:00Z" }),
      makeCa("leaf", { ca: false }),
      makeCa("short", { to: "2026-07-01T12:00:00Z" }),
    ]);
  });
  const given = (kubernetes: Raw, more: Raw = {}): Raw => config({ authority: { kubernetes, ...more } });

  it("accepts a certificate with its key, and cleans the PEM", () => {
    assert.deepEqual(problems(given({ ...good })), []);
  });

  it("refuses a CA with its key where keys are made in Vault and stay there", () => {
    const vault = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };
    assert.deepEqual(problems(given({ ...good }, vault)), [
      "authority.kubernetes: a CA with its key, given with kind vault; must be left out, because the server creates every key and exports none; give the CA's fingerprint as adopt.kubernetes to take the cluster over, or declare generation 1 as embedded in authority.earlier and rotate",
    ]);
    assert.deepEqual(problems(config({ authority: vault })), []);
  });

  const refused: readonly (readonly [string, () => Raw, string])[] = [
    ["a certificate alone", () => ({ certificate: good.certificate }), `authority.kubernetes.key: ${ADOPTION}`],
    [
      "a key alone",
      () => ({ key: good.key }),
      "authority.kubernetes.certificate: missing; give the CA's certificate beside its key",
    ],
    [
      "neither",
      () => ({}),
      "authority.kubernetes: empty; must be the certificate and the key; leave it out if the cluster has no CA yet",
    ],
    [
      "the key of another",
      () => ({ certificate: good.certificate, key: other.key }),
      "authority.kubernetes.key: not the key of CN=kubernetes; must be the private key of that certificate",
    ],
    [
      "a CA that ended",
      () => ({ ...ended }),
      "authority.kubernetes.certificate: CN=old expired 2026-05-31T00:00:00Z; must be a CA that is valid now",
    ],
    [
      "a CA that has not begun",
      () => ({ ...early }),
      "authority.kubernetes.certificate: CN=young is not valid before 2026-07-01T00:00:00Z; must be a CA that is valid now",
    ],
    [
      "a leaf",
      () => ({ ...leaf }),
      "authority.kubernetes.certificate: CN=leaf is not a CA certificate; must be one with basicConstraints CA:TRUE",
    ],
    [
      "a bundle",
      () => ({ certificate: good.certificate + other.certificate, key: good.key }),
      "authority.kubernetes.certificate: 2 certificates; must be exactly one, the CA that signs",
    ],
    [
      "no certificate",
      () => ({ certificate: "hello", key: good.key }),
      'authority.kubernetes.certificate: "hello"; must be a certificate in PEM',
    ],
    [
      "a broken certificate",
      () => ({ certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", key: good.key }),
      "authority.kubernetes.certificate: not readable; must be a CA certificate in PEM",
    ],
    [
      "a key in the certificate's place",
      () => ({ certificate: good.key, key: good.key }),
      "authority.kubernetes.certificate: a private key (not shown); must be a certificate in PEM",
    ],
    [
      "a key with a passphrase",
      () => ({ certificate: good.certificate, key: makeKey("secret") }),
      `authority.kubernetes.key: ${UNREADABLE}`,
    ],
    [
      "no key",
      () => ({ certificate: good.certificate, key: "topsecret" }),
      "authority.kubernetes.key: not readable (not shown); must be a private key in PEM",
    ],
    [
      "a CA with less left than a leaf needs",
      () => ({ ...short }),
      "certificates.validity: 365d; must be no longer than what authority.kubernetes has left: CN=short expires 2026-07-01T12:00:00Z, in 30d12h",
    ],
  ];
  for (const [what, kubernetes, sentence] of refused) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(problems(given(kubernetes())), [sentence]);
    });
  }

  it("measures each profile by the authority that issues it", () => {
    const raw = config({
      authority: { etcd: { ...short } },
      certificates: { validity: "10d", profiles: { "etcd-peer": { validity: "40d" }, kubelet: { validity: "40d" } } },
    });
    assert.deepEqual(problems(raw), [
      'certificates.profiles["etcd-peer"].validity: 40d; must be no longer than what authority.etcd has left: CN=short expires 2026-07-01T12:00:00Z, in 30d12h',
    ]);
  });

  it("looks at the CA as of the moment that is planned for", () => {
    const raw = { ...given({ ...early }), asOf: "2026-08-01T00:00:00Z" };
    assert.deepEqual(problems(raw), []);
  });

  it("leaves a profile out that is left to others", () => {
    const raw = config({ certificates: { profiles: { kubelet: { enabled: false, validity: "9999d" } } } });
    assert.deepEqual(problems(raw), []);
  });

  it("refuses a service account key that cannot be read", () => {
    const raw = config({ authority: { serviceAccount: { key: makeKey("secret") } } });
    assert.deepEqual(problems(raw), [`authority.serviceAccount.key: ${UNREADABLE}`]);
    assert.deepEqual(problems(config({ authority: { serviceAccount: { key: makeKey() } } })), []);
  });

  describe("private keys", () => {
    const bastion = (privateKey: string) => ({ host: "b.example.com", hostKey: HOST_KEY, privateKey });
    const command = (at: string) =>
      `${at}: a private key in plain text; must be a secret; create a new key and run ` +
      `\`pulumi config set --secret --path 'kube-pki:${at}' < FILE\``;

    it("are refused in plain text, with the command that sets them", () => {
      const raw = config({
        authority: {
          kubernetes: { ...good },
          etcd: { ...good },
          frontProxy: { ...good },
          serviceAccount: { key: makeKey() },
        },
        ssh: { privateKey: makeKey(), bastion: bastion(makeKey()) },
      });
      assert.deepEqual(
        problems(raw, new Set()),
        [
          "ssh.privateKey",
          "ssh.bastion.privateKey",
          "authority.kubernetes.key",
          "authority.etcd.key",
          "authority.frontProxy.key",
          "authority.serviceAccount.key",
        ].map(command),
      );
      assert.deepEqual(problems(raw, new Set(["ssh", "authority"])), []);
      assert.equal(problems(raw, new Set(["ssh"])).length, 4);
    });

    it("are refused in plain text even when they are unreadable", () => {
      assert.deepEqual(problems(config({ ssh: { privateKey: "x" } }), new Set()), [
        "ssh.privateKey: not readable (not shown); must be a private key in PEM",
        command("ssh.privateKey"),
      ]);
    });

    it("are refused beside an agent, and with a passphrase", () => {
      assert.deepEqual(problems(config({ ssh: { agent: true, privateKey: makeKey() } })), [
        "ssh: both privateKey and agent: true; must be exactly one of the two",
      ]);
      const sentence = (at: string) =>
        `${at}: protected by a passphrase; must be a key without one; or set ssh.agent: true`;
      assert.deepEqual(problems(config({ ssh: { privateKey: makeKey("secret"), bastion: bastion(makeKey("x")) } })), [
        sentence("ssh.privateKey"),
        sentence("ssh.bastion.privateKey"),
      ]);
    });

    it("may be in OpenSSH's own format, without a passphrase there too", () => {
      const options = { passphrase: "secret", cipher: "aes256-ctr", rounds: 4 };
      assert.deepEqual(problems(config({ ssh: { privateKey: opensshKey() } })), []);
      assert.deepEqual(
        problems(config({ ssh: { privateKey: utils.generateKeyPairSync("ed25519", options).private } })),
        ["ssh.privateKey: protected by a passphrase; must be a key without one; or set ssh.agent: true"],
      );
    });

    it("are read to their end: one that was cut off or changed is refused", () => {
      const damaged =
        "ssh.privateKey: not readable (not shown); must be a whole private key; it is cut off or damaged, so give the file again";
      const lines = opensshKey().trim().split("\n");
      const pkcs8 = makeKey().trim().split("\n");
      for (const broken of [
        [...lines.slice(0, 3), ...lines.slice(-1)],
        [...lines.slice(0, -2), (lines.at(-2) ?? "").slice(0, -8), ...lines.slice(-1)],
        [lines[0], `AAAA${(lines[1] ?? "").slice(4)}`, ...lines.slice(2)],
        [...pkcs8.slice(0, 2), ...pkcs8.slice(-1)],
      ])
        assert.deepEqual(problems(config({ ssh: { privateKey: broken.join("\n") } })), [damaged]);
    });

    it("are said to be something else where they are", () => {
      const said = (privateKey: string) => problems(config({ ssh: { privateKey } })).join("\n");
      const must = "ssh.privateKey: not readable (not shown); must be a private key in PEM; ";
      assert.equal(said(HOST_KEY), `${must}it is a public key, so give the private one`);
      assert.equal(said(good.certificate), `${must}it is a certificate`);
      for (const path of ["~/.ssh/id_ed25519", "/root/.ssh/id_ed25519", "./id.key", "id.pem"])
        assert.equal(
          said(path),
          `${must}it is the path of a file, so give the text in it (\`pulumi config set --path 'kube-pki:FIELD' < FILE\`)`,
        );
    });

    it("are never echoed, wherever they stand", () => {
      const key = makeKey();
      const line = key.split("\n")[1] ?? "";
      const places: readonly Raw[] = [
        { cluster: key },
        { cluster: { name: key, kubernetesVersion: key, endpoint: key, serviceCidrs: key, extraSans: [key] } },
        { nodes: key },
        { nodes: [{ name: key, address: key, roles: [key], ssh: { hostKey: key, host: key } }] },
        { ssh: { privatekey: key, user: key } },
        { authority: { kubernetes: { certificate: key, key: key.slice(40) } } },
        { certificates: { validity: key, profiles: { kubelet: key } } },
        { asOf: key, layout: key, restart: key, rollout: key },
      ];
      assert.ok(line.length > 40);
      for (const place of places) {
        const all = problems(config(place), new Set());
        assert.ok(all.length > 0, JSON.stringify(place));
        assert.ok(!all.join("\n").includes(line.slice(0, 20)), all.join("\n"));
      }
    });
  });
});
