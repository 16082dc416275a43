/** `kube-pki up`, and what a plain `pulumi up` prints, on the real engine; nodes are stand-ins. */
import assert from "node:assert/strict";
import type { Happening } from "../../core/progress/happening";
import type { CertificateRow } from "../../core/report/report";
import { StandInCluster, type Verb } from "./standInCluster";

const NODES = ["cp1", "w1", "w2"];
/** Of a terminal that people have beside others. */
const SCREEN = 24;
const A_YEAR_MS = 364 * 86_400_000;

const eventsOf = (stdout: string): Happening[] =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Happening);

describe("kube-pki up, on the real engine", function () {
  this.timeout(600_000);
  let cluster: StandInCluster;
  /** A node that works, and says what a real one says. */
  const works = (node: string, verb: Verb) =>
    verb === "apply" || verb === "trust"
      ? {
          stderr: `${node}: restarting kubelet\n${node}: kubelet restarted in 3 s\n`,
          stdout: "done 01234567 changed\n",
          afterMs: 300,
        }
      : undefined;

  before(async () => {
    cluster = await StandInCluster.start(NODES);
    cluster.answer = works;
  });
  after(() => cluster.stop());

  /** Since it was asked last. */
  let known = 0;
  const asked = (): string[] => {
    const all = cluster.asked.slice(known);
    known = cluster.asked.length;
    return all;
  };
  const lines = (stdout: string): string[] => stdout.split("\n").map((line) => line.replace(/^\[ *\d+:\d\d\] /, ""));
  /** Sends it once a node was asked this. */
  const when =
    (what: string, name: NodeJS.Signals, times = 1) =>
    (signal: (name: NodeJS.Signals) => void): void => {
      const look = setInterval(() => {
        if (!cluster.asked.slice(known).includes(what)) return;
        clearInterval(look);
        for (let time = 0; time < times; time++) setTimeout(signal, time * 1000, name);
      }, 50);
    };
  const nothingToDo = () => cluster.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");

  it("of a first run tells what is ahead, each node, and what is held at the end", async () => {
    const { code, stdout, stderr } = await cluster.kubePki(["up", "--yes"]);
    assert.equal(code, 0, stdout + stderr);
    const said = lines(stdout);
    assert.ok(said.includes("10 steps on 3 nodes: about 60 s"), stdout);
    assert.ok(said.includes("18 certificates issued"), stdout);
    for (const [index, node] of NODES.entries()) {
      assert.match(stdout, new RegExp(`  ${node}: apply \\(node ${String(index + 1)} of 3\\): .*restarts .*kubelet`));
      assert.match(stdout, new RegExp(`^${node} +done +\\d+ +install \\d+ s, request \\d+ s, apply \\d+ s$`, "m"));
    }
    assert.match(stdout, /^certificates: 18, for 3 nodes; /m);
    assert.match(stdout, /\ndone after [\w. ]+ s\n$/);
  });

  it("of a rotation tells three phases, and what is left of it", async () => {
    cluster.configure({ rotation: { generation: 2 } });
    const { code, stdout, stderr } = await cluster.kubePki(["up", "--yes"]);
    assert.equal(code, 0, stdout + stderr);
    const said = lines(stdout);
    assert.ok(
      said.some((line) => /^19 steps on 3 nodes, phases trust, issue, done: about \d min$/.test(line)),
      stdout,
    );
    const phases = said.flatMap((line) => /^phase (\d of 3\S*)/.exec(line)?.[1] ?? []);
    assert.deepEqual([...new Set(phases.map((text) => text[0]))], ["1", "2", "3"]);
    assert.match(stdout, /  w2: trust: done in \S+ s; restarted kubelet; about \d min left/);
  });

  it("interrupted once goes to the end of what has begun, and the next run goes on", async () => {
    cluster.configure({ rotation: { generation: 3 } });
    asked();
    const { code, stdout } = await cluster.kubePki(["up", "--yes", "--skip-preview"], when("w1 trust", "SIGINT"));
    assert.equal(code, 2);
    assert.match(stdout, /interrupted: what has begun on a node goes to its end/);
    assert.match(stdout, /  w1: trust: done in /);
    assert.match(stdout, /\ninterrupted after [\w. ]+ s: the next run goes on where this one ended\n$/);
    assert.ok(!asked().includes("w2 trust"), "another node was begun");
    const next = await cluster.kubePki(["up", "--yes", "--skip-preview"]);
    assert.equal(next.code, 0, next.stdout + next.stderr);
    assert.deepEqual(
      asked().filter((what) => what.endsWith(" trust")),
      ["w2 trust", ...NODES.map((node) => `${node} trust`)],
      "the rest of trust, and retire",
    );
    await nothingToDo();
  });

  it("of a renewal that fails says last, and whole, what the node said", async () => {
    cluster.configure({ asOf: new Date(Date.now() + A_YEAR_MS).toISOString() });
    const sentence = "kubelet does not serve the new certificate; see journalctl -u kubelet";
    cluster.answer = (node, verb) =>
      verb === "apply" && node === "w1"
        ? { stderr: `${node}: restarting kubelet\n${node}: putting the old set back\n${node}: ${sentence}\n`, code: 1 }
        : works(node, verb);
    const { code, stdout, stderr } = await cluster.kubePki(["up", "--yes", "--skip-preview"]);
    assert.equal(code, 2);
    assert.match(stderr, /^kube-pki: the CAs stay as they are: the state is saved once/);
    assert.equal(stdout.trimEnd().split("\n").at(-1), `error: w1: ${sentence}`);
    assert.match(stdout, /^w1 +failed /m);
    assert.match(stdout, /  w1: putting the old set back\n/);
  });

  it("prints the rest of it as events, each of this version", async () => {
    cluster.answer = works;
    const { code, stdout, stderr } = await cluster.kubePki(["up", "--yes", "--json"]);
    assert.equal(code, 0, stdout + stderr);
    const events = eventsOf(stdout);
    assert.ok(events.every((event) => Reflect.get(event, "version") === 1));
    const steps = events.flatMap((event) =>
      event.event === "step-ended" ? [`${event.node ?? ""} ${event.step}`] : [],
    );
    assert.deepEqual(steps, ["w1 apply", "w2 apply"]);
    const plan = events.find(({ event }) => event === "plan");
    assert.ok(plan?.event === "plan" && plan.steps === 2 && (plan.estimateSeconds ?? 0) > 10, JSON.stringify(plan));
    const end = events.at(-1);
    assert.ok(end?.event === "end" && end.result === "succeeded" && end.errors.length === 0, JSON.stringify(end));
    await nothingToDo();
  });

  it("leaves outputs that a plain pulumi up shows in a screen, and programs can read", async () => {
    const stdout = await cluster.pulumi("up", "--yes", "--skip-preview");
    const outputs = /\nOutputs:\n([^]*?)\n\n/.exec(stdout)?.[1]?.split("\n") ?? assert.fail(stdout);
    assert.ok(outputs.length < SCREEN, outputs.join("\n"));
    assert.match(stdout, /certificates: "18, for 3 nodes; the first is renewed from /);
    const rows = JSON.parse(
      await cluster.pulumi("stack", "output", "certificates", "--show-secrets", "--json"),
    ) as CertificateRow[];
    assert.equal(rows.length, 18);
    const status = await cluster.kubePki([
      "status",
      "--json",
      "--as-of",
      new Date(Date.now() + A_YEAR_MS).toISOString(),
    ]);
    const { certificates } = JSON.parse(status.stdout) as { certificates: CertificateRow[] };
    assert.deepEqual(
      certificates.map(({ serial }) => serial),
      rows.map(({ serial }) => serial),
    );
    assert.doesNotMatch(stdout, /key for .* made[^]*key for .* made/);
  });

  it("interrupted twice ends at once", async () => {
    cluster.configure({ asOf: new Date(Date.now() + 2 * A_YEAR_MS).toISOString() });
    cluster.answer = (node, verb) => (verb === "apply" ? { afterMs: 60_000 } : works(node, verb));
    asked();
    const began = performance.now();
    const { code, stdout } = await cluster.kubePki(["up", "--yes", "--skip-preview"], when("cp1 apply", "SIGINT", 2));
    assert.equal(code, 2);
    assert.match(stdout, /interrupted again: pulumi ends at once/);
    assert.ok(performance.now() - began < 45_000, stdout);
    assert.ok(!asked().includes("w1 apply"));
  });
});
