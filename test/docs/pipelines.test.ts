/** What docs/pipelines.md says about the files of examples/pipelines beside their steps, which test/withTools/pipelines/ runs. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { tablesIn } from "./markdown";

const ROOT = join(__dirname, "..", "..");
const EXAMPLES = join(ROOT, "examples", "pipelines");
const PAGE = readFileSync(join(ROOT, "docs", "pipelines.md"), "utf8");

const read = (file: string): string => readFileSync(join(EXAMPLES, file), "utf8");

type Keys = Readonly<Record<string, unknown>>;

/** The blocks of YAML that begin with a comment that names this file. */
const blockOf = (file: string): Keys => {
  const block = [...PAGE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].find(([, text = ""]) => text.startsWith(`# ${file}`));
  return parse(block?.[1] ?? "") as Keys;
};

/** Variables in lines that are comments. */
const commentedIn = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*(?:#|\/\/)\s+([A-Z][A-Z_]+)(?::| =)\s/gm)].map(([, name = ""]) => name);

describe("docs/pipelines.md", () => {
  it("says when to take in each line that the files have as a comment", () => {
    const said = tablesIn(PAGE).flatMap(([cell = ""]) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
    const files = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.yml$|file$/.test(name),
    );
    const commented = [...new Set(files.flatMap((file) => commentedIn(read(file))))].sort();
    assert.deepEqual(commented, [
      "PULUMI_OPTION_POLICY_PACK",
      "PULUMI_OPTION_POLICY_PACK_CONFIG",
      "VAULT_SERVER_TOKEN",
      "VAULT_SERVER_URL",
    ]);
    assert.deepEqual(
      commented.filter((name) => !said.includes(name)),
      [],
    );
  });

  it("has a day after the canary in GitHub's file: the same job twice, of which the second waits", () => {
    const { up: file } = (parse(read("github/kube-pki-up.yml")) as { readonly jobs: Readonly<Record<string, Keys>> })
      .jobs;
    const { up, rest } = blockOf("kube-pki-up.yml")["jobs"] as Readonly<Record<string, Keys>>;
    const like = (stack: readonly string[]): Keys => ({
      ...file,
      strategy: { ...(file?.["strategy"] as Keys), matrix: { stack } },
      steps: [],
    });
    assert.deepEqual(up, like(["canary"]));
    assert.deepEqual(rest, { ...like(["prod"]), needs: "up", environment: "production" });
  });

  it("has a day after the canary in GitLab's file: its last job, delayed", () => {
    const { up: file, ".up": base } = parse(read("gitlab/.gitlab-ci.yml")) as Readonly<Record<string, Keys>>;
    const [rule] = base?.["rules"] as readonly Keys[];
    assert.deepEqual(blockOf(".gitlab-ci.yml"), {
      up: { ...file, rules: [{ ...rule, when: "delayed", start_in: "1 day" }] },
    });
  });

  it("names the place in Jenkins' file", () => {
    assert.match(read("jenkins/Jenkinsfile"), /^def stacks = \['canary', 'prod'\]$/m);
    assert.ok(PAGE.includes("`def stacks = ['prod']`"));
  });
});
