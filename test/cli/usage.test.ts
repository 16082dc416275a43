/** What the command line says of itself, all of it from the one table of commands. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMAND_NAMES, specs } from "../../cli/commands";
import { named } from "../../cli/usage/spec";
import { Harness } from "./harness";

const ROOT = join(__dirname, "..", "..");
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

describe("kube-pki", function () {
  this.timeout(60_000);
  const harness = new Harness();
  after(() => {
    harness.remove();
  });
  const ran = async (...args: string[]) => {
    const { code, stdout, stderr } = await harness.run(args);
    return [code, stdout, stderr] as const;
  };

  it("lists every command", async () => {
    const [code, stdout] = await ran("--help");
    assert.equal(code, 0);
    assert.deepEqual(
      [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name),
      COMMAND_NAMES,
    );
    assert.match(stdout, /^exit codes:\n {2}0 /m);
    const widest = Math.max(...stdout.split("\n").map((line) => line.length));
    assert.ok(widest <= 100, String(widest));
  });

  it("prints the same help for each way to ask for it", async () => {
    const [, all] = await ran("--help");
    for (const args of [["-h"], ["help"]]) assert.equal((await ran(...args))[1], all);
    assert.deepEqual((await ran()).slice(0, 2), [2, all]);
    const [, one] = await ran("timer", "install", "--help");
    assert.match(
      one,
      /^usage: kube-pki timer install \[OPTION\.\.\.\]\n\nA systemd service .*\n\noptions:\n {2}-s, --stack STACK {9}the stack; /,
    );
    for (const args of [
      ["help", "timer", "install"],
      ["timer", "install", "-h"],
    ])
      assert.equal((await ran(...args))[1], one);
    assert.match((await ran("timer", "--help"))[1], /^usage: kube-pki timer install\|run\|status\|remove /);
  });

  for (const { words, spec } of named(specs())) {
    it(`explains ${words}, with an example`, () => {
      assert.ok(spec.examples.length > 0);
      for (const [line] of spec.examples) assert.match(line, new RegExp(`^${words}(?: |$)`));
      for (const text of [spec.summary, ...Object.values(spec.options).map(({ text }) => text)])
        assert.match(text, /[^.\s]$/, "no full stop");
      const page = spec.page;
      if (page !== undefined) assert.ok(readFileSync(join(ROOT, "docs", page), "utf8").includes("kube-pki"), page);
      const shorts = Object.values(spec.options).flatMap(({ short }) => short ?? []);
      assert.equal(new Set([...shorts, "h"]).size, shorts.length + 1, "short options differ");
    });

    it(`has examples of ${words} that name options it takes`, () => {
      if (spec.handsOn !== undefined) return; // those of another program
      const known = Object.entries(spec.options).flatMap(([name, { short }]) => [`--${name}`, `-${short ?? ""}`]);
      for (const [line] of spec.examples) {
        const own = line.split(/ [|>]/)[0] ?? "";
        for (const [flag] of own.matchAll(/(?<= )--?[a-z-]+/g)) assert.ok(known.includes(flag), `${line}: ${flag}`);
      }
    });
  }

  it("says its version", async () => {
    for (const word of ["--version", "version"]) assert.deepEqual(await ran(word), [0, `kube-pki ${version}\n`, ""]);
  });

  const NAMES = COMMAND_NAMES.join(", ");
  const unknown: readonly [string[], string][] = [
    [["frobnicate"], `command: "frobnicate"; must be one of ${NAMES}`],
    [["constructor"], `command: "constructor"; must be one of ${NAMES}`],
    [["statu"], `command: "statu"; must be one of ${NAMES}; did you mean \`status\`?`],
    [["help", "renwe"], `command: "renwe"; must be one of ${NAMES}; did you mean \`renew\`?`],
    [["timer", "instal"], 'timer: "instal"; must be one of install, run, status, remove; did you mean `install`?'],
    [["completion", "fihs"], 'completion: "fihs"; must be one of bash, zsh, fish; did you mean `fish`?'],
    [["completion"], "completion takes one of bash, zsh, fish"],
  ];
  for (const [args, sentence] of unknown)
    it(`refuses ${args.join(" ")}`, async () => {
      assert.deepEqual(await ran(...args), [2, "", `kube-pki: ${sentence}\n`]);
    });

  it("does not mind a reader that stops", async () => {
    const { stderr } = await harness.sh("kube-pki man | true");
    assert.equal(stderr, "");
  });
});
