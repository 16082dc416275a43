/** Plays a case: lays the node, sends each step, kills, boots, sends again, and asks the invariants at each moment. */
import * as fs from "node:fs";
import { dirname } from "node:path";
import { unique } from "../../../core/format/unique";
import { Finding } from "../../bySeed";
import { withApi } from "./asks";
import { payloadOf, sendsSet, type Sending, type Sent } from "./body";
import type { Case, Phase, Send, Step } from "./case";
import { drifted } from "./drift";
import { INVARIANTS } from "./invariants";
import { FORMS, type Form } from "./flagForms";
import { lay, ROTATION } from "./lay";
import { LEAFS, STATE } from "./layout";
import { look } from "./looks";
import type { Kind, Moment } from "./moment";
import { Light } from "./light";
import { StormNode, type Meddling, type Run } from "./node";
import { noteOf, type Note } from "./notes";
import { leafOf, type Generation } from "./pool";
import { follow } from "./remedies";
import { returning } from "./returns";
import { Services, type Consumers } from "./services";
import { differences, snapshot, type Snapshot } from "./snapshot";

/** What a case has come to, to be counted. */
export type Outcome = "done" | "refused" | "recovered" | "killed";
export type Tally = Record<Outcome, number>;

const finding = (invariant: string, kind: Kind | "settled", what: string, stderr: string): Finding =>
  new Finding(`${invariant} (${kind}): ${what}`, `its stderr:\n${stderr}`);

/** What comes next in the rotation, and where that leads. */
const ALONG: Readonly<Record<Phase, Send>> = {
  bare: "renew",
  steady: "open",
  open: "issue",
  issued: "close",
  closed: "renew",
};
const LEADS: Readonly<Record<Send, (phase: Phase) => Phase>> = {
  renew: (phase) => (phase === "closed" ? "closed" : "steady"),
  open: () => "open",
  issue: () => "issued",
  close: () => "closed",
  back: () => "steady",
  restore: (phase) => phase,
  ask: (phase) => phase,
};

/** Without the kill it would have come to that as well. */
const STUCK_BEFORE = /no room|cannot be replaced: .*the old set was put back/;

/** Some of its flags cannot be set. */
const refuses = (flagged: Case["flagged"]): boolean => {
  if (flagged === undefined) return false;
  const { refuses: which }: Form = FORMS[flagged.form];
  return flagged.wishes.some((wish) => which.includes(wish));
};

const consumersOf = async (node: StormNode, { flagged, services }: Case): Promise<Consumers | undefined> => {
  if (flagged !== undefined) return Light.make(node, flagged);
  return services === "none" ? undefined : Services.make(node, services === "running");
};

class Play {
  private phase: Phase;
  private before: Snapshot;
  private noted: Note;
  /** The last apply of the stack that has succeeded. */
  private last: { readonly sending: Sending; readonly sent: Sent } | undefined;
  private readonly odd: boolean;
  private readonly found: readonly string[];

  constructor(
    private readonly node: StormNode,
    private readonly of: Case,
    private readonly services: Consumers | undefined,
    private readonly tally: Tally,
  ) {
    this.phase = of.phase;
    this.before = snapshot(node);
    this.noted = noteOf(node);
    this.odd = of.oddities.length > 0 || refuses(of.flagged);
    this.found = fs.readdirSync(node.path(STATE));
  }

  async steps(): Promise<void> {
    for (const [index, step] of this.of.steps.entries()) if (!(await this.step(step, index + 1))) return;
  }

  /** What is sent, and its payload. */
  private async sendingOf(step: Step, count: number): Promise<readonly [Sending, Sent]> {
    const { defect, back, signing } = step;
    const name = this.noted.name;
    const told = step.told === "noted" ? name : step.told === "other" ? "1-1" : undefined;
    if (step.send === "same" && this.last !== undefined) {
      const { sending, sent } = this.last;
      return [
        { ...sending, told },
        { ...sent, words: told === undefined ? ["apply"] : ["apply", told] },
      ];
    }
    const returned = step.send === "restore" ? await returning(this.node, back) : undefined;
    const send = this.sendOf(step.send, returned !== undefined);
    const start = this.of.services === "running" || this.of.flagged !== undefined ? "existing" : "bare";
    const sending: Sending = {
      send,
      generation: this.generationOf(send),
      count,
      defect,
      start,
      services: this.services?.lines(send) ?? "",
      told,
      copies: returned?.copies ?? new Map<string, string>(),
      isProven: back.isProven,
      damage: returned === undefined ? undefined : back.damage,
      signing,
    };
    return [sending, payloadOf(sending, Math.floor(Date.now() / 1000), step.isTemplate, returned?.text)];
  }

