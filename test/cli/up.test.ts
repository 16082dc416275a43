import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { confirms, previewArgs, upArgs, wantsPulumisDisplay } from "../../cli/up/pulumiOptions";
import { authorityDigest } from "../../core/config/authorityDigest";
import { Harness } from "./harness";

const CLUSTER = { name: "prod", kubernetesVersion: "1.36.3" };
const SAVES_ONCE = "kube-pki: the CAs stay as they are: the state is saved once, at the end\n";

describe("kube-pki up", function () {
  this.timeout(20_000);
  const harness = new Harness();
  after(() => {
    harness.remove();
  });

  /** A stack whose last run that succeeded was of `last`; undefined: none has. */
  const holds = (config: Readonly<Record<string, unknown>>, last: Readonly<Record<string, unknown>> | undefined) => {
    const values = Object.entries(config).map(([key, value]) => [`kube-pki:${key}`, { value: JSON.stringify(value) }]);
    const write = (name: string, value: object) => {
      writeFileSync(join(harness.folder, name), JSON.stringify(value));
    };
    write("config", Object.fromEntries(values) as object);
    write("outputs", last === undefined ? {} : { authorityDigest: authorityDigest(last) });
    harness.pulumiRuns(
      'case "$1" in',
      '  config) cat "$here/config" ;;',
      '  stack) cat "$here/outputs" ;;',
      "  preview) exit 0 ;;",
      '  up) echo "${PULUMI_SKIP_CHECKPOINTS:-saves always}"; exit 3 ;;',
      "esac",
    );
  };

  it("saves the state once where only certificates are renewed, nodes added and lifetimes changed", async () => {
    const more = { nodes: [{ name: "w9" }], certificates: { validity: "90d" } };
    holds(
      { cluster: CLUSTER, rotation: { generation: 2 }, ...more },
      { rotation: { generation: 2 }, cluster: CLUSTER },
    );
    const ran = await harness.run(["up", "-y", "--stack", "prod", "--parallel", "16"]);
    assert.match(ran.stdout, /\nfailed after [\d.]+ s\nerror: true\n$/);
    assert.deepEqual([ran.stderr, ran.code], [SAVES_ONCE, 2]);
    assert.match(
      readFileSync(join(harness.folder, "arguments"), "utf8"),
      /^up --yes --skip-preview --non-interactive --stack prod --parallel 16 --event-log \S+\n$/,
    );
  });

  const others: Readonly<Record<string, readonly [config: object, last: object | undefined]>> = {
    "that begins a rotation": [{ rotation: { generation: 2 } }, {}],
    "that goes back a phase": [{ rotation: { generation: 2, phase: "trust" } }, { rotation: { generation: 2 } }],
    "that moves its CAs": [{ authority: { kind: "vault" } }, { authority: { kind: "embedded" } }],
    "that takes a cluster over": [{ adopt: { kubernetes: "00" } }, {}],
    "whose first run is to come": [{}, undefined],
  };
  for (const [what, [config, last]] of Object.entries(others))
    it(`saves it at each change of a stack ${what}`, async () => {
      holds({ cluster: CLUSTER, ...config }, last && { cluster: CLUSTER, ...last });
      assert.deepEqual(await harness.run(["up"]), { stdout: "saves always\n", stderr: "", code: 2 });
    });

  it("leaves it to pulumi to say that there is no such stack", async () => {
    harness.pulumiRuns("echo \"error: no stack named 'x' found\" >&2", "exit 255");
    assert.deepEqual(await harness.run(["up", "-s", "x"]), {
      stdout: "",
      stderr: "error: no stack named 'x' found\n",
      code: 2,
    });
    assert.equal(readFileSync(join(harness.folder, "arguments"), "utf8"), "up -s x\n");
  });

  it("leaves the display to pulumi where one of its own is asked for", async () => {
    holds({ cluster: CLUSTER }, { cluster: CLUSTER });
    const ran = await harness.run(["up", "--yes", "--diff"]);
    assert.deepEqual(ran, { stdout: "true\n", stderr: SAVES_ONCE, code: 2 });
    assert.equal(readFileSync(join(harness.folder, "arguments"), "utf8"), "up --yes --diff\n");
  });

  /** A pulumi that says these events, and ends so. */
  const says = (code: number, ...events: readonly object[]): void => {
    holds({ cluster: CLUSTER }, { cluster: CLUSTER });
    writeFileSync(join(harness.folder, "events"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    harness.pulumiRuns(
      'case "$1" in',
      '  config) cat "$here/config" ;;',
      '  stack) cat "$here/outputs" ;;',
      '  *) for log in "$@"; do :; done; cat "$here/events" >"$log"; echo noise; echo "View Live: https://example.com/1"; exit ' +
        String(code) +
        " ;;",
      "esac",
    );
  };
  const TROUBLE = { diagnosticEvent: { message: "<{%fg 1%}>it is broken\n", severity: "error" } };

  it("prints an event a line for programs, the errors in the last one", async () => {
    says(255, TROUBLE, { summaryEvent: { resourceChanges: { same: 3 } } });
    const { stdout, code } = await harness.run(["up", "--yes", "--skip-preview", "--json"]);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const last = events.at(-1) ?? {};
    assert.deepEqual([last["event"], last["version"], last["result"]], ["end", 1, "failed"]);
    assert.equal(last["url"], "https://example.com/1");
    assert.deepEqual([last["errors"], last["changes"]], [[{ text: "it is broken" }], { same: 3 }]);
    assert.equal(code, 2);
  });

  it("does not go on where the preview fails", async () => {
    says(255, TROUBLE);
    const { stdout, code } = await harness.run(["up", "--yes"]);
    assert.match(stdout, /\nfailed after \S+ s\nerror: it is broken\n$/);
    assert.equal(code, 2);
    assert.match(readFileSync(join(harness.folder, "arguments"), "utf8"), /^preview --non-interactive --event-log /);
  });

  it("prints JSON only where nobody has to be asked", async () => {
    assert.deepEqual(await harness.run(["up", "--json"]), {
      stdout: "",
      stderr: "kube-pki: --json: needs --yes, as nobody is there to be asked\n",
      code: 2,
    });
  });

  it("keeps the event log for itself, and leaves none behind", async () => {
    says(0);
    await harness.run(["up", "--yes"], { env: { TMPDIR: harness.folder } });
    assert.deepEqual(
      readdirSync(harness.folder).filter((name) => name.startsWith("kube-pki-up-")),
      [],
    );
  });

  it("on a terminal shows pulumi's preview, asks, and does nothing without a yes", async () => {
    for (const [answer, asked] of [
      ["no", "preview"],
      ["yes", "up"],
    ] as const) {
      says(0);
      const { stdout } = await harness.sh(`(sleep 2; echo ${answer}; sleep 2) | script -qec "kube-pki up" /dev/null`);
      assert.match(stdout, /^[^]*noise\r?\n[^]*Perform this update\? \(yes\/no\)/);
      assert.equal(readFileSync(join(harness.folder, "arguments"), "utf8").split(" ")[0], asked, stdout);
    }
  });
});

describe("options of pulumi up", () => {
  it("are handed on, but for those that this command answers itself", () => {
    const given = [
      "-yf",
      "--secrets-provider",
      "awskms://x",
      "--target",
      "urn",
      "-m",
      "why",
      "--json",
      "--continue-on-error",
    ];
    assert.deepEqual(upArgs(given).slice(4), [
      "--secrets-provider",
      "awskms://x",
      "--target",
      "urn",
      "-m",
      "why",
      "--continue-on-error",
    ]);
    assert.deepEqual(previewArgs(given), ["preview", "--target", "urn", "-m", "why"]);
    assert.deepEqual(previewArgs(["-yr", "--secrets-provider=x"]), ["preview", "-r"]);
  });

  it("are read as pulumi reads them", () => {
    const none = {};
    assert.ok(confirms(["-y"], none) && confirms(["--skip-preview"], none) && !confirms(["--yes=false"], none));
    assert.ok(confirms([], { PULUMI_SKIP_CONFIRMATIONS: "true" }) && !confirms([], none));
    assert.ok(wantsPulumisDisplay(["--diff"]) && !wantsPulumisDisplay(["--yes", "--refresh"]));
  });
});

describe("the digest of what a run must not forget", () => {
  it("has no private key in it, and no order", () => {
    const ca = { certificate: "C", key: "K" };
    const digest = authorityDigest({ authority: { kubernetes: ca, etcd: ca } });
    assert.equal(authorityDigest({ authority: { etcd: { key: "other", certificate: "C" }, kubernetes: ca } }), digest);
    assert.notEqual(authorityDigest({ authority: { kubernetes: ca, etcd: { certificate: "D" } } }), digest);
  });
});
