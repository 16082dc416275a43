import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { base64, ControlPlane, found, leftBehind, rootCa } from "./controlPlane";

const since = "since 1795510120\n"; // 2026-11-24T08:48:40Z
const before = "began=2026-11-24T08:48:39Z";
const after = "began=2026-11-24T08:48:41Z";

const pods = [
  `app web-1-a Running root-ca owner=ReplicaSet/web-1 ${after} ${before}`,
  `app web-1-b Running root-ca owner=ReplicaSet/web-1 ${after}`,
  `app new-1-a Running root-ca owner=ReplicaSet/new-1 ${after}`,
  `app lone Running root-ca ${before}`,
  `app bare-1-a Running root-ca owner=ReplicaSet/bare-1 ${before}`,
  `app done Succeeded root-ca owner=Job/x ${before}`,
  `app plain Running owner=ReplicaSet/plain-1 ${before}`,
  `kube-system etcd-cp1 Running mirror root-ca owner=Node/cp1 ${before}`,
  `kube-system proxy Running root-ca owner=DaemonSet/kube-proxy ${before}`,
  `kube-system dns Running root-ca owner=ReplicaSet/coredns-1 ${before}`,
  `net cni Running root-ca owner=DaemonSet/kube-flannel-ds ${before}`,
  `other web-1-a Running root-ca owner=ReplicaSet/web-1 ${after}`,
  `other db-0 Running root-ca owner=StatefulSet/db ${before}`,
].join("\n");
const replicaSets = [
  "app/web-1 Deployment web",
  "app/new-1 Deployment new",
  "app/bare-1",
  "app/plain-1 Deployment plain",
  "kube-system/coredns-1 Deployment coredns",
  "other/web-1 Deployment web",
].join("\n");
const workloads = [
  "Deployment.web",
  "DaemonSet.kube-proxy",
  "Deployment.coredns",
  "DaemonSet.kube-flannel-ds",
  "StatefulSet.db",
];

