import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { Cluster, files, type Set } from "./cluster";
import { freePort } from "../freePort";
import { leaf } from "./pki";

/** Long enough that a node whose clock knows whole seconds tells a process from the files it was started with. */
const LATER = 2500;
const LIMITS = "BEFORE=2 RELOAD=3 HEALTH=3 BACK=5";

interface Refusal {
  readonly title: string;
  /** Lines that make a proof of what never worked. */
  readonly more?: (closed: number) => string;
  /** Makes the node such. */
  readonly lay?: (node: Cluster) => void;
  readonly why: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    title: "a health address where nothing has ever listened",
    more: (closed) => `health web https 127.0.0.1:${String(closed)} /healthz -\n`,
    why: /^n1: web runs, and answers nothing at https:\/\/127\.0\.0\.1:\d+\/healthz, 200 is wanted, with the certificates that are in place, so nothing was touched: if it listens elsewhere say so under 'cluster.listeners' in the stack file, else repair it$/,
  },
  {
    title: "a port where no certificate is served",
    more: (closed) => `served web 127.0.0.1:${String(closed)} web\n`,
    why: /^n1: web runs, and nothing serves a certificate at 127\.0\.0\.1:\d+, where that of web is to be seen, with .*'cluster.listeners' in the stack file/,
  },
  {
    title: "a service that is sick",
    lay: (node) => {
      node.write("/units/store/sick", "");
    },
    why: /^n1: store answers 500 at https:\S+, 200 is wanted, with the certificates that are in place, so nothing was touched: repair that/,
  },
];

/** @param shell - what the script is run with */
export function asksBefore(shell: string): void {
  describe(`node asks before it touches anything (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    let old: Set;
    beforeEach(async () => {
      node = await Cluster.make(shell, { running: false });
    });
    afterEach(() => {
      node.remove();
    });

    const begin = async (set: Set = node.set()) => {
      node.lay(set);
      await wait(LATER);
      await node.begun(() => node.startAll("web", "store"));
      old = node.live();
    };
    const apply = (more = "", set: Set = node.set()) =>
      node.run("apply", node.payload(set, { more }), { KUBE_PKI_LIMITS: LIMITS });
    const touched = () => [node.restarts("store"), node.restarts("web"), node.list("/etc"), node.holds(old)];

    for (const { title, more, lay, why } of refusals)
      it(`refuses ${title}`, async () => {
        await begin();
        lay?.(node);
        const before = touched();
        const failed = await apply(more?.(await freePort()));
        assert.equal(failed.code, 1, failed.stdout);
        assert.match(failed.why, why);
        assert.equal(failed.stdout, "");
        assert.deepEqual(touched(), before);
      });

    it("refuses a service that serves another file, by its name and what leaves it to its maker", async () => {
      await begin();
      const other = "/etc/kubernetes/pki/web-current.pem";
      node.write(other, old.web.cert + old.web.key, 0o600);
      // what is in place it does not serve, and it has begun after that was written
      node.lay({ ...old, web: leaf(node.ca, "web") });
      const command = node.read("/units/web/command").replaceAll(node.path(files.webCert), node.path(other));
      node.write("/units/web/command", command.replace(node.path(files.webKey), node.path(other)));
      await wait(LATER);
      await node.start("web");
      old = node.live();
      const before = touched();
      const failed = await apply();
      assert.match(
        failed.why,
        /^n1: web serves \/etc\/kubernetes\/pki\/web-current\.pem at 127\.0\.0\.1:\d+, and not \/etc\/kubernetes\/pki\/web\.crt, which web is written to, with .*so nothing was touched: leave that certificate to who makes it \(certificates\.profiles\.web\.enabled: false\)/,
      );
      assert.deepEqual(touched(), before);
    });

    it("refuses a client certificate that is not accepted today", async () => {
      await begin();
      const more = `accepted web 127.0.0.1:${String(node.storePort)} /sick web\n`;
      node.tool(
        "openssl",
        `case $* in *"-quiet -connect 127.0.0.1:${String(node.storePort)}"*"cert:web"*) read -r ask; case $ask in *sick*) printf 'HTTP/1.0 401 no\\r\\n\\r\\n'; exit 0 ;; esac ;; esac\nexec /usr/bin/openssl "$@"`,
      );
      const failed = await apply(more);
      assert.match(
        failed.why,
        /answers 401 to the certificate of web, with .*so nothing was touched: give web a certificate that works, or leave it to others \(certificates\.profiles\.web\.enabled: false\)/,
      );
      assert.ok(node.holds(old));
    });

    it("goes on where what is in place has ended, and says so", async () => {
      const ended = { ...node.set(), web: leaf(node.ca, "web", { days: -1 }) };
      await begin(ended);
      const set = node.set();
      const done = await apply("", set); // 401 to the old one
      assert.equal(done.code, 0, done.stderr);
      assert.match(
        done.stderr,
        /n1: web does not work with the certificates in place either \(\S+ answers 401 to the certificate of web\): that of web, or its CA, has ended, so it is not waited for\n/,
      );
      assert.ok(node.holds(set));
    });

    it("goes on where a key in place does not fit its certificate, and says so", async () => {
      await begin();
      node.write(files.storeKey, leaf(node.ca, "store").key, 0o600);
      const set = node.set();
      const done = await apply("", set);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /the key of store that is in place does not fit its certificate, so it is not waited/);
      assert.ok(node.holds(set));
    });

    it("goes on where a service does not run, and says so", async () => {
      await begin();
      process.kill(node.pid("store"), "SIGKILL");
      const more = `accepted web 127.0.0.1:${String(node.storePort)} /whoami web\n`;
      const done = await apply(more);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /n1: store does not run, so nothing can be asked of it before it is started\n/);
    });

    it("goes on where what is in place was written just after a start, at any moment of a second", async () => {
      await begin();
      for (const moment of [0, 200, 400, 600, 800]) {
        await wait((1000 + moment - (Date.now() % 1000)) % 1000);
        await node.start("store");
        node.lay(node.set());
        const set = node.set();
        const done = await apply("", set);
        assert.equal(done.code, 0, `${String(moment)} ms: ${done.why}`);
        assert.match(done.stderr, /it has not read \/etc\/kubernetes\/pki\/store.crt since that was written/);
        assert.ok(node.holds(set));
      }
    });

    it("asks no node that begins", async () => {
      await begin();
      node.write("/units/store/sick", "");
      const sent = node.payload(node.set(), { start: "bare" });
      const done = await node.run("apply", sent, { KUBE_PKI_LIMITS: LIMITS });
      assert.match(done.why, /store answers 500 .*the old set was put back/); // found by its restart
    });

    it("knows a set that it has put back for a killed run from one that is not read", async () => {
      await begin();
      // web has read the new set, store has been started with it
      const killed = await node.run("apply", node.payload(node.set()), { KUBE_PKI_KILL_AT: "proven" });
      assert.notEqual(killed.code, 0);
      const set = node.set();
      const done = await apply("", set);
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
    });

    it("asks nothing twice where nothing changes", async () => {
      await begin();
      const set = node.set();
      assert.equal((await apply("", set)).code, 0);
      node.tool("openssl", `echo "$*" >>${node.path("/asked")}\nexec /usr/bin/openssl "$@"`);
      const again = await apply("", set);
      assert.match(again.stdout, /done \w{8} unchanged\n$/);
      const asked = node.read("/asked").split("\n");
      assert.equal(asked.filter((line) => line.includes("s_client")).length, 5); // one for each proof
    });
  });
}
