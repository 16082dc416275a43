import assert from "node:assert/strict";
import { readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { payload } from "./payload";
import { authority } from "./pki";

/** Beside the cluster's own CA in its file: taken out again, that file is another one. */
const OTHER = authority().cert;

/** The store before what stands on it, in one move. */
const more = `use web restart ${files.ca}\nbefore store web\n`;

/** @param shell - what the script is run with */
export function movesServices(shell: string): void {
  describe(`node apply with one service on another (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    const send = (set: ReturnType<Cluster["set"]>, api = "web", others = more) =>
      payload(
        "apply",
        node.body(set, { more: others }).replace("consumer web systemd web", `consumer web systemd ${api}`),
      );
    /** What systemctl was asked to do, in order. */
    const moves = (): string[] =>
      readFileSync(join(node.units, "calls"), "utf8")
        .split("\n")
        .filter((line) => /^(stop|start|restart) --no-block/.test(line))
        .map((line) => line.replace(" --no-block", ""));
    const forget = () => {
      node.write("/units/calls", "");
    };

    beforeEach(async () => {
      node = await Cluster.make(shell);
      forget();
    });
    afterEach(() => {
      node.remove();
    });

    it("stops it first, starts it last, and proves each in its turn", async () => {
      const done = await node.run("apply", send(node.set()));
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(moves(), ["restart store"]); // the CA is as it was: web has nothing to read anew
      forget();

      const wanted = node.set();
      node.write(files.ca, node.ca.cert + OTHER);
      const moved = await node.run("apply", send(wanted));
      assert.equal(moved.code, 0, moved.stderr);
      assert.deepEqual(moves(), ["stop web", "restart store", "start web"]);
      assert.match(
        moved.stderr,
        /n1: stopping web while store restarts\nn1: restarting store\nn1: store restarted in \d+ s\nn1: starting web\nn1: web restarted in \d+ s\n/,
      );
      assert.match(moved.stdout, /consumer store restarted\nproof[^]*consumer web restarted\nproof[^]*served web/);
    });

    it("does so too where both have only not read what is there", async () => {
      const set = node.set();
      node.write(files.ca, node.ca.cert + OTHER);
      assert.equal((await node.run("apply", send(set))).code, 0);
      forget();
      // somebody else has laid a set: no file changes, but no process has read it
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const laid = node.set();
      node.lay(laid);
      const done = await node.run("apply", send(laid));
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stdout, /replaced/);
      assert.deepEqual(moves(), ["stop web", "restart store", "start web"]);
      assert.match(done.stderr, /store restarted in \d+ s\nn1: starting web\n/); // not waited for first
    });

    it("starts it again when the store fails, and moves both back", async () => {
      const [old, bad] = [node.live(), node.set()];
      node.write(files.ca, node.ca.cert + OTHER);
      node.write("/units/store/refuses", bad.store.cert);
      const failed = await node.run("apply", send(bad));
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*: the old set was put back, look at store before you run again$/);
      assert.deepEqual(moves(), ["stop web", "restart store", "restart store", "start web"]);
      for (const [port, pair] of [
        [node.webPort, old.web],
        [node.storePort, old.store],
      ] as const) {
        const served = await node.spawn("openssl", ["s_client", "-connect", `127.0.0.1:${String(port)}`], "");
        assert.ok(served.stdout.includes(pair.cert.trim()));
      }
    });

    it("moves both back when a service after them fails", async () => {
      const bad = node.set();
      node.write(files.ca, node.ca.cert + OTHER);
      const broken = "consumer last systemd last\n";
      node.write("/units/last/command", "false");
      const sent = payload("apply", node.body(bad, { more: more + broken }));
      const failed = await node.run("apply", sent);
      assert.match(failed.why, /restart last failed.*the old set was put back/);
      assert.deepEqual(
        moves().filter((line) => !line.endsWith("last")),
        [...["stop web", "restart store", "start web"], ...["stop web", "restart store", "start web"]],
      );
    });

    it("leaves to itself what ended while the store was down", async () => {
      // as a scheduler that loses its lease, and the kubelet that starts it again
      const gone = node.path("/units/last/gone");
      node.write("/units/last/command", `sh -c "while [ ! -f ${gone} ]; do sleep 0.1; done"`);
      node.write("/units/last/listening", "");
      node.write("/units/store/command", `sh -c "touch ${gone}; exec ${node.read("/units/store/command")}"`);
      await node.start("last");
      const pid = node.pid("last");
      forget();
      const sent = payload("apply", node.body(node.set(), { more: "consumer last systemd last\n" }));
      const running = node.run("apply", sent);
      while (!node.has("/units/last/gone")) await new Promise((resolve) => setTimeout(resolve, 50));
      await new Promise((resolve) => setTimeout(resolve, 5000));
      rmSync(gone);
      node.write("/units/last/listening", "");
      await node.start("last");
      const done = await running;
      assert.equal(done.code, 0, done.stderr);
      assert.notEqual(node.pid("last"), pid);
      assert.match(done.stdout, /consumer last untouched\n/);
      assert.deepEqual(moves(), ["restart store"]);
    });

    for (const point of ["restarting", "restarted"] as const)
      it(`killed at ${point}: the next apply has both running`, async () => {
        const set = node.set();
        node.write(files.ca, node.ca.cert + OTHER);
        assert.notEqual((await node.run("apply", send(set), { KUBE_PKI_KILL_AT: point })).code, 0);
        assert.deepEqual(moves().slice(0, 1), ["stop web"]);
        const next = await node.run("apply", send(set));
        assert.equal(next.code, 0, next.stderr);
        assert.match(next.stdout, /served store \w+ \S+ yes[^]*served web \w+ \S+ yes/);
      });

    it("kills an API server that open watches hold, and only that", async () => {
      symlinkSync("web", join(node.units, "kube-apiserver"));
      node.write("/units/web/lingers", "");
      const pid = node.pid("web");
      node.write(files.ca, node.ca.cert + OTHER);
      const done = await node.run("apply", send(node.set(), "kube-apiserver"), { KUBE_PKI_LIMITS: "API_GRACE=3" });
      assert.equal(done.code, 0, done.stderr);
      assert.match(
        done.stderr,
        /stopping web while store restarts\nn1: kube-apiserver has not ended in 3 s, killing it/,
      );
      assert.notEqual(node.pid("web"), pid);
      assert.deepEqual(moves(), ["stop kube-apiserver", "restart store", "start kube-apiserver"]);
    });

    it("kills it also where it restarts alone", async () => {
      symlinkSync("web", join(node.units, "kube-apiserver"));
      node.write("/units/web/lingers", "");
      const sent = payload(
        "apply",
        node
          .body(node.set(), { more: `use web restart ${files.webCert}\n` })
          .replace("systemd web", "systemd kube-apiserver"),
      );
      const done = await node.run("apply", sent, { KUBE_PKI_LIMITS: "API_GRACE=3" });
      assert.equal(done.code, 0, done.stderr);
      assert.match(
        done.stderr,
        /n1: restarting web\nn1: kube-apiserver has not ended in 3 s, killing it\nn1: web restarted/,
      );
    });

    for (const [what, others] of [
      ["alone", `use web restart ${files.webCert}\n`],
      ["with its store", more],
    ] as const)
      it(`ends the only API server of a cluster without SIGTERM where it restarts ${what}`, async () => {
        symlinkSync("web", join(node.units, "kube-apiserver"));
        const pid = node.pid("web");
        if (others === more) node.write(files.ca, node.ca.cert + OTHER);
        const done = await node.run("apply", send(node.set(), "kube-apiserver", `alone web\n${others}`));
        assert.equal(done.code, 0, done.stderr);
        assert.notEqual(node.pid("web"), pid);
        assert.equal(node.has("/units/web/terminated"), false);
      });
  });
}
