import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { files } from "./cluster";
import { part, payload } from "./payload";
import { MANIFEST, PodCluster } from "./pods";

/** @param shell - what the script is run with */
export function setsPodFlags(shell: string): void {
  describe(`node applies flags to a static pod (${shell})`, function () {
    this.timeout(120_000);
    const manifest = `metadata:
  name: store
spec:
  containers:
  - command:
    - store
    - --mode=old
    # --mode=a comment
    image: store
    name: store
`;
    const wanted = manifest.replace("- store\n", "- store\n    - --added=3s\n").replace("--mode=old", "--mode=new");
    const flags = "replaceflag store --mode=new\nflag store --added=3s\nreplaceflag store --absent=x\n";
    let node: PodCluster;
    const send = (more = flags) =>
      payload(
        "trust",
        `node n1
start existing
${part("ca", node.ca.cert)}${part("more", "text")}file /etc/kubernetes/more 0644 root root more
consumer store static-pod store
use store restart ${files.ca}
file ${files.ca} 0644 root root ca
have ${files.webCert} cert:web -
have ${files.webKey} key:web -
health store https 127.0.0.1:${String(node.storePort)} /readyz -
${more}`,
      );
    const again = async () => {
      await node.pod("stop");
      await node.pod("start");
    };
    const running = () =>
      node
        .read(`/proc/${String(node.pid("store"))}/cmdline`)
        .split("\0")
        .slice(1, -1);

    beforeEach(async () => {
      node = await PodCluster.make(shell, { manifest });
      node.client("crictl");
    });
    afterEach(() => {
      node.remove();
    });

    it("leaves the restart to the kubelet", async () => {
      const stop = node.kubelet(again);
      const done = await node.run("trust", send());
      await stop();
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(MANIFEST), wanted);
      assert.deepEqual(running(), ["--added=3s", "--mode=new"]);
      assert.match(done.stdout, /consumer store restarted\nproof store restarted - - - yes\n/);
      assert.doesNotMatch(readFileSync(join(node.units, "calls"), "utf8"), /crictl stop/);
    });

    it("does not take a process for it that was started from the manifest before", async () => {
      node.write("/units/store/manifest", manifest);
      const stop = node.kubelet(async () => {
        await again();
        await new Promise((resolve) => setTimeout(resolve, 2500));
        node.write("/units/store/manifest", node.read(MANIFEST));
        await again();
      });
      const done = await node.run("trust", send());
      const seen = running();
      await stop();
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(seen, ["--added=3s", "--mode=new"]);
    });

    it("waits for the old ones after a put back", async () => {
      rmSync(join(node.tools, "crictl")); // a container stopped by us would be started twice, by the kubelet's two halves here
      const stop = node.kubelet(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await again();
      });
      const more = "flag store --added=3s\nconsumer last systemd last\n"; // the old ones lack it
      node.write("/units/last/command", "false");
      const failed = await node.run("trust", send(more));
      const seen = running();
      await stop();
      assert.match(failed.why, /restart last failed.*: the old set was put back/);
      assert.equal(node.read(MANIFEST), manifest);
      assert.deepEqual(seen, ["--mode=old"]);
    });

    it("does not take a process with an added flag for the old one after a put back", async () => {
      rmSync(join(node.tools, "crictl"));
      const seen: string[] = [];
      const stop = node.kubelet(async () => {
        const now = node.read(MANIFEST);
        const last = seen.at(-1);
        seen.push(now);
        if (last !== undefined) {
          node.write("/units/store/manifest", last);
          await again();
          await new Promise((resolve) => setTimeout(resolve, 2500));
        }
        node.write("/units/store/manifest", now);
        await again();
      });
      node.write("/units/last/command", "false");
      const failed = await node.run("trust", send("flag store --added=3s\nconsumer last systemd last\n"));
      const flags = running();
      await stop();
      assert.match(failed.why, /restart last failed.*: the old set was put back/);
      assert.equal(seen.length, 2);
      assert.deepEqual(flags, ["--mode=old"]);
    });

    it("says that the kubelet did not take them up, and leaves the process that never ended", async () => {
      const pid = node.pid("store");
      rmSync(join(node.tools, "crictl"));
      const failed = await node.run("trust", send(), { KUBE_PKI_LIMITS: "MANIFEST=2" });
      assert.match(
        failed.why,
        /store did not start with the flags of \S+store\.yaml within 2 s: the old set was put back, look at store before you run again$/,
      );
      assert.equal(node.read(MANIFEST), manifest);
      assert.equal(node.pid("store"), pid);
    });

    it("refuses a list on one line", async () => {
      const flow = manifest.replace(/command:[^]*# --mode=a comment/, "command: [store, --mode=old, --other]");
      node.write(MANIFEST, flow, 0o600);
      const refused = await node.run("trust", send("replaceflag store --mode=new\n"));
      assert.match(refused.why, /store\.yaml does not hold --mode in the form --name=value: set --mode=new for store/);
      assert.equal(node.read(MANIFEST), flow);
    });

    it("does not guess while a pod is down whether it has a flag from elsewhere", async () => {
      await node.pod("stop");
      const refused = await node.run("trust", send("replaceflag store --absent=new\n"));
      assert.match(
        refused.why,
        /store does not run, so whether it has --absent from elsewhere than \S+ cannot be seen/,
      );
    });
  });
}
