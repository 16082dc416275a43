import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dueMarkdown } from "../../cli/dueMarkdown";
import { dueReport, type NodeEffect } from "../../cli/dueReport";
import { parsedPreview, previewedConfig, UNKNOWN } from "../../cli/preview";
import type { Step } from "../../cli/preview";
import { configWith } from "../core/fixture";
import { Harness } from "./harness";

/** What `pulumi preview --json` of a real run printed, cut down to some of its steps and the fields that are read. */
const RECORDED = readFileSync(join(__dirname, "preview.recorded.json"), "utf8");
const NOW = new Date("2027-02-01T00:00:00Z");

const PREVIEW = parsedPreview(RECORDED);
const CONFIG = previewedConfig(PREVIEW, NOW);

const leaf = (node: string, profile: string, changes: Partial<Step> = {}): Step => ({
  op: "replace",
  urn: `urn:pulumi:t::kube-pki::a$tls:index/locallySignedCert:LocallySignedCert::prod-${node}-${profile}`,
  oldState: state("18-aaaaaaaa"),
  newState: state("18-aaaaaaaa"),
  ...changes,
});
const state = (trigger?: string) => ({
  type: "tls:index/locallySignedCert:LocallySignedCert",
  replacementTrigger: trigger,
  outputs: { validityEndTime: "2027-02-20T05:01:21Z" },
});
const reasonsOf = (...steps: Step[]) => dueReport(steps, CONFIG).due.map(({ reason }) => reason);

const services = (all: NodeEffect["restarts"]) => all.map(({ service }) => service);
const named = ({ restarts, reloads, ...where }: NodeEffect) => ({
  ...where,
  restarts: services(restarts),
  reloads: services(reloads),
});

