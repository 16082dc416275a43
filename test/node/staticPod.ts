import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";

const manifest = "/etc/kubernetes/manifests/store.yaml";
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
    this.timeout(60_000);
    let node: Cluster;
    const pod = (...args: string[]) => node.spawn(join(node.tools, "pod"), args, "");
    const body = () => node.body(set, { more: "" }).replace("consumer store systemd", "consumer store static-pod");
    let set: ReturnType<Cluster["set"]>;
    const send = async () => (await import("./payload")).payload("apply", body());
    const calls = () => readFileSync(join(node.units, "calls"), "utf8");

    beforeEach(async () => {
      node = await Cluster.make(shell, { running: false });
      node.lay(node.set());
      await node.start("web");
      const proc = join(node.root, "proc");
      mkdirSync(proc);
      symlinkSync("/proc/stat", join(proc, "stat"));
      node.env["KUBE_PKI_PROC"] = proc;
      // systemd units are looked up in the same /proc
      const web = node.pid("web");
      mkdirSync(join(proc, String(web)));
      symlinkSync(`/proc/${String(web)}/stat`, join(proc, String(web), "stat"));
      // a workload that has the same name
      const other = join(proc, "1");
      mkdirSync(other);
      node.write("/proc/1/comm", "store\n");
      node.write("/proc/1/cmdline", "store\0");
      node.write("/proc/1/cgroup", "0::/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/c\n");
      symlinkSync("/proc/1/stat", join(other, "stat"));
      copyFileSync(join(__dirname, "stub", "pod"), join(node.tools, "pod"));
      node.without("crictl", "ctr");
      node.write(manifest, kubeadm, 0o600);
      await pod("start", "store");
      set = node.set();
    });
    afterEach(() => {
      node.remove();
    });

    for (const client of ["crictl", "ctr"]) {
      it(`is restarted by its container through ${client}, the manifest stays as it is`, async () => {
        copyFileSync(join(node.tools, "pod"), join(node.tools, client));
        const [before, stamp] = [node.pid("store"), node.stamp(manifest)];
        const done = await node.run("apply", await send());
        assert.equal(done.code, 0, done.stderr);
        assert.match(
          done.stdout,
          /consumer store restarted\nproof store restarted - - - yes\n[^]*served store \w+ \S+ yes/,
        );
        assert.notEqual(node.pid("store"), before);
        assert.equal(node.stamp(manifest), stamp);
        assert.match(
          calls(),
          client === "ctr" ? /^ctr .* kill -s SIGTERM c-store$/m : /^crictl stop --timeout 4 c-store$/m,
        );
      });
    }

    it("is restarted by its manifest where no client is there", async () => {
      const before = node.pid("store");
      let seen = node.read(manifest);
      let names: string[] = [];
      const kubelet = setInterval(() => {
        names = [...new Set([...names, ...node.list("/etc/kubernetes/manifests")])];
        if (node.read(manifest) === seen) return;
        seen = node.read(manifest);
        void pod("stop", "store").then(() => pod("start", "store"));
      }, 20);
      const done = await node.run("apply", await send());
      clearInterval(kubelet);
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
        node.write(manifest, text, 0o600);
        const done = await node.run("apply", await send());
        assert.equal(done.code, 1);
        assert.match(done.why, /store can only be restarted through its manifest|store\.yaml cannot be replaced/);
        assert.equal(node.read(manifest), text);
      });

    it("has its new manifest on disk before it takes the name", async () => {
      node.tool("sync", `echo "sync $*" >>${node.units}/calls\nexec /bin/sync "$@"`);
      await node.run("apply", await send(), { KUBE_PKI_LIMIT: "1" });
      assert.match(calls(), /^sync \S+\/manifests\/\.kube-pki\.store\.yaml\.new$/m);
    });

    it("that does not come back ends the apply with the old set", async () => {
      const old = node.live();
      const done = await node.run("apply", await send(), { KUBE_PKI_LIMIT: "1" });
      assert.equal(done.code, 1);
      assert.match(done.why, /store did not come back within 1 s/);
      assert.ok(node.holds(old));
      assert.equal(node.read(files.ca), old.ca.cert);
    });
  });
}
