import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { TOKEN_KEY_COMMAND, TOKEN_KEY_FILE } from "../../core/schema/rotation";
import { part, payload } from "./payload";
import { authority, fingerprintOf, issuedAnew } from "./pki";
import { Scratch, type Result } from "./scratch";

const CA = "/etc/kubernetes/pki/ca.crt";
const CONF = "/etc/kubernetes/admin.conf";
const [OLD, NEXT] = [authority(), authority()];
const [A, B, C] = [OLD.cert, NEXT.cert, authority().cert];
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const kubeconfig = (ca: string): string => `clusters:\n- cluster:\n    certificate-authority-data: ${base64(ca)}\n`;

const publicKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString();

const sumOf = (key: string): string =>
  createHash("sha256")
    .update(createPublicKey(key).export({ type: "spki", format: "der" }))
    .digest("hex");

/** The sum that the command of the documentation shows of a token key in this file; undefined: it failed. */
const shownBy = (path: string): string | undefined => {
  const { status, stdout } = spawnSync("sh", ["-c", TOKEN_KEY_COMMAND.replaceAll(TOKEN_KEY_FILE, path)], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.slice(0, 64) : undefined;
};

interface Merge {
  readonly title: string;
  readonly how: "append" | "prepend" | "retire";
  /** What the file, then the kubeconfig hold; undefined: not there. A and B are this cluster's, C is another's. */
  readonly file?: string;
  readonly conf?: string;
  readonly wanted: string;
  readonly result: string;
  /** What the kubeconfig holds then. @default as the file */
  readonly confResult?: string;
}

const asItCame = `# ours\r\n${A.replaceAll("\n", "\r\n")}`;

const merges: readonly Merge[] = [
  { title: "appends behind what is there", how: "append", file: A, wanted: B, result: A + B },
  { title: "keeps the order that is there", how: "append", file: B + A, wanted: A, result: B + A },
  { title: "puts the signer first", how: "prepend", file: A + B, wanted: B, result: B + A },
  { title: "leaves the signer first", how: "prepend", file: B + A, wanted: B, result: B + A },
  { title: "takes the old one away", how: "retire", file: A + B, wanted: B, result: B },
  {
    title: "lets nobody in whom a kubeconfig trusts",
    how: "append",
    file: A,
    conf: A + C,
    wanted: B,
    result: A + B,
    confResult: A + C + B,
  },
  {
    title: "leaves an entry of another cluster as it is",
    how: "prepend",
    file: A,
    conf: C,
    wanted: B,
    result: B + A,
    confResult: C,
  },
  {
    title: "gives a kubeconfig what only the file trusts of this cluster, and nothing else of it",
    how: "prepend",
    file: C + A,
    conf: B,
    wanted: B,
    result: B + A + C,
    confResult: B + A,
  },
  { title: "drops it everywhere", how: "retire", file: A + B, conf: B + A, wanted: B, result: B },
  {
    title: "drops nothing that is another's",
    how: "retire",
    file: C + A + B,
    conf: A + C,
    wanted: B,
    result: B + C,
  },
  { title: "makes a file that is not there", how: "append", wanted: A, result: A },
  { title: "knows a certificate by its body", how: "append", file: asItCame, wanted: A + B, result: A + B },
  {
    title: "leaves a file as it is written that holds all",
    how: "append",
    file: asItCame,
    wanted: A,
    result: asItCame,
  },
  {
    title: "reads a last line without its end",
    how: "append",
    file: A.trimEnd(),
    conf: A.trimEnd(),
    wanted: B,
    result: A + B,
  },
  {
    title: "leaves a file as it is written that has nothing to come, whatever is commented out in it",
    how: "append",
    file: `${A}# was:\n${C.replaceAll(/^(?=.)/gm, "# ")}`,
    wanted: A,
    result: `${A}# was:\n${C.replaceAll(/^(?=.)/gm, "# ")}`,
  },
  { title: "keeps one of two alike", how: "append", file: A + A, wanted: A, result: A },
];

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
    title: "a generation that it does not lead on from",
    file: A,
    lines: () => `guard ${CA} ca:kubernetes\n`,
    why: /ca\.crt holds ca:kubernetes:g1, which this step does not lead on from: go phase by phase .*'generation' by one/,
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

interface Edit {
  readonly title: string;
  /** With @ where the base64 text stands. */
  readonly text: string;
}

const edits: readonly Edit[] = [
  {
    title: "as kubeadm writes it",
    text: "clusters:\n- cluster:\n    certificate-authority-data: @\n    server: https://x\n",
  },
  {
    title: "quoted, with a remark and no end of line",
    text: 'a: "b"\nclusters:\n  - cluster:\n      certificate-authority-data:   "@"  # ours\nlast: c',
  },
  {
    title: "in single quotes, with carriage returns",
    text: "clusters:\r\n- cluster:\r\n    certificate-authority-data: '@'\r\nusers: []\r\n",
  },
  {
    title: "of several clusters",
    text: "clusters:\n- cluster:\n    certificate-authority-data: @\n    x: y\n\n- name: b\n  cluster:\n    certificate-authority-data: @\n",
  },
];

/** No service runs here: these are about files alone. @param shell - what the script is run with */
export function mergesTrust(shell: string): void {
  describe(`node applies trust to files (${shell})`, function () {
    this.timeout(120_000);
    let node: Scratch;
    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      node.remove();
    });

    const send = (wanted: string, how: string, more = ""): Promise<Result> =>
      node.run(
        "trust",
        payload(
          "trust",
          `node n1\n${part("ca:kubernetes", wanted)}${part("ca:kubernetes:g1", A)}${part("ca:kubernetes:g2", B)}${part("ca:old", A)}${part("ca:both", A + B)}trust ca:kubernetes ${how}
file ${CA} 0644 root root ca:kubernetes\nkubeconfig-ca ${CONF} ca:kubernetes\n${more}`,
        ),
      );

    for (const { title, how, file, conf, wanted, result, confResult = result } of merges)
      it(title, async () => {
        if (file !== undefined) node.write(CA, file);
        if (conf !== undefined) node.write(CONF, kubeconfig(conf), 0o600);
        const done = await send(wanted, how);
        assert.equal(done.code, 0, done.stderr);
        assert.equal(node.read(CA), result);
        assert.equal(
          node.has(CONF) ? node.read(CONF) : undefined,
          conf === undefined ? undefined : kubeconfig(confResult),
        );
        const trusted = done.stdout.slice(done.stdout.indexOf("trusted ca:kubernetes\n"));
        assert.equal(trusted.includes(B), result.includes(B), trusted);
        assert.ok(!trusted.includes(C), "what is told on names another's CA");
        const stamps = [node.stamp(CA), conf === undefined ? "" : node.stamp(CONF)];
        const again = await send(wanted, how);
        assert.match(again.stdout, /^file \/etc\/kubernetes\/pki\/ca\.crt unchanged\n[^]*\ndone \w{8} unchanged\n$/);
        assert.deepEqual([node.stamp(CA), conf === undefined ? "" : node.stamp(CONF)], stamps);
      });

    it("merges public keys the same way, and prints none", async () => {
      const [old, next] = [publicKey(), publicKey()];
      const path = "/etc/kubernetes/pki/sa.pub";
      node.write(path, old, 0o600);
      const body = `node n1\n${part("sa", next)}trust sa append\nfile ${path} 0600 root root sa\n`;
      const done = await node.run("trust", payload("trust", body));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(path), old + next);
      assert.doesNotMatch(done.stdout, /trusted|BEGIN/);
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

    for (const [title, own] of [
      ["old", OLD],
      ["new", NEXT],
    ] as const)
      it(`finds the ${title} signer in a bundle by its key`, async () => {
        node.write(CA, A + B);
        node.write("/etc/kubernetes/pki/ca.key", own.key, 0o600);
        const seed = `seed /etc/kubernetes/pki/signer.crt 0644 ${CA} /etc/kubernetes/pki/ca.key\n`;
        const done = await send(A + B, "append", seed);
        assert.equal(done.code, 0, done.stderr);
        assert.equal(node.read("/etc/kubernetes/pki/signer.crt"), own.cert);
      });

    it("lets apply put the signer first, also where a kubeconfig carries it", async () => {
      const signer = "/etc/kubernetes/signer.crt";
      node.write(CA, A);
      const parts = [
        part("ca:kubernetes", B),
        part("ca:kubernetes:g1", A),
        part("signer", B),
        part("conf", "clusters:\n- cluster:\n    certificate-authority-data: @b64:ca:kubernetes@"),
      ];
      const lines = [
        `guard ${CA} ca:kubernetes,ca:kubernetes:g1`,
        "trust ca:kubernetes prepend",
        `file ${CA} 0644 root root ca:kubernetes`,
        `file ${CONF} 0600 root root conf`,
        `file ${signer} 0644 root root signer`,
      ];
      const done = await node.run("apply", payload("apply", `node n1\n${parts.join("")}${lines.join("\n")}\n`));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(CA), B + A);
      assert.ok(node.read(CONF) === kubeconfig(B + A));
      assert.equal(node.read(signer), B);
      assert.doesNotMatch(done.stdout, /trusted/);
    });

    for (const { title, file, lines, why } of refusals)
      it(`refuses ${title}`, async () => {
        node.write(CA, file);
        const stamp = node.stamp(CA);
        const { code, stdout, why: sentence } = await send(B, "append", lines(node));
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
      assert.match((await send(B, "retire")).why, /admin\.conf has certificate-authority-data that is not base64/);
    });

    it("takes what a guard, a pin, stale and only allow", async () => {
      node.write(CA, C + B);
      const lines = [`guard ${CA} ca:old,ca:both`, `pin ${CA} ${fingerprintOf(A)}`, `stale ${CA} ca:old`];
      const done = await send(B, "append", `${lines.join("\n")}\n`);
      assert.equal(done.code, 0, done.stderr);
      node.write(CA, C);
      const pinned = await send(
        B,
        "append",
        `guard ${CA} ca:old\npin ${CA} ${fingerprintOf(A)}\npin ${CA} ${fingerprintOf(C)}\n`,
      );
      assert.equal(pinned.code, 0, pinned.stderr);
      node.write(CA, B);
      assert.equal((await send(B, "append", `only ${CA} ca:both\nguard /etc/kubernetes/none.crt ca:old\n`)).code, 0);
    });

    for (const { title, text } of edits)
      it(`changes the CA of a kubeconfig and no other byte: ${title}`, async () => {
        const other = `# certificate-authority-data: kept\n${text}`;
        node.write(CONF, other.replaceAll("@", base64(A)), 0o640);
        const done = await send(B, "append");
        assert.equal(done.code, 0, done.stderr);
        assert.equal(node.read(CONF), other.replaceAll("@", base64(A + B)));
        assert.match(done.stdout, /file \/etc\/kubernetes\/admin\.conf replaced/);
        assert.ok(node.stamp(CONF).includes(` ${String(0o100640)} `));
      });

    it("goes on after a kill on a node where nothing but trust was ever recorded", async () => {
      node.write(CA, A);
      assert.equal((await send(A + B, "append")).code, 0);
      assert.equal(node.read("/var/lib/kube-pki/applied").trimEnd().split("\n").length, 1);
      const before = node.read("/var/lib/kube-pki/ours");
      node.env["KUBE_PKI_KILL_AT"] = "proven";
      assert.equal((await send(B, "retire")).code, 1);
      delete node.env["KUBE_PKI_KILL_AT"];
      assert.equal(node.read("/var/lib/kube-pki/ours"), before);
      const done = await send(B, "append");
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(CA), A + B);
      assert.ok(!node.has("/var/lib/kube-pki/tx"));
    });

    it("leaves a kubeconfig alone that names a CA file", async () => {
      const text = "clusters:\n- cluster:\n    certificate-authority: /etc/kubernetes/pki/ca.crt\n";
      node.write(CONF, text);
      const stamp = node.stamp(CONF);
      const done = await send(B, "append");
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stdout, /admin\.conf/);
      assert.equal(node.stamp(CONF), stamp);
    });

    it("keeps the signer's certificate and key before ca.crt becomes a bundle, once", async () => {
      const seeds = `seed /etc/kubernetes/pki/signer.crt 0644 ${CA} /etc/kubernetes/pki/ca.key\nseed /etc/kubernetes/pki/signer.key 0600 /etc/kubernetes/pki/ca.key -\nseed /etc/kubernetes/none 0600 /etc/kubernetes/pki/none -\n`;
      node.write(CA, A);
      node.write("/etc/kubernetes/pki/ca.key", "secret\n", 0o600);
      const done = await send(B, "append", seeds);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(CA), A + B);
      assert.equal(node.read("/etc/kubernetes/pki/signer.crt"), A);
      assert.equal(node.read("/etc/kubernetes/pki/signer.key"), "secret\n");
      assert.ok(node.stamp("/etc/kubernetes/pki/signer.key").includes(` ${String(0o100600)} `));
      assert.equal(node.has("/etc/kubernetes/none"), false);
      const stamp = node.stamp("/etc/kubernetes/pki/signer.crt");
      const again = await send(C, "append", seeds);
      assert.match(again.stdout, /file \/etc\/kubernetes\/pki\/signer\.crt unchanged/);
      assert.equal(node.stamp("/etc/kubernetes/pki/signer.crt"), stamp);
    });
  });
}
