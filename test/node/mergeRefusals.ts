import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { A, B, C, CA, CONF, kubeconfig, NEXT, OLD, sendTrust, shownBy } from "./mergeNode";
import { part, payload } from "./payload";
import { authority, fingerprintOf, issuedAnew, publicKey, sumOf } from "./pki";
import { Scratch } from "./scratch";

interface Refusal {
  readonly title: string;
  readonly file: string;
  readonly lines: (node: Scratch) => string;
  readonly why: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    title: "a foreign CA, and tells its fingerprint",
    file: C,
    lines: () => `guard ${CA} ca:kubernetes,ca:old\n`,
    why: new RegExp(`ca\\.crt holds another CA than the one configured \\(sha256 ${fingerprintOf(C)}\\): .*'adopt'`),
  },
  {
    title: "the CA that was issued anew with the same key, and says so",
    file: issuedAnew(NEXT),
    lines: () => `guard ${CA} ca:kubernetes\n`,
    why: /ca\.crt holds the key of the CA that is configured in another certificate \(sha256 [0-9a-f]{64}\): .*If every node has that certificate/,
  },
  {
    title: "a foreign CA that is not the pinned one",
    file: C,
    lines: () => `pin ${CA} ${fingerprintOf(B)}\n`,
    why: /ca\.crt holds another CA/,
  },
  {
    title: "a file without any CA",
    file: "hello\n",
    lines: () => `guard ${CA} ca:old\n`,
    why: /another CA than the one configured \(sha256 none\)/,
  },
  {
    title: "a rotation begun before the last one has ended",
    file: C + A,
    lines: () => `stale ${CA} ca:old\n`,
    why: /ca\.crt still holds ca:old of an earlier rotation: end that one first/,
  },
  {
    title: "a generation that is not the one before",
    file: A,
    lines: () => `guard ${CA} ca:kubernetes\n`,
    why: /ca\.crt holds ca:kubernetes:g1, which is not the generation before the one of this step: go phase by phase .*'generation' by one/,
  },
  {
    title: "to drop a CA in silence",
    file: A + B + C,
    lines: () => `only ${CA} ca:both\n`,
    why: /ca\.crt holds more than ca:both of the payload, which would be dropped/,
  },
  {
    title: "a label that would get lost",
    file: `${A}-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n`,
    lines: () => "",
    why: /ca\.crt holds a RSA PUBLIC KEY, which cannot be merged/,
  },
  ...Object.entries({
    "is commented out": `#${C}`,
    "is indented": C.replaceAll(/^(?=.)/gm, "  "),
    "has fields of its own": C.replace("-----\n", "-----\nProc-Type: 4\n\n"),
    "ends as something else": C.replace("END CERTIFICATE", "END CERT"),
    "does not end": C.slice(0, 100),
  }).map(([what, odd]) => ({
    title: `to let a CA in that ${what}`,
    file: `${A}${odd}\n`,
    lines: () => "",
    why: /ca\.crt holds a PEM block that (is indented, commented out or damaged|does not end) \(line \d+\), which cannot be merged/,
  })),
  {
    title: "such a CA in a kubeconfig",
    file: A,
    lines: (node) => {
      node.write(CONF, kubeconfig(`${A}#${C}`));
      return "";
    },
    why: /admin\.conf \(certificate-authority-data\) holds a PEM block that is indented, commented out/,
  },
  {
    title: "a kubeconfig whose CA is not on one line",
    file: A,
    lines: (node) => {
      node.write(CONF, "clusters:\n- cluster:\n    certificate-authority-data: |\n      AAAA\n");
      return "";
    },
    why: /admin\.conf is not written as kubectl writes a kubeconfig \(a value that begins with \|\): rewrite it with 'kubectl config view/,
  },
  {
    title: "to copy a signer out of a bundle",
    file: A + B,
    lines: (node) => {
      node.write("/etc/kubernetes/pki/ca.key", authority().key, 0o600);
      return `seed /etc/kubernetes/pki/signer.crt 0644 ${CA} /etc/kubernetes/pki/ca.key\n`;
    },
    why: /ca\.crt holds more than one certificate, .*: put the one whose key signs at \/etc\/kubernetes\/pki\/signer\.crt/,
  },
  { title: "a part merged in two ways", file: A, lines: () => "trust ca:kubernetes retire\n", why: /stands twice/ },
  {
    title: "a way to merge that it does not know",
    file: A,
    lines: () => "trust ca:old drop\n",
    why: /merge that is not/,
  },
  {
    title: "a merged part in one file with others",
    file: A,
    lines: () => "file /etc/x 0644 root root ca:old,ca:kubernetes\n",
    why: /puts part ca:kubernetes, which is merged, into one file with others/,
  },
  { title: "a pin that is no sha256", file: A, lines: () => `pin ${CA} abcdef\n`, why: /sha256 that is not allowed/ },
  { title: "a leaf", file: A, lines: () => "leaf web e1 1 2 ca:kubernetes\n", why: /no line of this kind/ },
  {
    title: "a flag with a command",
    file: A,
    lines: () => "consumer x systemd x\nflag x --a=$(id)\n",
    why: /flag that is not allowed/,
  },
  {
    title: "two profiles in one file",
    file: A,
    lines: () => `have ${CONF} cert:web,key:store -\n`,
    why: /have names two profiles/,
  },
];

