import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { utimesSync } from "node:fs";
import { Cluster, files } from "./cluster";
import { part } from "./payload";
import { authority } from "./pki";

const BACKUP = "/var/lib/kube-pki/backup";
const CA_KEY = "/etc/kubernetes/pki/ca.key";

/** @param shell - what the script is run with */
export function backsUp(shell: string): void {
  describe(`node backs up (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    const kept = (): string[] =>
      node.has(BACKUP)
        ? node
            .list(BACKUP)
            .filter((name) => !name.includes("/"))
            .sort()
        : [];
    const change = async (more = ""): Promise<string> => {
      const before = kept();
      const done = await node.run("apply", node.payload(node.set(), { more }));
      assert.equal(done.code, 0, done.stderr);
      return kept().find((name) => !before.includes(name)) ?? "";
    };
    /** Backups that earlier runs have left, so many seconds ago. */
    const older = (name: string, seconds: number): void => {
      const list = `${BACKUP}/${name}/list`;
      node.write(list, "");
      const at = Date.now() / 1000 - seconds;
      utimesSync(node.path(list), at, at);
    };

    it("manifests, unit files with drop-ins and the kubelet's configuration too, by path and with their rights", async () => {
      const texts: Readonly<Record<string, string>> = {
        "/etc/kubernetes/manifests/etcd.yaml": "kind: Pod\n",
        "/etc/systemd/system/store.service": "[Service]\n",
        "/etc/systemd/system/store.service.d/10-more.conf": "[Service]\n#\n",
        "/var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\n",
        "/var/lib/kubelet/kubeadm-flags.env": "KUBELET_KUBEADM_ARGS=\n",
        "/etc/kubernetes/kubelet.conf": "kind: Config\n",
      };
      for (const [path, text] of Object.entries(texts)) node.write(path, text, 0o600);
      node.write("/units/store/fragment", "/etc/systemd/system/store.service");
      node.write("/units/store/dropins", "/etc/systemd/system/store.service.d/10-more.conf");
      const around = `${BACKUP}/${await change()}/around`;
      for (const [path, text] of Object.entries(texts)) {
        assert.equal(node.read(around + path), text, path);
        assert.equal(node.stamp(around + path).split(" ")[3], node.stamp(path).split(" ")[3], path);
      }
      assert.deepEqual(
        node
          .list(around)
          .filter((name) => Object.keys(texts).includes(`/${name}`))
          .map((name) => `/${name}`),
        Object.keys(texts).sort(),
      );
    });

    it("what every file beside those of the payload was, and no key that the cluster signs with", async () => {
      const { key } = authority();
      node.write(CA_KEY, key, 0o600);
      const set = node.live();
      const folder = `${BACKUP}/${await change()}`;
      const digests = node.read(`${folder}/digests`);
      for (const path of [CA_KEY, files.ca, files.webCert]) assert.ok(digests.includes(` ${node.path(path)}\n`), path);
      // as people ask for it: what has changed since is what the run has replaced
      const check = () =>
        execFileSync("sha256sum", ["-c", "--quiet", node.path(`${folder}/digests`)], { stdio: "pipe" });
      assert.throws(check, /4 computed checksums did NOT match/);
      node.lay(set);
      check();
      for (const name of node.list(folder))
        if (/\/\d+$|^\d+$/.test(name)) assert.notEqual(node.read(`${folder}/${name}`), key, name);
      assert.equal(node.has(`${folder}/around${CA_KEY}`), false);
      assert.equal(node.has(`${folder}/ca-key`), false, "it may go like any other");
    });

    it("goes on where something of it cannot be copied", async () => {
      node.write("/var/lib/kubelet/config.yaml", "x\n");
      node.tool("cp", `case "$*" in */around*) exit 1 ;; esac\nexec /bin/cp "$@"`);
      const done = await node.run("apply", node.payload(node.set()));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /\/var\/lib\/kubelet\/config\.yaml could not be copied to .*\/around$/m);
    });

    it("gives all of it as a tar, with the keys that the cluster signs with", async () => {
      node.write(CA_KEY, "the CA's key\n", 0o600);
      node.write("/etc/kubernetes/manifests/etcd.yaml", "kind: Pod\n");
      assert.match(node.runSync(["dump", "files"]).stderr.toString(), /nothing was applied on this node yet/);
      await change();
      assert.equal(node.runSync(["dump", "what"]).stdout.toString(), "node n1\nfiles\n");
      const { status, stdout, stderr } = node.runSync(["dump", "files"]);
      assert.equal(status, 0, stderr.toString());
      const read = (path: string): string =>
        execFileSync("tar", ["-xOf", "-", path.slice(1)], { input: stdout, stdio: "pipe" }).toString();
      for (const path of [CA_KEY, files.webKey, files.webCert, "/etc/kubernetes/manifests/etcd.yaml"])
        assert.equal(read(path), node.read(path), path);
      for (const what of ["etcd", "tokens", "all"]) assert.notEqual(node.runSync(["dump", what]).status, 0, what);
      assert.deepEqual(
        node.list("/var/lib/kube-pki").filter((name) => name.startsWith("look")),
        [],
      );
    });

    it("keeps as many as the payload says, the first and those with a CA's key beside them", async () => {
      const first = await change();
      const withKey = await change(
        `${part("cakey:kubernetes", authority().key)}file ${CA_KEY} 0600 root root cakey:kubernetes\n`,
      );
      node.write(`${BACKUP}/${withKey}/ca-key`, "");
      for (const hour of ["01", "02", "03"]) older(`20200101T${hour}0000Z-aaaaaaaa`, 86_400);
      const last = await change("keepbackups 2 0\n");
      assert.deepEqual(kept(), ["20200101T030000Z-aaaaaaaa", first, withKey, last].sort());
    });

    it("keeps what is not as old yet as the payload says", async () => {
      const first = await change();
      older("20200101T010000Z-aaaaaaaa", 90_000);
      older("20200101T020000Z-aaaaaaaa", 80_000);
      const last = await change("keepbackups 1 86400\n");
      assert.deepEqual(kept(), ["20200101T020000Z-aaaaaaaa", first, last].sort());
    });
  });
}
