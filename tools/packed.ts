// A program that is kept as brotli, beside tars of the libraries and fonts that
// it loads: with these it runs on a machine where nothing is installed, and
// draws the same text on each.

import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { run } from "./run";

const inflate = (from: string, to: string): Promise<void> =>
  pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));

/**
 * @param source the folder with `<program>.br` and `<tar>.tar.br`
 * @param names of the program, and of each tar
 * @param launcher where the script goes that starts it; the program itself lies in a folder of its name beside the script's
 */
export async function unpackProgram(source: string, names: readonly string[], launcher: string): Promise<void> {
  const [program = "", ...tars] = names;
  const home = join(dirname(dirname(launcher)), program);
  await mkdir(home);
  await inflate(join(source, `${program}.br`), join(home, program));
  await chmod(join(home, program), 0o755);
  for (const tar of tars) {
    const file = join(home, `${tar}.tar`);
    await inflate(join(source, `${tar}.tar.br`), file);
    await run("tar", ["-xf", file, "-C", home, "--no-same-owner"]);
    await rm(file);
  }
  await writeFile(join(home, FONTS), FONTS_TEXT);
  await writeFile(launcher, script(basename(home), program));
}

const FONTS = "fonts.conf";

/** The program's own, and no font of the machine. */
const FONTS_TEXT = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

const script = (home: string, program: string): string => `#!/bin/sh
home=$(cd "$(dirname "$0")/../${home}" && pwd)
LD_LIBRARY_PATH=$home/lib FONTCONFIG_FILE=$home/${FONTS} exec "$home/${program}" "$@"
`;
