import assert from "node:assert/strict";
import fc from "fast-check";
import { OUR_SETTLE_SECONDS } from "../../bench/race/contestants";
import { CASES } from "../../bench/race/cases";
import { certificatesIn, notDone } from "../../bench/race/certificates";
import { chart } from "../../bench/race/chart";
import { writtenMb } from "../../bench/race/cost";
import { duties } from "../../bench/race/duties";
import { readOptions } from "../../bench/race/options";
import { merged } from "../../bench/race/measured";
import { markdownTable, pageText } from "../../bench/race/page";
import { COLUMNS, median, medians, type Result } from "../../bench/race/results";

const result = (who: string, seconds: number, more: Partial<Result> = {}): Result => ({
  nodes: 10,
  rttMs: 0,
  name: "renewal",
  who,
  seconds,
  controllerCpuSeconds: 1,
  memoryMb: 2,
  nodeCpuSeconds: 3,
  connections: 4,
  writtenMb: 5,
  stateKb: 6,
  ...more,
});

describe("the race: figures", () => {
  it("a median is in the middle, whatever the order", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        const half = values.length / 2;
        assert.ok(values.filter((value) => value <= middle).length >= half);
        assert.ok(values.filter((value) => value >= middle).length >= half);
      }),
    );
  });

  it("one row for each heat, each figure by itself", () => {
    const rows = medians([
      result("a", 9, { connections: 1 }),
      result("b", 2),
      result("a", 7, { connections: 3 }),
      result("a", 8, { connections: 2 }),
      result("a", 1, { nodes: 50 }),
    ]);
    assert.deepEqual(
      rows.map(({ who, nodes, seconds, connections, runs }) => [who, nodes, seconds, connections, runs]),
      [
        ["a", 10, 8, 2, 3],
        ["b", 10, 2, 4, 1],
        ["a", 50, 1, 4, 1],
      ],
    );
  });

  it("a part that is measured again is another one with all its contestants, in the order of nodes", () => {
    const kept = (who: string, date: string, more: Partial<Result> = {}) => ({
      ...result(who, 1, more),
      runs: 3,
      date,
      commit: "",
    });
    const before = [
      kept("a", "1"),
      kept("b", "1"),
      kept("a", "1", { nodes: 50 }),
      kept("a", "1", { name: "no-op-up" }),
    ];
    const anew = [kept("a", "2", { nodes: 50 }), kept("a", "2")];
    assert.deepEqual(
      merged(before, anew).map(({ who, nodes, name, date }) => [who, nodes, name, date]),
      [
        ["a", 10, "no-op-up", "1"],
        ["a", 10, "renewal", "2"],
        ["a", 50, "renewal", "2"],
      ],
    );
  });

  it("what a shell and all it waited for have written", () => {
    assert.equal(writtenMb("wchar: 7\nwrite_bytes: 2500000\ncancelled_write_bytes: 9\n"), 2.5);
    assert.ok(Number.isNaN(writtenMb("")));
  });
});

describe("the race: whether a duty was done", () => {
  const before = certificatesIn([
    { name: "cp1", text: "/etc/etcd/server.crt AA:1\nport 2379 AA:1\n/etc/etcd/ca.crt AA:4\n" },
    { name: "w2", text: "/var/lib/kubelet/kubelet.crt AA:2\n/var/lib/kubelet/kubeconfig AA:3\nport 10250 AA:2\n" },
  ]);
  const after = (...changed: string[]) =>
    new Map([...before].map(([what, print]) => [what, changed.includes(what) ? "BB" : print]));
  const all = [...before.keys()];
  const one = ["w2 /var/lib/kubelet/kubelet.crt", "w2 port 10250"];

  it("reads what nodes print", () => {
    assert.deepEqual(all.slice(0, 2), ["cp1 /etc/etcd/server.crt", "cp1 port 2379"]);
    assert.equal(before.get("cp1 port 2379"), "AA:1");
  });

  for (const [name, changes] of [
    ["rotation", all],
    ["renewal", all.filter((what) => !what.endsWith("ca.crt"))],
    ["one-node", one],
    ["no-op-up", []],
  ] as const)
    it(`${name}: what has to change does, and nothing else`, () => {
      assert.deepEqual(notDone(CASES[name], "w2", before, after(...changes)), []);
      for (const what of all) {
        const other = changes.some((each) => each === what)
          ? changes.filter((each) => each !== what)
          : [...changes, what];
        const wrong = notDone(CASES[name], "w2", before, after(...other));
        assert.equal(wrong.length, 1);
        assert.ok(wrong[0]?.startsWith(`${what}: `), wrong[0]);
      }
    });

  it("what is gone has changed", () => {
    assert.equal(notDone(CASES["no-op-up"], "w2", before, new Map()).length, before.size);
  });
});

