/** Plays a walk: makes each move, and asks after it what has to hold. */
import { leaf } from "../node/pki";
import { errorsOf, type Run } from "../lab/plugins/testStack";
import { Finding } from "../bySeed";
import { begin, moveText, type Move, type Walk } from "./case";
import { change, keptAt, nth } from "./changes";
import { stepsOf, WalkCluster } from "./cluster";
import { Leaves } from "./leaves";
import { broken, notAt, notOf } from "./oracle";
import { asked, brokenOff, isSettled, reached, refused, stateText, type Member, type World } from "./world";

/** How runs went, to be counted. */
export type Tally = Record<
  "whole" | "killed" | "unreachable" | "targeted" | "refused" | "settled" | "leaves renewed",
  number
>;

const SHOWN = 12;

/** As openssl calls them. */
const USAGES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
};

class Player {
  private world: World;
  private readonly said: string[] = [];
  /** States that somebody has kept, the last one first. */
  private readonly kept: string[] = [];
  private readonly leaves = new Leaves();

  constructor(
    private readonly cluster: WalkCluster,
    walk: Walk,
    private readonly tally: Tally,
  ) {
    this.world = begin(walk);
  }

  async play(moves: readonly Move[]): Promise<void> {
    await this.cluster.provide(this.world);
    await this.toItsEnd(this.world, "the first run");
    for (const move of moves) {
      this.say(moveText(move));
      await this.move(move);
      if (move.settles) await this.settle();
    }
    await this.settle();
  }

  private say(line: string): void {
    this.said.push(line);
  }

  private fail(what: string, found: readonly string[], run?: Run): never {
    const more = found.length > SHOWN ? [`... and ${String(found.length - SHOWN)} more`] : [];
    const details = ["what was played:", ...this.said, ...(run === undefined ? [] : ["the run said:", errorsOf(run)])];
    throw new Finding([`${what}:`, ...found.slice(0, SHOWN), ...more].join("\n  "), details.join("\n  "));
  }

  private hold(what: string, found: readonly string[], run?: Run): void {
    if (found.length > 0) this.fail(what, found, run);
  }

  /** What holds at any moment in which nothing runs. */
  private check(world: World, run: Run): void {
    const files = this.cluster.files(world);
    this.hold("not whole", broken(files, new Date()), run);
    this.hold("of no state that was asked for", notOf(files, world.at), run);
    const debris = [...this.cluster.nodes].flatMap(([name, node]) => node.debris().map((path) => `${name}:${path}`));
    this.hold("left behind", debris, run);
  }

  /** A run that has to do all that it is asked to. */
  private async toItsEnd(world: World, what: string, detectDrift = false): Promise<Run> {
    const run = await this.cluster.up(world, { detectDrift });
    this.say(
      `  -> ${run.failed ? "failed" : `done: ${stateText(asked(world))}, ${String(stepsOf(run).length)} steps`}`,
    );
    if (run.failed) this.fail(`${what} fails`, [errorsOf(run)]);
    this.world = reached(world);
    this.kept.unshift(this.cluster.stack.saved);
    this.check(this.world, run);
    this.hold(`${what} does not do what it says`, notAt(this.cluster.files(this.world), asked(this.world)), run);
    return run;
  }

  /** A plain run comes to its end, and the next one has nothing to do. */
  private async settle(): Promise<void> {
    if (!isSettled(this.world)) await this.toItsEnd(this.world, "a plain run");
    const again = await this.cluster.up(this.world);
    this.hold("a further run has something to do", [...stepsOf(again), errorsOf(again)].filter(Boolean), again);
    this.tally.settled += 1;
    this.tally["leaves renewed"] += this.leaves.renewed;
    const files = this.cluster.files(this.world);
    this.hold("leaves are not those of the plan", this.leaves.compare(this.cluster.plan(this.world), files), again);
  }

  private async move(move: Move): Promise<void> {
    const { how } = move;
    const row = change(move.change);
    const changed = row.of(this.world, move);
    if (changed === undefined) throw new Error(`${moveText(move)}: the model does not allow it`);
    await this.cluster.provide(changed);
    if (how.kind !== "whole") {
      this.leaves.isDisturbed = true;
      await this.broken(changed, how);
    } else if (row.refused !== undefined) await this.refused(changed, move, row.refused);
    else {
      const hadNothing = move.change === "nothing" && isSettled(this.world);
      if (row.isBehind === true) this.behind(changed, move);
      const run = await this.toItsEnd(changed, move.change, move.change === "leaf ended");
      if (hadNothing) this.hold("a run without a change has something to do", stepsOf(run), run);
    }
    this.tally[row.refused === undefined ? how.kind : "refused"] += 1;
  }

