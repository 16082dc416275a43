import assert from "node:assert/strict";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { nodeScript } from "./nodeScript";

const stub = join(__dirname, "stub", "systemctl");

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });

/** @param shell - what the script is run with */
export function keepsLimits(shell: string): void {
  describe(`node keeps its limits (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    for (const [jump, when] of [
      [600, "while the service comes up"],
      [-600, "at its restart"],
    ] as const)
      it(`whatever the clock does: a step of ${String(jump)} s ${when}`, async () => {
        const set = node.set();
        const flag = node.path("/stepped");
        const stepped = `echo $(($(/bin/date +%s) + ${String(jump)}))`;
        node.tool("date", `[ -f ${flag} ] && [ "$*" = +%s ] && ${stepped} || exec /bin/date "$@"`);
        node.tool(
          "awk",
          `case $* in *btime*) [ ! -f ${flag} ] || { /usr/bin/awk "$@" | { read -r b; echo $((b + ${String(jump)})); }; exit; } ;; esac\nexec /usr/bin/awk "$@"`,
        );
        if (jump < 0) node.tool("systemctl", `case $* in restart*store) touch ${flag} ;; esac\n. ${stub}`);
        const sick = join(node.units, "store", "sick");
        writeFileSync(sick, "");
        utimesSync(node.path(files.storeCert), new Date(), new Date()); // excused: it has not read what is there
        const timer = setInterval(() => {
          if (node.restarts("store") < 2) return;
          clearInterval(timer);
          if (jump > 0)
            setTimeout(() => {
              writeFileSync(flag, "");
            }, 1000);
          setTimeout(() => {
            rmSync(sick);
          }, 3000);
        }, 5);
        const done = await node.run("apply", node.payload(set), { KUBE_PKI_LIMITS: "BACK=15" });
        assert.equal(done.code, 0, done.stderr);
        assert.equal(node.restarts("store"), 2);
        assert.ok(node.holds(set));
      });

    it("where systemd does not answer, and touches nothing", async () => {
      node.tool("systemctl", `case $* in "show "*) exec sleep 60 ;; esac\n. ${stub}`);
      const old = node.live();
      const refused = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "ASKED=1" });
      assert.match(
        refused.why,
        /store cannot be restarted here: systemd has not told within 1 s what unit store is .*; nothing was touched/,
      );
      assert.ok(node.holds(old));
    });

    it("where the disk does not take what is written", async () => {
      node.tool("sync", "trap '' TERM\nexec sleep 60");
      const old = node.live();
      const refused = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "FLUSH=1" });
      assert.match(refused.why, /the disk of this node did not finish a write \(sync\) within 1 s/);
      assert.ok(node.holds(old));
    });

    it("with whatever it asks: no program that may hang is run as it is", () => {
      const lines = nodeScript()
        .split("\n")
        .filter((line) => !/^\s*#/.test(line));
      const hangs = "(systemctl|crictl|ctr|curl|wget|kubectl|sync|restorecon|openssl s_client) [^|]";
      const command = String.raw`(^\s*|\$\(|[;&|{!] *|\b(if|until|while) )`;
      assert.ok(
        lines.filter((line) => new RegExp(String.raw`\blimited \S+ (env \S+ )?${hangs}`).test(line)).length > 20,
      );
      assert.deepEqual(
        lines.filter((line) => new RegExp(command + hangs).test(line)),
        [],
      );
    });
  });

  describe(`node asks without a proxy (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    const kubelet = createServer((_ask, answer) => answer.end("ok"));
    const proxy = createServer((_ask, answer) => {
      answer.statusCode = 503;
      answer.end();
    });
    let more = "";
    before(async () => {
      more = `health web http 127.0.0.1:${String(await listen(kubelet))} /healthz -\n`;
      await listen(proxy);
    });
    after(() => {
      kubelet.close();
      proxy.close();
    });
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    for (const [name, without, rc] of [
      ["curl", [], ".curlrc"],
      ["wget", ["curl"], ".wgetrc"],
    ] as const)
      it(`that root's ${rc} names`, async () => {
        if (without.length > 0) node.without(...without);
        const url = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
        node.write(`/root/${rc}`, name === "curl" ? `proxy = ${url}\n` : `use_proxy = on\nhttp_proxy = ${url}\n`);
        const done = await node.run("apply", node.payload(node.set(), { more }), {
          HOME: node.path("/root"),
          KUBE_PKI_LIMITS: "RELOAD=3 HEALTH=3",
        });
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, /proof web health - - \S+ yes\n/);
      });
  });
}
