import assert from "node:assert/strict";
import { Cluster, files } from "./cluster";
import { leaf, type LeafOptions, type Pair } from "./pki";

const NAMES = "DNS:API.example.com,IP:127.0.0.1,IP:10.0.0.100,IP:fd00:0:0:5:0:0:0:1";
const LOST = "DNS:api.example.com, IP:10.0.0.100, IP:fd00:0:0:5::1";

/** @param shell - what the script is run with */
export function losesNothing(shell: string): void {
  describe(`node loses no name or usage of a certificate in silence (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    /** In place of the one of "web", as somebody else had made it. */
    const inPlace = (options: LeafOptions): Pair => {
      const web = leaf(node.ca, "web", options);
      node.lay({ ...node.live(), web });
      return web;
    };
    const apply = (more = "", web: LeafOptions = {}) =>
      node.run("apply", node.payload({ ...node.set(), web: leaf(node.ca, "web", web) }, { more }));
    const told = (text: string): string[] =>
      text.split("\n").filter((line) => /^(loses|algorithm) |no longer|algorithm \S+ becomes/.test(line));
    const refuses = async (send: () => ReturnType<typeof apply>, why: RegExp) => {
      const [before, stamps] = [node.live(), Object.values(files).map((path) => node.stamp(path))];
      const refused = await send();
      assert.equal(refused.code, 1, refused.stdout);
      assert.match(refused.why, why);
      assert.equal(refused.stdout, "");
      assert.ok(node.holds(before));
      assert.deepEqual(
        Object.values(files).map((path) => node.stamp(path)),
        stamps,
      );
    };

    it("but refuses, with all of them and what to do in one sentence", async () => {
      inPlace({ names: NAMES });
      await refuses(
        () => apply(),
        new RegExp(
          `^n1: web would lose ${LOST}: add to extraSans what somebody uses \\(cluster\\.extraSans for apiserver, nodes\\[\\]\\.extraSans for other servers\\), and allow the loss of what nobody uses \\(certificates\\.profiles\\.web\\.allowLoss: \\["\\.\\.\\."\\]\\); nothing was touched$`,
        ),
      );
    });

    it("of key algorithms that become others tells in one line for all certificates", async () => {
      inPlace({ algorithm: "RSA-2048" });
      node.lay({ ...node.live(), store: leaf(node.ca, "store", { algorithm: "RSA-2048" }) });
      const done = await apply();
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(told(done.stderr), ["n1: 2 certificates: algorithm RSA-2048 becomes ECDSA-P256 (web, store)"]);
      assert.equal(told(done.stdout).length, 2); // a line each for programs
    });

    it("with those of several certificates", async () => {
      inPlace({ names: NAMES, usages: "clientAuth,serverAuth,1.2.3.4" });
      node.lay({
        ...node.live(),
        store: leaf(node.ca, "store", { names: "IP:127.0.0.1,URI:spiffe://a/b?c,email:a@b.c" }),
      });
      await refuses(
        () => apply(),
        new RegExp(
          `^n1: web would lose ${LOST}, usage:1\\.2\\.3\\.4; store would lose URI:spiffe://a/b\\?c, email:a@b\\.c: add to extraSans`,
        ),
      );
    });

    it("unless the stack file allows that very loss", async () => {
      inPlace({ names: NAMES });
      const allow = LOST.split(", ").map((item) => `allow web ${item}\n`);
      await refuses(() => apply(allow.slice(1).join("")), /^n1: web would lose DNS:api\.example\.com: add/);
      await refuses(() => apply(allow.join("").replaceAll(" web ", " store ")), /^n1: web would lose DNS:api/);
      const done = await apply(allow.join(""));
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(told(done.stdout), [`loses web ${LOST.replaceAll(", ", ",")}`]);
      assert.deepEqual(told(done.stderr), [
        `n1: web: no longer has ${LOST}, which the stack file does not ask for any more`,
      ]);
      assert.deepEqual(told((await apply(allow.join(""))).stdout), []);
    });

    it("but tells only, where the certificate in place is of this stack", async () => {
      assert.equal((await apply("", { names: NAMES })).code, 0);
      const done = await apply();
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(told(done.stdout), [`loses web ${LOST.replaceAll(", ", ",")}`]);
    });

    it("and not where somebody has put another one in its place since", async () => {
      assert.equal((await apply()).code, 0);
      inPlace({ names: NAMES });
      await refuses(() => apply(), /^n1: web would lose DNS:api/);
    });

    it("of what a wildcard covers, nothing is lost; nor is a usage of the key that goes", async () => {
      inPlace({ names: "IP:127.0.0.1,DNS:a.example.com,DNS:A.B.example.com", algorithm: "RSA-2048" });
      const web = { names: "IP:127.0.0.1,DNS:*.example.com,DNS:a.b.EXAMPLE.com", keyUsage: "digitalSignature" };
      const done = await apply("", web);
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(told(done.stdout), ["algorithm web RSA-2048 ECDSA-P256"]);
      assert.deepEqual(told(done.stderr), ["n1: web: algorithm RSA-2048 becomes ECDSA-P256"]);
      inPlace({ names: "IP:127.0.0.1,DNS:a.c.example.com,DNS:*.b.example.com" });
      await refuses(() => apply("", web), /^n1: web would lose DNS:a\.c\.example\.com, DNS:\*\.b\.example\.com: add/);
    });

    for (const [title, live, next, lost] of [
      ["a usage", { usages: "serverAuth,clientAuth" }, { usages: "serverAuth" }, "usage:clientAuth"],
      ["a usage of one that says none", { usages: "" }, { usages: "serverAuth" }, "usage:clientAuth"],
      ["a usage of one for any", { usages: "anyExtendedKeyUsage" }, { usages: "clientAuth" }, "usage:serverAuth"],
      [
        "an RSA server's ciphers",
        { algorithm: "RSA-2048", keyUsage: "digitalSignature,keyEncipherment" },
        { algorithm: "RSA-2048", keyUsage: "digitalSignature" },
        "usage:keyEncipherment",
      ],
      [
        "the right to sign",
        { keyUsage: "digitalSignature,keyAgreement" },
        { keyUsage: "keyAgreement" },
        "usage:digitalSignature",
      ],
    ] as const)
      it(`${title} neither`, async () => {
        inPlace(live);
        await refuses(
          () => apply("", next),
          new RegExp(
            `^n1: web would lose ${lost}: allow the loss of what nobody uses \\(certificates\\.profiles\\.web\\.allowLoss: \\["\\.\\.\\."\\]\\); nothing was touched$`,
          ),
        );
      });

    it("says so where there is no openssl to tell", async () => {
      inPlace({ names: NAMES });
      node.without("openssl");
      const done = await apply();
      assert.match(done.stderr, /n1: no openssl here: whether certificates lose names or usages cannot be told\n/);
    });

    it("asks nothing where nothing is replaced", async () => {
      const web = inPlace({ names: NAMES });
      const sent = node.payload({ ...node.live(), web: leaf(node.ca, "web", { names: NAMES }) });
      assert.equal((await node.run("apply", sent)).code, 0);
      const again = await node.run("apply", sent);
      assert.deepEqual(told(again.stdout + again.stderr), []);
      assert.notEqual(node.live().web.cert, web.cert);
    });
  });
}