describe("what a preview means", () => {
  it("knows a certificate whatever kind of authority signs it, and when it expires", () => {
    const type = "vault:pkiSecret/secretBackendSign:SecretBackendSign";
    const expiration = Date.parse("2027-02-20T05:01:21Z") / 1000;
    const step = leaf("cp1", "apiserver", {
      urn: `urn:pulumi:t::kube-pki::a$${type}::prod-cp1-apiserver`,
      oldState: { type, replacementTrigger: "17-aaaaaaaa", outputs: { expiration } },
      newState: { type, replacementTrigger: "19-aaaaaaaa" },
    });
    const { due, otherChanges } = dueReport([step], CONFIG);
    assert.deepEqual(due, [
      {
        node: "cp1",
        certificate: "apiserver",
        reason: "due for renewal since 2026-12-02 (period 17 -> 19)",
        notAfter: "2027-02-20T05:01:21.000Z",
      },
    ]);
    assert.deepEqual(otherChanges, []);
  });

  it("reads the configuration it was made with, without any secret", () => {
    assert.equal(CONFIG?.cluster.name, "prod");
    assert.deepEqual(CONFIG.asOf, NOW);
    assert.deepEqual(
      CONFIG.nodes.map(({ name }) => name),
      ["cp1", "w1"],
    );
  });

  it("names what is due and since when, and what restarts", () => {
    const { due, effects, otherChanges } = dueReport(PREVIEW.steps, CONFIG);
    assert.deepEqual(
      due.map(({ node, certificate, reason }) => `${node} ${certificate}: ${reason}`),
      [
        "cp1 apiserver: due for renewal since 2026-12-02 (period 17 -> 19)",
        "cp1 etcd-peer: due for renewal since 2026-12-02 (period 17 -> 19)",
        "cp1 scheduler: due for renewal since 2026-12-02 (period 17 -> 19)",
        "w1 kubelet: due for renewal since 2027-01-01 (period 18 -> 19)",
        "w1 kubelet-server: due for renewal since 2027-01-01 (period 18 -> 19)",
      ],
    );
    assert.deepEqual(new Set(due.map(({ notAfter }) => notAfter?.slice(0, 10))), new Set(["2027-02-20"]));
    assert.deepEqual(effects?.map(named), [
      { node: "cp1", restarts: ["kube-scheduler"], reloads: ["etcd", "kube-apiserver"] },
      { node: "w1", restarts: ["kubelet"], reloads: [] },
    ]);
    assert.deepEqual(effects[1]?.restarts[0]?.reasons, [
      "its certificate manager keeps it in memory",
      "its transport is built once at start",
    ]);
    assert.deepEqual(otherChanges, []);
  });

  const step = (name: string, op = "create"): Step => ({
    op,
    urn: `urn:pulumi:t::kube-pki::command:remote:Command::prod-${name}`,
    newState: { type: "command:remote:Command" },
  });
  const rotatingTo2 = (...moved: readonly string[]) =>
    CONFIG && {
      ...CONFIG,
      rotation: {
        ...Object.fromEntries(
          ["kubernetes", "etcd", "frontProxy", "serviceAccount"].map((what) => [
            what,
            { generation: moved.includes(what) ? 2 : 1, phase: "done" },
          ]),
        ),
        force: [],
        byClock: false,
      } as unknown as NonNullable<typeof CONFIG.rotation>,
    };

  it("says for each step of a rotation what restarts where", () => {
    const rotating = rotatingTo2("kubernetes", "etcd", "frontProxy", "serviceAccount");
    const report = dueReport([step("w1-trust"), step("cp1-retire"), step("w1-retire", "delete")], rotating);
    assert.deepEqual(
      report.effects?.map(({ node, step: at, restarts }) => [
        node,
        at,
        restarts.map(({ service }) => service).join(" "),
      ]),
      [
        ["w1", "trust", "kubelet"],
        ["cp1", "retire", "etcd kube-apiserver kube-controller-manager"],
      ],
    );
  });

  it("says of a rotation of the token key alone what it restarts, and nothing else", () => {
    const names = ["w1-trust", "cp1-trust", "w1-tokens", "w1-check", "cp1-check"];
    const { effects, otherChanges } = dueReport(
      names.map((name) => step(name)),
      rotatingTo2("serviceAccount"),
    );
    assert.deepEqual(
      effects?.map(named).map(({ node, step: at, restarts }) => [node, at, restarts.join(" ")]),
      [
        ["cp1", "trust", "kube-apiserver"],
        ["w1", "tokens", "kubelet"],
      ],
    );
    assert.deepEqual(effects[1]?.restarts[0]?.reasons, [
      "its pods get tokens of the new key, where they still hold old ones",
    ]);
    assert.deepEqual(otherChanges, []);
  });

  it("follows the restart policy", () => {
    assert.ok(CONFIG !== undefined);
    const effect = (restart: "always" | "never") =>
      dueReport(PREVIEW.steps, { ...CONFIG, restart })
        .effects?.slice(0, 1)
        .map(named)[0];
    assert.deepEqual(effect("always"), {
      node: "cp1",
      restarts: ["etcd", "kube-apiserver", "kube-scheduler"],
      reloads: [],
    });
    assert.deepEqual(effect("never"), { node: "cp1", restarts: [], reloads: ["etcd", "kube-apiserver"] });
  });

  const reasons: readonly [string, Partial<Step>, string][] = [
    ["a new leaf", { op: "create", oldState: null }, "new"],
    ["a leaf nobody wants", { op: "delete", newState: null }, "no longer in the plan"],
    [
      "the next generation of its authority",
      { oldState: state("18-aaaaaaaa-g1"), newState: state("18-aaaaaaaa-g2") },
      "its authority changes (generation 1 -> 2)",
    ],
    ["other content", { newState: state("18-bbbbbbbb") }, "its subject, names, usages, algorithm or validity change"],
    [
      "other content, and due",
      { newState: state("19-bbbbbbbb") },
      "due for renewal since 2027-01-01 (period 18 -> 19); its subject, names, usages, algorithm or validity change",
    ],
    [
      "another authority",
      { replaceReasons: ["caCertPem", "caPrivateKeyPem"] },
      "its authority changes; its authority's key changes",
    ],
    ["another property", { diffReasons: ["somethingNew"] }, "somethingNew changes"],
    ["no reason at all", {}, "replaced"],
  ];
  for (const [what, changes, expected] of reasons) {
    it(`gives the reason for ${what}`, () => {
      assert.deepEqual(reasonsOf(leaf("w1", "kubelet", changes)), [expected]);
    });
  }

  it("leaves out what only has to be asked for again because another one of its node is", () => {
    const request = (value: string) => ({ ...state("18-aaaaaaaa"), inputs: { certRequestPem: value } });
    const again = (node: string, profile: string, changes: Partial<Step> = {}) =>
      leaf(node, profile, { newState: request(UNKNOWN), replaceReasons: ["certRequestPem"], ...changes });
    const asked = leaf("cp1", "apiserver", { newState: state("18-aaaaaaaa-r1795510120") });
    const named = (...steps: Step[]) =>
      dueReport(steps, CONFIG).due.map(({ node, certificate }) => `${node} ${certificate}`);
    assert.deepEqual(named(again("cp1", "scheduler"), asked, again("cp2", "scheduler")), [
      "cp1 apiserver",
      "cp2 scheduler",
    ]);
    // whatever else speaks for it
    for (const changes of [
      { newState: request("another request") },
      { replaceReasons: ["certRequestPem", "allowedUses"] },
      { newState: { ...request(UNKNOWN), replacementTrigger: "19-aaaaaaaa" } },
    ])
      assert.deepEqual(named(asked, again("cp1", "scheduler", changes)), ["cp1 apiserver", "cp1 scheduler"]);
  });

  describe("where the ssh login changes", () => {
    /** As the real engine printed it after a change of `ssh.user` of both nodes, with some of their certificates. */
    const recordedLogin = parsedPreview(readFileSync(join(__dirname, "login.recorded.json"), "utf8"));
    const config = previewedConfig(recordedLogin, NOW);
    const named = (step: Step) => step.urn.split("::").at(-1) ?? "";
    const told = (change: (step: Step) => Step | readonly Step[] = (step) => step, of = config) => {
      const { due, effects, login, otherChanges } = dueReport(recordedLogin.steps.flatMap(change), of);
      return {
        due: due.map(({ node, certificate }) => `${node} ${certificate}`),
        effects: effects?.map(({ node }) => node),
        login,
        otherChanges,
      };
    };
    const changed = (name: string, change: Partial<Step>) => (step: Step) =>
      named(step) === name ? { ...step, ...change } : step;
    const W1 = ["w1 kubelet", "w1 kubelet-server"];
    const nothing = { due: [], effects: [], otherChanges: [] };

    it("names the nodes, and nothing that follows from it", () => {
      assert.deepEqual(told(), { ...nothing, login: ["cp1", "w1"] });
      assert.deepEqual(told(undefined, undefined).login, ["cp1", "w1"]);
    });

    it("knows any field of it", () => {
      for (const diffReasons of [
        ["connection"],
        ["connection.privateKey", "connection.port"],
        ["connection.proxy.host"],
        ["connection.hostKey", "environment.KUBE_PKI_SSH"],
      ])
        assert.deepEqual(told(changed("lab-w1-request", { diffReasons })), { ...nothing, login: ["cp1", "w1"] });
    });

    const requestOf = recordedLogin.steps.find((step) => named(step) === "lab-w1-request");
    const trigger = (replacementTrigger: string) => ({
      newState: { type: "command:remote:Command", ...requestOf?.newState, replacementTrigger },
    });
    const asToday: readonly [string, Partial<Step>][] = [
      ["stdin", { diffReasons: ["connection.user", "stdin"] }],
      ["triggers", { op: "replace", diffReasons: ["connection.user", "triggers"], replaceReasons: ["triggers"] }],
      ["triggers alone", { op: "replace", diffReasons: ["connection.user"], replaceReasons: ["triggers"] }],
      ["the command", { diffReasons: ["connection.user", "create"] }],
      ["a property that begins like the login", { diffReasons: ["connections"] }],
      ["a replacement trigger", trigger("2")],
      ["nothing that is told", { diffReasons: [] }],
      ["all of it, as it is new", { op: "create", diffReasons: null }],
    ];
    for (const [what, change] of asToday)
      it(`has certificates due whose request changes by ${what}`, () => {
        const { due, effects } = told(changed("lab-w1-request", change));
        assert.deepEqual([due, effects], [W1, ["w1"]]);
      });

    it("has certificates due that change by more than the request, or by a request that is known", () => {
      const ofKubelet = (change: (step: Step) => Step) =>
        told((step) => (named(step) === "lab-w1-kubelet" ? change(step) : step)).due;
      assert.deepEqual(
        ofKubelet((step) => ({ ...step, replaceReasons: ["certRequestPem", "caCertPem"] })),
        ["w1 kubelet"],
      );
      const inputs = { certRequestPem: "another" };
      assert.deepEqual(
        ofKubelet((step) => ({ ...step, newState: step.newState && { ...step.newState, inputs } })),
        ["w1 kubelet"],
      );
      const renewed = (step: Step) => ({
        ...step,
        newState: step.newState && { ...step.newState, replacementTrigger: "9-f20e821f-g1" },
      });
      assert.deepEqual(ofKubelet(renewed), ["w1 kubelet"]);
      const fromNowhere = (step: Step) => ({
        ...step,
        newState: step.newState && { ...step.newState, propertyDependencies: { certRequestPem: [] } },
      });
      assert.deepEqual(ofKubelet(fromNowhere), ["w1 kubelet"]);
    });

    it("still names what else changes on such a node", () => {
      const script = changed("lab-w1-install", { diffReasons: ["environment.KUBE_PKI_SSH", "stdin"] });
      assert.deepEqual(told(script), { ...nothing, login: ["cp1", "w1"], otherChanges: ["update lab-w1-install"] });
      const payload = (step: Step) =>
        named(step) === "lab-w1-apply" && step.newState
          ? { ...step, newState: { ...step.newState, inputs: { stdin: "another payload" } } }
          : step;
      assert.deepEqual(told(payload).otherChanges, ["update lab-w1-apply"]);
    });

    /** As the engine prints it where `ssh.sudo` alone changes: it is part of commands, and of the job that installs the script. */
    const bySudo = (step: Step): Step => {
      const { oldState, newState, diffReasons } = step;
      const own = { create: "sh node.sh request", stdin: "{}" };
      const having = (state: Step["newState"], inputs: object) =>
        state && { ...state, inputs: { ...state.inputs, ...inputs } };
      if (named(step).endsWith("-install"))
        return {
          ...step,
          diffReasons: ["stdin"],
          oldState: having(oldState, { stdin: '{"script":"ab","sudo":false}' }),
          newState: having(newState, { stdin: '{"script":"ab","sudo":true}' }),
        };
      if (!(diffReasons ?? []).includes("connection.user")) return step;
      return {
        ...step,
        diffReasons: (diffReasons ?? []).map((each) => (each === "connection.user" ? "create" : each)),
        oldState: having(oldState, { create: own.create }),
        newState: having(newState, { create: `sudo -n ${own.create}` }),
      };
    };

    it("knows sudo as part of it, in commands and in the job of the script", () => {
      assert.deepEqual(told(bySudo), { ...nothing, login: ["cp1", "w1"] });
      assert.deepEqual(told(bySudo, undefined).login, ["cp1", "w1"]);
    });

    it("knows it in what is done in the cluster through a node", () => {
      const inCluster = (sudo: boolean) => ({
        type: "command:local:Command",
        inputs: { stdin: JSON.stringify({ through: { node: "cp1", sudo }, job: {} }) },
      });
      const urn = "urn:pulumi:lab::kube-pki::command:local:Command::lab-in-cluster-scan";
      const scan = (diffReasons: string[]): Step => ({
        op: "update",
        urn,
        diffReasons,
        oldState: inCluster(false),
        newState: inCluster(true),
      });
      const report = (step: Step) => dueReport([...recordedLogin.steps.map(bySudo), step], config).otherChanges;
      assert.deepEqual(report(scan(["stdin"])), []);
      assert.deepEqual(report(scan(["stdin", "create"])), ["update lab-in-cluster-scan"]);
    });

    it("has certificates due whose command changes by more than sudo, and names a script that does", () => {
      const other = (name: string, inputs: object) => (step: Step) => {
        const known = bySudo(step);
        const newState = known.newState && { ...known.newState, inputs: { ...known.newState.inputs, ...inputs } };
        return named(step) === name ? { ...known, newState } : known;
      };
      assert.deepEqual(told(other("lab-w1-request", { create: "sudo -n sh node.sh other" })).due, W1);
      const script = other("lab-w1-install", { stdin: '{"script":"cd","sudo":true}' });
      assert.deepEqual(told(script), { ...nothing, login: ["cp1", "w1"], otherChanges: ["update lab-w1-install"] });
    });

    it("says nothing of it where the steps of a node change for something else", () => {
      const stdin = (step: Step) => ({ ...step, diffReasons: ["stdin"] });
      assert.deepEqual(told(stdin).login, []);
    });
  });

  it("tells nodes and profiles apart whose names hold each other", () => {
    const steps = [leaf("w1", "kubelet-server"), leaf("old-kubelet", "apiserver-etcd-client", { op: "delete" })];
    assert.deepEqual(
      dueReport(steps, CONFIG).due.map(({ node, certificate }) => `${node} ${certificate}`),
      ["old-kubelet apiserver-etcd-client", "w1 kubelet-server"],
    );
  });

  it("counts a replacement in several steps once", () => {
    const ops = ["create-replacement", "replace", "delete-replaced"];
    assert.equal(reasonsOf(...ops.map((op) => leaf("w1", "kubelet", { op }))).length, 1);
  });

  it("tells what was changed on nodes, and not the step that brings it back as well", () => {
    const step = { op: "update", urn: "urn:pulumi:t::kube-pki::a$command:remote:Command::prod-cp1-apply" };
    const message = "<{%reset%}>warning: cp1: drift: /etc/kubernetes/pki/ca.crt: mode 0600<{%reset%}>\n";
    const others = [
      { severity: "warning", message: "cp1: something else" },
      { severity: "info", message: "w1: drift: of no account" },
    ];
    const preview = parsedPreview(
      JSON.stringify({ steps: [step], diagnostics: [{ severity: "warning", message }, ...others] }),
    );
    assert.deepEqual(preview.drift, ["cp1: /etc/kubernetes/pki/ca.crt: mode 0600"]);
    const { drift, otherChanges } = dueReport(preview.steps, CONFIG, preview);
    assert.deepEqual(drift, preview.drift);
    assert.deepEqual(otherChanges, []);
    assert.deepEqual(dueReport(preview.steps, CONFIG).otherChanges, ["update prod-cp1-apply"]);
  });

  it("tells from when a phase is allowed, and not the notes of phases", () => {
    const { rotation } = configWith({ rotation: { generation: 2, phase: "trust", soak: "7d" } });
    const create = (name: string): Step => ({ op: "create", urn: `urn:pulumi:t::kube-pki::a$b::${name}` });
    const text = "etcd: phase issue of generation 2 is allowed from 2026-12-07T08:00:00Z";
    const preview = parsedPreview(
      JSON.stringify({
        steps: [create("prod-etcd-g2-trust-reached"), create("prod-etcd-g2-trust-other")],
        diagnostics: [{ severity: "info", message: `<{%reset%}>rotation.soak: ${text}<{%reset%}>\n` }],
      }),
    );
    const { phases, otherChanges } = dueReport(preview.steps, { ...configWith(), rotation }, preview);
    assert.deepEqual([phases, otherChanges], [[text], ["create prod-etcd-g2-trust-other"]]);
  });

  it("names what changes beside the certificates", () => {
    const other = (op: string, name: string, type: string): Step => ({
      op,
      urn: `urn:pulumi:t::kube-pki::${type}::${name}`,
      oldState: { type },
    });
    const command = "command:remote:Command";
    const steps = [
      leaf("w1", "kubelet"),
      other("replace", "prod-w1-kubelet-key", "tls:index/privateKey:PrivateKey"),
      other("update", "prod-w1-apply", command),
      other("update", "prod-w1-request", command),
      other("update", "prod-cp1-apply", command),
      other("update", "prod-cp1-install", command),
      other("replace", "prod-kubernetes-ca-certificate", "tls:index/selfSignedCert:SelfSignedCert"),
    ];
    assert.deepEqual(dueReport(steps, CONFIG).otherChanges, [
      "replace prod-kubernetes-ca-certificate",
      "update prod-cp1-apply",
      "update prod-cp1-install",
    ]);
  });
});

