/** Runs tests again and again in one process, reading our own files anew each time: most of a run is reading what others wrote. */
import { sep } from "node:path";
import Mocha from "mocha";

// nobody reads the stacks, and the SDK has one made for each of its promises: a third of a run of components
process.setSourceMapsEnabled(false);
Error.stackTraceLimit = 0;

const forgetOwnFiles = (): void => {
  for (const path of Object.keys(require.cache))
    if (path.startsWith(process.cwd() + sep) && !path.includes(`${sep}node_modules${sep}`))
      Reflect.deleteProperty(require.cache, path);
};

process.on("message", (tests: readonly string[]) => {
  forgetOwnFiles();
  const answer = (failure: string): void => {
    process.send?.(failure);
  };
  try {
    // the base of reporters says nothing by itself
    const mocha = new Mocha({ bail: true, reporter: Mocha.reporters.Base });
    for (const file of tests) mocha.addFile(file);
    let failure = "no test ran";
    mocha
      .run(() => {
        answer(failure);
      })
      // main.ts has the limit: on a busy machine a test that is only slow has noticed nothing
      .on("test", (test) => {
        test.timeout(0);
      })
      .on("hook", (hook) => {
        hook.timeout(0);
      })
      .on("pass", () => {
        if (failure === "no test ran") failure = "";
      })
      .on("fail", (test, { message }: Error) => {
        failure = `${test.fullTitle()}: ${message}`;
      });
  } catch (error) {
    answer(`not even read: ${String(error)}`);
  }
});