  private behind(world: World, move: Move): void {
    this.leaves.isDisturbed = true;
    if (move.change !== "leaf ended") this.cluster.stack.saved = this.kept[keptAt(move)] ?? "";
    else this.endLeaf(nth(world.members, move));
  }

  /** A certificate that has ended in the place of one of the cluster's, with a key of its own. */
  private endLeaf(member: Member | undefined): void {
    const all = this.cluster.files(this.world);
    const own = all.find(({ node }) => node === member?.name)?.leaves ?? [];
    const one = own.find(({ where, authority }) => authority === "kubernetes" && where.endsWith(".crt"));
    const signers = all.flatMap(({ signers: each }) => each);
    const by = signers
      .flatMap(({ key, certificates }) => certificates.map((each) => ({ key, each })))
      .find(({ each }) => one?.certificate.checkIssued(each));
    if (one === undefined || by === undefined || member === undefined) return;
    const path = one.where.replace(/^[^:]*:/, "");
    const { subject, subjectAltName = "", keyUsage } = one.certificate;
    const ended = leaf({ cert: by.each.toString(), key: by.key }, /CN=(.*)/.exec(subject)?.[1], {
      days: -1,
      names: subjectAltName.replaceAll("IP Address:", "IP:"),
      usages: keyUsage.map((each) => USAGES[each] ?? each).join(),
    });
    const node = this.cluster.node(member);
    node.write(path, ended.cert);
    node.write(path.replace(/\.crt$/, ".key"), ended.key, 0o600);
    this.say(`  ${one.where} has ended`);
  }

  private async refused(changed: World, move: Move, why: RegExp): Promise<void> {
    const [before, state] = [this.cluster.texts(), this.cluster.stack.saved];
    if (change(move.change).isBehind === true) this.behind(changed, move);
    const run = await this.cluster.up(changed);
    this.say(`  -> ${run.failed ? "refused" : "done"}`);
    if (!run.failed) this.fail(`${move.change} is not refused`, stepsOf(run), run);
    if (!why.test(errorsOf(run))) this.fail(`${move.change} is refused for another reason`, [errorsOf(run)]);
    if (this.cluster.texts() !== before)
      this.fail(`${move.change} is refused, and files are other ones`, [errorsOf(run)]);
    if (change(move.change).isBehind === true) this.cluster.stack.saved = state;
    this.leaves.isDisturbed = true;
    this.world = refused(this.world);
  }

  private async broken(changed: World, how: Exclude<Move["how"], { kind: "whole" }>): Promise<void> {
    const { stack } = this.cluster;
    const [before, state] = [this.cluster.texts(), stack.saved];
    const node = "node" in how ? nth(changed.members, how.node) : undefined;
    const reach = (is: boolean): void => {
      if (node !== undefined) this.cluster.node(node).isReachable = is;
    };
    const onStep = (count: number): void => {
      if (how.kind === "killed" && count === how.at) stack.kill();
      if (how.kind === "unreachable" && count === how.from) reach(false);
    };
    if (how.kind === "unreachable" && how.from === 0) reach(false);
    const run = await this.cluster.up(changed, {
      onStep,
      ...(how.kind === "targeted" && node !== undefined && { target: node.name }),
    });
    reach(true);
    if (how.kind === "killed") {
      await stack.cancel();
      if (!how.isSaved) stack.saved = state;
      if (run.failed && !run.killed) this.fail("a run that was to be killed fails before", [errorsOf(run)]);
    }
    const outcome = run.killed ? "killed" : run.failed ? "failed" : "done";
    this.say(`  -> ${outcome}${node === undefined ? "" : ` (${node.name})`}: ${String(stepsOf(run).length)} steps`);
    this.world = brokenOff(changed);
    this.check(this.world, run);
    if (how.kind === "unreachable" && how.from === 0 && run.failed && this.cluster.texts() !== before)
      this.fail("a node does not answer from the beginning, and files are other ones", [errorsOf(run)]);
  }
}

/** @throws Finding */
export const play = async (walk: Walk, tally: Tally): Promise<void> => {
  const cluster = await WalkCluster.create(walk);
  try {
    await new Player(cluster, walk, tally).play(walk.moves);
  } finally {
    await cluster.stop();
  }
};
