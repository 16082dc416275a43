import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import {
  allowedFrom,
  begunName,
  movesBefore,
  movesMade,
  movesNext,
  nextTexts,
  reachedName,
  skipsText,
  soakOf,
  tooEarlyText,
  type Move,
} from "../core/authorities/soak";
import type { Phase, Rotatable } from "../core/model/phases";
import { settled, type Inputs } from "./inputs";
import { isKnown } from "./isKnown";
import type { Waits } from "./nodeSteps";

/** Both are made once and then left as the state has them: a note that is there already says and refuses nothing new. */
const NOTE = { interpreter: ["node", "-p"], create: "new Date().toISOString()" };
/** Fails with what it is told, if that is anything. */
const REFUSE = {
  interpreter: ["node", "-e"],
  create: 'const why = require("node:fs").readFileSync(0, "utf8"); if (why) { console.error(why); process.exit(1); }',
};
const KEPT = ["create", "interpreter", "stdin"];

/**
 * When each phase of a rotation was reached on all nodes, and which have begun (core/authorities/soak.ts), noted in the state of
 * every stack that rotates, so that `rotation.soak` may be set at any time. A phase that comes too early is refused by a resource
 * that cannot be made: only the engine knows in a run whether the state has it already, and then it makes none.
 */
export class Phases extends pulumi.ComponentResource {
  private readonly soak: number | undefined;
  private readonly since = new Map<Rotatable, pulumi.Output<string>>();

  /** @param options of the cluster's component, before which these are made */
  public constructor(
    private readonly base: string,
    private readonly inputs: Inputs,
    { parent, provider, providers }: pulumi.ComponentResourceOptions = {},
  ) {
    super("kube-pki:index:Phases", `${base}-phases`, {}, { ...given({ parent, provider, providers }) });
    this.soak = soakOf(inputs.config);
  }

  /**
   * To be waited for before anything else is made.
   *
   * @throws pulumi.RunError with one sentence in a preview; an `up` is ended by the engine, with the same
   */
  public async begin(): Promise<void> {
    const { soak, inputs } = this;
    if (soak === undefined) return;
    const problems: string[] = [];
    // one after another: the first that is refused ends a run, and says it once
    for (const move of movesMade(inputs.config)) {
      const since = await settled(this.reached(move, skipsText(move, soak)).stdout);
      const problem = since === undefined ? skipsText(move, soak) : tooEarlyText(move, since, soak, inputs.began);
      const hasBegun = await isKnown(this.begun(move, problem).stdout);
      if (problem !== undefined && !hasBegun) problems.push(problem);
    }
    if (problems[0] !== undefined && pulumi.runtime.isDryRun()) throw new pulumi.RunError(problems[0]);
  }

  /**
   * Called once, as the last.
   *
   * @param at what has been done once a phase is reached; undefined where nothing can be done yet
   */
  public note(at: ((phase: Phase) => Waits) | undefined): void {
    if (at !== undefined) this.noteAll(at);
    this.registerOutputs({});
  }

  /** When the next phase is allowed: ISO 8601; undefined without a soak, or where there is none. */
  public nextFrom(what: Rotatable): pulumi.Output<string | undefined> {
    const { soak } = this;
    const since = this.since.get(what);
    return since === undefined || soak === undefined
      ? pulumi.output(undefined)
      : since.apply((text) => allowedFrom(text, soak));
  }

  private noteAll(at: (phase: Phase) => Waits): void {
    const { config } = this.inputs;
    for (const move of this.soak === undefined ? movesMade(config) : [])
      this.begun(move, undefined, [this.reached(move, undefined, at(move.from))]);
    for (const move of movesBefore(config)) this.begun(move, undefined, [this.reached(move)]);
    const next = movesNext(config).map((move) => {
      const since = this.reached(move, undefined, at(move.from)).stdout;
      this.since.set(move.what, since);
      return { move, since };
    });
    void this.tell(next);
  }

  /** In a preview. */
  private async tell(next: readonly { readonly move: Move; readonly since: pulumi.Output<string> }[]): Promise<void> {
    const { soak, inputs } = this;
    if (soak === undefined || !pulumi.runtime.isDryRun()) return;
    const known = await Promise.all(
      next.map(async ({ move, since }) => ({ move, since: (await settled(since)) ?? "" })),
    );
    for (const text of nextTexts(known, soak, inputs.began)) await pulumi.log.info(text, this);
  }

  private reached(move: Move, refusal?: string, after: Waits = []): command.local.Command {
    return this.kept(reachedName(this.base, move), refusal === undefined ? NOTE : { ...REFUSE, stdin: refusal }, after);
  }

  private begun(move: Move, refusal = "", after: Waits = []): command.local.Command {
    return this.kept(begunName(this.base, move), { ...REFUSE, stdin: refusal }, after);
  }

  private kept(name: string, args: command.local.CommandArgs, after: Waits): command.local.Command {
    return new command.local.Command(name, args, { parent: this, dependsOn: [...after], ignoreChanges: KEPT });
  }
}

/** Without those that are not given. */
const given = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
