/** A visit to a node: node/survey/agent.sh runs there for as long as questions are asked, over one connection. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asRoot } from "../core/nodes/scriptCommand";
import { Answer, END_OF_ANSWER, GREETING, type Ask } from "../core/survey/questions";
import { lastLine } from "./run";

const FOLDER = join(__dirname, "..", "node", "survey");
const AGENT = ["redact.sh", "files.sh", "processes.sh", "../39-rights.sh", "noted.sh", "agent.sh"]
  .map((file) => readFileSync(join(FOLDER, file), "utf8"))
  .join("");
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The command that starts it, in the words of any shell of Bourne's kind. */
export const agentCommand = (sudo: boolean): string => asRoot(`sh -c ${quoted(AGENT)}`, sudo);

export interface Visit {
  readonly ask: Ask;
  readonly end: () => void;
}

/** No answer comes in this time: the node hangs. */
const SILENCE_MS = 60_000;

/** A shell of the node, however it was reached; what it prints comes by `onText`. */
export interface Shell {
  readonly write: (text: string) => void;
  readonly end: () => void;
}

/** What a shell tells of itself. */
export interface Listener {
  readonly onText: (text: string) => void;
  /** It has ended, and why. */
  readonly onEnd: (why: string) => void;
}

/**
 * @param program and its arguments: an ssh, or the shell itself in tests
 * @throws Error with a sentence that says why there is no answer
 */
export const visit = (program: string, args: readonly string[], env = process.env): Promise<Visit> =>
  visitBy(({ onText, onEnd }) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env });
    let complaints = "";
    child.stdout.setEncoding("utf8").on("data", onText);
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    child.stdin.on("error", () => undefined); // it has ended, which "close" tells
    child.on("error", (error) => {
      onEnd(`${program}: ${error.message}`);
    });
    child.on("close", (code) => {
      onEnd(lastLine(complaints) || `${program} ended with ${String(code)}`);
    });
    return {
      write: (text) => child.stdin.write(text),
      end: () => {
        child.stdin.end();
        child.kill();
      },
    };
  });

/**
 * @param start begins the agent in a shell
 * @throws Error with a sentence that says why there is no answer
 */
export const visitBy = async (start: (listener: Listener) => Shell | Promise<Shell>): Promise<Visit> => {
  const lines = new Lines();
  const { write, end } = await start({
    onText: (text) => {
      lines.add(text);
    },
    onEnd: (why) => {
      lines.end(why);
    },
  });
  try {
    // what a login prints comes first
    while ((await lines.next()) !== GREETING);
  } catch (error) {
    end();
    throw error;
  }
  const ask: Ask = async (questions) => {
    write(questions.map((question) => `${question}\n`).join(""));
    const answers: Answer[] = [];
    while (answers.length < questions.length) answers.push(Answer.of(await lines.until(END_OF_ANSWER)));
    return answers;
  };
  return { ask, end };
};

/** Lines as they come, for whoever waits for the next. */
class Lines {
  private rest = "";
  private readonly ready: string[] = [];
  private ended: string | undefined;
  private wake: () => void = () => undefined;

  public add(text: string): void {
    const [last = "", ...lines] = `${this.rest}${text}`.split("\n").reverse();
    this.rest = last;
    this.ready.push(...lines.reverse());
    this.wake();
  }

  public end(why: string): void {
    this.ended ??= why;
    this.wake();
  }

  public async next(): Promise<string> {
    for (;;) {
      const line = this.ready.shift();
      if (line !== undefined) return line;
      if (this.ended !== undefined) throw new Error(this.ended);
      await this.more();
    }
  }

  public async until(end: string): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.next(); line !== end; line = await this.next()) lines.push(line);
    return lines;
  }

  private more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no answer within ${String(SILENCE_MS / 1000)} s`));
      }, SILENCE_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
