import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { LeaseServer } from "./leaseServer";
import { part, payload } from "./payload";
import { PodCluster } from "./pods";
import { freePort } from "../freePort";
import { TrustCluster } from "./trustCluster";

/** As a process of the machine n1 signs, and one of another machine. */
const HERE = "n1_3f0a1b2c-0000-4000-8000-123456789abc";
const HERE_TOO = "n1_4f0a1b2c-0000-4000-8000-123456789abc";
const ELSEWHERE = "n10_5f0a1b2c-0000-4000-8000-123456789abc";

const GIVEN_BACK = /n1: store here has ended, and its leader election lease was released\n/;

/** @param shell - what the script is run with */
export function handsOver(shell: string): void {
  describe(`node applies to a service that leads by a lease (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    let api: LeaseServer;
    const lines = (...ports: readonly number[]) =>
      ports.map((port) => `lease store 127.0.0.1:${String(port)} kube-system/leader store\n`).join("");
    const apply = (env: Record<string, string> = {}, more = lines(api.port)) =>
      node.run("apply", node.payload(node.set(), { more }), env);
    /** The holders that a release was written for, none of them alive. */
    const released = () => {
      assert.deepEqual(
        api.written.filter(({ early }) => early),
        [],
        "written before its holder had ended",
      );
      return api.written.length;
    };

    beforeEach(async () => {
      node = await Cluster.make(shell);
      node.tool("uname", "echo n1");
      api = await LeaseServer.start(node.live().store, node.ca, HERE, node.pid("store"));
    });
    afterEach(() => {
      api.stop();
      node.remove();
    });

    it("gives it back as its holder would, once that has ended", async () => {
      const was = structuredClone(api.lease);
      const began = new Date().toISOString().slice(0, 19);
      const done = await apply();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, GIVEN_BACK);
      assert.equal(released(), 1);
      const [{ lease } = { lease: was }] = api.written;
      const { acquireTime, renewTime } = lease.spec;
      assert.match(renewTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/); // MicroTime takes no other form
      assert.ok(renewTime.slice(0, 19) >= began && acquireTime === renewTime, renewTime);
      const spec = { ...was.spec, holderIdentity: "", leaseDurationSeconds: 1, acquireTime, renewTime };
      assert.deepEqual(lease, { ...was, spec });
    });

    it("does so in a trust, and again with the old set", async () => {
      api.stop();
      node.remove();
      const at = await TrustCluster.make(shell);
      node = at.node;
      node.tool("uname", "echo n1");
      api = await LeaseServer.start(node.live().store, node.ca, HERE, node.pid("store"));
      // asked before anything is touched, before the restart, and after it; then the newer process leads
      api.before.set(5, () => {
        api.take(HERE_TOO, node.pid("store"));
      });
      const command = node.read("/units/store/command");
      node.write("/units/store/command", `sh -c "touch ${node.path("/units/store/sick")}; exec ${command}"`);
      const failed = await node.run("trust", at.payload(undefined, { more: lines(api.port) }), {
        KUBE_PKI_LIMITS: "HEALTH=2",
      });
      assert.match(failed.why, /store answers 500 .*with the old set too store answers 500/);
      assert.equal(released(), 2);
    });

    it("leaves it to whoever holds it elsewhere", async () => {
      api.take(ELSEWHERE);
      const done = await apply();
      assert.equal(done.code, 0, done.stderr);
      assert.equal(released(), 0);
      assert.doesNotMatch(done.stderr, /lease/);
    });

    for (const [title, nth] of [
      ["before it is read again", 3],
      ["before it is written", 4],
    ] as const)
      it(`leaves it to whoever took it ${title}`, async () => {
        api.before.set(nth, () => {
          api.take(ELSEWHERE);
        });
        const done = await apply();
        assert.equal(done.code, 0, done.stderr);
        assert.equal(api.asked.length, nth);
        assert.equal(released(), 0);
        assert.equal(api.lease.spec.holderIdentity, ELSEWHERE);
        assert.doesNotMatch(done.stderr, /lease/);
      });

    it("looks for a while whether another machine of the same name renews it", async () => {
      const machine = HERE.replace("n1_", "Other_");
      node.tool("uname", "echo Other");
      api.take(machine, node.pid("store"));
      api.before.set(4, () => {
        api.take(machine);
      });
      assert.equal((await apply()).code, 0);
      assert.equal(released(), 0);
      assert.deepEqual(api.asked, ["GET", "GET", "GET", "PUT"]);

      api.take(machine, node.pid("store"));
      const began = Date.now();
      assert.match((await apply()).stderr, GIVEN_BACK);
      assert.ok(Date.now() - began > 3000);
      assert.equal(released(), 1);
    });

    it("asks the next API server where one is away, or comes or goes, and again where all are", async () => {
      const gone = await freePort();
      const going = await LeaseServer.start(node.live().store, node.ca, HERE, 0);
      for (let nth = 1; nth < 60; nth++) going.before.set(nth, () => going.fails.push(403));
      api.before.set(3, () => api.fails.push(403, 503));
      const done = await apply({}, lines(gone, going.port, api.port));
      going.stop();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, GIVEN_BACK);
      assert.equal(released(), 1);
    });

    for (const [title, prepare, why] of [
      ["may not be read", () => api.fails.push(403, 403), /127\.0\.0\.1:\d+ answers 403/],
      ["is behind a server that hangs", () => (api.hangs = true), /127\.0\.0\.1:\d+ answers nothing/],
      [
        "cannot be asked for without openssl",
        () => {
          node.without("openssl");
        },
        /no openssl here/,
      ],
    ] as const)
      it(`goes on where it ${title}, and says so once`, async () => {
        prepare();
        const done = await apply();
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, /consumer store restarted/);
        assert.equal(released(), 0);
        const said = done.stderr.split("\n").filter((line) => line.includes("lease"));
        assert.equal(said.length, 1, done.stderr);
        assert.match(said[0]!, /^n1: the lease of store cannot be read \(.*\): if it leads here, nobody may for/);
        assert.match(said[0]!, why);
      });

    it("goes on where it may not be written, and says so", async () => {
      const deny = () => api.fails.push(403);
      for (let nth = 4; nth < 60; nth += 2) api.before.set(nth, deny);
      const done = await apply();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /consumer store restarted/);
      assert.equal(released(), 0);
      assert.match(done.stderr, /^n1: the lease of store cannot be given back \(\S+ answers 403\): if it leads here/m);
      assert.doesNotMatch(done.stderr, GIVEN_BACK);
    });

    it("has nothing to do where nobody is elected", async () => {
      api.fails.push(404, 404);
      const done = await apply();
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(api.asked, ["GET", "GET"]);
      assert.doesNotMatch(done.stderr, /lease/);
    });
  });

  describe(`node applies to a static pod that leads by a lease (${shell})`, function () {
    this.timeout(120_000);
    const manifest = `metadata:
  name: store
spec:
  containers:
  - command:
    - store
    - --mode=old
    name: store
`;
    let node: PodCluster;
    let api: LeaseServer;

    beforeEach(async () => {
      node = await PodCluster.make(shell, { manifest });
      node.tool("uname", "echo n1");
      node.client("crictl");
      api = await LeaseServer.start(node.live().store, node.ca, HERE, node.pid("store"));
    });
    afterEach(() => {
      api.stop();
      node.remove();
    });

    const line = () => `lease store 127.0.0.1:${String(api.port)} kube-system/leader store\n`;

    it("gives it back once the container has ended", async () => {
      const text = node.body(node.set(), { more: line() });
      const sent = payload("apply", text.replace("consumer store systemd", "consumer store static-pod"));
      const done = await node.run("apply", sent);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, GIVEN_BACK);
      assert.deepEqual(
        api.written.map(({ early }) => early),
        [false],
      );
    });

    const trust = (more: string) => {
      const web = `127.0.0.1:${String(node.webPort)}`;
      return payload(
        "trust",
        `node n1
start existing
${part("ca", node.ca.cert)}${part("more", "text")}file /etc/kubernetes/more 0644 root root more
file ${files.ca} 0644 root root ca
have ${files.storeCert} cert:store -
have ${files.storeKey} key:store -
have ${files.webCert} cert:web -
have ${files.webKey} key:web -
consumer web systemd web
consumer store static-pod store
use web reload /etc/kubernetes/more
served web ${web} web
health web https ${web} /readyz -
health store https 127.0.0.1:${String(node.storePort)} /readyz -
replaceflag store --mode=new
${line()}${more}`,
      );
    };
    /** Web is awaited for so long, and comes before the store. */
    const sick = () => join(node.units, "web", "sick");
    /**
     * From the swap on web is not well. The kubelet starts the pod anew at once; web is well again when the lease was
     * given back the nth time and the new process leads, and only then the node goes on.
     */
    const endsIt = () => {
      node.tool("mv", `case $* in *more.new*) touch ${sick()} ;; esac\nexec /bin/mv "$@"`);
      let times = 0;
      return node.kubelet(async () => {
        times += 1;
        await node.pod("stop");
        await node.pod("start");
        for (let i = 0; i < 1200 && api.written.length < times; i++)
          await new Promise((resolve) => setTimeout(resolve, 50));
        api.take(HERE_TOO, node.pid("store"));
        rmSync(sick(), { force: true });
      });
    };

    it("does so too where a kubelet ends it before its turn, while another service is waited for", async () => {
      const stop = endsIt();
      const done = await node.run("trust", trust(""));
      await stop();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /its leader election lease was released\n[^]*restarting store\n/);
      assert.deepEqual(
        api.written.map(({ early }) => early),
        [false],
      );
    });

    it("does so too where a kubelet ends it because the old manifest was put back", async () => {
      node.write("/units/last/command", `sh -c 'touch ${sick()}; exit 1'`);
      const stop = endsIt();
      const failed = await node.run("trust", trust("consumer last systemd last\n"));
      await stop();
      assert.match(failed.why, /restart last failed.*: the old set was put back/);
      assert.match(failed.stderr, /putting the old set back\n[^]*its leader election lease was released\n/);
      assert.deepEqual(
        api.written.map(({ early }) => early),
        [false, false],
      );
    });
  });
}
