// `npm version X.Y.Z` runs this after it has written package.json: the same version wherever else one stands, and in CHANGELOG.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION = /(?<=kube-pki-)\d+\.\d+\.\d+(?=\.tgz)/g;
const UNRELEASED = "## Unreleased\n";

/** Each place beside package.json where the version stands: what is matched there is the version. */
export const PLACES: readonly (readonly [file: string, version: RegExp])[] = [
  ["plugin/package.json", /(?<="version": ")[^"]+/g],
  ["plugin/package.json", VERSION],
  ["template/package.json", VERSION],
  ["README.md", VERSION],
  ["docs/languages.md", VERSION],
];

export function versionOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
}

/** What stands at each place; a place without any is one that has gone. */
export function versionsAt(root: string): readonly (readonly [file: string, version: string])[] {
  return PLACES.flatMap(([file, version]) => {
    const found = readFileSync(join(root, file), "utf8").match(version);
    if (found === null) throw new Error(`${file}: the version is not there any more; must match ${String(version)}`);
    return found.map((text) => [file, text] as const);
  });
}

/** @throws Error if CHANGELOG.md has nothing to release */
export function raiseVersion(root: string, date: string): void {
  const version = versionOf(root);
  const changes = join(root, "CHANGELOG.md");
  const text = readFileSync(changes, "utf8");
  if (!text.includes(`${UNRELEASED}\n- `)) throw new Error(`CHANGELOG.md: "## Unreleased" lists no change`);
  writeFileSync(changes, text.replace(UNRELEASED, `${UNRELEASED}\n## ${version} (${date})\n`));
  for (const [file, pattern] of PLACES) {
    const path = join(root, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(pattern, version));
  }
}

if (require.main === module) raiseVersion(join(__dirname, ".."), new Date().toISOString().slice(0, 10));
