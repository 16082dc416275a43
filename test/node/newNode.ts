import assert from "node:assert/strict";
import { files } from "./cluster";
import { CA, TrustCluster } from "./trustCluster";

/** A node that is new while a rotation is open. @param shell - what the script is run with */
export function takesInNewNodes(shell: string): void {
  describe(`node that is new (${shell})`, function () {
    this.timeout(120_000);
    let at: TrustCluster;
    beforeEach(async () => {
      at = await TrustCluster.make(shell, { running: false });
    });
    afterEach(() => {
      at.node.remove();
    });

    const both = () => at.node.ca.cert + at.next.cert;

    it("is told what to trust before it has a leaf to start its services with, which the apply then does", async () => {
      const { node } = at;
      const told = await node.run("trust", at.payload(both()));
      assert.equal(told.code, 0, told.stderr);
      assert.match(told.stdout, /^consumer store skipped\nconsumer web skipped$/m);
      assert.equal(node.read(CA), both());
      assert.equal(node.restarts("store"), 0);
      const set = { ...node.set(), ca: { cert: both(), key: "" } };
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /consumer store restarted[^]*consumer web restarted/);
    });

    it("has the service started as before where it has a leaf already", async () => {
      const { node } = at;
      node.lay(node.set());
      await node.start("web");
      const told = await node.run("trust", at.payload(both()));
      assert.equal(told.code, 0, told.stderr);
      assert.match(told.stdout, /consumer store restarted/);
    });

    it("does not start a program whose own certificate is still to come, as the apply does", async () => {
      const { node } = at;
      node.lay(node.set());
      await node.startAll("web", "store");
      const own = { cert: "/etc/own/tls.crt", key: "/etc/own/tls.key", ca: "/etc/own/ca.crt" };
      await node.unit("agent", "cold", own);
      const more = `file ${own.ca} 0644 root root ca:kubernetes
have ${own.cert} cert:own.agent ca:kubernetes
have ${own.key} key:own.agent -
consumer agent systemd agent
use agent restart ${own.ca}
needs agent own.agent
`;
      const told = await node.run("trust", at.payload(both(), { more }));
      assert.equal(told.code, 0, told.stderr);
      assert.match(told.stdout, /^consumer store restarted$[^]*^consumer agent skipped$/m);
      assert.equal(node.read(own.ca), both());
      node.write("/var/lib/kube-pki/applied", "seen agent\n");
      node.write(own.ca, node.ca.cert);
      const seen = await node.run("trust", at.payload(both(), { more }));
      assert.match(seen.why, /agent/, "one that ran here before has to run");
    });

    it("gets the old CA beside the new one, the only one it came with", async () => {
      const { node } = at;
      node.write(CA, at.next.cert);
      const guarded = { more: `guard ${CA} ca:kubernetes\n` };
      assert.equal((await node.run("trust", at.payload(both(), guarded))).code, 0);
      assert.equal(node.read(CA), at.next.cert + node.ca.cert);
    });

    it("is refused with a unit that is not there", async () => {
      const { node } = at;
      const more = "consumer none systemd none\n";
      assert.match(
        (await node.run("trust", at.payload(both(), { more }))).why,
        /unit none does not exist; nothing was touched \(if .* cluster, give the node 'joining: true' until it has\)/,
      );
      assert.equal(node.has(files.ca), false);
      node.write("/var/lib/kube-pki/applied", "seen none\n");
      assert.match(
        (await node.run("trust", at.payload(both(), { more }))).why,
        /it ran here before: remove \/var\/lib\/kube-pki\/applied and give the node 'joining: true'/,
      );
    });
  });
}
