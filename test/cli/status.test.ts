import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
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
    assert.match(fine.stdout, /^CA +GENERATION .*\netcd +1 .* rotate before 2026-07-01\n\nNODE .*\ncp1 /);
    assert.deepEqual([fine.code, fine.stderr], [0, ""]);
    const late = await harness.run(["status", ...AS_OF, "--within", "30d", "--json"]);
    const { authorities, remarks } = JSON.parse(late.stdout) as { authorities: unknown; remarks: string[] };
    assert.deepEqual(authorities, [{ ...ca, daysLeft: 395 }]);
    assert.match(remarks[0] ?? "", /^etcd: the CA CN=etcd-ca expires .* set rotation\.generation to 2/);
    assert.equal(late.code, 1);
  });

  it("says from when the next phase of a rotation is allowed, as long as it is held", async () => {
    const next = async (changes: Partial<AuthorityRow>) => {
      holdsCa({ rotateBefore: "2027-01-01T00:00:00Z", ...changes });
      return / (phase \S+(?: from \S+)?)\n/.exec((await harness.run(["status", ...AS_OF])).stdout)?.[1];
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
    assert.match(stdout, /^NODE +CERTIFICATE .*\ncp1 +apiserver +kubernetes +2026-07-01 +30 .* served\n$/);
    assert.equal(code, 0);
    const asked = readFileSync(join(harness.folder, "arguments"), "utf8");
    assert.equal(asked, "stack output --json --non-interactive --stack prod\n");
  });

  const windows: readonly [readonly string[], number, string][] = [
    [[], 0, ""],
    [["--within", "29d"], 0, ""],
    [["--within", "30d"], 1, "cp1: apiserver expires 2026-07-01T00:00:00Z, within 30d\n"],
    [["--as-of", "2026-07-02T00:00:00Z"], 1, "cp1: apiserver expired 2026-07-01T00:00:00Z\n"],
  ];
  for (const [args, expected, remark] of windows) {
    it(`exits ${String(expected)} with ${args.join(" ") || "no window"}`, async () => {
      holds(row(), row({ certificate: "kubelet", notAfter: "2027-01-01T00:00:00Z" }));
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
      certificates: [{ ...row(), daysLeft: 30 }],
      remarks: ["cp1: apiserver expires 2026-07-01T00:00:00Z, within 40d"],
    });
  });

  const failures: readonly [string, () => void, readonly string[], string][] = [
    [
      "pulumi fails",
      () => {
        harness.pulumi("", { stderr: "error: no stack named 'x' found\n", code: 255 });
      },
      [],
      "pulumi stack output failed: no stack named 'x' found",
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
    ["the moment is none", holds, ["--as-of", "x"], '--as-of: "x"; must be a timestamp such as "2026-12-31T00:00:00Z"'],
    ["an option is unknown", holds, ["--wihtin", "1d"], "Unknown option '--wihtin'; see --help"],
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
    assert.deepEqual([code, stderr], [2, "kube-pki: pulumi: not found on PATH, or the folder it runs in is missing\n"]);
  });
});

describe("kube-pki", function () {
  this.timeout(20_000);
  const harness = new Harness();
  after(() => {
    harness.remove();
  });

  it("explains itself", async () => {
    const { code, stdout } = await harness.run(["--help"]);
    assert.equal(code, 0);
    for (const text of ["kube-pki status", "kube-pki due", "--within", "exit codes:"])
      assert.ok(stdout.includes(text), text);
  });

  it("refuses a command it does not know", async () => {
    for (const name of ["frobnicate", "constructor"]) {
      const { code, stderr } = await harness.run([name]);
      assert.deepEqual(
        [code, stderr],
        [
          2,
          `kube-pki: unknown command \`${name}\`; must be one of status, due, doctor, up, renew, survey, init, timer, backup, restore\n`,
        ],
      );
    }
  });
});
