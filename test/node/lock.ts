import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { Cluster } from "./cluster";
import { payload } from "./payload";

const until = async (done: () => boolean): Promise<void> => {
  for (let i = 0; i < 200 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(done());
};

/** @param shell - what the script is run with */
export function takesTurns(shell: string): void {
  describe(`node runs one at a time (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("lets a second run wait, and then it changes nothing", async () => {
      const sent = node.payload(node.set());
      const both = await Promise.all([node.run("apply", sent), node.run("apply", sent)]);
      assert.deepEqual(
        both.map((run) => run.code),
        [0, 0],
        both.map((run) => run.stderr).join(),
      );
      assert.deepEqual(both.map((run) => run.stdout.trimEnd().split(" ").at(-1)).sort(), ["changed", "unchanged"]);
      assert.equal(node.restarts("store"), 2); // one is the test's own start
    });

    it("says who waits for whom when the lock is held too long", async () => {
      const holder = spawn("flock", [node.path("/var/lib/kube-pki/lock"), "sleep", "30"], { detached: true });
      await until(() => existsSync(node.path("/var/lib/kube-pki/lock")));
      await new Promise((resolve) => setTimeout(resolve, 200));
      const refused = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "LOCK=1" });
      process.kill(-(holder.pid ?? 0), "SIGKILL");
      assert.match(refused.why, /another run has held the lock for 1 s/);
    });

    it("works without flock, and takes over a dead holder's lock", async () => {
      node.without("flock");
      node.write("/var/lib/kube-pki/lock.d/pid", "4194305\n");
      const sent = node.payload(node.set());
      const both = await Promise.all([0, 1].map(() => node.run("apply", sent)));
      assert.deepEqual(
        both.map((run) => run.code),
        [0, 0],
        both.map((run) => run.stderr).join(),
      );
      assert.equal(node.has("/var/lib/kube-pki/lock.d"), false);
    });

    const held = "/var/lib/kube-pki/lock.held";
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const born = (pid: number): string =>
      readFileSync(`/proc/${String(pid)}/stat`, "utf8")
        .replace(/.*\) /, "")
        .split(" ")[19] ?? "";

    for (const [who, by] of [
      ["of another boot", () => `${"0".repeat(8)}${boot.slice(8)} 1 ${born(1)}`],
      ["whose pid is another's by now", () => `${boot} ${String(process.pid)} 1`],
      ["that left nothing to know it by", () => "-"],
    ] as const)
      it(`without flock: takes over the lock of a holder ${who}`, async () => {
        node.without("flock");
        mkdirSync(node.path("/var/lib/kube-pki/lock.d")); // an older node.sh, killed before it wrote its pid
        symlinkSync(by(), node.path(held));
        const done = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "LOCK=2" });
        assert.equal(done.code, 0, done.stderr);
        assert.deepEqual(
          node.list("/var/lib/kube-pki").filter((name) => name.startsWith("lock")),
          [],
        );
      });

    it("without flock: waits for a holder that lives", async () => {
      node.without("flock");
      symlinkSync(`${boot} ${String(process.pid)} ${born(process.pid)}`, node.path(held));
      const refused = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "LOCK=1" });
      assert.match(refused.why, /another run has held the lock for 1 s/);
    });

    it("sweeps what killed runs have left, and nothing of those that live", async () => {
      const state = "/var/lib/kube-pki";
      const lives = `${String(process.pid)}.${born(process.pid)}`;
      for (const name of ["look.1", "look.1.1", "status.1", "run.2.2", `look.${lives}`, `run.${lives}`])
        node.write(`${state}/${name}/in`, "");
      node.write(`${state}/run.3.3/worker`, `${boot} ${lives.replace(".", " ")}\n`);
      node.write(`${state}/in.1.body`, "");
      assert.equal((await node.run("request", payload("request", "node n1\n"))).code, 0);
      assert.deepEqual(
        node.list(state).filter((name) => /^(in|look|run|status)[^/]*$/.test(name)),
        [`look.${lives}`, `run.${lives}`, "run.3.3"].sort(),
      );
    });

    it("goes on when the line is cut, and leaves its result", async () => {
      const set = node.set();
      const [command = "", ...args] = shell.split(" ");
      const env = {
        ...process.env,
        KUBE_PKI_ROOT: node.root,
        KUBE_PKI_LIMIT: "60",
        KUBE_PKI_SH: shell,
        FAKE_UNITS: node.units,
        KUBE_PKI_PATH: `${node.tools}:${process.env["PATH"] ?? ""}`,
      };
      const child = spawn(command, [...args, node.path("/var/lib/kube-pki/node.sh"), "apply"], { env, detached: true });
      child.stdin.end(node.payload(set));
      await until(() => node.list("/var/lib/kube-pki").some((name) => /^run.*worker$/.test(name)));
      process.kill(-(child.pid ?? 0), "SIGKILL"); // the whole group of the ssh session
      await until(() => node.has("/var/lib/kube-pki/result"));
      assert.match(node.read("/var/lib/kube-pki/result"), /^exit 0\n[^]*done \w{8} changed/);
      assert.ok(node.holds(set));
    });
  });
}
