import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { files } from "./cluster";
import { payload } from "./payload";
import { MANIFEST, POD_CGROUP, PodCluster } from "./pods";

const kubeadm = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.0.0.1:2379
  name: store
spec:
  containers:
  - name: store
    command: [store]
`;

/** @param shell - what the script is run with */
export function handlesStaticPods(shell: string): void {
  describe(`node apply with a static pod (${shell})`, function () {
    this.timeout(120_000);
    let node: PodCluster;
    let set: ReturnType<PodCluster["set"]>;
    const send = (unit = "store") =>
      payload("apply", node.body(set).replace("consumer store systemd store", `consumer store static-pod ${unit}`));
    const calls = () => readFileSync(join(node.units, "calls"), "utf8");

    beforeEach(async () => {
      node = await PodCluster.make(shell, { manifest: kubeadm });
      set = node.set();
    });
    afterEach(() => {
      node.remove();
    });

    for (const client of ["crictl", "ctr"] as const) {
      it(`is restarted by its container through ${client}, the manifest stays as it is`, async () => {
        node.client(client);
        const [before, stamp] = [node.pid("store"), node.stamp(MANIFEST)];
        const done = await node.run("apply", send());
        assert.equal(done.code, 0, done.stderr);
        assert.match(
          done.stdout,
          /consumer store restarted\nproof store restarted - - - yes\n[^]*served store \w+ \S+ yes/,
        );
        assert.notEqual(node.pid("store"), before);
        assert.equal(node.stamp(MANIFEST), stamp);
        assert.match(
          calls(),
          client === "ctr"
            ? /^ctr .* kill -s SIGTERM c-store$/m
            : /^crictl stop --timeout 60 c-store\ncrictl rm c-store$/m,
        );
      });
    }

    it("waits for no back-off of the kubelet where crictl removes what has ended", async () => {
      node.client("crictl");
      const logs = "/var/log/pods/store";
      for (const [round, each] of [set, node.set()].entries()) {
        set = each;
        node.write(`${logs}/0.log`, `before restart ${String(round + 1)}`);
        const before = node.pid("store");
        const done = await node.run("apply", send(), { KUBE_PKI_LIMITS: "BACK=5" });
        assert.equal(done.code, 0, `restart ${String(round + 1)}: ${done.stderr}`);
        assert.notEqual(node.pid("store"), before);
        assert.deepEqual(node.list(logs), ["0.log.kube-pki"]);
        assert.equal(node.read(`${logs}/0.log.kube-pki`), `before restart ${String(round + 1)}`);
      }
    });

    for (const [unit, seconds, declared] of [
      ["kube-apiserver", 10, ""],
      ["kube-scheduler", 30, ""],
      ["kube-vip", 45, "  terminationGracePeriodSeconds: 45\n"],
    ] as const)
      it(`has ${String(seconds)} s to end as ${unit}`, async () => {
        node.client("crictl");
        await node.pod("stop");
        symlinkSync("store", join(node.units, unit));
        node.write(`/etc/kubernetes/manifests/${unit}.yaml`, kubeadm + declared, 0o600);
        await node.pod("start", unit);
        const done = await node.run("apply", send(unit), { KUBE_PKI_LIMIT: "" });
        assert.equal(done.code, 0, done.stderr);
        assert.ok(calls().includes(`crictl stop --timeout ${String(seconds)} c-${unit}\n`), calls());
      });

    it("is restarted by its manifest where no client is there", async () => {
      const before = node.pid("store");
      let names: string[] = [];
      const stop = node.kubelet(
        async () => {
          await node.pod("stop");
          await node.pod("start");
        },
        () => {
          names = [...new Set([...names, ...node.list("/etc/kubernetes/manifests")])];
        },
      );
      const done = await node.run("apply", send());
      await stop();
      const seen = node.read(MANIFEST);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /consumer store restarted/);
      assert.notEqual(node.pid("store"), before);
      assert.match(seen, /^ {2}annotations:\n {4}kube-pki\/restarted: "\d+"\n {4}kubeadm/m);
      assert.equal(seen.replace(/.*kube-pki.*\n/, ""), kubeadm);
      assert.deepEqual(
        names.filter((name) => !name.startsWith(".") && name !== "store.yaml"),
        [],
      );
    });

    for (const [title, text] of [
      ["its metadata is indented otherwise", kubeadm.replace(/^ {2}(?! )(annotations|name)/gm, "    $1")],
      ["its annotations stand on one line", kubeadm.replace(/annotations:\n.*\n/, "annotations: {}\n")],
      ["there is no room for it", `${kubeadm}${"#".repeat(9000)}\n`],
    ] as const)
      it(`keeps its manifest where ${title}`, async () => {
        if (title.includes("room"))
          node.tool(
            "awk",
            'case $* in *kube-pki/restarted*) /usr/bin/awk "$@" | head -c 99; exit 0 ;; esac\nexec /usr/bin/awk "$@"',
          );
        node.write(MANIFEST, text, 0o600);
        const done = await node.run("apply", send());
        assert.equal(done.code, 1);
        assert.match(done.why, /store can only be restarted through its manifest|store\.yaml cannot be replaced/);
        assert.equal(node.read(MANIFEST), text);
      });

    for (const [title, begins] of [
      ["comes back by the kubelet that was just restarted", false],
      ["is just beginning when it is looked for", true],
    ] as const)
      it(`that crashed and ${title}: the manifest stays as it is`, async () => {
        const body = node
          .body(set)
          .replace(
            "consumer store systemd store\nconsumer web systemd web",
            "consumer kubelet systemd web\nconsumer store static-pod store",
          )
          .replaceAll("use web reload", "use kubelet restart")
          .replaceAll(/^(served|accepted|health) web /gm, "$1 kubelet ");
        const [kubelet, before] = [node.pid("web"), node.pid("store")];
        let acts = 0;
        const restarted = async (): Promise<void> => {
          await node.pod("stop");
          // its process is there before anybody looks for the pod's
          if (begins) {
            node.write("/units/store/begins", "");
            await node.pod("start");
          }
          acts = 2;
        };
        const comes = (): void => {
          if (begins) node.write(`/proc/${String(node.pid("store"))}/cgroup`, POD_CGROUP);
          else void node.pod("start");
        };
        const stop = node.kubelet(
          () => Promise.resolve(),
          () => {
            // the API server goes with the new files, the pod crashes; a fresh kubelet starts it again
            if (acts === 0 && node.read(files.storeCert) === set.store.cert) {
              acts = 1;
              void restarted();
            } else if (acts === 2 && node.pid("web") !== kubelet) {
              acts = 3;
              node.knows(node.pid("web"));
              setTimeout(comes, 2000);
            }
          },
        );
        const done = await node.run("apply", payload("apply", body), { KUBE_PKI_LIMITS: "MANIFEST=5 OWN=20" });
        await stop();
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, /consumer store restarted/);
        assert.notEqual(node.pid("store"), before);
        assert.equal(node.read(MANIFEST), kubeadm);
      });

    it("has its new manifest on disk before it takes the name", async () => {
      node.tool("sync", `echo "sync $*" >>${node.units}/calls\nexec /bin/sync "$@"`);
      await node.run("apply", send(), { KUBE_PKI_LIMITS: "MANIFEST=1" });
      assert.match(calls(), /^sync \S+\/manifests\/\.kube-pki\.store\.yaml\.new$/m);
    });

    it("that does not come back ends the apply with the old set", async () => {
      const old = node.live();
      const done = await node.run("apply", send(), { KUBE_PKI_LIMITS: "MANIFEST=1" });
      assert.equal(done.code, 1);
      assert.match(done.why, /store did not come back within 1 s/);
      assert.ok(node.holds(old));
      assert.equal(node.read(files.ca), old.ca.cert);
    });
  });
}
