import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { freePort } from "../freePort";
import { authority, base64, leaf, type Pair } from "./pki";
import { CA, CONF, SIGNER, TrustCluster } from "./trustCluster";

/** Clients trust their servers: by their own CA data, server and name. @param shell - what the script is run with */
export function trustsServers(shell: string): void {
  describe(`node looks whether clients trust their servers (${shell})`, function () {
    this.timeout(120_000);
    let at: TrustCluster;
    const endpoints: Server[] = [];
    beforeEach(async () => {
      at = await TrustCluster.make(shell);
    });
    afterEach(() => {
      for (const endpoint of endpoints.splice(0)) endpoint.close();
      at.node.remove();
    });

    /** What answers where a kubeconfig leads to. */
    const endpointOf = async (pair: Pair): Promise<{ readonly where: string; readonly server: Server }> => {
      const server = createServer({ ...pair }, (_, response) => {
        response.end();
      });
      endpoints.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { where: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, server };
    };
    const conf = (cas: string, where: string, more = ""): void => {
      at.node.write(
        CONF,
        `clusters:\n- cluster:\n    certificate-authority-data: ${base64(cas)}\n    server: https://${where}\n${more}`,
        0o600,
      );
    };
    /** The CA of the cluster goes; its leafs have been issued by the next. */
    const retire = (more = "") => {
      at.node.lay(at.node.set(at.next));
      at.node.write(CA, both());
      at.node.write(SIGNER, at.next.cert);
      return at.node.run("trust", at.payload(at.next.cert, { how: "retire", more }), {
        KUBE_PKI_LIMITS: "BEFORE=2 RELOAD=5",
      });
    };
    const both = (): string => at.node.ca.cert + at.next.cert;

    it("refuses to take away the CA that a server is trusted by", async () => {
      const { where } = await endpointOf(leaf(at.node.ca, "api"));
      conf(both(), where);
      const before = at.node.read(CONF);
      const failed = await retire();
      assert.equal(failed.code, 1, failed.stdout);
      assert.match(
        failed.why,
        new RegExp(
          `^n1: /etc/kubernetes/admin.conf would no longer trust its server ${where} \\(unable to get local issuer certificate\\), which it trusts today: nothing was touched, renew what is served there`,
        ),
      );
      assert.equal(at.node.read(CONF), before);
      assert.equal(at.node.read(CA), both());
      assert.equal(at.node.restarts("store"), 1); // its own start
    });

    for (const [title, servedBy] of [
      ["of the CA that stays", () => at.next],
      ["of somebody else's CA that the kubeconfig has", () => corporate],
    ] as const)
      it(`proves a server ${title}`, async () => {
        const { where } = await endpointOf(leaf(servedBy(), "api"));
        conf(both() + corporate.cert, where);
        const done = await retire();
        assert.equal(done.code, 0, done.stderr);
        assert.ok(done.stdout.includes(`server ${CONF} ${where} yes\n`), done.stdout);
      });
    const corporate = authority();

    it("tells of a server that does not prove itself today either", async () => {
      const { where } = await endpointOf(leaf(corporate, "api"));
      conf(both(), where);
      const done = await retire();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /admin\.conf: its server \S+ does not prove itself to it before either \(\S/);
      assert.ok(done.stdout.includes(`server ${CONF} ${where} unproven\n`), done.stdout);
    });

    it("claims nothing of a server that does not answer, or behind a proxy", async () => {
      const where = `127.0.0.1:${String(await freePort())}`;
      conf(both(), where);
      const away = await retire();
      assert.equal(away.code, 0, away.stderr);
      assert.match(away.stderr, /admin\.conf: whether it trusts its server \S+ is not proven \(it does not answer\)/);
      conf(both(), where, "    proxy-url: http://127.0.0.1:1\n");
      const proxied = await retire("round again\n");
      assert.equal(proxied.code, 0, proxied.stderr);
      assert.match(proxied.stderr, /is not proven \(it goes through a proxy\)/);
      assert.ok(proxied.stdout.includes(`server ${CONF} ${where} unproven\n`), proxied.stdout);
    });

    it("asks for the name that the kubeconfig asks for", async () => {
      const { where } = await endpointOf(leaf(at.next, "api"));
      conf(both(), where, "    tls-server-name: other.example.com\n");
      const done = await retire();
      assert.match(done.stderr, /does not prove itself to it before either \(hostname mismatch\)/i);
    });

    it("puts everything back where a server is trusted no more once all runs", async () => {
      const { where, server } = await endpointOf(leaf(at.next, "api"));
      conf(both(), where);
      const other = leaf(corporate, "api");
      const before = at.node.read(CONF);
      const watch = setInterval(() => {
        if (at.node.read(CONF) !== before) server.setSecureContext(other);
      }, 20);
      const failed = await retire();
      clearInterval(watch);
      assert.equal(failed.code, 1, failed.stdout);
      assert.match(failed.why, /admin\.conf does not trust its server \S+ any more \(.*\): the old set was put back/);
      assert.equal(at.node.read(CONF), before);
      assert.equal(at.node.read(CA), both());
    });

    it("does so for what is trusted by a CA file", async () => {
      const { where } = await endpointOf(leaf(at.node.ca, "etcd"));
      const refused = await retire(`trusts web ${CA} ${where}\n`);
      assert.match(refused.why, /ca\.crt would no longer trust its server \S+ .*nothing was touched/);
      const renewed = await endpointOf(leaf(at.next, "etcd"));
      const other = await endpointOf(leaf(at.next, "api"));
      const done = await retire(`trusts web ${CA} ${renewed.where}\ntrusts web ${CA} ${other.where}\n`);
      assert.equal(done.code, 0, done.stderr);
      for (const { where: each } of [renewed, other])
        assert.ok(done.stdout.includes(`server ${CA} ${each} yes\n`), done.stdout);
    });
  });
}
