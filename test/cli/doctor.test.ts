import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { doctor, type Reach } from "../../cli/doctor";
import type { Host, Surveyed } from "../../cli/surveyHosts";
import type { Finding } from "../../core/doctor/finding";
import type { Survey } from "../../core/survey/model";
import { healthy, makeAuthorities, PKI, type Authorities } from "../core/doctor/healthy";
import { NOW } from "../core/doctor/pki";
import { World } from "../core/doctor/world";
import { Harness } from "./harness";

const AS_OF = ["--as-of", NOW.toISOString()];

/** Hosts that answer so, one after another. */
class FakeHosts {
  readonly asked: Host[] = [];
  jump: string | undefined;
  printed = "";

  constructor(private readonly answers: readonly Surveyed[]) {}

  readonly reach: Reach = {
    surveyHosts: (hosts, { jump }) => {
      this.asked.push(...hosts);
      this.jump = jump;
      return Promise.resolve(new Map(hosts.map((host, index) => [host, this.answers[index]!])));
    },
    print: (text) => (this.printed += text),
  };
}

const OUTPUTS = {
  certificates: [
    {
      node: "cp1",
      certificate: "apiserver",
      subject: "CN=kube-apiserver",
      issuer: "CN=kubernetes",
      serial: "0ABC",
      notAfter: "2027-02-01T00:00:00Z",
      nextRenewal: "2026-12-20T00:00:00Z",
      keyLocation: "node",
      proof: "served",
    },
  ],
  nodes: [{ name: "cp1", host: "10.0.0.11", port: 22, user: "root", sudo: false }],
};

