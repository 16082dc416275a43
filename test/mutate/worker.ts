/** Runs tests again and again in one process, reading our own files anew each time: most of a run is reading what others wrote. */
import { sep } from "node:path";
import Mocha from "mocha";

const forgetOwnFiles = (): void => {
  for (const path of Object.keys(require.cache))
    if (path.startsWith(process.cwd() + sep) && !path.includes(`${sep}node_modules${sep}`))
      Reflect.deleteProperty(require.cache, path);
};

process.on("message", (tests: readonly string[]) => {
  forgetOwnFiles();
  const answer = (passed: boolean): void => {
    process.send?.(passed);
  };
  try {
    // the base of reporters says nothing by itself
    const mocha = new Mocha({ bail: true, timeout: 120_000, reporter: Mocha.reporters.Base });
    for (const file of tests) mocha.addFile(file);
    const runner = mocha.run((failures) => {
      answer(failures === 0 && (runner.stats?.passes ?? 0) > 0);
    });
  } catch {
    answer(false); // a file could not even be read
  }
});