  private sendOf(send: Step["send"], canReturn: boolean): Send {
    if (send === "along" || send === "same") return ALONG[this.phase];
    return send === "restore" && !canReturn ? "renew" : send;
  }

  private generationOf(send: Send): Generation {
    if (send === "issue") return "2";
    if (send === "renew") return ROTATION[this.phase].signing;
    return send === "ask" && ROTATION[this.phase].trusted.includes("2") ? "2" : "1";
  }

  private run({ send, generation, signing }: Sending, { words, text }: Sent, meddling: Meddling): Promise<Run> {
    this.noted = noteOf(this.node);
    const run = (): Promise<Run> => this.node.meddled(words, text, meddling);
    return send === "ask" ? withApi(this.node, ROTATION[this.phase].signing, generation, signing, run) : run();
  }

  /** False: nothing more can be sent to this node. */
  private async step(step: Step, count: number): Promise<boolean> {
    if (step.drift !== undefined && count > 1) {
      drifted(this.node, step.drift);
      this.before = snapshot(this.node);
    }
    if (step.look !== undefined) {
      const [said, stderr] = await look(this.node, step.look);
      if (said !== undefined) throw finding(`${step.look.what} tells and touches nothing`, "settled", said, stderr);
    }
    const [sending, sent] = await this.sendingOf(step, count);
    const wasSane = !this.odd && count === 1 && step.send === "along";
    const run = await this.run(sending, sent, step);
    if (run.killed) {
      this.tally.killed++;
      if (!(await this.killed(step, sending, run, sent))) return false;
    } else this.ended(run, sending, sent, wasSane && step.defect === undefined && run.failed === undefined);
    if (run.code === 1 && !run.killed && run.failed === undefined) await this.follow(run.why, sending, sent);
    if (step.again && run.code === 0 && !run.killed && run.failed === undefined) {
      const before = snapshot(this.node);
      const again = await this.run(sending, sent, {});
      this.ask("again", before, sending, again);
    }
    await this.services?.stillRun(run.code === 0 && !run.killed, sending.send);
    return true;
  }

  private ask(kind: Kind, before: Snapshot, sending: Sending, run: Run, more: Partial<Moment> = {}): Snapshot {
    const after = snapshot(this.node);
    const moment: Moment = {
      kind,
      node: this.node,
      sending,
      before,
      after,
      run,
      found: this.found,
      noted: this.noted,
      flagged: this.of.flagged,
      sane: false,
      ...more,
    };
    for (const { name, at, check } of INVARIANTS) {
      const said = at.includes(kind) ? check(moment) : undefined;
      if (said !== undefined) throw finding(name, kind, said, run.stderr);
    }
    return after;
  }

  /** Does what the sentence says: the run that follows does not say it again. */
  private async follow(why: string, sending: Sending, sent: Sent): Promise<void> {
    let said = why;
    for (let times = 0; times < 4; times++) {
      if (!follow(this.node, said)) return;
      this.before = snapshot(this.node);
      const run = await this.run(sending, sent, {});
      if (run.code !== 0 && run.why === said) throw finding("the remedy works", "settled", said, run.stderr);
      this.ended(run, sending, sent, false);
      said = run.why;
    }
  }

  /** A run came to its own end: what is there now is the new start. */
  private ended(run: Run, sending: Sending, sent: Sent, sane: boolean): void {
    const kind = run.code === 0 || run.why.includes("the new set is in place") ? "done" : "refused";
    this.tally[kind]++;
    this.before = this.ask(kind, this.before, sending, run, { sane });
    if (kind === "done") this.phase = LEADS[sending.send](this.phase);
    if (kind === "done" && sendsSet(sending.send)) this.last = { sending, sent };
  }

  /** What becomes of the node until it has been sent the same once more. False: somebody has to mend it. */
  private async killed(step: Step, sending: Sending, run: Run, sent: Sent): Promise<boolean> {
    const found = this.node.has(`${STATE}/tx/journal`);
    const isRepaired = run.code !== null && !found;
    const mid = this.ask(isRepaired ? "recovered" : "killed", this.before, sending, run);
    const byHand = isRepaired ? [] : this.makeByHand(step.aftermath.byHand);
    const cut = isRepaired ? false : this.cutJournal(step.aftermath.journal);
    // a set that was committed is not put back, whatever becomes of the run that follows; nor where the transaction is closed.
    // Before the swap there are only folders that were made for it, and they go again
    const isFinal = this.node.has(`${STATE}/tx/committed`) || (!found && isSwapped(this.before, mid));
    const before = withHand(isFinal ? mid : this.before, snapshot(this.node), byHand);
    const recovered = isRepaired || !step.aftermath.boots ? undefined : await this.boot(step, sending, before, cut);
    if (recovered === "stuck") return false;
    const run2 = await this.run(sending, sent, {});
    if (cut && run2.code !== 0) return false; // told, and nothing else to be done
    this.before = recovered ?? (isRepaired ? mid : before);
    const hadPassed = differences(before, mid).length > 0;
    if (hadPassed && run2.code !== 0 && byHand.length === 0 && !STUCK_BEFORE.test(run2.why))
      throw finding("a plain re-run succeeds", "settled", run2.why, run2.stderr);
    this.ended(run2, sending, sent, false);
    if (run2.code === 0 && recovered !== undefined) this.oldOrNew(before, recovered, this.before, byHand, run2);
    return true;
  }

