import assert from "node:assert/strict";
import { join } from "node:path";
import ts from "typescript";

const ROOT = join(__dirname, "..", "..");
const INDEX = join(ROOT, "components", "index.ts");

/** As a program of somebody else has them. */
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  esModuleInterop: true,
  skipLibCheck: true,
};

/** Whoever uses what is exported sees neither bodies nor what is private. */
const isHidden = (node: ts.Node): boolean =>
  ts.isBlock(node) ||
  (ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) &&
    !ts.isParameter(node));

describe("components/index.ts", function () {
  this.timeout(120_000);
  let program: ts.Program;
  let checker: ts.TypeChecker;
  let exported: readonly ts.Symbol[];

  const target = (symbol: ts.Symbol): ts.Symbol =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  const isOurs = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).some((each) => {
      const { fileName } = each.getSourceFile();
      return fileName.startsWith(ROOT) && !fileName.includes("node_modules") && !ts.isTypeParameterDeclaration(each);
    });

  before(() => {
    program = ts.createProgram([INDEX, join(__dirname, "program.ts")], OPTIONS);
    checker = program.getTypeChecker();
    const source = program.getSourceFile(INDEX);
    assert.ok(source);
    exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source) ?? assert.fail("no module")).map(target);
  });

  it("lets a program use each class with exported types only", () => {
    const wrong = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
    assert.deepEqual(wrong, []);
  });

  it("exports every type that an exported one needs", () => {
    const missing = new Set<string>();
    const visit = (node: ts.Node, owner: string): void => {
      if (isHidden(node)) return;
      const name = ts.isTypeReferenceNode(node)
        ? node.typeName
        : ts.isExpressionWithTypeArguments(node)
          ? node.expression
          : undefined;
      const symbol = name && checker.getSymbolAtLocation(name);
      if (symbol !== undefined && isOurs(target(symbol)) && !exported.includes(target(symbol)))
        missing.add(`${owner} needs ${symbol.name}`);
      ts.forEachChild(node, (child) => {
        visit(child, owner);
      });
    };
    for (const symbol of exported)
      for (const declaration of symbol.declarations ?? [])
        // what a value is typed by is not looked for in how it is made
        ts.forEachChild(declaration, (child) => {
          if (!ts.isVariableDeclaration(declaration) || child !== declaration.initializer) visit(child, symbol.name);
        });
    assert.ok(exported.length > 25);
    assert.deepEqual([...missing], []);
  });
});
