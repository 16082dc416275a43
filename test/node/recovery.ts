import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Cluster, files } from "./cluster";
import { CERT, EtcdNode, KEY } from "./deadEtcd";
import { issuedAnew, type Pair } from "./pki";
import { MANIFEST, PodCluster } from "./pods";
import { payload, sum8 } from "./payload";

const ENDED = { days: -1 };

/** A CA with its former certificate in place, which lives for so many days. */
const reissue = async (shell: string, days: number) => {
  const node = await Cluster.make(shell, { running: false });
  const former = issuedAnew(node.ca, days);
  node.lay({ ...node.set(), ca: { ...node.ca, cert: former } });
  const set = node.set({ ...node.ca, cert: issuedAnew(node.ca) });
  return { node, set, sent: node.payload(set, { more: `guard ${files.ca} ca\nonly ${files.ca} ca\n` }) };
};

/** @param shell - what the script is run with */
export function recovers(shell: string): void {
  describe(`node is given a CA that was issued anew with the same key (${shell})`, function () {
    this.timeout(120_000);

    it("takes it where the former one has ended", async () => {
      const { node, set, sent } = await reissue(shell, -1);
      const laid = await node.run("lay", sent);
      assert.equal(laid.code, 0, laid.stderr);
      assert.ok(node.holds(set));
      node.remove();
    });

    it("touches nothing where that still counts", async () => {
      const { node, set, sent } = await reissue(shell, 30);
      const refused = await node.run("lay", sent);
      assert.match(refused.why, /holds the key of the CA that is configured in another certificate/);
      assert.ok(!node.holds(set));
      node.remove();
    });
  });

  describe(`node recovers static pods (${shell})`, function () {
    this.timeout(120_000);
    const slow = "/slow";
    let node: PodCluster;
    let sent: string;
    let manifest: string;
    beforeEach(async () => {
      node = await PodCluster.make(shell, { manifest: "apiVersion: v1\nkind: Pod\n", running: false });
      const known = 'mkdir "$KUBE_PKI_PROC/$$" && ln -s "/proc/$$/stat" "$KUBE_PKI_PROC/$$/stat"';
      const listens = `touch ${node.path("/units/kubelet/listening")}`;
      const pod = `[ ! -f ${node.path(slow)} ] || sleep 5\n${node.path("/tools/pod")} start store`;
      node.write("/kubelet", `${known}\n${listens}\n${pod}\nexec sleep 1000\n`);
      node.write("/units/kubelet/command", `sh ${node.path("/kubelet")}`);
      const more = `consumer kubelet systemd kubelet\nuse kubelet restart ${files.ca}\n`;
      const body = node.body(node.set(), { more });
      sent = payload("apply", body.replace("consumer store systemd store", "consumer store static-pod store"));
      const laid = await node.run("lay", sent);
      assert.equal(laid.code, 0, laid.stderr);
      manifest = node.stamp(MANIFEST);
    });
    afterEach(() => {
      node.remove();
    });

    it("by a kubelet that is started before them, and touches no manifest for it", async () => {
      const started = await node.run("apply", sent);
      assert.equal(started.code, 0, started.stderr);
      assert.match(started.stderr, /^n1: restarting kubelet\n/);
      assert.match(started.stdout, /served store \S+ \S+ yes\n[^]*consumer kubelet restarted\n/);
      assert.equal(node.stamp(MANIFEST), manifest);
      assert.equal(node.restarts("kubelet"), 1);
    });

    it("by a kubelet that has come by itself since, and has not come to them yet", async () => {
      node.write(slow, "");
      await node.start("kubelet");
      const started = await node.run("apply", sent);
      assert.equal(started.code, 0, started.stderr);
      assert.match(started.stderr, /^n1: restarting store\n/m);
      assert.match(started.stdout, /consumer store restarted\n[^]*served store \S+ \S+ yes\n/);
      assert.equal(node.stamp(MANIFEST), manifest);
      assert.equal(node.restarts("kubelet"), 1, "by this test alone");
    });
  });

  describe(`node is asked whether the cluster lives (${shell})`, function () {
    this.timeout(120_000);

    it("and waits for an API server that is only slow", async () => {
      const node = await Cluster.make(shell);
      await wait(300); // a server that has just begun turns everybody away, which is an answer too
      const at = `127.0.0.1:${String(node.webPort)}`;
      const sent = payload("alive", `node n1\nround r1\nleaf web ${files.webCert}\napi ${at}\n`);
      node.write("/units/web/sick", "");
      const given = await node.run("alive", sent, { KUBE_PKI_LIMITS: "ANSWER=1" });
      assert.equal(given.stdout, `api ${at} no\ndone ${sum8(sent)}\n`);
      const asked = node.run("alive", sent);
      setTimeout(() => {
        rmSync(node.path("/units/web/sick"));
      }, 3000);
      assert.equal((await asked).stdout, `api ${at} yes\ndone ${sum8(sent)}\n`);
      node.remove();
    });
  });

  describe(`node recovers an etcd whose certificates have ended (${shell})`, function () {
    this.timeout(120_000);
    let nodes: readonly EtcdNode[];
    let sets: readonly Pair[];
    const sent = (at: number): string => {
      const [node, set] = [nodes[at], sets[at]];
      assert.ok(node !== undefined && set !== undefined);
      return node.payload(set);
    };
    const all = (verb: string, env: Record<string, string> = {}) =>
      Promise.all(nodes.map((node, at) => node.run(verb, sent(at), env)));
    const pids = () => nodes.map((node) => node.pid("etcd"));
    const inPlace = () => nodes.map((node) => ({ cert: node.read(CERT), key: node.read(KEY) }));

    beforeEach(async () => {
      nodes = await EtcdNode.three(shell, ENDED);
      sets = nodes.map((node) => node.fresh());
    });
    afterEach(() => {
      for (const node of nodes) node.remove();
    });

    it("lays files on all nodes and starts nothing; then all start at once, without one waiting for another", async () => {
      const [first] = nodes;
      assert.ok(first !== undefined);
      const before = pids();
      for (const [at, node] of nodes.entries()) {
        const laid = await node.run("lay", sent(at));
        assert.equal(laid.code, 0, laid.stderr);
        assert.equal(
          laid.stdout,
          `file /etc/etcd/ca.crt unchanged\nfile ${KEY} replaced\nfile ${CERT} replaced\ndone ${sum8(sent(at))} changed\n`,
        );
        assert.equal(laid.stderr, "");
        assert.ok(!node.has("/var/lib/kube-pki/applied"), "nothing is proven yet");
        assert.equal(node.list("/var/lib/kube-pki/backup").filter((name) => name.endsWith("/list")).length, 1);
      }
      assert.deepEqual(pids(), before);
      assert.deepEqual(inPlace(), sets);

      const started = await all("apply");
      for (const { code, stdout, stderr } of started) {
        assert.equal(code, 0, stderr);
        assert.match(stdout, /proof etcd health - - \S+ yes/);
      }
      for (const node of nodes) {
        assert.ok(await node.isHealthy());
        assert.equal(node.read("/var/lib/kube-pki/laid"), "");
      }
      const running = pids();
      for (const { stdout, stderr } of await all("apply")) assert.match(stdout, /unchanged\n$/, stderr);
      for (const { stdout, stderr } of await all("lay")) assert.match(stdout, /unchanged\n$/, stderr);
      assert.deepEqual(pids(), running, "nothing restarts again");
    });

    it("brings two of three members back, and puts nothing back where there is no quorum", async () => {
      const [one, two, three] = nodes;
      assert.ok(one !== undefined && two !== undefined && three !== undefined);
      process.kill(three.pid("etcd"));
      for (const at of [0, 1]) assert.equal((await nodes[at]?.run("lay", sent(at)))?.code, 0);
      process.kill(two.pid("etcd"));
      const alone = await one.run("apply", sent(0), { KUBE_PKI_LIMITS: "HEALTH=3 RELOAD=3" });
      assert.equal(alone.code, 1);
      assert.match(alone.why, /^e1: etcd answers .*: the new set stays, look at etcd before you run again$/);
      assert.deepEqual(inPlace()[0], sets[0]);
      assert.match(one.read("/var/lib/kube-pki/laid"), /^sum [0-9a-f]{64}\n$/);

      const started = await Promise.all([one.run("apply", sent(0)), two.run("apply", sent(1))]);
      for (const { code, stderr } of started) assert.equal(code, 0, stderr);
      assert.ok(await one.isHealthy());
    });

    it("without being laid refuses before it touches anything, and says what brings all of it back", async () => {
      const before = inPlace();
      process.kill(nodes[0]?.pid("etcd") ?? 0);
      const refused = await nodes[0]?.run("apply", sent(0), { KUBE_PKI_LIMITS: "MEMBER=2 RELOAD=2 HEALTH=2" });
      assert.equal(refused?.code, 1);
      assert.match(
        refused.why,
        /^e1: etcd member 127\.0\.0\.1:\d+ has not been healthy for 2 s, and with etcd here down as well nothing could be written: nothing was touched, \/etc\/etcd\/server\.crt has ended: 'rollout: \{ strategy: recover \}' in the stack file brings back all nodes at once$/,
      );
      assert.deepEqual(inPlace(), before);
    });

    it("tells what has ended, and who answers", async () => {
      const [first] = nodes;
      assert.ok(first !== undefined);
      const dead = await first.run("alive", first.alive());
      assert.equal(dead.code, 0, dead.stderr);
      assert.match(dead.stdout, /^ended etcd-server \d{10}\napi \S+ no\napi 127\.0\.0\.1:1 no\ndone [0-9a-f]{8}\n$/);
      first.write(CERT, first.fresh().cert);
      const quick = { KUBE_PKI_LIMITS: "ANSWER=1" };
      assert.doesNotMatch((await first.run("alive", first.alive(), quick)).stdout, /ended/);
    });
  });
}
