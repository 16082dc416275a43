import assert from "node:assert/strict";
import { A, B, C, CA, CONF, kubeconfig, sendTrust } from "./mergeNode";
import { part, payload } from "./payload";
import { base64, publicKey } from "./pki";
import { Scratch } from "./scratch";

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

    for (const { title, how, file, conf, wanted, result, confResult = result } of merges)
      it(title, async () => {
        if (file !== undefined) node.write(CA, file);
        if (conf !== undefined) node.write(CONF, kubeconfig(conf), 0o600);
        const done = await sendTrust(node, wanted, how);
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
        const again = await sendTrust(node, wanted, how);
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

    for (const { title, text } of edits)
      it(`changes the CA of a kubeconfig and no other byte: ${title}`, async () => {
        const other = `# certificate-authority-data: kept\n${text}`;
        node.write(CONF, other.replaceAll("@", base64(A)), 0o640);
        const done = await sendTrust(node, B, "append");
        assert.equal(done.code, 0, done.stderr);
        assert.equal(node.read(CONF), other.replaceAll("@", base64(A + B)));
        assert.match(done.stdout, /file \/etc\/kubernetes\/admin\.conf replaced/);
        assert.ok(node.stamp(CONF).includes(` ${String(0o100640)} `));
      });

    it("goes on after a kill on a node where nothing but trust was ever recorded", async () => {
      node.write(CA, A);
      assert.equal((await sendTrust(node, A + B, "append")).code, 0);
      assert.equal(node.read("/var/lib/kube-pki/applied").trimEnd().split("\n").length, 1);
      const before = node.read("/var/lib/kube-pki/ours");
      node.env["KUBE_PKI_KILL_AT"] = "proven";
      assert.notEqual((await sendTrust(node, B, "retire")).code, 0);
      delete node.env["KUBE_PKI_KILL_AT"];
      assert.equal(node.read("/var/lib/kube-pki/ours"), before);
      const done = await sendTrust(node, B, "append");
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(CA), A + B);
      assert.ok(!node.has("/var/lib/kube-pki/tx"));
    });

    it("leaves a kubeconfig alone that names a CA file", async () => {
      const text = "clusters:\n- cluster:\n    certificate-authority: /etc/kubernetes/pki/ca.crt\n";
      node.write(CONF, text);
      const stamp = node.stamp(CONF);
      const done = await sendTrust(node, B, "append");
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stdout, /admin\.conf/);
      assert.equal(node.stamp(CONF), stamp);
    });
  });
}
