/** What is done to a source text to make it wrong: each operator gives every single change of its kind. */
import ts from "typescript";

export interface Change {
  readonly start: number;
  readonly end: number;
  readonly put: string;
  /** What it does, for people. */
  readonly what: string;
  /** Of an operator with a list of names: the one that it found there. */
  readonly name?: string;
}

/** The changes that begin at this node. */
export type Operator = (node: ts.Node, source: ts.SourceFile) => readonly Change[];

/** Every change that these operators find in a text. */
export const changesIn = (file: string, text: string, operators: readonly Operator[]): Change[] => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Change[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || isMessage(node))
      return;
    for (const operator of operators) found.push(...operator(node, source));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

/** Texts that only people read. */
const isMessage = (node: ts.Node): boolean =>
  ts.isThrowStatement(node) || (ts.isPropertyAssignment(node) && node.name.getText() === "because");

const replace = (node: ts.Node, put: string, what = `${node.getText()} -> ${put}`): Change => ({
  start: node.getStart(),
  end: node.getEnd(),
  put,
  what,
});

const without = <T extends ts.Node>(all: readonly T[], gone: T): string =>
  all
    .filter((each) => each !== gone)
    .map((each) => each.getText())
    .join(", ");

/** A plausible other value; what is in no pair gets one that is nowhere. */
const OTHER: Readonly<Record<string, string>> = {
  "0600": "0644",
  "0644": "0600",
  reload: "restart",
  restart: "reload",
  server: "client",
  client: "server",
  endpoint: "local",
  local: "endpoint",
  private: "public",
  public: "private",
  http: "https",
  https: "http",
  "control-plane": "worker",
  worker: "control-plane",
  any: "control-plane",
  "first-control-plane": "control-plane",
  kubernetes: "etcd",
  etcd: "kubernetes",
  frontProxy: "kubernetes",
  "static-pod": "systemd",
  systemd: "static-pod",
  old: "new",
  new: "old",
  trust: "issue",
  issue: "done",
  done: "issue",
  state: "server",
  RSA: "ECDSA",
  ECDSA: "RSA",
  node: "loopback",
  loopback: "node",
  "nodes in waves": "all nodes at once",
  "all nodes at once": "nodes in waves",
  "system:masters": "system:nodes",
  "system:nodes": "system:masters",
};

/** What the compiler looks after, unless there is a plausible other one. */
const isTag = ({ parent }: ts.Node): boolean =>
  ts.isPropertyAssignment(parent) && ["kind", "name"].includes(parent.name.getText());

/** Whether the text is a value of a table: not a name. */
const isValue = ({ parent }: ts.Node): boolean =>
  ts.isPropertyAssignment(parent) ||
  ts.isArrayLiteralExpression(parent) ||
  ts.isCallExpression(parent) ||
  ts.isArrowFunction(parent) ||
  ts.isConditionalExpression(parent) ||
  ts.isBinaryExpression(parent) ||
  ts.isVariableDeclaration(parent);

export const texts: Operator = (node) => {
  if (ts.isStringLiteral(node) && isValue(node)) {
    const other = OTHER[node.text];
    if (other === undefined && isTag(node)) return [];
    const put = JSON.stringify(other ?? `${node.text}x`);
    return [replace(node, put, `${ts.isCallExpression(node.parent) ? short(node.parent) : node.getText()} -> ${put}`)];
  }
  if (ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node))
    return isValue(node) ? [replace(node, `${node.getText().slice(0, -1)}x\``)] : [];
  return [];
};

export const numbers: Operator = (node) =>
  ts.isNumericLiteral(node)
    ? [1, -1].map((by) => {
        const put = String(Number(node.text) + by);
        return replace(node, put, `${short(node.parent)}: ${put}`);
      })
    : [];

export const booleans: Operator = (node) => {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [replace(node, "false")];
  return node.kind === ts.SyntaxKind.FalseKeyword ? [replace(node, "true")] : [];
};

/** Not what something is compared with. */
export const switches: Operator = (node, source) => {
  const found = booleans(node, source);
  return found.length > 0 && ts.isBinaryExpression(node.parent) && isComparison(node.parent) ? [] : found;
};

export const elements: Operator = (node) =>
  ts.isArrayLiteralExpression(node)
    ? node.elements.map((each) => replace(node, `[${without(node.elements, each)}]`, `without ${short(each)}`))
    : [];

/** Of lists that are put together from others alone. */
export const joinedLists: Operator = (node, source) =>
  ts.isArrayLiteralExpression(node) && node.elements.some(ts.isSpreadElement) ? elements(node, source) : [];