/** No service runs here: these are about files alone. @param shell - what the script is run with */
export function refusesTrust(shell: string): void {
  describe(`node applies no trust that it cannot tell (${shell})`, function () {
    this.timeout(120_000);
    let node: Scratch;
    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("refuses another token key, and takes the pinned one", async () => {
      const [ours, theirs] = [publicKey(), publicKey()];
      const path = "/etc/kubernetes/pki/sa.pub";
      node.write(path, theirs, 0o600);
      const lines = (more: string) =>
        `node n1\n${part("serviceaccount:public", ours)}trust serviceaccount:public append
file ${path} 0600 root root serviceaccount:public\nguard ${path} serviceaccount:public\n${more}`;
      const refused = await node.run("trust", payload("trust", lines("")));
      assert.equal(refused.code, 1);
      assert.match(
        refused.why,
        /sa\.pub holds another key than the one configured \(sha256 [0-9a-f]{64}\): give the key/,
      );
      assert.equal(node.read(path), theirs);
      const pin = /[0-9a-f]{64}/.exec(refused.why)?.[0] ?? "";
      // as `openssl pkey -pubin -outform DER | sha256sum` tells it
      assert.equal(pin, sumOf(theirs));
      const done = await node.run("trust", payload("trust", lines(`pin ${path} ${pin}\n`)));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(path), theirs + ours);
    });

    describe("a token key that lies there as a certificate", () => {
      const path = "/etc/kubernetes/pki/sa.pub";
      const spki = createPublicKey(OLD.cert).export({ type: "spki", format: "pem" }).toString();
      const lines = (own: string, more = "") =>
        payload(
          "trust",
          `node n1\n${part("serviceaccount:public", own)}trust serviceaccount:public append
file ${path} 0600 root root serviceaccount:public\nguard ${path} serviceaccount:public\n${more}`,
        );
      beforeEach(() => {
        node.write(path, OLD.cert, 0o600);
      });

      it("is named where it is the configured one", async () => {
        assert.match(
          (await node.run("trust", lines(spki))).why,
          /sa\.pub holds the key that is configured, as a CERTIFICATE and not as a PUBLIC KEY: write it so \(openssl x509 -in \S+ -noout -pubkey/,
        );
      });

      it("is pinned by the sum that the documented command shows, which shows none of a broken file", async () => {
        const { code } = await node.run("trust", lines(publicKey(), `pin ${path} ${"0".repeat(64)}\n`));
        assert.equal(code, 1);
        const done = await node.run("trust", lines(publicKey(), `pin ${path} ${String(shownBy(node.path(path)))}\n`));
        assert.equal(done.code, 0, done.stderr);
        node.write(path, spki, 0o600);
        assert.equal(shownBy(node.path(path)), sumOf(spki));
        node.write(path, "hello\n", 0o600);
        assert.equal(shownBy(node.path(path)), undefined);
      });
    });

    for (const { title, file, lines, why } of refusals)
      it(`refuses ${title}`, async () => {
        node.write(CA, file);
        const stamp = node.stamp(CA);
        const { code, stdout, why: sentence } = await sendTrust(node, B, "append", lines(node));
        assert.equal(code, 1);
        assert.match(sentence, why);
        assert.equal(stdout, "");
        assert.equal(node.stamp(CA), stamp);
        assert.deepEqual(
          node.list("/etc").filter((name) => name.includes(".kube-pki.") || name.includes("signer")),
          [],
        );
      });

    it("refuses a kubeconfig it cannot edit where nothing is merged either", async () => {
      node.write(CONF, "clusters:\n- cluster:\n    certificate-authority-data: AAAA\n");
      assert.match(
        (await sendTrust(node, B, "retire")).why,
        /admin\.conf has certificate-authority-data that is not base64/,
      );
    });

    it("takes what a guard, a pin, stale and only allow", async () => {
      node.write(CA, C + B);
      const lines = [`guard ${CA} ca:old,ca:both`, `pin ${CA} ${fingerprintOf(A)}`, `stale ${CA} ca:old`];
      const done = await sendTrust(node, B, "append", `${lines.join("\n")}\n`);
      assert.equal(done.code, 0, done.stderr);
      node.write(CA, C);
      const pinned = await sendTrust(
        node,
        B,
        "append",
        `guard ${CA} ca:old\npin ${CA} ${fingerprintOf(A)}\npin ${CA} ${fingerprintOf(C)}\n`,
      );
      assert.equal(pinned.code, 0, pinned.stderr);
      node.write(CA, B);
      assert.equal(
        (await sendTrust(node, B, "append", `only ${CA} ca:both\nguard /etc/kubernetes/none.crt ca:old\n`)).code,
        0,
      );
    });
  });
}
