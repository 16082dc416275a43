import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkJob, serviceUnit, timerUnit, unitName, type Job } from "../../cli/timer/units";
import { authorityDigest } from "../../core/config/authorityDigest";
import { Harness, type Ran } from "./harness";

const RECORDED = readFileSync(join(__dirname, "preview.recorded.json"), "utf8");
const CLUSTER = { name: "prod", kubernetesVersion: "1.36.3" };

const JOB: Job = {
  stack: "acme/prod",
  project: "/srv/kube-pki",
  user: "kube-pki",
  schedule: "Sun 03:00",
  spread: "30min",
  environmentFile: "/etc/kube-pki/prod.env",
  onFailure: "alert@%n.service",
  anyChange: false,
  node: "/usr/bin/node",
  command: "/srv/kube-pki/node_modules/kube-pki/dist/cli/kube-pki",
  path: ["/usr/local/bin", "/usr/bin"],
};

describe("units of an unattended run", () => {
  it("are what systemd reads", () => {
    assert.equal(
      serviceUnit(JOB),
      `# Written by kube-pki timer install; kube-pki timer remove --stack acme/prod removes it.
[Unit]
Description=Renew what is due of the certificates of stack acme/prod (kube-pki)
Wants=network-online.target
After=network-online.target
OnFailure=alert@%n.service

[Service]
Type=oneshot
User=kube-pki
WorkingDirectory=/srv/kube-pki
Environment=PATH=/usr/local/bin:/usr/bin
EnvironmentFile=/etc/kube-pki/prod.env
ExecStart=/usr/bin/node /srv/kube-pki/node_modules/kube-pki/dist/cli/kube-pki timer run --stack acme/prod --cwd /srv/kube-pki
TimeoutStartSec=6h
NoNewPrivileges=yes
`,
    );
    assert.equal(
      timerUnit(JOB),
      `# Written by kube-pki timer install; kube-pki timer remove --stack acme/prod removes it.
[Unit]
Description=Renew what is due of the certificates of stack acme/prod (kube-pki)

[Timer]
OnCalendar=Sun 03:00
RandomizedDelaySec=30min
Persistent=true

[Install]
WantedBy=timers.target
`,
    );
    assert.equal(unitName("acme/prod"), "kube-pki-acme-prod");
    assert.match(serviceUnit({ ...JOB, anyChange: true }), / --any-change$/m);
    assert.doesNotMatch(serviceUnit({ ...JOB, onFailure: undefined, environmentFile: undefined }), /OnFailure|File=/);
  });

  const refused: readonly (readonly [Partial<Job>, string])[] = [
    [{ stack: "prod --yes" }, "--stack"],
    [{ project: "/srv/kube pki" }, "--cwd"],
    [{ user: "root\nExecStart=/x" }, "--user"],
    [{ schedule: "daily\nPersistent=no" }, "--schedule"],
    [{ spread: "$(x)" }, "--spread"],
    [{ environmentFile: "relative" }, "--environment-file"],
    [{ onFailure: "alert" }, "--on-failure"],
    [{ node: "/opt/%h/node" }, "node"],
    [{ command: '/srv/"x"' }, "kube-pki"],
    [{ path: ["/usr/bin", "/a b"] }, "PATH"],
  ];
  for (const [changes, option] of refused)
    it(`hold nothing that systemd would read otherwise: ${option}`, () => {
      assert.throws(
        () => {
          checkJob({ ...JOB, ...changes });
        },
        new RegExp(`^Failure: ${option}: .*; must be`),
      );
    });
});

