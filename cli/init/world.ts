/** What the command is given of the world around it, so that tests can give it another. */
import { answerTo } from "../ask";
import { Failure } from "../failure";
import { surveyHosts, type Host, type Surveyed } from "../surveyHosts";
import type { SshChoice } from "../sshArgs";

export interface World {
  readonly surveyHosts: <H extends Host>(hosts: readonly H[], choice: SshChoice) => Promise<ReadonlyMap<H, Surveyed>>;
  /** Undefined: nobody is at a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** What the command was run for. */
  readonly print: (text: string) => void;
  /** What is said beside it. */
  readonly tell: (text: string) => void;
  readonly now: () => Date;
}

/** On the terminal itself: what the command prints may go into a file. */
const ask = async (question: string): Promise<string> => {
  const answer = await answerTo(question, process.stderr);
  if (answer === undefined) throw new Failure("not answered: nothing was written");
  return answer;
};

export const world = (): World => ({
  surveyHosts,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
  print: (text) => void process.stdout.write(text),
  tell: (text) => void process.stderr.write(text),
  now: () => new Date(),
});