describe("the race: options", () => {
  const peers = ["ours", "loop"] as const;
  const read = (...args: string[]) => readOptions(args, peers, 10);

  it("all cases and contestants, three runs, unless told otherwise", () => {
    assert.deepEqual(read(), {
      nodes: [10],
      rtts: [0],
      runs: 3,
      cases: Object.keys(CASES),
      peers: ["ours", "loop"],
      settleSeconds: 10,
      write: false,
    });
    const given = read("--nodes", "10,50", "--rtt", "0,20", "--runs", "1", "--cases", "rotation", "--peers", "loop");
    assert.deepEqual(
      [given.nodes, given.rtts, given.runs, given.cases, given.peers],
      [[10, 50], [0, 20], 1, ["rotation"], ["loop"]],
    );
    assert.equal(read("--settle", "0").settleSeconds, 0);
  });

  for (const [args, said] of [
    [["--nodes", "3"], /--nodes: 3; must be a whole number, at least 4/],
    [["--nodes", "10,x"], /--nodes: x; must be/],
    [["--runs", "0"], /--runs: 0; must be/],
    [["--rtt", "1.5"], /--rtt: 1\.5; must be/],
    [["--cases", "renew"], /--cases: renew; must be one of renewal, rotation/],
    [["--peers", "chef"], /--peers: chef; must be one of ours, loop/],
  ] as const)
    it(`refuses ${args.join(" ")}`, () => {
      assert.throws(() => read(...args), said);
    });
});

describe("the race: what is printed", () => {
  const rows = medians([result("kube-pki", 10), result("<b> & c", 5), result("kube-pki", 40, { nodes: 50 })]);

  it("a markdown table has a line for each row, figures to the right", () => {
    const [head = "", rule = "", ...lines] = markdownTable(COLUMNS, rows).split("\n");
    assert.match(head, /^\| nodes \| rtt ms \| case \| who \| seconds \|/);
    assert.match(rule, /^\| --: \| --: \| --- \| --- \| --: \|/);
    assert.equal(lines.length, rows.length);
    assert.match(lines[2] ?? "", /^\| 50 \| 0 \| renewal \| kube-pki \| 40\.0 \|/);
  });

  it("a chart's bars are as long as their figures, its text is escaped", () => {
    const svg = chart(rows, "seconds", ({ seconds }) => seconds);
    const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
    assert.equal(widths.length, 3);
    assert.ok(Math.abs(widths[2]! / widths[0]! - 4) < 0.01);
    assert.ok(Math.abs(widths[0]! / widths[1]! - 2) < 0.01);
    assert.match(svg, /&lt;b&gt; &amp; c, 10 nodes/);
  });

  it("the page says what was run, with what, and what peers do not do", () => {
    const page = {
      rows: rows.map((row) => ({ ...row, date: "1970-01-01", commit: "abc1234" })),
      plugins: "Stand-ins.",
      ourSettleSeconds: 10,
    };
    const text = pageText({ ...page, settleSeconds: 0 });
    for (const wanted of [
      "npm run bench -- race",
      "1970-01-01, abc1234",
      "Stand-ins.",
      "race.svg",
      "ansible-core 2.",
      "Each was run once.",
      "kubeadm certs renew",
    ])
      assert.ok(text.includes(wanted), wanted);
    assert.match(text, /\| proof again 10 s after the restart, by the same process \| yes \| no \|/);
    assert.ok(duties(10, 10).some(({ peers }) => peers === "after 10 s"));
  });
});

describe("how long peers look at what they have restarted", () => {
  it("is as long as a node of ours does, by its script", () => {
    assert.equal(OUR_SETTLE_SECONDS, 10);
  });
});
