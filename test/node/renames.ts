import assert from "node:assert/strict";
import { execFileSync, type ExecFileSyncOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";

const quietly: ExecFileSyncOptions = { stdio: "ignore" };
const stub = join(__dirname, "stub", "systemctl");
const limits = { KUBE_PKI_LIMITS: "BACK=8 HEALTH=8 RELOAD=8" };

/** Programs that a shell may start; those that are slow, or take as long as a disk likes. */
const watched = ["mv", "rm", "cp", "ln", "sync", "stat", "cmp", "sha256sum", "awk", "sed", "readlink"] as const;

/** Puts a small file system of its own there, with what is in the folder; false where that is not allowed. */
function ownFileSystem(node: Cluster, folder: string, size: string): boolean {
  const at = node.path(folder);
  execFileSync("cp", ["-a", at, node.path("/save")]);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=755`, "none", at], quietly);
  } catch {
    return false;
  }
  execFileSync("sh", ["-c", `cp -a ${node.path("/save")}/. ${at}/ && chmod --reference=${node.path("/save")} ${at}`]);
  return true;
}

/** @param shell - what the script is run with */
export function onlyRenames(shell: string): void {
  describe(`node swaps and undoes by renames (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    let mounted = "";
    beforeEach(async () => {
      mounted = "";
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      if (mounted !== "") execFileSync("umount", ["-l", node.path(mounted)], quietly);
      node.remove();
    });
    const mount = (folder: string, size: string): boolean => {
      if (!ownFileSystem(node, folder, size)) return false;
      mounted = folder;
      return true;
    };
    const isUp = async (unit: string): Promise<boolean> =>
      (await node.spawn(join(node.tools, "systemctl"), ["is-active", unit], "")).code === 0;

    it("and does nothing else between them, in either direction", async () => {
      const log = node.path("/calls");
      for (const name of watched) {
        const real = ["/bin", "/usr/bin"].map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? name;
        const command = shell.startsWith("busybox") ? `busybox ${name}` : real;
        node.tool(name, `echo ${name} "$@" >>${log}\nexec ${command} "$@"`);
      }
      const [old, bad] = [node.live(), node.set()];
      node.write("/units/store/refuses", bad.store.cert);
      assert.equal((await node.run("apply", node.payload(bad), { KUBE_PKI_LIMITS: "BACK=8" })).code, 1);
      assert.ok(node.holds(old));
      const calls = node.read("/calls").trimEnd().split("\n");
      for (const name of ["new", "old"]) {
        const moves = calls.flatMap((line, i) =>
          /^mv -f \S+\/\.kube-pki\.\S+\.(new|old) /.exec(line)?.[1] === name ? [i] : [],
        );
        assert.equal(moves.length, 4);
        assert.deepEqual(
          calls.slice(moves[0], moves[3]).filter((line) => !line.startsWith("mv -f ")),
          [],
        );
      }
    });

    it("puts back although the file system has filled up since", async function () {
      if (!mount("/etc/kubernetes/pki", "256k")) return this.skip();
      const [old, bad] = [node.live(), node.set()];
      node.write("/units/store/refuses", bad.store.cert);
      const fill = `dd if=/dev/zero of=${node.path("/etc/kubernetes/pki/log")} bs=1k 2>/dev/null`;
      node.tool("systemctl", `case $* in restart*) ${fill} || : ;; esac\n. ${stub}`);
      const failed = await node.run("apply", node.payload(bad), limits);
      assert.match(failed.why, /systemctl restart store failed .*: the old set was put back, look at store/);
      assert.ok(node.holds(old));
      assert.ok(await isUp("store"));
    });

    it("needs no room that a rename frees either", async function () {
      if (!mount("/etc/kubernetes/pki", "256k")) return this.skip();
      const [old, bad] = [node.live(), node.set()];
      node.write("/units/store/refuses", bad.store.cert);
      const log = node.path("/etc/kubernetes/pki/log");
      node.tool(
        "systemctl",
        `case $* in restart*) dd if=/dev/zero of=${log} bs=1k 2>/dev/null || : ;; esac\n. ${stub}`,
      );
      node.tool("mv", `/bin/mv "$@"; c=$?; [ ! -f ${log} ] || dd if=/dev/zero bs=1k >>${log} 2>/dev/null; exit $c`);
      await node.run("apply", node.payload(bad), limits);
      assert.ok(node.holds(old));
    });

    it("refuses before it touches anything where there is no room for the undo", async function () {
      if (!mount("/etc/kubernetes/pki", "256k")) return this.skip();
      node.tool("ln", 'case "$1" in -s*) exec /bin/ln "$@" ;; esac\nexit 1');
      const old = node.live();
      const log = node.path("/etc/kubernetes/pki/log");
      node.tool(
        "date",
        `case $* in -u*) dd if=/dev/zero of=${log} bs=1k 2>/dev/null || : ;; esac\nexec /bin/date "$@"`,
      );
      const refused = await node.run("apply", node.payload(node.set()));
      assert.match(
        refused.why,
        /\.old cannot be created: its file system is full: .*\(No space left on device\), nothing was touched$/,
      );
      assert.ok(node.holds(old));
      assert.deepEqual(
        node.list("/etc").filter((name) => name.includes(".kube-pki.")),
        [],
      );
      assert.deepEqual(node.list("/var/lib/kube-pki/backup"), []);
    });

    it("tells why a file cannot be replaced, where it is mounted by itself", async function () {
      const old = node.live();
      node.write("/other", old.web.cert);
      try {
        execFileSync("mount", ["--bind", node.path("/other"), node.path(files.webCert)], quietly);
      } catch {
        return this.skip();
      }
      mounted = files.webCert;
      const failed = await node.run("apply", node.payload(node.set()));
      assert.match(
        failed.why,
        /web\.crt cannot be replaced: it is a mount of its own: .* \((Device or r|R)esource busy\), the old set was put back$/,
      );
      assert.ok(node.holds(old));
    });

    for (const [when, tool] of [
      ["while services restart", ["systemctl", "restart*", `. ${stub}`]],
      ["at its commit", ["sync", "*tx/committed*", 'exec /bin/sync "$@"']],
    ] as const)
      it(`goes on where the state folder fills up ${when}`, async function () {
        const state = "/var/lib/kube-pki";
        if (!mount(state, "700k")) return this.skip();
        const [name, match, then] = tool;
        const fill = `dd if=/dev/zero of=${node.path(`${state}/fill`)} bs=1k 2>/dev/null`;
        node.tool(name, `case $* in ${match}) ${fill} || : ;; esac\n${then}`);
        const set = node.set();
        const done = await node.run("apply", node.payload(set), limits);
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, /served web \w+ \S+ yes[^]*done \w{8} changed/);
        assert.ok(node.holds(set));
      });

    it("says so where the state folder stays full", async function () {
      const state = "/var/lib/kube-pki";
      if (!mount(state, "700k")) return this.skip();
      const old = node.live();
      const fill = `dd if=/dev/zero bs=1k 2>/dev/null >>${node.path(`${state}/fill`)}`;
      node.tool("systemctl", `case $* in restart*) ${fill} || : ;; esac\n. ${stub}`);
      node.tool("rm", `/bin/rm "$@"; [ ! -f ${node.path(`${state}/fill`)} ] || ${fill} || :`);
      const failed = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "BACK=2 HEALTH=2 RELOAD=2" });
      assert.equal(failed.code, 1);
      assert.match(failed.why, /kube-pki has no room left: make room there; the old set was put back, run again then/);
      assert.doesNotMatch(failed.stderr, /putting the old set back[^]*putting|restarting web[^]*putting/);
      assert.ok(node.holds(old));
    });
  });
}
