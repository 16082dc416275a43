import assert from "node:assert/strict";
import { createServer as httpServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { Cluster, type Set } from "./cluster";
import { freePort } from "../freePort";

const listening = async (server: {
  listen: (port: number, host: string, then: () => void) => unknown;
}): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve();
    });
  });
const portOf = (server: { address: () => unknown }): string => String((server.address() as AddressInfo).port);

/** @param shell - what the script is run with */
export function asks(shell: string): void {
  describe(`node asks others (${shell})`, function () {
    this.timeout(120_000);
    const LIMITS = "BEFORE=2 RELOAD=3 HEALTH=3 BACK=5";
    let node: Cluster;
    let old: Set;
    const servers: { close: () => void }[] = [];
    beforeEach(async () => {
      node = await Cluster.make(shell);
      old = node.live();
    });
    afterEach(() => {
      for (const server of servers.splice(0)) server.close();
      node.remove();
    });

    /** Another machine that answers this to who asks with that certificate. */
    const machine = async (code: (certificate: string) => number): Promise<string> => {
      const { cert, key } = old.web;
      const server: Server = createServer(
        { cert, key, requestCert: true, rejectUnauthorized: false },
        (request, response) => {
          const { socket } = request;
          assert.ok(socket instanceof TLSSocket);
          response.writeHead(code(socket.getPeerX509Certificate()?.raw.toString("base64") ?? ""));
          response.end();
        },
      );
      await listening(server);
      servers.push(server);
      return `127.0.0.1:${portOf(server)}`;
    };
    const bodyOf = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, "");
    const apply = (set: Set, more: string, env: Record<string, string> = {}) =>
      node.run("apply", node.payload(set, { more }), { KUBE_PKI_LIMITS: LIMITS, ...env });

    for (const [title, where] of [
      ["that is not there", async () => `127.0.0.1:${String(await freePort())}`],
      ["of a balancer whose servers are away", () => machine(() => 503)],
    ] as const) {
      it(`restarts nothing for another machine ${title} where nothing changes, and says so`, async () => {
        const set = node.set();
        assert.equal((await apply(set, "")).code, 0);
        const [web, store, at] = [node.pid("web"), node.pid("store"), await where()];
        const done = await apply(set, `accepted web ${at} /api web\n`);
        assert.equal(done.code, 0, done.stderr);
        assert.match(
          done.stderr,
          new RegExp(
            `n1: ${at} answers (nothing|503), so whether it takes the client certificates of web is not known: nothing is restarted for that\n`,
          ),
        );
        assert.match(
          done.stdout,
          new RegExp(`proof web accepted web \\w+ ${at} unproven\n[^]*done \\w{8} unchanged\n$`),
        );
        assert.deepEqual([node.pid("web"), node.pid("store")], [web, store]);
      });

      it(`puts nothing back for another machine ${title}`, async () => {
        const set = node.set();
        const done = await apply(set, `accepted store ${await where()} /api store\n`);
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, /consumer store restarted[^]*accepted store \w+ \S+ unproven\n/);
        assert.ok(node.holds(set));
      });
    }

    it("takes for refused what a TLS alert refuses", async () => {
      const set = node.set();
      const other = await machine(() => 200);
      // only the new leaf is refused: by the handshake
      node.tool(
        "openssl",
        `case $* in *"-quiet -connect ${other}"*parts/cert:store*) echo "SSL alert number 42" >&2; exit 1 ;; esac\nexec /usr/bin/openssl "$@"`,
      );
      const failed = await apply(set, `accepted store ${other} /api store\n`);
      assert.match(failed.why, /answers nothing to the certificate of store: the old set was put back/);
      assert.ok(node.holds(old));
    });

    it("takes 403 for a failure where the certificate before got 200", async () => {
      const set = node.set();
      const before = bodyOf(old.web.cert);
      const at = await machine((certificate) => (certificate === before ? 200 : 403));
      const failed = await apply(set, `accepted web ${at} /api web\n`);
      assert.equal(failed.code, 1, failed.stdout);
      assert.match(
        failed.why,
        /answers 403 to the certificate of web, and 200 to the one before it, which had more rights .*certificates\.profiles\.web\.organizations: the old set was put back$/,
      );
      assert.ok(node.holds(old));
      assert.equal(node.restarts("web"), 1); // its own start: no restart gives rights
    });

    it("takes 403 for accepted where the certificate before got no more", async () => {
      const at = await machine(() => 403);
      const set = node.set();
      const done = await apply(set, `accepted web ${at} /api web\n`);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, new RegExp(`accepted web \\w+ ${at} yes`));
    });

    it("says of a run that replaced nothing that it replaced nothing", async () => {
      const set = node.set();
      assert.equal((await apply(set, "")).code, 0);
      node.write("/units/web/sick", "");
      const failed = await apply(set, "");
      assert.match(failed.why, /web answers 500 .*: no file was replaced, look at web before you run again$/);
      assert.doesNotMatch(failed.stderr, /put(ting)? .*back/);
    });

    for (const [tool, settings] of [
      ["curl", [".curlrc", (proxy: string) => `proxy = ${proxy}\n`]],
      ["wget", [".wgetrc", (proxy: string) => `use_proxy = on\nhttp_proxy = ${proxy}\n`]],
    ] as const)
      it(`asks this machine itself whatever root's settings of ${tool} say`, async () => {
        const [name, text] = settings;
        const health = httpServer((_, response) => response.end("ok"));
        const proxy = httpServer((_, response) => {
          response.statusCode = 503;
          response.end();
        });
        for (const server of [health, proxy]) {
          await listening(server);
          servers.push(server);
        }
        if (tool === "wget") node.without("curl");
        node.write(`/home/${name}`, text(`http://127.0.0.1:${portOf(proxy)}`));
        const set = node.set();
        const more = `health web http 127.0.0.1:${portOf(health)} /healthz -\n`;
        const done = await apply(set, more, { HOME: node.path("/home") });
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, new RegExp(`health - - 127\\.0\\.0\\.1:${portOf(health)} yes`));
        assert.ok(node.holds(set));
      });
  });
}