/** @param shell - what the script is run with */
export function restartsPods(shell: string): void {
  describe(`node cluster, pods (${shell})`, function () {
    this.timeout(120_000);
    let node: ControlPlane;

    beforeEach(() => {
      node = new ControlPlane(shell);
    });
    afterEach(() => {
      assert.deepEqual(leftBehind(node), []);
      node.remove();
    });

    const status = (text: string): void => {
      for (const name of workloads) node.answer(`rollout.status.${name}`, text);
    };

    beforeEach(() => {
      node.answer("get.pods", pods);
      node.answer("get.replicasets", replicaSets);
      for (const name of workloads) {
        node.answer(`get.${name}`, "is there RollingUpdate");
      }
      status("successfully rolled out");
    });

    it("names what began too early, by its workload", async () => {
      const done = await node.work(["pods"], since);
      assert.equal(done.code, 1);
      assert.deepEqual(found(done), [
        "DaemonSet kube-system/kube-proxy",
        "DaemonSet net/kube-flannel-ds",
        "Deployment app/web",
        "Deployment kube-system/coredns",
        "Pod app/lone",
        "ReplicaSet app/bare-1",
        "StatefulSet other/db",
      ]);
      assert.match(done.why, /Deployment app\/web, .*StatefulSet other\/db: began before the new CA was trusted/);
    });

    it("leaves out what reads its CA anew, only in its namespace", async () => {
      const lines = "reload Deployment app/web\nreload StatefulSet app/db\n";
      const names = found(await node.work(["pods"], since + lines));
      assert.ok(!names.includes("Deployment app/web"));
      assert.ok(names.includes("StatefulSet other/db"));
    });

    it("counts from the last writing of kube-root-ca.crt if nothing is told", async () => {
      node.answer("get.configmaps", rootCa("a", "", "2026-11-24T08:48:38Z"));
      assert.deepEqual(found(await node.work(["pods"])), []);
    });

    it("tells all of it and changes nothing more once something was found", async () => {
      node.answer("get.APIService", `= v1.x|/spec/caBundle ${base64(node.old.cert)}|`);
      const done = await node.work(["ca-bundles", "pods", "tokens", "restart-all"], `${since}token-kid new\n`);
      assert.equal(done.code, 1);
      assert.match(
        done.stdout,
        /task ca-bundles blocked\n[^]*task pods blocked\ntask tokens skipped\ntask restart-all skipped\n$/,
      );
      assert.match(done.why, /APIService v1\.x: has a caBundle .*; DaemonSet kube-system\/kube-proxy, /);
      assert.deepEqual(node.changes(), []);
    });

    it("tells what a gate that is given up would have refused", async () => {
      const done = await node.work(["pods"], `${since}gate scan off\n`);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(found(done).length, 7);
      assert.match(done.stdout, /task pods done\ndone /);
    });

    it("rolls all of them: network, services, names, then the rest", async () => {
      const done = await node.work(["restart-all"], since);
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(node.changes(), [
        "patch.DaemonSet.kube-flannel-ds",
        "patch.DaemonSet.kube-proxy",
        "patch.Deployment.coredns",
        "patch.Deployment.web",
        "patch.StatefulSet.db",
      ]);
      assert.match(
        node.patched("StatefulSet.db") ?? "",
        /^\{"spec":\{"template":\{"metadata":\{"annotations":\{"kube-pki\/trusted":"[0-9a-f]{8}-1795510120"\}\}\}\}\}$/,
      );
      assert.match(done.stderr, /Pod app\/lone is nothing that can be rolled/);
    });

    it("rolls no workload twice for one trust", async () => {
      await node.work(["restart-all"], since);
      const value = /"([0-9a-f]{8}-\d+)"/.exec(node.patched("Deployment.web") ?? "")?.[1] ?? "";
      for (const name of workloads) node.answer(`get.${name}`, `is there trusted=${value} RollingUpdate`);
      const count = node.changes().length;
      const done = await node.work(["restart-all"], since);
      assert.equal(done.code, 0);
      assert.equal(node.changes().length, count);
      for (const name of workloads) node.answer(`get.${name}`, `is there trusted=${value}1 RollingUpdate`);
      await node.work(["restart-all"], since);
      assert.equal(node.changes().length, 2 * count);
    });

    it("names what nothing rolls", async () => {
      node.answer("get.DaemonSet.kube-flannel-ds", "is there OnDelete");
      node.answer("get.Deployment.web", "is there paused");
      const done = await node.work(["restart-all"], since);
      assert.equal(done.code, 1);
      assert.deepEqual(found(done), ["DaemonSet net/kube-flannel-ds", "Deployment app/web"]);
      assert.deepEqual(node.changes(), [
        "patch.DaemonSet.kube-proxy",
        "patch.Deployment.coredns",
        "patch.StatefulSet.db",
      ]);
    });

    describe("before others roll what the stack names", () => {
      const ask = (lines: string) => node.work(["may-restart"], lines);

      it("changes nothing, and says all that keeps one from it", async () => {
        node.answer("get.StatefulSet.db", "is there RollingUpdate");
        node.answer("get.DaemonSet.kube-proxy", "is there OnDelete");
        node.answer("get.Deployment.web", "is there paused");
        const all =
          "workload StatefulSet other/db\nworkload DaemonSet kube-system/kube-proxy\nworkload Deployment app/web\n";
        const done = await ask(all);
        assert.equal(done.code, 1);
        assert.deepEqual(found(done), ["DaemonSet kube-system/kube-proxy", "Deployment app/web"]);
        assert.equal((await ask("workload StatefulSet other/db\n")).code, 0);
        assert.deepEqual(node.changes(), []);
      });

      it("names one that is not there", async () => {
        const done = await ask("workload Deployment app/nobody\n");
        assert.equal(done.code, 1);
        assert.match(done.why, /Deployment app\/nobody is to be restarted, but is not in the cluster: take it off/);
      });

      it("asks nothing more of one that was rolled for this CA", async () => {
        const sum = createHash("sha256").update(`CERTIFICATE ${node.stays.cert.replace(/-----[^-]+-----|\s/g, "")}\n`);
        node.answer("get.Deployment.web", `is there trusted=${sum.digest("hex").slice(0, 8)} paused`);
        assert.equal((await ask("workload Deployment app/web\n")).code, 0);
      });
    });

    it("ends with the workload whose restart does not end", async () => {
      status("Waiting for 1 of 2 updated replicas");
      const done = await node.workInVain(["restart-all"], since);
      assert.equal(done.code, 1);
      assert.match(done.why, /DaemonSet net\/kube-flannel-ds was not restarted within 2 s: Waiting for 1 of 2/);
    });

    for (const gate of ["on", "off"] as const)
      it(`keeps a PodDisruptionBudget that is used up, gate ${gate}`, async () => {
        node.answer("get.poddisruptionbudgets", "roomy 1 app=web,\ntight 0 tier in (a,b),\n");
        node.answer("get.Deployment.web", "app=web,"); // the same answer for both questions
        node.answer("get.pods", "pod/web-1-a\n");
        const lines = `workload Deployment app/web\ngate scan ${gate}\n`;
        const done = await node.workInVain(["may-restart"], lines);
        assert.deepEqual(found(done), ["PodDisruptionBudget app/tight"], done.stderr);
        assert.equal(done.code, gate === "on" ? 1 : 0);
        assert.match(node.read("/kubectl/calls"), /^get\.pods app=web,tier in \(a,b\)$/m);
      });

    it("waits for room in a budget", async () => {
      node.answer("get.poddisruptionbudgets", "tight 0 app=web,\n");
      node.answer("get.pods", "pod/web-1-a\n");
      node.answerNext("get.poddisruptionbudgets", "tight 1 app=web,\n");
      const done = await node.work(["may-restart"], "workload Deployment app/web\n");
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /waiting for room to restart Deployment app\/web/);
    });

    it("rolls none whose budget is used up, and the others", async () => {
      node.answer("get.poddisruptionbudgets", "tight 0 app=db,\n");
      node.answer("get.StatefulSet.db", "app=db,");
      node.answer("after.get.poddisruptionbudgets", `printf 'pod/db-0\\n' >"$KUBECTL/get.pods"`);
      const done = await node.workInVain(["restart-all"], since);
      assert.equal(done.code, 1);
      assert.ok(!node.changes().includes("patch.StatefulSet.db"));
    });
  });
}
