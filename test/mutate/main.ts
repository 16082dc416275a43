/**
 * `npm run mutate -- [TEXT...]`: makes tables and components wrong in one place after another, and prints what no test noticed.
 * TEXT: only mutations in whose group, file or change it occurs. Works on copies; the checkout is left alone.
 */
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { mutantsOf, nameOf, ROOT, textOf, type Mutant } from "./mutants";
import { EQUIVALENT, ROWS, TARGETS } from "./targets";

/** A test that hangs has noticed, too, unless the machine is too busy: such a one is named. */
const TIMEOUT_MS = 600_000;
const HUNG = "nothing was heard of the tests";
const IS_HUNG = new RegExp(`${HUNG}|Timeout of \\d+ms|did not come to an end`);

type Verdict = "noticed" | "survived" | "equivalent";

const copy = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-mutate-"));
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  for (const path of listed.split("\n").filter((each) => each !== "")) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
};

/** A process that reads our files anew each time forgets nothing. */
const RUNS_OF_A_PROCESS = 150;

/** Runs tests in a copy: in one process for many, or in a new one each time. */
class Runner {
  private worker: ChildProcess | undefined;
  private runs = 0;

  constructor(readonly folder: string) {}

  /** What fails first; empty: all pass. @param anew where a test could leave something behind for the next one */
  failure(tests: readonly string[], anew: boolean): Promise<string> {
    if (anew || ++this.runs % RUNS_OF_A_PROCESS === 0) this.stop();
    const execArgv = ["--import", "tsx"];
    this.worker ??= fork(join(__dirname, "worker.ts"), { cwd: this.folder, execArgv, stdio: "ignore" });
    const { worker } = this;
    return new Promise((resolve) => {
      const done = (failure: string): void => {
        clearTimeout(timer);
        worker.removeAllListeners();
        resolve(failure);
      };
      const timer = setTimeout(() => {
        this.stop();
        done(HUNG);
      }, TIMEOUT_MS);
      worker.once("message", done);
      worker.once("exit", () => {
        this.worker = undefined;
        done("the tests' process ended");
      });
      worker.send(tests.map((test) => join(this.folder, test)));
    });
  }

  stop(): void {
    this.worker?.removeAllListeners();
    this.worker?.kill("SIGKILL");
    this.worker = undefined;
  }
}

/** Those of core one after another in one process; the engine's SDK leaves things behind, so the others each time in a new one. */
const failureOf = async (runner: Runner, tests: readonly string[]): Promise<string> => {
  for (const isPure of [true, false]) {
    const some = tests.filter((test) => test.startsWith("test/core/") === isPure);
    const failure = some.length === 0 ? "" : await runner.failure(some, !isPure);
    if (failure !== "") return failure;
  }
  return "";
};

const judge = async (runner: Runner, mutant: Mutant): Promise<Verdict> => {
  const { files, tests, isEquivalent } = mutant;
  if (isEquivalent) return "equivalent";
  for (const [path, text] of files) writeFileSync(join(runner.folder, path), text);
  const failure = await failureOf(runner, tests);
  for (const path of files.keys()) writeFileSync(join(runner.folder, path), textOf(path));
  if (IS_HUNG.test(failure)) console.error(`hung: ${nameOf(mutant)}: ${failure}`);
  return failure === "" ? "survived" : "noticed";
};

const run = async (mutants: readonly Mutant[], runners: readonly Runner[]): Promise<Map<Mutant, Verdict>> => {
  const verdicts = new Map<Mutant, Verdict>();
  const waiting = [...mutants];
  const work = async (runner: Runner): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const verdict = await judge(runner, next);
      verdicts.set(next, verdict);
      if (verdict === "survived") console.log(`survived: ${nameOf(next)}`);
      if (verdicts.size % 25 === 0) console.error(`${String(verdicts.size)} of ${String(mutants.length)}`);
    }
  };
  await Promise.all(runners.map(work));
  return verdicts;
};

const figures = (verdicts: ReadonlyMap<Mutant, Verdict>): string[] =>
  [...new Set([...verdicts.keys()].map(({ group }) => group))].map((group) => {
    const count = (verdict?: Verdict) =>
      [...verdicts].filter(([mutant, each]) => mutant.group === group && (verdict ?? each) === each).length;
    return `${group}: ${String(count())} mutations, ${String(count("noticed"))} noticed, ${String(count("equivalent"))} change nothing, ${String(count("survived"))} survived`;
  });

const main = async (wanted: readonly string[]): Promise<void> => {
  const all = mutantsOf({ targets: TARGETS, rows: ROWS, equivalent: EQUIVALENT });
  const mutants = all.filter((mutant) => wanted.length === 0 || wanted.some((text) => nameOf(mutant).includes(text)));
  const started = Date.now();
  const runners: readonly [Runner, ...Runner[]] = [
    new Runner(copy()),
    ...(availableParallelism() > 1 ? [new Runner(copy())] : []),
  ];
  const clear = (): void => {
    for (const runner of runners) {
      runner.stop();
      rmSync(runner.folder, { recursive: true, force: true });
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      clear();
      process.exit(1);
    });
  try {
    const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests))];
    for (const test of tests) {
      const failure = await failureOf(runners[0], [test]);
      if (failure !== "") throw new Error(`${test} fails before anything is made wrong: ${failure}`);
    }
    const verdicts = await run(mutants, runners);
    for (const line of figures(verdicts)) console.log(line);
    console.log(`${String(Math.round((Date.now() - started) / 60_000))} minutes`);
    if ([...verdicts.values()].includes("survived")) process.exitCode = 1;
  } finally {
    clear();
  }
};

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
