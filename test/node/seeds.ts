import assert from "node:assert/strict";
import { A, B, C, CA, NEXT, OLD, sendTrust } from "./mergeNode";
import { Scratch } from "./scratch";

/** No service runs here: these are about files alone. @param shell - what the script is run with */
export function keepsSigner(shell: string): void {
  describe(`node applies seeds (${shell})`, function () {
    this.timeout(120_000);
    let node: Scratch;
    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      node.remove();
    });

    for (const [title, own] of [
      ["old", OLD],
      ["new", NEXT],
    ] as const)
      it(`finds the ${title} signer in a bundle by its key`, async () => {
        node.write(CA, A + B);
        node.write("/etc/kubernetes/pki/ca.key", own.key, 0o600);
        const seed = `seed /etc/kubernetes/pki/signer.crt 0644 ${CA} /etc/kubernetes/pki/ca.key\n`;
        const done = await sendTrust(node, A + B, "append", seed);
        assert.equal(done.code, 0, done.stderr);
        assert.equal(node.read("/etc/kubernetes/pki/signer.crt"), own.cert);
      });

    for (const start of ["bare", "existing"])
      it(`waits for the key, however often it is told (${start})`, async () => {
        const seed = `start ${start}\nseed /etc/kubernetes/pki/signer.crt 0644 ${CA} /etc/kubernetes/pki/ca.key\n`;
        for (const round of [1, 2]) {
          const done = await sendTrust(node, A + B, "append", `${seed}round r${String(round)}\n`);
          assert.equal(done.code, 0, done.stderr);
        }
        assert.equal(node.has("/etc/kubernetes/pki/signer.crt"), false);
        node.write("/etc/kubernetes/pki/ca.key", OLD.key, 0o600);
        assert.equal((await sendTrust(node, A + B, "append", seed)).code, 0);
        assert.equal(node.read("/etc/kubernetes/pki/signer.crt"), A);
      });

    it("takes the signer from what is sent where the CA file is gone and its key is not", async () => {
      node.write("/etc/kubernetes/pki/ca.key", NEXT.key, 0o600);
      const seeds = `seed /etc/kubernetes/pki/signer.crt 0644 ${CA} /etc/kubernetes/pki/ca.key\nseed /etc/kubernetes/pki/signer.key 0600 /etc/kubernetes/pki/ca.key -\n`;
      const done = await sendTrust(node, A + B, "append", seeds);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read("/etc/kubernetes/pki/signer.crt"), NEXT.cert);
      assert.match((await sendTrust(node, A + B, "append", seeds)).stdout, /^done \S+ unchanged$/m);
    });

    it("says so where a folder has the key's name", async () => {
      node.write(CA, A);
      node.write("/etc/kubernetes/pki/ca.key/x", "");
      const seed = "seed /etc/kubernetes/pki/signer.key 0600 /etc/kubernetes/pki/ca.key -\n";
      const refused = await sendTrust(node, B, "append", seed);
      assert.equal(refused.stderr, "n1: /etc/kubernetes/pki/ca.key is a folder: move it away\n");
    });

    it("keeps the signer's certificate and key before ca.crt becomes a bundle, once", async () => {
      const seeds = `seed /etc/kubernetes/pki/signer.crt 0644 ${CA} /etc/kubernetes/pki/ca.key\nseed /etc/kubernetes/pki/signer.key 0600 /etc/kubernetes/pki/ca.key -\nseed /etc/kubernetes/none 0600 /etc/kubernetes/pki/none -\n`;
      node.write(CA, A);
      node.write("/etc/kubernetes/pki/ca.key", "secret\n", 0o600);
      const done = await sendTrust(node, B, "append", seeds);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(CA), A + B);
      assert.equal(node.read("/etc/kubernetes/pki/signer.crt"), A);
      assert.equal(node.read("/etc/kubernetes/pki/signer.key"), "secret\n");
      assert.ok(node.stamp("/etc/kubernetes/pki/signer.key").includes(` ${String(0o100600)} `));
      assert.equal(node.has("/etc/kubernetes/none"), false);
      const stamp = node.stamp("/etc/kubernetes/pki/signer.crt");
      const again = await sendTrust(node, C, "append", seeds);
      assert.match(again.stdout, /file \/etc\/kubernetes\/pki\/signer\.crt unchanged/);
      assert.equal(node.stamp("/etc/kubernetes/pki/signer.crt"), stamp);
    });
  });
}