describe("kube-pki timer", function () {
  this.timeout(60_000);
  let harness: Harness;
  let project: string;
  let units: string;
  beforeEach(() => {
    harness = new Harness();
    project = join(harness.folder, "project");
    units = join(harness.folder, "units");
    mkdirSync(project);
    writeFileSync(join(project, "Pulumi.yaml"), "name: kube-pki\n");
    holds({});
    harness.program(
      "systemctl",
      'echo "$*" >>"$here/calls"',
      'case "$*" in',
      'list-timers*) echo "NEXT LEFT LAST PASSED UNIT ACTIVATES" ;;',
      'is-active*) exit "$(cat "$here/inactive" 2>/dev/null || echo 0)" ;;',
      'show*) cat "$here/shown" 2>/dev/null || printf "Result=success\\nExecMainStatus=0\\nExecMainExitTimestamp=\\n" ;;',
      "esac",
    );
  });
  afterEach(() => {
    harness.remove();
  });

  /** A stack, and what its next run does. */
  const holds = (
    last: object | undefined,
    {
      preview = RECORDED,
      upCode = 0,
      config = {},
      events = [],
    }: { preview?: string; upCode?: number; config?: object; events?: readonly object[] } = {},
  ): void => {
    const values = Object.entries({ cluster: CLUSTER, ...config }).map(([key, value]) => [
      `kube-pki:${key}`,
      { value: JSON.stringify(value) },
    ]);
    const write = (name: string, text: string): void => {
      writeFileSync(join(harness.folder, name), text);
    };
    write("config", JSON.stringify(Object.fromEntries(values)));
    write("outputs", JSON.stringify(last ? { authorityDigest: authorityDigest({ cluster: CLUSTER, ...last }) } : {}));
    write("preview", preview);
    write("events", events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    harness.pulumiRuns(
      'echo "$* ${PULUMI_CONFIG_PASSPHRASE:-no passphrase}" >>"$here/pulumi-calls"',
      'case "$1" in',
      '  config) cat "$here/config" ;;',
      '  stack) cat "$here/outputs" ;;',
      '  preview) cat "$here/preview" ;;',
      '  up) for word; do [ "${before:-}" != --event-log ] || cat "$here/events" >"$word"; before=$word; done',
      `    echo "pulumi says"; exit ${String(upCode)} ;;`,
      "esac",
    );
  };
  const calls = (of = "calls"): string[] => {
    const file = join(harness.folder, of);
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  const timer = (...args: string[]) => harness.run(["timer", ...args]);
  const install = (...args: string[]) =>
    timer("install", "--stack", "prod", "--cwd", project, "--unit-folder", units, ...args);
  const unit = (kind: string): string => readFileSync(join(units, `kube-pki-prod.${kind}`), "utf8");

  const environment = (mode = 0o600): string => {
    const file = join(harness.folder, "prod.env");
    writeFileSync(file, "PULUMI_CONFIG_PASSPHRASE=secret of the state\n");
    chmodSync(file, mode);
    return file;
  };

  /** What systemd does with the unit, without systemd. */
  const started = async (): Promise<Ran> => {
    const field = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(unit("service"))?.[1] ?? "";
    const [program = "", ...args] = field("ExecStart").split(" ");
    const file = field("EnvironmentFile");
    const secrets = file === "" ? [] : readFileSync(file, "utf8").trim().split("\n");
    const env = Object.fromEntries(
      [field("Environment"), ...secrets].map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]),
    );
    try {
      const { stdout, stderr } = await promisify(execFile)(program, args, { env, cwd: field("WorkingDirectory") });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  };

  it("installs units, starts the timer, and does nothing the second time", async () => {
    const first = await install("--schedule", "daily", "--on-failure", "alert@%n.service");
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^kube-pki-prod\.timer installed\nNEXT /);
    assert.match(unit("timer"), /^OnCalendar=daily$/m);
    assert.match(unit("service"), new RegExp(`^User=${userInfo().username}$`, "m"));
    assert.match(unit("service"), new RegExp(`^WorkingDirectory=${project}$`, "m"));
    assert.deepEqual(calls().slice(0, 3), [
      "daemon-reload",
      "enable --now kube-pki-prod.timer",
      "restart kube-pki-prod.timer",
    ]);
    const again = await install("--schedule", "daily", "--on-failure", "alert@%n.service");
    assert.match(again.stdout, /^kube-pki-prod\.timer is there already\n/);
    assert.equal(calls().filter((call) => call.startsWith("restart")).length, 1);
  });

  it("prints both units with --dry-run, and touches nothing", async () => {
    const { code, stdout } = await install("--dry-run");
    assert.equal(code, 0);
    assert.match(
      stdout,
      /kube-pki-prod\.service\n[^]*^ExecStart=[^]*kube-pki-prod\.timer\n[^]*^OnCalendar=Sun 03:00$/m,
    );
    assert.deepEqual([calls(), existsSync(units)], [[], false]);
  });

  if (spawnSync("systemd-analyze", ["--version"]).error === undefined)
    it("writes units that systemd finds nothing wrong with", async () => {
      await install("--environment-file", environment(), "--on-failure", "alert@%n.service");
      const both = ["service", "timer"].map((kind) => join(units, `kube-pki-prod.${kind}`));
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...both], { encoding: "utf8" });
      const ours = stderr.split("\n").filter((line) => line.includes("kube-pki"));
      assert.deepEqual([status, ours], [0, []]);
      const { stderr: refused } = await install("--schedule", "soon");
      assert.match(refused, /^kube-pki: --schedule: "soon"; Failed to parse calendar specification/);
    });

  it("runs what is due: why goes to the log, the secret only into the environment", async () => {
    const file = environment();
    await install("--environment-file", file);
    for (const kind of ["service", "timer"]) assert.doesNotMatch(unit(kind), /secret of the state/);
    const { code, stdout, stderr } = await started();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^NODE +CERTIFICATE +NOT AFTER +REASON$/m);
    assert.match(stdout, /^cp1: restarts /m);
    assert.match(stdout, /\ndone after [^]*\ndone: nothing had to be renewed\n$/);
    assert.match(
      calls("pulumi-calls").at(-1) ?? "",
      new RegExp(
        `^up --yes --skip-preview --non-interactive --color never --stack prod --cwd ${project} --event-log \\S+ secret of the state$`,
      ),
    );
  });

  const ended = (op: string, type: string, name: string, parent?: string): object[] => {
    const urn = `urn:pulumi:prod::kube-pki::${type}::${name}`;
    const metadata = { op, urn, type, new: { parent } };
    return [{ resourcePreEvent: { metadata } }, { resOutputsEvent: { metadata } }];
  };
  const NODE = "kube-pki:index:NodePki";
  const row = (node: string): object[] => ended("same", NODE, node);
  const step = (node: string, name: string): object[] =>
    ended("update", "command:remote:Command", `${node}-${name}`, `urn:pulumi:prod::kube-pki::${NODE}::${node}`);
  const certificate = (op: string, name: string): object[] =>
    ended(op, "tls:index/locallySignedCert:LocallySignedCert", name);
  const endings: readonly [string, object[], string][] = [
    ["no step", certificate("same", "cp1-scheduler"), "nothing had to be renewed"],
    [
      "steps that changed no certificate",
      [row("cp1"), row("w1"), step("cp1", "request"), step("cp1", "apply"), step("w1", "apply")]
        .concat(certificate("same", "cp1-scheduler"))
        .flat(),
      "nothing had to be renewed; the steps of 2 nodes ran again and proved what is there",
    ],
    [
      "one certificate",
      [...row("cp1"), ...certificate("create-replacement", "cp1-scheduler"), ...step("cp1", "apply")],
      "1 certificate renewed and proven",
    ],
    [
      "certificates, beside one that stays",
      ["create-replacement", "create", "same"].flatMap((op) => certificate(op, `cp1-${op}`)),
      "2 certificates renewed and proven",
    ],
  ];
  for (const [what, events, says] of endings)
    it(`says what was really done, whatever the preview announced: ${what}`, async () => {
      holds({}, { events });
      const { code, stdout, stderr } = await timer("run", "--stack", "prod");
      assert.equal(code, 0, stderr);
      assert.equal(stdout.trimEnd().split("\n").at(-1), `done: ${says}`);
    });

  it("does nothing where nothing is due", async () => {
    holds({}, { preview: JSON.stringify({ config: {}, steps: [{ op: "same", urn: "u" }] }) });
    await install();
    const { code, stdout } = await started();
    assert.deepEqual([code, stdout], [0, "nothing is due\n"]);
    assert.deepEqual(
      calls("pulumi-calls").filter((call) => call.startsWith("up")),
      [],
    );
  });

  it("runs where nothing is due and kubelets may ask: no preview knows whether they do", async () => {
    const inCluster = { approveKubeletServing: true };
    const serving = { profiles: { "kubelet-server": { enabled: false } } };
    const nodes = [{ name: "cp1", address: "10.0.0.11", roles: ["control-plane"] }];
    const cluster = { ...CLUSTER, endpoint: "api.example.com:6443" };
    const config = Object.entries({ cluster, nodes, inCluster, certificates: serving }).map(([key, value]) => [
      `kube-pki:${key}`,
      JSON.stringify(value),
    ]);
    const steps = [{ op: "same", urn: "u" }];
    holds({}, { preview: JSON.stringify({ config: Object.fromEntries(config) as object, steps }) });
    await install();
    const { code, stdout, stderr } = await started();
    assert.deepEqual([code, stdout.split("\n")[0]], [0, "nothing is due; what kubelets ask for is looked at"], stderr);
    assert.match(calls("pulumi-calls").at(-1) ?? "", /^up --yes --skip-preview /);
    assert.doesNotMatch(stdout, /renewed/);
  });

  it("fails where the run fails", async () => {
    holds({}, { upCode: 255 });
    await install();
    const { code, stderr } = await started();
    assert.equal(code, 2);
    assert.match(stderr, /kube-pki: the run failed: see above/);
  });

  const begins: readonly (readonly [string, object | undefined, object])[] = [
    ["a rotation", {}, { rotation: { generation: 2 } }],
    ["another kind of authority", {}, { authority: { kind: "vault" } }],
    ["the first run", undefined, {}],
  ];
  for (const [what, last, config] of begins)
    it(`leaves ${what} to people, unless it may do anything`, async () => {
      holds(last, { config });
      await install();
      const { code, stderr } = await started();
      assert.equal(code, 2);
      assert.match(stderr, /kube-pki: nothing was done: .*A person begins that/);
      assert.ok(!calls("pulumi-calls").some((call) => call.startsWith("up")));
      await install("--any-change");
      assert.equal((await started()).code, 0);
    });

  it("tells when it runs next, and whether the last run failed", async () => {
    await install();
    assert.deepEqual(await timer("status", "--stack", "prod"), {
      code: 0,
      stdout: "NEXT LEFT LAST PASSED UNIT ACTIVATES\nlast run: none since this machine was started\n",
      stderr: "",
    });
    const shows = (result: string, status: string): void => {
      const text = `Result=${result}\nExecMainStatus=${status}\nExecMainExitTimestamp=Sun 2026-11-29 03:12:00 UTC\n`;
      writeFileSync(join(harness.folder, "shown"), text);
    };
    shows("success", "0");
    const good = await timer("status", "--stack", "prod");
    assert.deepEqual([good.code, good.stdout.split("\n")[1]], [0, "last run: succeeded Sun 2026-11-29 03:12:00 UTC"]);
    shows("exit-code", "2");
    const bad = await timer("status", "--stack", "prod");
    assert.equal(bad.code, 1);
    assert.match(
      bad.stdout,
      /^last run: failed \(exit-code, exit code 2\) Sun .*: journalctl -u kube-pki-prod\.service$/m,
    );
    shows("success", "0");
    writeFileSync(join(harness.folder, "inactive"), "3");
    const idle = await timer("status", "--stack", "prod");
    assert.deepEqual([idle.code, idle.stderr.includes("is not active")], [1, true]);
  });

  it("is removed again", async () => {
    await install();
    const remove = () => timer("remove", "--stack", "prod", "--unit-folder", units);
    assert.equal((await remove()).stdout, "kube-pki-prod.timer removed\n");
    assert.deepEqual(
      ["service", "timer"].map((kind) => existsSync(join(units, `kube-pki-prod.${kind}`))),
      [false, false],
    );
    assert.deepEqual(calls().slice(-2), ["disable --now kube-pki-prod.timer", "daemon-reload"]);
    assert.equal((await remove()).stdout, "kube-pki-prod.timer is not there\n");
  });

  const refusals: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    ["no stack", () => ["install", "--cwd", project], /^kube-pki: --stack: missing; name the stack/],
    [
      "no project",
      () => ["install", "-s", "prod", "--cwd", harness.folder],
      /^kube-pki: --cwd: .*; must be the folder of a Pulumi project/,
    ],
    [
      "secrets that others may read",
      () => ["install", "-s", "prod", "--cwd", project, "--environment-file", environment(0o644)],
      /^kube-pki: --environment-file: .* has mode 0644; must be readable by its owner alone; chmod 0600 /,
    ],
    [
      "secrets that are not there",
      () => ["install", "-s", "prod", "--cwd", project, "--environment-file", "/nonexistent"],
      /^kube-pki: --environment-file: \/nonexistent; must be a file that is there/,
    ],
    ["no verb", () => [], /^kube-pki: timer takes one of install, run, status, remove$/m],
  ];
  for (const [what, args, sentence] of refusals)
    it(`says what is wrong: ${what}`, async () => {
      const { code, stderr } = await timer(...args());
      assert.equal(code, 2);
      assert.match(stderr, sentence);
      assert.deepEqual(calls(), []);
    });
});
