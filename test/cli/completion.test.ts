/** What the shells themselves make of `kube-pki completion`, and mandoc of `kube-pki man`. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { COMMAND_NAMES } from "../../cli/commands";
import { Harness } from "./harness";

/** A line that is begun, and the one word that ends it. */
const CASES: readonly (readonly [line: string, word: string])[] = [
  ["kube-pki stat", "status"],
  ["kube-pki help ren", "renew"],
  ["kube-pki status --withi", "--within"],
  ["kube-pki status --as-of now --auth", "--authority"],
  ["kube-pki timer rem", "remove"],
  ["kube-pki timer status --unit-f", "--unit-folder"],
  ["kube-pki completion f", "fish"],
  ["kube-pki init root@cp1 --ca ad", "adopt"],
  ["kube-pki due --stack st", "staging"],
  ["kube-pki due -s st", "staging"],
  ["kube-pki restore cp1 --unpr", "--unproven"],
  ["kube-pki restore --unpr", "--unproven"],
  ["kube-pki restore cp1 --li", "--list"],
  ["kube-pki doctor ann@cp1 --fr", "--from"],
  ["kube-pki backup --output fol", "folder"],
  ["kube-pki doctor --from sur", "survey.json"],
];

const harness = new Harness();
after(() => {
  harness.remove();
});

const script = async (shell: string): Promise<string> => {
  const { code, stdout } = await harness.run(["completion", shell]);
  assert.equal(code, 0);
  const file = join(harness.folder, `completion.${shell}`);
  writeFileSync(file, stdout);
  writeFileSync(join(harness.folder, "survey.json"), "[]");
  for (const stack of ["prod", "staging"]) writeFileSync(join(harness.folder, `Pulumi.${stack}.yaml`), "");
  spawnSync("mkdir", ["-p", join(harness.folder, "folder")]);
  return file;
};

const printed = (program: string, args: readonly string[]): string[] => {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd: harness.folder, encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
};

describe("read by bash: completion", function () {
  this.timeout(60_000);
  let file: string;
  before(async () => {
    file = await script("bash");
  });

  /** bash itself splits a word at `=`. */
  const offers = (line: string): string[] => {
    const words = line.split(/ |(?=[=])|(?<=[=])/).map((word) => `'${word}'`);
    const call = `source "$1"; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${String(words.length - 1)}; _kube_pki; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return printed("bash", ["-c", call, "bash", file]);
  };

  for (const [line, word] of [...CASES, ["kube-pki due --stack=st", "staging"] as const])
    it(`ends ${line} with ${word}`, () => {
      assert.deepEqual(offers(line), [word]);
    });

  it("offers every command, and no option of another", () => {
    assert.deepEqual(offers("kube-pki "), [...COMMAND_NAMES, "help", "--help", "--version"]);
    assert.deepEqual(offers("kube-pki survey -"), ["--identity", "-i", "--jump", "-J", "--ssh-config", "-F", "--help"]);
    assert.deepEqual(offers("kube-pki due -s "), ["prod", "staging"]);
    assert.deepEqual(offers("kube-pki timer "), ["install", "run", "status", "remove", "--help"]);
  });
});

describe("read by fish: completion", function () {
  this.timeout(60_000);
  let file: string;
  before(async () => {
    file = await script("fish");
  });

  for (const [line, word] of CASES)
    it(`ends ${line} with ${word}`, () => {
      const found = printed("fish", ["--no-config", "-c", `source ${file}; complete -C '${line}'`]);
      assert.deepEqual(
        found.map((each) => each.split("\t")[0]?.replace(/\/$/, "")),
        [word],
      );
    });
});

describe("read by zsh: completion", function () {
  this.timeout(120_000);

  it("ends each of the lines", async () => {
    const file = await script("zsh");
    const typed = join(harness.folder, "typed");
    writeFileSync(
      join(harness.folder, ".zshrc"),
      [
        "PS1=ready: KEYTIMEOUT=1",
        "autoload -Uz compinit && compinit -u -D",
        `source ${file}`,
        `typed() { print -r -- "$BUFFER" >>${typed}; BUFFER=; zle redisplay }`,
        "zle -N typed && bindkey '^G' typed && bindkey '^I' complete-word",
        `print begun >${typed}`,
        "",
      ].join("\n"),
    );
    const lines = (): string[] => (existsSync(typed) ? readFileSync(typed, "utf8").trimEnd().split("\n") : []);
    // a completion is a matter of a terminal
    const child = spawn("script", ["-qec", "zsh -i", "/dev/null"], {
      cwd: harness.folder,
      env: { ...process.env, ZDOTDIR: harness.folder, TERM: "dumb" },
      stdio: ["pipe", "ignore", "ignore"],
    });
    const reached = async (count: number): Promise<void> => {
      for (let tenths = 0; lines().length < count && tenths < 300; tenths++) await sleep(100);
    };
    await reached(1);
    for (const [index, [line]] of CASES.entries()) {
      child.stdin.write(`${line}\t\x07`);
      await reached(index + 2);
    }
    child.stdin.end("exit\n");
    await new Promise((resolve) => child.on("close", resolve));
    assert.deepEqual(
      lines()
        .slice(1)
        .map((line) => line.replace(/[ /=]+$/, "")),
      CASES.map(([line, word]) => line.replace(/\S+$/, word)),
    );
  });
});

describe("read by mandoc: the man page", function () {
  this.timeout(60_000);

  it("has nothing to complain of but the date that it leaves out", async () => {
    const { stdout: page } = await harness.run(["man"]);
    const { stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "warning"], { input: page, encoding: "utf8" });
    assert.deepEqual(
      stdout.split("\n").filter((line) => line !== "" && !line.includes("missing date")),
      [],
    );
    const text = spawnSync("mandoc", ["-T", "utf8"], { input: page, encoding: "utf8" }).stdout.replace(/.\x08/g, "");
    for (const part of ["--environment-file FILE", "doctor [HOST...] [OPTION...]", "`pulumi up`", "NO_COLOR"])
      assert.ok(text.includes(part), part);
  });
});
