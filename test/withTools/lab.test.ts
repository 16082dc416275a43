import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clearAbandoned } from "../lab/clean";
import { hierarchies } from "../lab/cgroup";
import { Lab } from "../lab/lab";
import { namespacesOf } from "../lab/network";
import { runDir } from "../lab/paths";
import { must, sleep } from "../lab/process";
import { knownHostsFile, trustHost } from "../lab/ssh";
import { readState } from "../lab/state";

const log = (line: string): void => {
  console.log(`      ${line}`);
};

/** All that a lab of this name may have left on the machine. */
function traces(name: string): string[] {
  const groups = hierarchies().map(({ base }) => join(base, "kube-pki", name));
  const processes = readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && commandLine(pid).includes(`lab/run/${name}/`),
  );
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return [
    ...[runDir(name), ...groups].filter((path) => existsSync(path)),
    ...namespacesOf(name),
    ...processes.map((pid) => commandLine(pid)),
    ...mounts.filter((line) => line.includes(`lab/run/${name}/`)),
  ];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** What the kubelet sets for a whole machine. */
function machineSettings(): string[] {
  return [
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/keys/root_maxkeys",
  ].map((name) => `${name} ${readFileSync(`/proc/sys/${name}`, "utf8").trim()}`);
}

const settingsBefore = machineSettings();

function skipUnlessSupported(this: Mocha.Context): void {
  const missing = Lab.supported();
  if (missing === undefined) return;
  console.log(`      left out: ${missing}`);
  this.skip();
}

describe("lab: a cluster of two nodes", function () {
  this.timeout(900_000);
  let lab: Lab;
  const name = `test-duo-${String(process.pid)}`;
  before(skipUnlessSupported);
  before(async () => {
    lab = await Lab.start("duo", { name, log });
  });
  after(async () => {
    if (existsSync(runDir(name))) await Lab.attach(name).stop();
  });

  it("runs shell text on a node by ssh, with input, exit code and both outputs", async () => {
    const result = await lab.run("w1", "hostname; cat; echo oops >&2; exit 7", { stdin: "given\n" });
    assert.deepEqual(result, { code: 7, stdout: "w1\ngiven\n", stderr: "oops\n" });
  });

  it("gives up on a command that does not end, with a sentence", async () => {
    await assert.rejects(lab.run("w1", "sleep 60", { timeoutMs: 1500 }), /w1: sleep 60: not done after 1\.5 s/);
  });

  it("answers with the host key it names, and refuses a node that answers with another", async () => {
    const scan = await lab.exec(["ssh-keyscan", "-t", "ed25519", "10.77.0.11"]);
    assert.ok(scan.stdout.includes(lab.hostKey("cp1")));
    const known = readFileSync(knownHostsFile(lab.folder), "utf8");
    trustHost(lab.folder, "10.77.0.11", lab.hostKey("w1"));
    const refused = await lab.run("cp1", "true");
    writeFileSync(knownHostsFile(lab.folder), known);
    assert.equal(refused.code, 255);
    assert.match(refused.stderr, /Host key verification failed/);
  });

  it("has a cluster made by kubeadm that takes writes and reaches the kubelets", async () => {
    assert.equal((await lab.kubectl(["create", "configmap", "seen", "--from-literal=a=b"])).code, 0);
    const read = await lab.kubectl(["get", "configmap", "seen", "-o", "jsonpath={.data.a}"]);
    assert.equal(read.stdout, "b");
    for (const node of lab.clusterNodes) {
      const health = await lab.kubectl(["get", "--raw", `/api/v1/nodes/${node}/proxy/healthz`]);
      assert.equal(health.stdout, "ok", health.stderr);
    }
  });

  it("keeps the nodes apart from the machine: its settings stay, its network is out of reach", async () => {
    assert.equal((await lab.run("cp1", "cat /proc/sys/kernel/panic")).stdout, "10\n");
    assert.deepEqual(machineSettings(), settingsBefore);
    assert.notEqual((await lab.run("cp1", "echo 1 >/proc/sys/kernel/sysrq")).code, 0);
    const routes = await must(["ip", "route"]);
    assert.ok(!routes.includes("10.77.0."));
  });

  it("adds a node, joins it, replaces it by an empty one with a new host key, joins that", async () => {
    await lab.addNode("w2");
    await lab.join("w2");
    const before = lab.hostKey("w2");
    await lab.replaceNode("w2");
    assert.notEqual(lab.hostKey("w2"), before);
    const { stdout } = await lab.run("w2", "find /var/lib/kubelet /etc/kubernetes -type f 2>/dev/null");
    assert.equal(stdout, "");
    await lab.join("w2");
    assert.deepEqual(Lab.attach(name).clusterNodes, ["cp1", "w1", "w2"]);
  });

  it("refuses the name of a lab that runs", async () => {
    await assert.rejects(Lab.start("duo", { name, bare: true, log }), /is there already, stop it first/);
  });

  it("leaves nothing behind", async () => {
    assert.notDeepEqual(traces(name), []);
    await lab.stop();
    assert.deepEqual(traces(name), []);
    assert.deepEqual(machineSettings(), settingsBefore);
  });
});

describe("lab: a driver that is killed", function () {
  this.timeout(300_000);
  const name = `test-killed-${String(process.pid % 100_000)}`;
  before(skipUnlessSupported);

  it("leaves a lab that the next one clears", async () => {
    const text = `require("./test/lab/lab.ts").Lab.start("single", { name: "${name}", bare: true, log() {} }).then(() => setInterval(() => {}, 1000))`;
    const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", "-e", text], { stdio: "ignore" });
    const up = (): boolean => existsSync(join(runDir(name), "nodes/cp1/console.log"));
    for (let tries = 0; tries < 600 && !up(); tries++) await sleep(100);
    assert.ok(up());
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    assert.equal(readState(name)?.topology, "single");
    assert.ok(namespacesOf(name).length > 0);
    await clearAbandoned(log);
    assert.deepEqual(traces(name), []);
  });
});
