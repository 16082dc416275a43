import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { platform } from "../../tools/cache";
import type { Tool } from "../../tools/catalog";
import { findDigest } from "../../tools/release";
import { digestOf, Machine, playSite, program, version, widget, type PlayedSite } from "./fixture";

const assetPath = `release/v${version}/bin/${platform.os}/${platform.arch}/widget`;
const sumPath = `${assetPath}.sha256`;
const released = program("released");

type Answers = Parameters<typeof playSite>[0];

describe("a release site", function () {
  // The SDK alone takes seconds to load on a busy machine.
  this.timeout(20_000);
  let machine: Machine;
  let site: PlayedSite | undefined;

  beforeEach(() => {
    machine = new Machine();
    machine.putGo();
  });
  afterEach(async () => {
    machine.remove();
    await site?.close();
    site = undefined;
  });

  async function getFrom(answers: Answers, tool: Tool = widget): Promise<string> {
    site = await playSite(answers);
    for (const name of ["KUBERNETES", "ETCD", "PULUMI"]) machine.env[`KUBE_PKI_${name}_SITE`] = site.address;
    const path = (await machine.get([tool]))[tool.binaries[0]!];
    return spawnSync(path!, { encoding: "utf8" }).stdout.trim();
  }

  it("gives a program whose published digest is right", async () => {
    assert.equal(
      await getFrom({ [assetPath]: released, [sumPath]: `${digestOf(released)}\n` }),
      `released v${version}`,
    );
    assert.deepEqual(site!.asked, [sumPath, assetPath]);
  });

  it("has a wrong digest refused with a sentence, and the next source tried", async () => {
    const answers = { [assetPath]: program("poisoned"), [sumPath]: digestOf(released) };
    assert.equal(await getFrom(answers), `built v${version}`);
    assert.match(
      machine.said(),
      new RegExp(
        `widget 1\\.36\\.3: http.*/widget has SHA-256 [0-9a-f]{64}, but ${digestOf(released)} is published: it was not used`,
      ),
    );
  });

  it("is not trusted without a published digest", async () => {
    assert.equal(await getFrom({ [assetPath]: released, [sumPath]: "not a digest" }), `built v${version}`);
    assert.match(machine.said(), /holds no SHA-256 for widget/);
  });

  it("that has no such version is passed over", async () => {
    assert.equal(await getFrom({}), `built v${version}`);
    assert.match(machine.said(), /\.sha256 answered 404/);
  });

  it("that is silent is given up within the time for an answer", async () => {
    const began = Date.now();
    site = await playSite({ "": () => undefined });
    machine.env["KUBE_PKI_KUBERNETES_SITE"] = site.address;
    await machine.get();
    assert.deepEqual(machine.calls(), ["."]);
    assert.deepEqual(site.asked, []);
    assert.ok(Date.now() - began < 5_000);
  });

  it("that falls silent in the middle of a file is given up", async () => {
    const half: Answers[string] = (_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write(released);
    };
    assert.equal(await getFrom({ [assetPath]: half, [sumPath]: digestOf(released) }), `built v${version}`);
    assert.match(machine.said(), /widget stood still for 1 s/);
  });

  it("that does not answer one request after another is given up", async () => {
    assert.equal(await getFrom({ [sumPath]: () => undefined }), `built v${version}`);
    assert.match(machine.said(), /\.sha256 did not answer within 1 s/);
  });

  it("is asked once for all its tools", async () => {
    let heads = 0;
    const tools = ["one", "two"].map((name): Tool => ({
      ...widget,
      name,
      binaries: [name],
      build: [{ ...widget.build![0]!, binary: name }],
    }));
    site = await playSite({
      "": (_, response) => {
        heads += 1;
        response.writeHead(404).end();
      },
    });
    machine.env["KUBE_PKI_KUBERNETES_SITE"] = site.address;
    await machine.get(tools);
    assert.equal(heads, 1);
  });

  it("gives every program of an archive, checked by a list of digests", async () => {
    const name = `widget-v${version}-${platform.os}-${platform.arch}`;
    mkdirSync(join(machine.root, name));
    for (const binary of ["widget", "widgetctl"])
      writeFileSync(join(machine.root, name, binary), program(`released ${binary}`), { mode: 0o755 });
    spawnSync("tar", ["-czf", `${name}.tar.gz`, name], { cwd: machine.root });
    const archive = readFileSync(join(machine.root, `${name}.tar.gz`));
    const pair: Tool = {
      ...widget,
      binaries: ["widget", "widgetctl"],
      release: {
        kind: "files",
        site: "etcd",
        asset: `v${version}/widget-v${version}-{os}-{arch}.tar.gz`,
        checksums: `v${version}/SHA256SUMS`,
        unpack: true,
      },
    };
    const sums = `${"0".repeat(64)}  other.tar.gz\n${digestOf(archive)}  ${name}.tar.gz\n`;
    const said = await getFrom({ [`v${version}/${name}.tar.gz`]: archive, [`v${version}/SHA256SUMS`]: sums }, pair);
    assert.equal(said, `released widget v${version}`);
    assert.deepEqual(machine.calls(), []);
  });

  describe("of Pulumi", () => {
    const realFetch = globalThis.fetch;
    const host: Tool = {
      ...widget,
      binaries: ["pulumi", "pulumi-language-nodejs"],
      version: "3.250.0",
      release: { kind: "installer", site: "pulumi" },
    };
    afterEach(() => {
      globalThis.fetch = realFetch;
    });

    /** The SDK's installer knows only Pulumi's own address: its one request is answered here. */
    function answerInstaller(script: string): string[] {
      const asked: string[] = [];
      globalThis.fetch = (input, init) => {
        const url = input instanceof Request ? input.url : input.toString();
        if (!url.startsWith("https://")) return realFetch(input, init);
        asked.push(url);
        return Promise.resolve(new Response(script));
      };
      return asked;
    }

    const installer = [
      'while [ $# -gt 0 ]; do case "$1" in --install-root) root=$2 ;; --version) version=$2 ;; esac; shift; done',
      'mkdir -p "$root/bin"',
      'for name in pulumi pulumi-language-nodejs; do printf \'#!/bin/sh\\necho "v%s"\\n\' "$version" >"$root/bin/$name"; chmod 755 "$root/bin/$name"; done',
    ].join("\n");

    it("is installed by the SDK's own installer, at the version of the table", async () => {
      const asked = answerInstaller(installer);
      assert.equal(await getFrom({}, host), "v3.250.0");
      assert.deepEqual(asked, ["https://get.pulumi.com/install.sh"]);
      assert.deepEqual(machine.calls(), []);
    });

    it("is passed over when the installer fails", async () => {
      answerInstaller("echo no such release >&2; exit 1");
      const build = host.binaries.map((binary) => ({ ...widget.build![0]!, binary }));
      assert.equal(await getFrom({}, { ...host, build }), `built v${version}`);
      assert.match(machine.said(), /no such release/);
    });
  });
});

describe("a published digest", () => {
  const [one, two] = [digestOf("1"), digestOf("2")];
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ["stands alone in its file", `${one}\n`, one],
    ["stands in a list", `${two}  other\n${one}  tool\n`, one],
    ["stands in a list of binary files", `${one} *tool\n`, one],
    ["is not another file's", `${two}  other\n`, undefined],
    ["is whole", one.slice(1), undefined],
    ["is not a page of words", "<html>not found</html>", undefined],
  ];
  for (const [what, text, wanted] of cases) {
    it(what, () => {
      assert.equal(findDigest(text, "tool"), wanted);
    });
  }
});