/** What is wanted where, under these names: always, and never. */
export const conditions =
  (names: readonly string[]): Operator =>
  (node) =>
    ts.isPropertyAssignment(node) && names.includes(node.name.getText())
      ? ["() => true", "() => false"]
          .filter((put) => put !== node.initializer.getText())
          .map((put) => ({
            ...replace(node.initializer, put, `${short(node)} -> ${put}`),
            name: node.name.getText(),
          }))
      : [];

/** Each half of an `and` or an `or` alone. */
export const halves: Operator = (node) =>
  ts.isBinaryExpression(node) &&
  [ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken].includes(node.operatorToken.kind)
    ? [node.left, node.right].map((half) => replace(node, `(${half.getText()})`, `${short(node)} -> ${short(half)}`))
    : [];

/** What is first in a list, or in a table, is second. */
export const order: Operator = (node) => {
  if (ts.isArrayLiteralExpression(node)) return swapped(node, node.elements, ["[", "]"]);
  if (!ts.isObjectLiteralExpression(node)) return [];
  const isTable = ts.isVariableDeclaration(outOfTypes(node).parent) && node.properties.some(isRow);
  return isTable ? swapped(node, node.properties, ["{ ", " }"]) : [];
};

const swapped = (node: ts.Node, all: readonly ts.Node[], [open, close]: readonly [string, string]): Change[] => {
  const given = all.map((each) => each.getText());
  return given.slice(1).map((later, at) => {
    const earlier = given[at] ?? "";
    const put = [...given.slice(0, at), later, earlier, ...given.slice(at + 2)].join(", ");
    const of = ts.isPropertyAssignment(node.parent) ? `${node.parent.name.getText()}: ` : "";
    return replace(node, open + put + close, `${of}first ${cut(later)}, then ${cut(earlier)}`);
  });
};

const isRow = (each: ts.Node): boolean =>
  ts.isPropertyAssignment(each) && ts.isObjectLiteralExpression(each.initializer);

/** With `as` and `satisfies` around it. */
const outOfTypes = (node: ts.Node): ts.Node =>
  ts.isAsExpression(node.parent) || ts.isSatisfiesExpression(node.parent) ? outOfTypes(node.parent) : node;

const COMPARED: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: "!==",
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: "===",
  [ts.SyntaxKind.GreaterThanEqualsToken]: ">",
  [ts.SyntaxKind.GreaterThanToken]: ">=",
  [ts.SyntaxKind.LessThanToken]: "<=",
  [ts.SyntaxKind.LessThanEqualsToken]: "<",
};

const isComparison = ({ operatorToken }: ts.BinaryExpression): boolean => COMPARED[operatorToken.kind] !== undefined;

export const comparisons: Operator = (node) => {
  const put = COMPARED[node.kind];
  return put === undefined ? [] : [replace(node, put, `${node.parent.getText()}: ${put}`)];
};

/** Takes properties of these names out of objects; `inheriting`: and what such an object spreads as well. */
export const properties =
  (names: readonly string[], inheriting = false): Operator =>
  (node) => {
    if (!ts.isObjectLiteralExpression(node)) return [];
    const isNamed = (each: ts.ObjectLiteralElementLike): boolean => names.includes(each.name?.getText() ?? "");
    const gone = node.properties.filter(
      (each) => isNamed(each) || (inheriting && ts.isSpreadAssignment(each) && node.properties.some(isNamed)),
    );
    return gone.map((each) => ({
      ...replace(node, `{ ${without(node.properties, each)} }`, `without ${short(each)}`),
      ...(each.name === undefined ? {} : { name: each.name.getText() }),
    }));
  };

const short = (node: ts.Node): string => cut(node.getText());
const cut = (text: string): string => text.replace(/\s+/g, " ").slice(0, 80);

/** `pulumi.secret(x)` without the seal. */
export const seals: Operator = (node) =>
  ts.isCallExpression(node) && node.expression.getText() === "pulumi.secret"
    ? [replace(node.expression, "pulumi.output", `${short(node)}: unsealed`)]
    : [];

/** Whether what stands there goes on to somebody else. */
const isPassedOn = (node: ts.Node): boolean => {
  const { parent } = node;
  if (ts.isConditionalExpression(parent)) return parent.condition !== node;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression !== node;
  return ts.isReturnStatement(parent) || ts.isArrayLiteralExpression(parent);
};

/** Empties what is passed on under these names: lists of what is to be waited for. */
export const gates =
  (names: readonly string[]): Operator =>
  (node) =>
    ts.isIdentifier(node) && names.includes(node.text) && isPassedOn(node)
      ? [{ ...replace(node, "[]", `${short(node.parent)}: nothing for ${node.text}`), name: node.text }]
      : [];
