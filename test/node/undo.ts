import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { part, payload } from "./payload";
import { authority, fingerprintOf, leaf, type Pair } from "./pki";

const stub = join(__dirname, "stub", "systemctl");

/** SHA-256 of the certificate that answers there. */
const servedAt = async (port: number): Promise<string> => {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256.replaceAll(":", "").toLowerCase();
};

/** @param shell - what the script is run with */
export function undoes(shell: string): void {
  describe(`node undoes an apply (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("puts the old set back when a service does not start with the new one", async () => {
      const old = node.set();
      assert.equal((await node.run("apply", node.payload(old))).code, 0);
      const applied = node.read("/var/lib/kube-pki/applied");
      const bad = node.set();
      node.write("/units/store/refuses", bad.store.cert);
      const failed = await node.run("apply", node.payload(bad));
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*the old set was put back, look at store before you run again$/);
      assert.ok(node.holds(old));
      assert.equal(node.read("/var/lib/kube-pki/applied"), applied);
      assert.equal(await servedAt(node.storePort), fingerprintOf(old.store.cert));
      assert.match(node.read("/var/lib/kube-pki/result"), /^exit 1\n/);
      assert.deepEqual(
        node.list("/etc").filter((name) => name.includes(".kube-pki.")),
        [],
      );
    });

    it("puts the old set back when a service starts but is not healthy, and says that the old one is not either", async () => {
      const old = node.live();
      const command = node.read("/units/store/command");
      node.write("/units/store/command", `sh -c "touch ${node.path("/units/store/sick")}; exec ${command}"`);
      const failed = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "HEALTH=3" });
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store answers 500 .*with the old set too store answers 500/);
      assert.ok(node.holds(old));
    });

    it("says that no file was replaced where none was", async () => {
      const sent = node.payload(node.live());
      node.write("/units/store/sick", "");
      const failed = await node.run("apply", sent, { KUBE_PKI_LIMITS: "HEALTH=2 RELOAD=2" });
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store answers 500 .*: no file was replaced, look at store/);
      assert.doesNotMatch(failed.stderr, /put/);
    });

    it("puts back what a service has only reloaded, and restarts it where it keeps the newer set", async () => {
      const folder = join(node.units, "web");
      writeFileSync(join(folder, "command"), readFileSync(join(folder, "command"), "utf8").replace(" hot ", " once "));
      await node.start("web");
      const [old, bad] = [node.live(), node.set()];
      node.write("/units/store/refuses", bad.store.cert);
      const [store, web] = ["consumer store systemd store\n", "consumer web systemd web\n"];
      const sent = payload("apply", node.body(bad).replace(store + web, web + store));
      const failed = await node.run("apply", sent, { KUBE_PKI_LIMITS: "RELOAD=2" });
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*the old set was put back, look at store before you run again$/);
      const served = await node.spawn("openssl", ["s_client", "-connect", `127.0.0.1:${String(node.webPort)}`], "");
      assert.ok(served.stdout.includes(old.web.cert.trim()));
    });

    it("asks a set that was put back with its own kubeconfig's certificate", async () => {
      const kubeconfig = "/etc/kubernetes/admin.conf";
      const inline = (pair: Pair) =>
        `client-certificate-data: ${Buffer.from(pair.cert).toString("base64")}\nclient-key-data: ${Buffer.from(pair.key).toString("base64")}\n`;
      const old = inline(leaf(node.ca, "admin"));
      node.write(kubeconfig, old, 0o600);
      const ca = authority();
      const [bad, admin] = [node.set(ca), leaf(ca, "admin")];
      node.write("/units/store/refuses", bad.store.cert);
      const more = `${part("cert:admin", admin.cert)}${part("key:admin", admin.key)}${part("conf", "client-certificate-data: @b64:cert:admin@\nclient-key-data: @b64:key:admin@")}leaf admin e1 1 9999999999 ca
file ${kubeconfig} 0600 root root conf
accepted store 127.0.0.1:${String(node.storePort)} /whoami admin
`;
      const failed = await node.run("apply", node.payload(bad, { more }));
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*the old set was put back, look at store before you run again$/);
      assert.equal(node.read(kubeconfig), old);
    });

    it("puts the old set back when a file is immutable", async function () {
      const old = node.live();
      const frozen = node.path(files.webCert);
      const chattr = (flag: string) => node.spawn("chattr", [flag, frozen], "");
      if ((await chattr("+i")).code !== 0) return this.skip();
      const failed = await node.run("apply", node.payload(node.set()));
      await chattr("-i");
      assert.match(failed.why, /web\.crt cannot be replaced: it or its folder is immutable/);
      assert.ok(node.holds(old));
    });

    it("removes what it made when it fails", async () => {
      const bad = node.set();
      node.write("/units/store/refuses", bad.store.cert);
      const failed = await node.run(
        "apply",
        node.payload(bad, { more: "file /etc/kubernetes/deep/er/x 0644 root root ca\n" }),
      );
      assert.equal(failed.code, 1);
      assert.equal(node.has("/etc/kubernetes/deep"), false);
    });

    it("waits for a unit that fails once between two looks at it, and that systemd starts anew", async () => {
      const asked = node.path("/asked");
      const between = `n=$(cat ${asked} 2>/dev/null || echo 0)\necho $((n + 1)) >${asked}\n[ "$n" != 1 ] || exit 3`;
      node.tool("systemctl", `case $* in is-active*store) ${between} ;; esac\n. ${stub}`);
      const set = node.set();
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
    });

    it("does not wait for a unit that systemd starts again and again in vain", async () => {
      const bad = node.set();
      node.write("/units/store/refuses", bad.store.cert);
      node.write("/units/store/loops", "");
      const failed = await node.run("apply", node.payload(bad));
      assert.equal(failed.code, 1);
      assert.match(
        failed.stderr,
        /unit store fails at every start, see 'journalctl -u store': the old set was put back/,
      );
    });
  });
}
