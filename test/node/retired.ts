import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { authority, issuedAnew } from "./pki";
import { CA, TrustCluster } from "./trustCluster";

/** No process of this machine but the test's own has it on its command line. */
const KEY = "/etc/kubernetes/pki/retired-in-test.key";
const STATE = "/var/lib/kube-pki";

/** @param shell - what the script is run with */
export function retiresKeys(shell: string): void {
  describe(`node retires the key of a CA (${shell})`, function () {
    this.timeout(120_000);
    let at: TrustCluster;
    beforeEach(async () => {
      at = await TrustCluster.make(shell);
      at.node.write(KEY, at.node.ca.key, 0o600);
      // the leafs are of the CA that stays, as after an apply
      const { node, next } = at;
      assert.equal((await node.run("trust", at.payload())).code, 0);
      const done = await node.run("apply", node.payload({ ...node.set(next), ca: { cert: node.read(CA), key: "" } }));
      assert.equal(done.code, 0, done.stderr);
    });
    afterEach(() => {
      at.node.remove();
    });

    const retire = (fate: "keep" | "destroy" = "keep", more = "") =>
      at.node.run(
        "trust",
        at.payload(at.next.cert, { how: "retire", more: `retirekey ${KEY} ca:kubernetes ${fate}\n${more}` }),
      );
    const kept = () => at.node.list(STATE).filter((name) => name.startsWith("retired/"));

    it("moves it out of the way of kubeadm, with its rights, and finds nothing more to do", async () => {
      const done = await retire();
      assert.equal(done.code, 0, done.stderr);
      assert.equal(at.node.has(KEY), false);
      const [name = "", ...more] = kept();
      assert.match(name, /^retired\/kubernetes-[0-9a-f]{8}\.key$/);
      assert.deepEqual(more, []);
      assert.equal(at.node.read(`${STATE}/${name}`), at.node.ca.key);
      assert.equal(statSync(at.node.path(`${STATE}/${name}`)).mode & 0o777, 0o600);
      assert.match(done.stderr, new RegExp(`^n1: ${KEY} moved to ${STATE}/${name}: its CA is trusted no more$`, "m"));
      const again = await retire();
      assert.doesNotMatch(again.stderr, /trusted no more/);
      assert.deepEqual(kept(), [name]);
    });

    it("leaves that of the CA that stays, and one that it does not know", async () => {
      for (const key of [at.next.key, authority().key, "no key\n"]) {
        at.node.write(KEY, key, 0o600);
        const done = await retire("destroy");
        assert.equal(done.code, 0, done.stderr);
        assert.equal(at.node.read(KEY), key);
      }
      assert.deepEqual(kept(), []);
    });

    it("leaves the key of a CA that was issued anew with it", async () => {
      const { node } = at;
      const anew = issuedAnew(node.ca);
      node.lay({ ...node.set(node.ca), ca: { cert: anew, key: "" } });
      const more = `retirekey ${KEY} ca:kubernetes destroy\n`;
      const done = await node.run("trust", at.payload(anew, { how: "retire", more }));
      assert.equal(done.code, 0, done.stderr);
      assert.match(node.read(`${STATE}/ours`), /^gone:ca:kubernetes CERTIFICATE /m);
      assert.equal(node.read(KEY), node.ca.key);
    });

    it("leaves it before its CA is retired", async () => {
      const more = `retirekey ${KEY} ca:kubernetes destroy\n`;
      const done = await at.node.run("trust", at.payload(at.next.cert, { more }));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(at.node.read(KEY), at.node.ca.key);
    });

    it("leaves it, and says so, while a process is told to read it", async () => {
      const reader = spawn("sleep", ["60"], { argv0: `--cluster-signing-key-file=${KEY}` });
      try {
        const done = await retire("destroy");
        assert.match(done.stderr, /retired-in-test\.key is the key .* and stays: a process names it/);
        assert.equal(at.node.read(KEY), at.node.ca.key);
      } finally {
        reader.kill();
      }
    });

    it("destroys it where that is asked for, with what was moved and each copy in a backup", async () => {
      const backup = `${STATE}/backup/20200101T000000Z-aaaaaaaa`;
      at.node.write(`${backup}/list`, `file 1 ${KEY}\nfile 2 /etc/other.key\nfile 3 ${KEY}x\n`);
      for (const n of ["1", "2", "3"]) at.node.write(`${backup}/${n}`, at.node.ca.key, 0o600);
      assert.equal((await retire()).code, 0);
      at.node.write(KEY, at.node.ca.key, 0o600);
      const done = await retire("destroy");
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual([at.node.has(KEY), kept()], [false, []]);
      assert.deepEqual(
        ["1", "2", "3"].map((n) => at.node.has(`${backup}/${n}`)),
        [false, true, true],
      );
    });
  });
}
