/**
 * `npm run mutate -- [TEXT...]`: makes tables and components wrong in one place after another, and prints what no test noticed.
 * TEXT: only mutations in whose group, file or change it occurs. Works on copies; the checkout is left alone.
 */
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { changesIn } from "./operators";
import { EQUIVALENT, ROWS, TARGETS } from "./targets";

const ROOT = resolve(__dirname, "..", "..");

/** A test that hangs has noticed, too. */
const TIMEOUT_MS = 180_000;

interface Mutant {
  readonly group: string;
  /** `file:line`, or nowhere in particular. */
  readonly where: string;
  /** What is done there. */
  readonly what: string;
  /** New texts by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly tests: readonly string[];
}

const nameOf = ({ group, where, what }: Mutant): string => `${group}: ${where} ${what}`;

type Verdict = "noticed" | "survived" | "equivalent";

/** The files below a folder whose path ends so: one that moves is found again, one that is gone is an error. */
const filesIn = (under: string, end: string): string[] => {
  const all = readdirSync(join(ROOT, under), { recursive: true, encoding: "utf8" });
  const found = all.filter((path) => `/${path}`.endsWith(`/${end}`)).map((path) => join(under, path));
  if (found.length === 0) throw new Error(`${under}: no file ends in ${end}`);
  return found;
};

const fileIn = (under: string, end: string): string => {
  const [only = "", ...more] = filesIn(under, end);
  if (more.length > 0) throw new Error(`${under}: ${[only, ...more].join(", ")} end in ${end}; must be one`);
  return only;
};

const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const testFiles = (names: readonly string[]): string[] => names.flatMap((name) => filesIn("test", name));

const rowMutants = (): Mutant[] =>
  ROWS.map(({ name, under, edits, tests }) => {
    const files = new Map<string, string>();
    for (const [file, find, put] of edits) {
      const path = fileIn(under, file);
      const text = files.get(path) ?? textOf(path);
      if (!text.includes(find)) throw new Error(`${path}: nothing to make "${name}" from; must have: ${find}`);
      files.set(
        path,
        text.replace(find, () => put),
      );
    }
    return { group: "rows", where: "", what: name, files, tests: testFiles(tests) };
  });

const tableMutants = (): Mutant[] =>
  TARGETS.flatMap(({ group, under, files, operators, tests }) =>
    files.flatMap((file) => {
      const path = fileIn(under, file);
      const text = textOf(path);
      return changesIn(path, text, operators).map(({ start, end, put, what }) => ({
        group,
        where: `${path}:${String(text.slice(0, start).split("\n").length)}`,
        what: what.replace(/\s+/g, " "),
        files: new Map([[path, text.slice(0, start) + put + text.slice(end)]]),
        tests: testFiles(tests),
      }));
    }),
  );

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

/** Runs tests in a copy: in one process for all, or in a new one each time. */
class Runner {
  private worker: ChildProcess | undefined;

  constructor(readonly folder: string) {}

  /** Whether they pass. @param anew where a test could leave something behind for the next one */
  passes(tests: readonly string[], anew: boolean): Promise<boolean> {
    if (anew) this.stop();
    const execArgv = ["--import", "tsx"];
    this.worker ??= fork(join(__dirname, "worker.ts"), { cwd: this.folder, execArgv, stdio: "ignore" });
    const { worker } = this;
    return new Promise((resolve) => {
      const done = (passed: boolean): void => {
        clearTimeout(timer);
        worker.removeAllListeners();
        resolve(passed);
      };
      const ended = (): void => {
        this.worker = undefined;
        done(false);
      };
      const timer = setTimeout(() => {
        this.stop();
        ended();
      }, TIMEOUT_MS);
      worker.once("message", done);
      worker.once("exit", ended);
      worker.send(tests.map((test) => join(this.folder, test)));
    });
  }

  stop(): void {
    this.worker?.removeAllListeners();
    this.worker?.kill("SIGKILL");
    this.worker = undefined;
  }
}

const judge = async (runner: Runner, { group, where, what, files, tests }: Mutant): Promise<Verdict> => {
  if (EQUIVALENT.some(([file, change]) => where.includes(file) && change.test(what))) return "equivalent";
  for (const [path, text] of files) writeFileSync(join(runner.folder, path), text);
  const survived = await runner.passes(tests, group !== "tables");
  for (const path of files.keys()) writeFileSync(join(runner.folder, path), textOf(path));
  return survived ? "survived" : "noticed";
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
  const all = [...rowMutants(), ...tableMutants()];
  const mutants = all.filter((mutant) => wanted.length === 0 || wanted.some((text) => nameOf(mutant).includes(text)));
  const started = Date.now();
  const runners = Array.from({ length: Math.min(2, availableParallelism()) }, () => new Runner(copy()));
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
    for (const test of tests)
      if ((await runners[0]?.passes([test], true)) !== true)
        throw new Error(`${test} fails before anything is made wrong`);
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