describe("kube-pki due", function () {
  this.timeout(20_000);
  const harness = new Harness();
  after(() => {
    harness.remove();
  });
  const stdin = (text: string, ...args: string[]) => harness.run(["due", "--preview", "-", ...args], { stdin: text });

  it("reads a preview from stdin, as of the stack's own asOf", async () => {
    const { code, stdout, stderr } = await stdin(RECORDED);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(
      stdout,
      /^NODE +CERTIFICATE +NOT AFTER +REASON\ncp1 +apiserver +2027-02-20 +due for renewal since 2026-12-02/,
    );
    assert.match(
      stdout,
      /\n\ncp1: restarts kube-scheduler \(inline data is read once at start\); reloads etcd, kube-apiserver\nw1: restarts kubelet \(its certificate manager keeps it in memory; its/,
    );
  });

  it("exits 1 when asked to and something is due", async () => {
    const nothing = JSON.stringify({ config: {}, steps: [{ op: "same", urn: "urn:pulumi:t::kube-pki::x::y" }] });
    assert.equal((await stdin(RECORDED, "--exit-code")).code, 1);
    const { code, stdout } = await stdin(nothing, "--exit-code");
    assert.deepEqual([code, stdout], [0, "no certificate is due\n"]);
  });

  it("exits 1 for what it is told to fail for, and for nothing else", async () => {
    const warning = { severity: "warning", message: "w1: drift: /etc/kubernetes/kubelet.conf: it is gone" };
    const drifted = JSON.stringify({ ...(JSON.parse(RECORDED) as object), steps: [], diagnostics: [warning] });
    const changed = JSON.stringify({ steps: [{ op: "update", urn: "urn:pulumi:t::kube-pki::a$b::prod-cp1-install" }] });
    const codes = async (text: string) =>
      Promise.all(["due", "drift", "change"].map(async (word) => (await stdin(text, "--fail-on", word)).code));
    assert.deepEqual(await codes(RECORDED), [1, 0, 0]);
    assert.deepEqual(await codes(drifted), [0, 1, 0]);
    assert.deepEqual(await codes(changed), [0, 0, 1]);
    assert.equal((await stdin(changed, "--fail-on", "drift", "--fail-on", "change")).code, 1);
    assert.equal(
      (await stdin(changed, "--fail-on", "drfit")).stderr,
      'kube-pki: --fail-on: "drfit"; must be one of due, drift, change; did you mean `drift`?\n',
    );
  });

  it("prints the text of a comment", async () => {
    const { code, stdout } = await stdin(RECORDED, "--markdown", "--stack", "prod");
    assert.equal(code, 0);
    const [heading, , header, , first] = stdout.split("\n");
    assert.deepEqual(
      [heading, header, first],
      [
        "### kube-pki: prod",
        "| node | certificate | in use until | why it is issued anew |",
        "| cp1 | apiserver | 2027-02-20 | due for renewal since 2026-12-02 (period 17 -&#62; 19) |",
      ],
    );
    assert.match(
      stdout,
      /\n\*\*Services\*\*\n\n- cp1: restarts kube-scheduler \(.*\); reloads etcd, kube-apiserver\n- w1: /,
    );
    assert.equal((await stdin('{"steps": []}', "--markdown")).stdout, "### kube-pki\n\n`pulumi up` changes nothing.\n");
    assert.equal(
      (await stdin("{}", "--markdown", "--json")).stderr,
      "kube-pki: --json and --markdown: give one of them\n",
    );
  });

  it("tells of a login that changes in one line, and fails for that as for any change", async () => {
    const recorded = readFileSync(join(__dirname, "login.recorded.json"), "utf8");
    const line = "the ssh login of cp1, w1 changes: each is visited once, and no certificate changes for it";
    const { code, stdout } = await stdin(recorded, "--fail-on", "due");
    assert.deepEqual([code, stdout], [0, `no certificate is due\n${line}\n`]);
    assert.equal((await stdin(recorded, "--markdown")).stdout, `### kube-pki\n\n**Login**\n\n- ${line}\n`);
    assert.equal((await stdin(recorded, "--fail-on", "change")).code, 1);
  });

  it("keeps a comment short enough to be taken, and what it holds text", () => {
    const row = { node: "a|b<i>`*", certificate: "kubelet", reason: "@all\nnew" } as const;
    const report = {
      due: Array.from({ length: 5000 }, () => row),
      effects: [],
      phases: [],
      drift: [],
      login: [],
      otherChanges: [],
    };
    const text = dueMarkdown(report, "prod");
    assert.ok(text.length < 65_536);
    assert.match(text, /\nand 4900 more: /);
    assert.match(text, /\n\| a&#124;b&#60;i&#62;&#96;&#42; \| kubelet \| - \| &#64;all new \|\n/);
  });

  it("prints from when a phase is allowed, which is nothing to be done", async () => {
    const message = "info: rotation.soak: etcd: phase done of generation 2 is allowed from 2026-12-07T08:00:00Z";
    const text = JSON.stringify({ config: {}, steps: [], diagnostics: [{ severity: "info", message }] });
    const { code, stdout } = await stdin(text, "--exit-code");
    assert.equal(
      stdout,
      "no certificate is due\netcd: phase done of generation 2 is allowed from 2026-12-07T08:00:00Z\n",
    );
    assert.equal(code, 0);
  });

  it("has nodes read where it is asked to, tells of them, and exits 1 for that", async () => {
    const warning = { severity: "warning", message: "w1: drift: /etc/kubernetes/kubelet.conf: it is gone" };
    const text = JSON.stringify({ ...(JSON.parse(RECORDED) as object), steps: [], diagnostics: [warning] });
    harness.pulumiRuns(`echo "$KUBE_PKI_DETECT_DRIFT" >"$here/reads"`, `cat <<'END'`, text, "END");
    const { code, stdout } = await harness.run(["due", "--drift", "--exit-code"]);
    assert.equal(
      stdout,
      "no certificate is due\nchanged behind the stack's back: w1: /etc/kubernetes/kubelet.conf: it is gone\n",
    );
    assert.equal(code, 1);
    assert.equal(readFileSync(join(harness.folder, "reads"), "utf8"), "true\n");
    await harness.run(["due"]);
    assert.equal(readFileSync(join(harness.folder, "reads"), "utf8"), "\n");
  });

  it("runs the preview of the stack that was named", async () => {
    harness.pulumi(RECORDED);
    const { code, stdout } = await harness.run(["due", "--stack", "prod", "--json"]);
    assert.equal(code, 0);
    assert.equal((JSON.parse(stdout) as { due: unknown[] }).due.length, 5);
    assert.match(
      readFileSync(join(harness.folder, "arguments"), "utf8"),
      /^preview --json --non-interactive --stack prod --event-log \S+\n$/,
    );
  });

  it("still names what is due when the configuration is encrypted", async () => {
    const encrypted = JSON.stringify({
      ...(JSON.parse(RECORDED) as object),
      config: { "kube-pki:cluster": "[secret]" },
    });
    const { code, stdout } = await stdin(encrypted);
    assert.equal(code, 0);
    assert.match(stdout, /\nprod-w1 +kubelet-server +2027-02-20 +due for renewal \(period 18 -> 19\)\n/);
    assert.match(stdout, /\nwhich services restart is unknown: the configuration is encrypted\n$/);
  });

  const failures: readonly [string, string, string][] = [
    ["no JSON", "hello", "not the output of `pulumi preview --json`; run that command and give its output"],
    [
      "something else in JSON",
      '{"steps": 3}',
      "not the output of `pulumi preview --json`; run that command and give its output",
    ],
    [
      "a preview that failed",
      JSON.stringify({
        diagnostics: [{ message: "<{%reset%}>error: nodes: missing<{%reset%}>\n", severity: "error" }],
      }),
      "the preview failed: nodes: missing",
    ],
  ];
  for (const [what, text, sentence] of failures) {
    it(`exits 2 with one sentence for ${what}`, async () => {
      const { code, stdout, stderr } = await stdin(text);
      assert.deepEqual([code, stdout, stderr], [2, "", `kube-pki: ${sentence}\n`]);
    });
  }

  it("exits 2 with the sentence of a policy pack, which pulumi tells by its events alone", async () => {
    const forbids = (enforcementLevel: string, message: string) =>
      JSON.stringify({ policyEvent: { message, enforcementLevel, policyName: "lifetimes", policyPackName: "house" } });
    harness.pulumiRuns(
      "for log; do :; done", // the last argument
      `cat >"$log" <<'END'`,
      forbids("mandatory", "<{%reset%}>too long; lower certificates.validity<{%reset%}>\n"),
      forbids("advisory", "rather long"),
      "END",
      `echo '${JSON.stringify({ diagnostics: [{ message: "preview failed", severity: "error" }] })}'`,
      "exit 255",
    );
    const { code, stderr } = await harness.run(["due"]);
    assert.deepEqual(
      [code, stderr],
      [2, "kube-pki: the preview failed: house, lifetimes: too long; lower certificates.validity\n"],
    );
  });

  it("exits 2 with pulumi's own sentence when there is no preview", async () => {
    harness.pulumi("", { stderr: "error: no stack selected\n", code: 255 });
    const { code, stderr } = await harness.run(["due"]);
    assert.deepEqual(
      [code, stderr],
      [2, "kube-pki: pulumi preview failed: no stack selected; give --stack, or select one (`pulumi stack select`)\n"],
    );
  });
});
