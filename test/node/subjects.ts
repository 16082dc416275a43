import assert from "node:assert/strict";
import { Cluster, files } from "./cluster";
import { base64, leaf, type Pair } from "./pki";

const CONF = "/etc/kubernetes/admin.conf";

/** @param shell - what the script is run with */
export function tellsSubjects(shell: string): void {
  describe(`node tells changed subjects (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    const lay = (web: Pair): void => {
      node.lay({ ...node.set(), web });
    };
    const told = (text: string): string[] => text.split("\n").filter((line) => / becomes |^subject /.test(line));

    it("of a certificate that had another O or CN, once", async () => {
      lay(leaf(node.ca, "old web/O=system:masters/O=b team"));
      const sent = node.payload(node.set());
      const done = await node.run("apply", sent);
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(told(done.stderr), [
        "n1: web: CN old web becomes web",
        "n1: web: O b team, system:masters becomes (none)",
      ]);
      assert.deepEqual(told(done.stdout), ["subject web CN old%20web web", "subject web O b%20team,system:masters -"]);
      const again = await node.run("apply", sent);
      assert.deepEqual(told(again.stdout + again.stderr), []);
    });

    it("of one that a kubeconfig carries", async () => {
      const kubeconfig = (data: string) => `users:\n- user:\n    client-certificate-data: ${data}\n`;
      node.write(CONF, kubeconfig(base64(leaf(node.ca, "web/O=system:masters").cert)), 0o600);
      const more = `part conf 3\n${kubeconfig("@b64:cert:web@")}file ${CONF} 0600 root root conf\n`;
      const done = await node.run(
        "apply",
        node.payload(node.set(), { more, drop: new RegExp(`^(?:file|use web reload) ${files.webCert}`) }),
        { KUBE_PKI_LIMITS: "RELOAD=1 HEALTH=1" }, // what the leaf is proven by is left as it was
      );
      assert.deepEqual(told(done.stdout), ["subject web O system:masters -"], done.stderr);
    });

    it("of none that stays, and none without openssl", async () => {
      const same = await node.run("apply", node.payload(node.set()));
      assert.equal(same.code, 0, same.stderr);
      assert.deepEqual(told(same.stdout + same.stderr), []);
      lay(leaf(node.ca, "web/O=system:masters"));
      node.without("openssl");
      const blind = await node.run("apply", node.payload(node.set()));
      assert.deepEqual(told(blind.stdout + blind.stderr), []);
    });
  });
}