describe("kube-pki doctor", function () {
  this.timeout(20_000);
  const harness = new Harness();
  let ca: Authorities;
  let surveys: readonly Survey[];
  before(async () => {
    ca = await makeAuthorities();
    surveys = await healthy(ca);
  });
  after(() => {
    harness.remove();
  });

  const saved = (name: string, content: unknown): string => {
    writeFileSync(join(harness.folder, name), typeof content === "string" ? content : JSON.stringify(content));
    return name;
  };
  const spoiled = async (): Promise<World> => {
    const world = new World(surveys, ca);
    const ended = { by: ca.kubernetes, from: "2025-11-19", until: "2026-11-19" };
    for (const name of ["cp1", "cp2"] as const) await world.renew(name, `${PKI}/apiserver.crt`, ended);
    world.node("w1").host.clockAheadSeconds = 45;
    world.node("w1").renewers.push("certbot.timer");
    return world;
  };

  it("finds nothing where nothing is wrong", async () => {
    const { code, stdout, stderr } = await harness.run(["doctor", ...AS_OF, "--from", saved("all.json", surveys)]);
    assert.deepEqual([code, stdout, stderr], [0, "3 nodes looked at: nothing found\n", ""]);
  });

  it("tells the most urgent first, and what nodes share once", async () => {
    const world = await spoiled();
    const { code, stdout, stderr } = await harness.run(["doctor", ...AS_OF, "--from", "-"], {
      stdin: JSON.stringify(world.surveys),
    });
    assert.deepEqual([code, stderr], [1, ""]);
    assert.equal(
      stdout,
      `now
  cp1, cp2: the certificate in /etc/kubernetes/pki/apiserver.crt expired on 2026-11-19, 10 days ago
      run \`kubeadm certs renew apiserver\` [certificate-expired]

soon
  w1: its clock is 45 s ahead, so certificates end there before their time
      set the clock and keep it by NTP (chrony, systemd-timesyncd) [clock]

notice
  w1: certbot.timer renews certificates on this node
      disable it before another tool renews [renewer]

3 nodes looked at: 1 now, 1 soon, 1 notice
`,
    );
  });

  it("exits 0 if there are only notices", async () => {
    const world = new World(surveys, ca);
    world.node("w1").unread.push("no kubectl");
    const { code, stdout } = await harness.run(["doctor", ...AS_OF, "--from", saved("notice.json", world.surveys)]);
    assert.equal(code, 0);
    assert.match(stdout, /\n3 nodes looked at: 1 notice\n$/);
  });

  it("prints every finding of every node as JSON", async () => {
    const world = await spoiled();
    const from = world.surveys.flatMap((survey, index) => ["--from", saved(`${String(index)}.json`, survey)]);
    const { code, stdout } = await harness.run(["doctor", "--json", ...AS_OF, ...from]);
    const report = JSON.parse(stdout) as { asOf: string; nodes: string[]; findings: Finding[] };
    assert.equal(code, 1);
    assert.deepEqual([report.asOf, report.nodes], [NOW.toISOString(), ["cp1", "cp2", "w1"]]);
    assert.deepEqual(
      report.findings.map(({ urgency, check, node }) => `${urgency} ${check} ${node}`),
      ["now certificate-expired cp1", "now certificate-expired cp2", "soon clock w1", "notice renewer w1"],
    );
    assert.deepEqual(report.findings[0], {
      check: "certificate-expired",
      node: "cp1",
      urgency: "now",
      subject: "/etc/kubernetes/pki/apiserver.crt",
      text: "the certificate in /etc/kubernetes/pki/apiserver.crt expired on 2026-11-19, 10 days ago",
      remedy: "run `kubeadm certs renew apiserver`",
      at: "2026-11-19T12:00:00.000Z",
    });
  });

  it("looks ahead as far as --within says", async () => {
    const late = ["--as-of", "2027-04-01T00:00:00Z", "--from", saved("within.json", surveys)];
    const found = async (within: string) => (await harness.run(["doctor", ...late, "--within", within])).stdout;
    assert.match(await found("90d"), /\[certificate-expires\]/);
    assert.doesNotMatch(await found("10d"), /\[certificate-expires\]/);
  });

  it("compares surveys with the stack that is named", async () => {
    harness.pulumi(JSON.stringify(OUTPUTS));
    const from = ["--from", saved("stack.json", surveys[0])];
    const { code, stdout } = await harness.run(["doctor", ...AS_OF, "--stack", "prod", ...from]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /cp1: \/etc\/kubernetes\/pki\/apiserver\.crt holds another certificate .* the stack issued \(serial abc,/,
    );
  });

  const failures: readonly [string, () => string[], RegExp][] = [
    [
      "a file that is not there",
      () => ["--from", "nowhere.json"],
      /^kube-pki: --from: "nowhere\.json"; must be a file that is there, and that you may read\n$/,
    ],
    [
      "no JSON",
      () => ["--from", saved("bad.json", "hello")],
      /^kube-pki: --from bad\.json: no JSON \(.*\); must be what/,
    ],
    [
      "an empty list",
      () => ["--from", saved("empty.json", [])],
      /^kube-pki: --from empty\.json: there is no survey in it\n$/,
    ],
    [
      "an option that does not exist",
      () => ["--frmo", "x"],
      /^kube-pki: --frmo: no option of this command; did you mean `--from`\?\n$/,
    ],
    ["a duration that is none", () => ["--within", "soon", "--from", "x"], /^kube-pki: --within: "soon"; must be/],
  ];
  for (const [what, args, sentence] of failures) {
    it(`exits 2 with one sentence for ${what}`, async () => {
      const { code, stdout, stderr } = await harness.run(["doctor", ...args()]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, sentence);
    });
  }
});

describe("doctor of hosts", () => {
  let surveys: readonly Survey[];
  before(async () => {
    surveys = await healthy(await makeAuthorities());
  });

  it("asks those that are named, and counts one that does not answer", async () => {
    const hosts = new FakeHosts([...surveys, { unreachable: "no answer within 60 s" }]);
    const code = await doctor(["root@cp1", "cp2", "w1", "ann@w2", "--jump", "bastion", ...AS_OF], hosts.reach);
    assert.equal(code, 1);
    assert.deepEqual(
      hosts.asked.map(({ target: { user, host }, sudo }) => [user, host, sudo]),
      [
        ["root", "cp1", false],
        [undefined, "cp2", false],
        [undefined, "w1", false],
        ["ann", "w2", true],
      ],
    );
    assert.equal(hosts.jump, "bastion");
    assert.equal(
      hosts.printed,
      `now
  ann@w2: it could not be read: no answer within 60 s
      see that \`ssh\` reaches it, and run this again [unreached]

3 nodes looked at: 1 now
`,
    );
  });

  it("fails if none of them answers", async () => {
    const hosts = new FakeHosts([{ unreachable: "connection refused" }, { unreachable: "no route" }]);
    await assert.rejects(doctor(["w1", "w2"], hosts.reach), {
      name: "Failure",
      message: "none of the hosts could be read: w1: connection refused; w2: no route",
    });
  });
});

describe("doctor of a stack", function () {
  this.timeout(20_000);
  const harness = new Harness();
  const { PATH } = process.env;
  before(() => {
    harness.pulumi(JSON.stringify(OUTPUTS));
    process.env["PATH"] = `${harness.folder}:${PATH ?? ""}`;
  });
  after(() => {
    process.env["PATH"] = PATH;
    harness.remove();
  });

  it("asks the stack's nodes where nothing else is named", async () => {
    const [survey] = await healthy(await makeAuthorities());
    const hosts = new FakeHosts([survey!]);
    assert.equal(await doctor([...AS_OF, "--json"], hosts.reach), 1);
    assert.deepEqual(
      hosts.asked.map(({ target: { user, host, port }, sudo }) => [user, host, port, sudo]),
      [["root", "10.0.0.11", 22, false]],
    );
    const { findings } = JSON.parse(hosts.printed) as { findings: Finding[] };
    assert.ok(findings.some(({ check }) => check === "stack-drift"));
  });
});
