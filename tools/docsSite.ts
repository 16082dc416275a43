// `npm run docs`: the pages of docs/, in the order and groups of docs/README.md, and the types that programs use, as a site in
// site/. A link that leads nowhere fails it.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

const ROOT = join(__dirname, "..");
/** Pages that stand at the top of the repository. */
const OWN = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

export interface Page {
  /** Below docs/. */
  readonly file: string;
  readonly group: string;
}

/** @param index docs/README.md: a heading for each group, a list of pages below it */
export function pagesOf(index: string): Page[] {
  let group = "";
  return index.split("\n").flatMap((line) => {
    group = /^## (.+)$/.exec(line)?.[1] ?? group;
    const file = /^- \[[^\]]+\]\(([^)]+)\)/.exec(line)?.[1];
    return file === undefined ? [] : [{ file, group }];
  });
}

/** A page's title is its heading, which the site shows by itself. */
export function withTitle(text: string, group: string): string {
  const title = /^# (.+)$/m.exec(text)?.[1] ?? "";
  return `---\ntitle: ${JSON.stringify(title.replaceAll("`", ""))}\ngroup: ${JSON.stringify(group)}\n---\n\n${text}`;
}

/** The sources are not in the site: a link to one is its path there. */
export function withoutSources(text: string): string {
  return text.replace(
    /\[[^\]]+\]\((?:\.\.\/)*((?:bench|cli|components|core|examples|node|plugin|test|tools)\/[^)]*)\)/g,
    (_, path: string) => `\`${path}\``,
  );
}

/** The pages with what the site needs to know of each, in a folder laid out as the repository is. */
function prepare(folder: string): string[] {
  cpSync(join(ROOT, "docs"), join(folder, "docs"), { recursive: true });
  const pages = pagesOf(readFileSync(join(ROOT, "docs", "README.md"), "utf8")).map(({ file, group }) => ({
    path: join("docs", file),
    group,
  }));
  const all = [...pages, ...OWN.map((path) => ({ path, group: "Project" }))];
  for (const { path, group } of all) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), withTitle(withoutSources(readFileSync(join(ROOT, path), "utf8")), group));
  }
  writeFileSync(join(folder, "README.md"), withoutSources(readFileSync(join(ROOT, "README.md"), "utf8")));
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  for (const name of ["stacks", "template"]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  return all.map(({ path }) => join(folder, path));
}

/** @returns whether it was made without a warning */
export function makeSite(out: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-docs-"));
  try {
    const options = {
      name: "kube-pki",
      entryPoints: [join(ROOT, "components", "index.ts")],
      tsconfig: join(ROOT, "tsconfig.json"),
      skipErrorChecking: true,
      readme: join(folder, "README.md"),
      projectDocuments: prepare(folder),
      out,
      logLevel: "Warn",
      disableSources: true,
      excludePrivate: true,
      excludeExternals: true,
      highlightLanguages: ["sh", "yaml", "ts", "json", "hcl"],
      navigation: { includeGroups: true },
      validation: { invalidLink: true, invalidPath: true, notExported: false, notDocumented: false },
      treatWarningsAsErrors: true,
    };
    writeFileSync(join(folder, "typedoc.json"), JSON.stringify(options));
    const argv = [join(ROOT, "node_modules", ".bin", "typedoc"), "--options", join(folder, "typedoc.json")];
    return spawnSync(process.execPath, argv, { cwd: ROOT, stdio: "inherit" }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): void {
  const out = join(ROOT, "site");
  if (makeSite(out)) process.stdout.write(`written to ${relative(process.cwd(), join(out, "index.html"))}\n`);
  else process.exitCode = 1;
}

if (require.main === module) main();
