import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../tools/lock";

describe("the toolchain's lock", () => {
  let folder: string;
  let path: string;
  let lines: string[];
  const hold = <T>(work: () => Promise<T>): Promise<T> =>
    withLock(path, { log: (line) => lines.push(line), pollMs: 10 }, work);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kube-pki-lock-"));
    path = join(folder, "lock");
    lines = [];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("names its owner while it is held, and leaves nothing behind", async () => {
    await hold(() => {
      assert.equal(readFileSync(path, "utf8").split(" ")[0], String(process.pid));
      return Promise.resolve();
    });
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is let go when the work fails", async () => {
    await assert.rejects(
      hold(() => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(existsSync(path), false);
  });

  it("lets one in at a time", async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      [1, 2, 3, 4].map(() =>
        hold(async () => {
          most = Math.max(most, ++inside);
          await sleep(15);
          inside -= 1;
        }),
      ),
    );
    assert.equal(most, 1);
  });

  it("is waited for while its owner lives, with a line that names it", async () => {
    const other = spawn("sleep", ["0.3"]);
    const gone = new Promise((resolve) => other.once("exit", resolve));
    writeFileSync(path, `${String(other.pid)} ${startOf(other.pid)}\n`);
    let got = false;
    const waiting = hold(() => Promise.resolve((got = true)));
    await sleep(100);
    assert.equal(got, false);
    assert.deepEqual(lines, [`waiting for process ${String(other.pid)}, which is getting tools now`]);
    await gone;
    await waiting;
    assert.equal(got, true);
  });

  it("is taken over from a process that is gone", async () => {
    const { pid } = spawnSync("true");
    writeFileSync(path, `${String(pid)} 12345\n`);
    assert.equal(await hold(() => Promise.resolve("mine")), "mine");
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is taken over when another process has the dead owner's number", async function () {
    if (!existsSync("/proc/self/stat")) this.skip();
    writeFileSync(path, `${String(process.ppid)} 1\n`);
    assert.equal(await hold(() => Promise.resolve("mine")), "mine");
  });

  for (const [what, text] of [
    ["empty", ""],
    ["of another kind", "hello\n"],
    ["negative", "-1 0\n"],
  ] as const) {
    it(`is taken over when it is ${what}`, async () => {
      writeFileSync(path, text);
      assert.equal(await hold(() => Promise.resolve("mine")), "mine");
    });
  }
});

function startOf(pid: number | undefined): string {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
