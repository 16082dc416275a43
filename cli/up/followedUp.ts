/** `pulumi up` whose progress is shown as it is meant: by node, step and phase. */
import { nodeOrders, type Order } from "../../core/nodeOrder";
import { aheadOf, type Ahead } from "../../core/progress/ahead";
import type { EngineEvent } from "../../core/progress/engineEvent";
import { Progress } from "../../core/progress/progress";
import type { End, Happening } from "../../core/progress/happening";
import { orderIn } from "../../core/stepOrder";
import { answerTo } from "../ask";
import { EXIT, Failure, type Exit } from "../failure";
import { previewedConfig } from "../preview";
import { pulumiSaid } from "../run";
import { followed, type Followed } from "./engine";
import { previewArgs, upArgs } from "./pulumiOptions";
import type { Screen } from "./screen";

export interface Wanted {
  readonly args: readonly string[];
  /** Beside the present environment, for the run itself. */
  readonly env: NodeJS.ProcessEnv;
  /** The stack's configuration, by key; undefined: not to be had. */
  readonly config: Readonly<Record<string, string>> | undefined;
  /** `asked`: pulumi shows it, and a person is asked; `quiet`: only for what is ahead. */
  readonly preview: "asked" | "quiet" | "none";
  readonly screen: Screen;
}

/** How a run ended, and with what; undefined: it was not followed, or did not begin. */
export interface Ran {
  readonly exit: Exit;
  readonly end?: End;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** So often asked to end, pulumi is ended. */
const KILLS = 3;
const REDRAW_MS = 1000;

/** The order of nodes that the stack file asks for; undefined where a program of its own gives the nodes. */
export const orderOf = (config: Wanted["config"]): Order | undefined => {
  if (config === undefined) return undefined;
  const now = new Date();
  const read = previewedConfig({ steps: [], phases: [], drift: [], config }, now);
  if (read === undefined) return undefined;
  return nodeOrders(read)[orderIn("apply", read)];
};

class Run {
  private readonly began = performance.now();
  private progress = new Progress(this.began);
  private interrupts = 0;
  private engine: Followed | undefined;
  /** Whether pulumi has the terminal, and its signals, to itself. */
  private isPulumis = false;

  public constructor(private readonly wanted: Wanted) {}

  public async all(): Promise<Ran> {
    const handlers = SIGNALS.map((name) => {
      const handler = (): void => {
        this.interrupted(name);
      };
      process.on(name, handler);
      return () => process.off(name, handler);
    });
    const redraw = setInterval(() => {
      if (this.engine === undefined || this.isPulumis) return;
      this.show(this.progress.tick(performance.now()));
      this.wanted.screen.now(this.progress, this.seconds);
    }, REDRAW_MS);
    // whoever reads may go: the run goes on, which nobody else would end gently
    process.stdout.removeAllListeners("error").on("error", () => undefined);
    try {
      return await this.both();
    } finally {
      clearInterval(redraw);
      this.wanted.screen.end();
      for (const off of handlers) off();
    }
  }

  private async both(): Promise<Ran> {
    const { preview, config, args, env } = this.wanted;
    let ahead: Ahead | undefined;
    if (preview !== "none") {
      const found = await this.preview();
      if (found === undefined) return { exit: EXIT.failed };
      ahead = aheadOf(found);
    }
    this.progress = new Progress(this.began, ahead, orderOf(config));
    this.show(this.progress.plan());
    const { code, stdout, stderr } = await this.pulumi(upArgs(args), env, (event) => {
      this.show(this.progress.take(event, performance.now()));
    });
    const printed = { trouble: troubleIn(stderr, stdout), url: urlIn(stdout) };
    const last = this.progress.end(code === 0, performance.now(), printed);
    this.show(last);
    return { exit: code === 0 ? EXIT.fine : EXIT.failed, end: last[last.length - 1] as End };
  }

  /** What it would do; undefined where it failed, which is then told. */
  private async preview(): Promise<EngineEvent[] | undefined> {
    const isAsked = this.wanted.preview === "asked";
    const events: EngineEvent[] = [];
    if (!isAsked) this.show([{ event: "stage", stage: "preview", text: "what is due is found out" }]);
    const words = previewArgs(this.wanted.args);
    const { code, stdout, stderr } = await this.pulumi(
      isAsked ? words : [...words, "--non-interactive"],
      {},
      (event) => {
        events.push(event);
        // whatever it is refused for
        if (event.kind === "says" && event.severity === "error") this.progress.take(event, performance.now());
      },
      isAsked,
    );
    if (code === 0 && this.interrupts === 0) {
      if (isAsked && !(await isConfirmed())) throw new Failure("not confirmed: nothing was done");
      return events;
    }
    if (!isAsked) this.show(this.progress.end(false, performance.now(), { trouble: troubleIn(stderr, stdout) }));
    return undefined;
  }

  private pulumi(
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    onEvent: (event: EngineEvent) => void,
    shown = false,
  ): Followed["ended"] {
    this.engine = followed({ args, env, onEvent, shown });
    this.isPulumis = shown;
    return this.engine.ended.finally(() => {
      this.engine = undefined;
    });
  }

  /** Pulumi is told once for each time, and ends as it does by itself: gently at first. */
  private interrupted(name: (typeof SIGNALS)[number]): void {
    if (this.engine === undefined) process.exit(EXIT.failed);
    if (this.isPulumis) return;
    this.interrupts += 1;
    this.show(this.progress.interrupt());
    // a terminal that goes is no reason to end anything at once
    this.engine.signal(this.interrupts >= KILLS ? "SIGKILL" : name === "SIGHUP" ? "SIGINT" : name);
  }

  private get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  private show(happenings: readonly Happening[]): void {
    if (happenings.length > 0) this.wanted.screen.show(happenings, this.seconds);
  }
}

export const followedUp = (wanted: Wanted): Promise<Ran> => new Run(wanted).all();

/** What pulumi printed of what it gave no event for: no such stack, a wrong passphrase, a lock. */
const troubleIn = (stderr: string, stdout: string): string | undefined => {
  const text = pulumiSaid(stderr.trim() === "" ? stdout : stderr);
  return text === "" ? undefined : text;
};

/** Where Pulumi's service shows the run, for those who use it. */
const urlIn = (stdout: string): string | undefined => /^\s*View [^:\n]*: (https?:\/\/\S+)/m.exec(stdout)?.[1];

const isConfirmed = async (): Promise<boolean> =>
  (await answerTo("Perform this update? (yes/no) ", process.stdout)) === "yes";
