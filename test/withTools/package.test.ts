/** The package as it is published, in a folder that has nothing but what the package says it needs. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import semver from "semver";
import ts from "typescript";
import { NODE_SCRIPT_SHA256, nodeScriptGzip } from "../../node/script";
import { ensure } from "../../tools/toolchain";
import { installPacked, manifestOf, NODE_LINES } from "../e2e/packageProject";
import { KUBE_PKI } from "../e2e/project";
import { must } from "../lab/process";

const ROOT = join(__dirname, "..", "..");

const OWN = manifestOf(ROOT);

const CLASSES = ["ClusterPki", "EmbeddedAuthority", "VaultAuthority", "stackFile", "stackOutputs"];

/** As `pulumi new typescript` has them; what is wrong in a declaration of ours is to be seen. */
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2020,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
};

describe("the package", function () {
  this.timeout(600_000);
  let folder: string;
  let installed: string;
  let nodes: Readonly<Record<(typeof NODE_LINES)[number], string>>;

  before(async () => {
    nodes = await ensure(NODE_LINES, () => undefined);
    folder = mkdtempSync(join(tmpdir(), "kube-pki-package-"));
    installed = await installPacked(folder, "kube-pki", ["@types/node"]);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const node = (line: (typeof NODE_LINES)[number], ...args: string[]) => must([nodes[line], ...args], { cwd: folder });

  it("has what it needs to run and to be read and copied, and no test or tool", () => {
    const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
    assert.deepEqual(readdirSync(installed).sort(), [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "dist",
      "docs",
      "examples",
      "package.json",
      "stacks",
      "template",
    ]);
    assert.deepEqual(readdirSync(join(installed, "dist")).sort(), [
      "cli",
      "components",
      "core",
      "man",
      "node",
      "stacks",
    ]);
    assert.deepEqual(readdirSync(join(installed, "dist", "stacks")).sort(), [
      "Pulumi.example.yaml",
      "kube-pki.schema.json",
    ]);
    const scripts = readdirSync(join(ROOT, "node"), { recursive: true, encoding: "utf8" });
    for (const each of scripts.filter((name) => name.endsWith(".sh")))
      assert.ok(files.includes(`dist/node/${each}`), each);
    const compiled = files.filter((name) => name.endsWith(".js"));
    assert.ok(compiled.length > 100);
    for (const each of compiled)
      for (const beside of [`${each}.map`, each.replace(/js$/, "d.ts")]) assert.ok(files.includes(beside), beside);
  });

  for (const line of NODE_LINES) {
    it(`is required and imported by ${line}`, async () => {
      const print = (names: string) => `console.log(Object.keys(${names}).sort().join())`;
      assert.equal(await node(line, "-e", print('require("kube-pki")')), `${CLASSES.join()}\n`);
      const module = `import { ${CLASSES.join(", ")} } from "kube-pki"; ${print(`{ ${CLASSES.join(", ")} }`)}`;
      assert.equal(await node(line, "--input-type=module", "-e", module), `${CLASSES.join()}\n`);
    });

    it(`has its commands in ${line}, without tsx`, async () => {
      const program = join(installed, "dist", "cli", "kube-pki");
      assert.equal(await node(line, program, "--help"), await must([process.execPath, KUBE_PKI, "--help"], {}));
    });

    it(`sends the script of the sources to nodes, in the same bytes, from ${line}`, async () => {
      const script = JSON.stringify(join(installed, "dist", "node", "script.js"));
      const said = await node(
        line,
        "-e",
        `const { NODE_SCRIPT_SHA256, nodeScriptGzip } = require(${script});
         console.log(NODE_SCRIPT_SHA256, require("node:crypto").createHash("sha256").update(nodeScriptGzip()).digest("hex"))`,
      );
      const gzip = createHash("sha256").update(nodeScriptGzip()).digest("hex");
      assert.equal(said, `${NODE_SCRIPT_SHA256} ${gzip}\n`);
    });
  }

  it("lets a program of somebody else use all that it exports, by its declarations alone", () => {
    const file = join(folder, "program.ts");
    const text = readFileSync(join(ROOT, "test", "consumer", "program.ts"), "utf8");
    writeFileSync(file, text.replace('"../../components"', '"kube-pki"'));
    const program = ts.createProgram([file], OPTIONS);
    const ours = program
      .getSourceFiles()
      .filter(({ fileName }) => !fileName.startsWith(ROOT) && fileName.startsWith(folder));
    assert.ok(ours.some(({ fileName }) => fileName.endsWith("dist/components/clusterPki.d.ts")));
    assert.deepEqual(
      ours
        .flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)])
        .map(
          ({ file: at, messageText }) => `${at?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
        ),
      [],
    );
  });

  it("is for the Node lines that it is run on, and for the SDKs that it is tested with", () => {
    assert.deepEqual(
      NODE_LINES.map((line) => semver.minVersion(OWN.engines.node)?.major === Number(line.slice(4))),
      [true, false],
    );
    for (const [name, range] of Object.entries(OWN.peerDependencies))
      assert.equal(range, `^${OWN.devDependencies[name] ?? ""}`, name);
  });

  it("is what the template depends on", () => {
    const { dependencies } = manifestOf(join(ROOT, "template"));
    assert.deepEqual(dependencies, {
      "@pulumi/pulumi": OWN.peerDependencies["@pulumi/pulumi"],
      "kube-pki": `file:kube-pki-${OWN.version}.tgz`,
    });
  });
});