  /** At the next boot: services begin after it. */
  private async boot(step: Step, sending: Sending, before: Snapshot, cut: boolean): Promise<Snapshot | "stuck"> {
    await this.services?.stop();
    for (const call of step.aftermath.kills) {
      const run = await this.node.meddled("recover", "", { kill: { call, when: "before", half: "both" } });
      if (run.killed) this.ask("killed", before, sending, run);
    }
    const run = await this.node.meddled("recover", "", {});
    if (run.code !== 0) {
      if (cut || /could not be (put back|removed)/.test(run.why)) {
        await this.services?.start();
        return "stuck";
      }
      throw finding("a booted node always starts", "recovered", run.why, run.stderr);
    }
    this.tally.recovered++;
    const recovered = this.ask("recovered", before, sending, run);
    await this.services?.start();
    return recovered;
  }

  private oldOrNew(before: Snapshot, recovered: Snapshot, final: Snapshot, byHand: readonly string[], run: Run): void {
    // whoever makes a file makes its folders, and keeps what is new beside it
    const mine = (path: string): boolean => byHand.length === 0 || (before.has(path) && !byHand.includes(path));
    const [old, made] = [differences(before, recovered).filter(mine), differences(recovered, final).filter(mine)];
    if (old.length > 0 && made.length > 0)
      throw finding(
        "after a kill the set is the old one or the new one",
        "settled",
        `neither: ${old.join()} | ${made.join()}`,
        run.stderr,
      );
  }

  /** Somebody who cannot wait makes leafs of his own. Gives the files that are his then. */
  private makeByHand(names: readonly (keyof typeof LEAFS)[]): string[] {
    return names.flatMap((name) => {
      const { cert, key } = LEAFS[name];
      const pair = leafOf(name, "f2", 7);
      if (!this.makeWay(unique([cert, key]))) return [];
      try {
        this.node.write(cert, cert === key ? pair.cert + pair.key : pair.cert, cert === key ? 0o600 : 0o644);
        if (cert !== key) this.node.write(key, pair.key, 0o600);
      } catch {
        // immutable, or full
      }
      return [cert, key];
    });
  }

  /** All of them or none: a file may be a mount of its own, or immutable. */
  private makeWay(paths: readonly string[]): boolean {
    const moved: string[] = [];
    try {
      for (const at of paths.map((path) => this.node.path(path)).filter((path) => fs.existsSync(path))) {
        fs.renameSync(at, `${at}.by-hand`);
        moved.push(at);
      }
      for (const at of moved) fs.rmSync(`${at}.by-hand`);
      return true;
    } catch {
      for (const at of moved) fs.renameSync(`${at}.by-hand`, at);
      return false;
    }
  }

  private cutJournal(percent: number | undefined): boolean {
    const path = this.node.path(`${STATE}/tx/journal`);
    if (percent === undefined || !fs.existsSync(path)) return false;
    fs.truncateSync(path, Math.floor((fs.statSync(path).size * percent) / 100));
    return true;
  }
}

const isSwapped = (before: Snapshot, after: Snapshot): boolean =>
  differences(before, after).some((path) => (before.get(path) ?? after.get(path))?.kind !== "folder");

/** As it was, but for what somebody has made since, and the folders that he had to make for it. */
const withHand = (before: Snapshot, now: Snapshot, byHand: readonly string[]): Snapshot => {
  const entries = new Map(before);
  for (const path of byHand) {
    const entry = now.get(path);
    if (entry === undefined) continue;
    entries.set(path, entry);
    for (let folder = dirname(path); !entries.has(folder); folder = dirname(folder)) {
      const made = now.get(folder);
      if (made === undefined) break;
      entries.set(folder, made);
    }
  }
  return entries;
};

/** @returns nothing; throws a Finding */
export const play = async (shell: string, of: Case, tally: Tally): Promise<void> => {
  const node = new StormNode(shell, of.services === "running", of.awk);
  let consumers: Consumers | undefined;
  try {
    lay(node, of);
    consumers = await consumersOf(node, of);
    node.freeze();
    await new Play(node, of, consumers, tally).steps();
  } finally {
    await consumers?.end();
    node.remove();
  }
};
