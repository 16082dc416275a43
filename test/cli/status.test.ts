import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { AuthorityRow } from "../../core/report/authorityRows";
import type { CertificateRow } from "../../core/report/report";
import { Harness } from "./harness";

const AS_OF = ["--as-of", "2026-06-01T00:00:00Z"];

const row = (changes: Partial<CertificateRow> = {}): CertificateRow => ({
  node: "cp1",
  certificate: "apiserver",
  subject: "CN=kube-apiserver",
  issuer: "CN=kubernetes",
  serial: "0a1b",
  notAfter: "2026-07-01T00:00:00Z",
  nextRenewal: "2026-06-20T00:00:00Z",
  keyLocation: "node",
  proof: "served",
  ...changes,
});

describe("kube-pki status", function () {
  this.timeout(20_000);
  const harness = new Harness();
  after(() => {
    harness.remove();
  });
  const holds = (...certificates: CertificateRow[]) => {
    harness.pulumi(JSON.stringify({ certificates, nodes: [] }));
  };
  const holdsCa = (changes: Partial<AuthorityRow> = {}): AuthorityRow => {
    const made: AuthorityRow = {
      authority: "etcd",
      generation: 1,
      phase: "done",
      signs: true,
      subject: "CN=etcd-ca",
      serial: "1",
      notBefore: "2020-01-01T00:00:00Z",
      notAfter: "2027-07-01T00:00:00Z",
      rotateBefore: "2026-07-01T00:00:00Z",
      ...changes,
    };
    harness.pulumi(JSON.stringify({ certificates: [row()], authorities: [made], nodes: [] }));
    return made;
  };

  it("prints the CAs first, and counts one that has to be rotated as one that expires", async () => {
    const ca = holdsCa();
    const fine = await harness.run(["status", ...AS_OF, "--within", "29d"]);
    assert.match(fine.stdout, /^CA +GENERATION .*\netcd +1 .* rotate before 2026-07-01 +due\n\nNODE .*\ncp1 /);
    assert.deepEqual([fine.code, fine.stderr], [0, ""]);
    const late = await harness.run(["status", ...AS_OF, "--within", "30d", "--json"]);
    const { authorities, remarks } = JSON.parse(late.stdout) as { authorities: unknown; remarks: string[] };
    assert.deepEqual(authorities, [{ ...ca, daysLeft: 395, status: "expiring" }]);
    assert.match(remarks[0] ?? "", /^etcd: the CA CN=etcd-ca expires .* set rotation\.generation to 2/);
    assert.equal(late.code, 1);
  });

  it("says from when the next phase of a rotation is allowed, as long as it is held", async () => {
    const next = async (changes: Partial<AuthorityRow>) => {
      holdsCa({ rotateBefore: "2027-01-01T00:00:00Z", ...changes });
      return / (phase \S+(?: from \S+)?) +\w+\n/.exec((await harness.run(["status", ...AS_OF])).stdout)?.[1];
    };
    const nextPhaseFrom = "2026-06-01T00:00:01Z";
    assert.equal(await next({ phase: "trust", nextPhaseFrom }), `phase issue from ${nextPhaseFrom}`);
    assert.equal(await next({ phase: "issue", nextPhaseFrom }), `phase done from ${nextPhaseFrom}`);
    assert.equal(await next({ phase: "issue", nextPhaseFrom: "2026-06-01T00:00:00Z" }), "phase done");
    assert.equal(await next({ phase: "trust" }), "phase issue");
  });

  it("prints the table of the stack that was named", async () => {
    holds(row());
    const { code, stdout, stderr } = await harness.run(["status", "--stack", "prod", ...AS_OF]);
    assert.equal(stderr, "");
    assert.match(stdout, /^NODE +CERTIFICATE .*\ncp1 +apiserver +kubernetes +2026-07-01 +30 .* served +ok\n$/);
    assert.equal(code, 0);
    const asked = readFileSync(join(harness.folder, "arguments"), "utf8");
    assert.equal(asked, "stack output --json --non-interactive --stack prod\n");
  });

  it("reads in the state what the stack has as secrets, and asks for none", async () => {
    const outputs = { certificates: [row()], authorities: [], nodes: [] };
    const state = { deployment: { resources: [{ type: "kube-pki:index:ClusterPki", outputs }, { type: "other" }] } };
    writeFileSync(join(harness.folder, "state"), JSON.stringify(state));
    harness.pulumiRuns(
      'echo "$*" >>"$here/asked"',
      'case "$2" in',
      `  output) echo '{"certificates": "[secret]", "authorities": "[secret]", "nodes": "[secret]"}' ;;`,
      '  export) cat "$here/state" ;;',
      "esac",
    );
    const { code, stdout, stderr } = await harness.run(["status", "--stack", "prod", ...AS_OF]);
    assert.match(stdout, /^NODE +CERTIFICATE .*\ncp1 +apiserver .* ok\n$/);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(
      readFileSync(join(harness.folder, "asked"), "utf8"),
      "stack output --json --non-interactive --stack prod\nstack export --non-interactive --stack prod\n",
    );
  });

  const windows: readonly [readonly string[], number, string][] = [
    [[], 0, ""],
    [["--within", "29d"], 0, ""],
    [["--within", "30d"], 1, "cp1: apiserver expires 2026-07-01T00:00:00Z, within 30d\n"],
    [["--as-of", "2026-07-02T00:00:00Z"], 1, "cp1: apiserver expired 2026-07-01T00:00:00Z\n"],
    [["--as-of", "2026-06-25T00:00:00Z"], 0, ""],
    [
      ["--as-of", "2026-06-26T00:00:00Z"],
      1,
      "cp1: apiserver was due 2026-06-20T00:00:00Z, and no `pulumi up` has renewed it since\n",
    ],
    [["--as-of", "2026-07-02T00:00:00Z", "--node", "w1"], 0, ""],
    [["--as-of", "2026-07-02T00:00:00Z", "--status", "ok"], 0, ""],
  ];
  for (const [args, expected, remark] of windows) {
    it(`exits ${String(expected)} with ${args.join(" ") || "no window"}`, async () => {
      holds(
        row(),
        row({
          node: "w1",
          certificate: "kubelet",
          notAfter: "2027-01-01T00:00:00Z",
          nextRenewal: "2026-09-01T00:00:00Z",
        }),
      );
      const { code, stderr } = await harness.run(["status", ...AS_OF, ...args]);
      assert.deepEqual([code, stderr], [expected, remark]);
    });
  }

  it("knows certificates of the user's own, and users'", async () => {
    holds(row({ certificate: "own.calico-etcd" }), row({ node: "-", certificate: "kubeconfig:alice", proof: "none" }));
    const { code, stdout, stderr } = await harness.run(["status", ...AS_OF]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^cp1 +own\.calico-etcd .*\n- +kubeconfig:alice /m);
  });

  it("prints JSON", async () => {
    holds(row());
    const { stdout } = await harness.run(["status", "--json", "--within", "40d", ...AS_OF]);
    assert.deepEqual(JSON.parse(stdout), {
      asOf: "2026-06-01T00:00:00.000Z",
      authorities: [],
      certificates: [{ ...row(), daysLeft: 30, status: "expiring" }],
      remarks: ["cp1: apiserver expires 2026-07-01T00:00:00Z, within 40d"],
    });
  });

  it("prints the same as YAML", async () => {
    holds(row());
    const yaml = await harness.run(["status", "-o", "yaml", ...AS_OF]);
    const json = await harness.run(["status", "-o", "json", ...AS_OF]);
    assert.deepEqual(parse(yaml.stdout), JSON.parse(json.stdout));
  });

  const PROD = JSON.stringify({ certificates: [row()], nodes: [] });
  const TEST = JSON.stringify({ certificates: [row({ notAfter: "2026-05-01T00:00:00Z" })], nodes: [] });
  const project = (test: string) => {
    harness.pulumiRuns(
      'case "$*" in',
      `"stack ls --json --non-interactive") echo '[{"name": "test"}, {"name": "prod", "current": true}]' ;;`,
      `*"--stack test") ${test} ;;`,
      `*) echo '${PROD}' ;;`,
      "esac",
    );
  };

  it("tells of every stack of the project", async () => {
    project(`echo '${TEST}'`);
    const { code, stdout, stderr } = await harness.run(["status", "--all", ...AS_OF]);
    assert.match(stdout, /^STACK +NODE .*\nprod +cp1 .* ok\ntest +cp1 .* expired\n$/);
    assert.deepEqual([code, stderr], [1, "test: cp1: apiserver expired 2026-05-01T00:00:00Z\n"]);
  });

  it("tells of the others where one cannot be read, and fails", async () => {
    project("echo 'error: incorrect passphrase' >&2; exit 255");
    const { code, stdout, stderr } = await harness.run(["status", "--all", "--json", ...AS_OF]);
    const { certificates } = JSON.parse(stdout) as { certificates: { stack: string }[] };
    assert.deepEqual(
      certificates.map(({ stack }) => stack),
      ["prod"],
    );
    assert.deepEqual([code, stderr], [2, "test: pulumi stack output failed: incorrect passphrase\n"]);
  });

  const FORMS: readonly [string, RegExp][] = [
    ["prometheus", /^x509_cert_not_after\{.*stack="prod",node="cp1",certificate="apiserver"\} 1782864000$/m],
    ["junit", /<testcase classname="prod\.cp1" name="apiserver"\/>/],
    ["html", /<title>Certificates of prod<\/title>/],
  ];
  for (const [form, expected] of FORMS)
    it(`names the selected stack in ${form}`, async () => {
      project("exit 1");
      const { code, stdout, stderr } = await harness.run(["status", "-o", form, ...AS_OF]);
      assert.match(stdout, expected);
      assert.deepEqual([code, stderr], [0, ""]);
    });

  it("colours on a terminal alone, and not where NO_COLOR is set", async () => {
    holds(row({ notAfter: "2026-05-01T00:00:00Z" }));
    const line = `kube-pki status ${AS_OF.join(" ")}`;
    const red = /\u001b\[31mexpired\u001b\[0m/;
    const onTerminal = (env: Readonly<Record<string, string>>) =>
      harness.sh(`script -qec '${line}' /dev/null`, { env: { TERM: "xterm-256color", COLORTERM: "", ...env } });
    const escape = "\u001b";
    assert.match((await onTerminal({ NO_COLOR: "" })).stdout, red);
    assert.ok(!(await onTerminal({ NO_COLOR: "1" })).stdout.includes(escape));
    assert.ok(!(await onTerminal({ NO_COLOR: "", TERM: "dumb" })).stdout.includes(escape));
    assert.ok(!(await harness.sh(line, { env: { TERM: "xterm-256color", NO_COLOR: "" } })).stdout.includes(escape));
  });

  const failures: readonly [string, () => void, readonly string[], string][] = [
    [
      "pulumi fails",
      () => {
        harness.pulumi("", { stderr: "error: no stack named 'x' found\n", code: 255 });
      },
      [],
      "pulumi stack output failed: no stack named 'x' found; `pulumi stack ls` lists those that there are (PULUMI_BACKEND_URL or `pulumi login` say where)",
    ],
    [
      "the outputs are of something else",
      () => {
        harness.pulumi('{"bucket": "x"}');
      },
      [],
      "the stack's output certificates is not what kube-pki writes; run `pulumi up` with this version first",
    ],
    [
      "a node's address would be read as an option",
      () => {
        const node = { name: "cp1", host: "-oProxyCommand=x", port: 22, user: "root", sudo: false };
        harness.pulumi(JSON.stringify({ certificates: [], nodes: [node] }));
      },
      [],
      "the stack's output nodes.0.host is not what kube-pki writes; run `pulumi up` with this version first",
    ],
    [
      "pulumi prints no JSON",
      () => {
        harness.pulumi("Please choose a stack");
      },
      [],
      "pulumi stack output did not print JSON",
    ],
    [
      "the window is no duration",
      holds,
      ["--within", "soon"],
      '--within: "soon"; must be a duration above 0 and up to 36500d in days, hours, minutes and seconds, such as "30d", "720h" or "1d12h"',
    ],
    [
      "the moment is none",
      holds,
      ["--as-of", "x"],
      '--as-of: "x"; must be a timestamp such as "2026-12-31T00:00:00Z", or a day',
    ],
    [
      "no run has succeeded",
      () => {
        harness.pulumi("{}");
      },
      [],
      "the stack has no outputs: no `pulumi up` of it has succeeded yet",
    ],
    [
      "a form is unknown",
      holds,
      ["-o", "promethus"],
      '--output: "promethus"; must be one of table, json, yaml, prometheus, junit, html; did you mean `prometheus`?',
    ],
    [
      "a node is unknown",
      () => {
        holds(row(), row({ node: "w1" }));
      },
      ["--node", "w2"],
      '--node: "w2"; must be one of cp1, w1; did you mean `w1`?',
    ],
    ["a stack is named beside all", holds, ["--all", "-s", "prod"], "--all and --stack: give one of them"],
    [
      "an option is unknown",
      holds,
      ["--wihtin", "1d"],
      "--wihtin: no option of this command; did you mean `--within`?",
    ],
    ["an option is like none", holds, ["--frobnicate"], "--frobnicate: no option of this command; see --help"],
  ];
  for (const [what, prepare, args, sentence] of failures) {
    it(`exits 2 with one sentence when ${what}`, async () => {
      prepare();
      const { code, stdout, stderr } = await harness.run(["status", ...args]);
      assert.deepEqual([code, stdout, stderr], [2, "", `kube-pki: ${sentence}\n`]);
    });
  }

  it("says that pulumi is missing", async () => {
    const { code, stderr } = await harness.run(["status"], { path: "/nonexistent" });
    assert.deepEqual(
      [code, stderr],
      [2, "kube-pki: pulumi: not found on PATH; https://www.pulumi.com/docs/install/ says how to install it\n"],
    );
  });
});
