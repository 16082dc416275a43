import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Machine } from "./fixture";

const main = join(__dirname, "..", "..", "tools", "main.ts");

describe("npm run tools", function () {
  this.timeout(20_000);
  let machine: Machine;

  beforeEach(() => {
    machine = new Machine();
  });
  afterEach(() => {
    machine.remove();
  });

  const args = (...names: string[]): string[] => ["--import", "tsx", main, ...names];
  const lock = (): string => join(machine.cache, "tools", "lock");
  const compilerPid = (): number => Number(readFileSync(join(machine.root, "pid"), "utf8"));

  /** Starts a build that never ends, and gives the process once the compiler runs. */
  async function startEndless(): Promise<ChildProcess> {
    machine.putGo("go1.26.8", `echo $$ >"${join(machine.root, "pid")}"; exec sleep 60`);
    const child = spawn(process.execPath, args("pause"), { env: machine.env, stdio: "ignore" });
    while (!existsSync(join(machine.root, "pid"))) await sleep(20);
    await sleep(50);
    return child;
  }

  function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    return new Promise((resolve) => {
      child.once("exit", (code) => {
        resolve(code);
      });
      child.kill(signal);
    });
  }

  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return !readFileSync(`/proc/${String(pid)}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  }

  it("ends the compiler and lets go of the lock on Ctrl-C, and goes on when run again", async () => {
    const child = await startEndless();
    assert.equal(existsSync(lock()), true);
    assert.equal(await end(child, "SIGINT"), 130);
    assert.equal(existsSync(lock()), false);
    await sleep(100);
    assert.equal(isAlive(compilerPid()), false);
    machine.putGo();
    const again = spawnSync(process.execPath, args("pause"), { env: machine.env, encoding: "utf8" });
    assert.equal(again.status, 0, again.stderr);
    assert.match(again.stdout, /^pause +\/.*\/bin\/pause\n$/);
  });

  it("takes over from a run that was killed", async () => {
    const child = await startEndless();
    await end(child, "SIGKILL");
    process.kill(compilerPid());
    assert.equal(existsSync(lock()), true);
    machine.putGo();
    const again = spawnSync(process.execPath, args("pause"), { env: machine.env, encoding: "utf8" });
    assert.equal(again.status, 0, again.stderr);
    assert.equal(existsSync(lock()), false);
  });

  it("refuses a name it does not know before anything is done", () => {
    const { status, stderr } = spawnSync(process.execPath, args("pause", "pulmi"), {
      env: machine.env,
      encoding: "utf8",
    });
    assert.equal(status, 1);
    assert.match(stderr, /there is no tool named pulmi\nusage: /);
    assert.equal(existsSync(machine.cache), false);
  });

  it("lists every tool without getting any", () => {
    const { status, stdout } = spawnSync(process.execPath, args("list"), { env: machine.env, encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^kubelet +1\.36\.3 +not here yet$/m);
    assert.equal(existsSync(machine.cache), false);
  });
});
