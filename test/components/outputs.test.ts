/** Each component tells the engine its outputs once, and nothing of it comes after that. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import { ClusterPki } from "../../components";
import { KINDS } from "../../components/authority/kinds";
import { argsWith } from "../core/fixture";
import { FIXTURES, type FixtureName } from "./fixtures";
import { registeredBy } from "./mocks";

const FOLDER = join(__dirname, "..", "..", "components");

const isHidden = (member: ts.ClassElement): boolean =>
  ts.canHaveModifiers(member) &&
  (ts.getModifiers(member) ?? []).some(({ kind }) =>
    [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword, ts.SyntaxKind.StaticKeyword].includes(kind),
  );

const isComponent = ({ heritageClauses }: ts.ClassDeclaration): boolean =>
  (heritageClauses ?? []).some(({ types }) => types.some((type) => type.getText() === "pulumi.ComponentResource"));

/** By the name of a class of components/: what anybody may read of it. */
const PUBLIC: ReadonlyMap<string, readonly string[]> = new Map(
  readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const text = readFileSync(join(FOLDER, name), "utf8");
      return [...ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true).statements];
    })
    .filter((statement) => ts.isClassDeclaration(statement))
    .filter(isComponent)
    .map((component) => [
      component.name?.text ?? "",
      component.members
        .filter((member) => ts.isPropertyDeclaration(member) || ts.isGetAccessorDeclaration(member))
        .filter((member) => !isHidden(member))
        .map((member) => member.name.getText()),
    ]),
);

/** Whether there is an output in it, however deep. */
const holdsOutput = (value: unknown): boolean => {
  if (pulumi.Output.isInstance(value)) return true;
  if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) return false;
  return (value instanceof Map ? [...(value.values() as Iterable<unknown>)] : Object.values(value)).some(holdsOutput);
};

type Component = pulumi.ComponentResource & { readonly __childResources?: ReadonlySet<pulumi.Resource> };

const childrenOf = ({ __childResources: all = new Set() }: Component): number => all.size;

const below = (component: Component): Component[] => [
  component,
  ...[...(component.__childResources ?? [])]
    .filter((child) => pulumi.ComponentResource.isInstance(child))
    .flatMap((child) => below(child)),
];

interface Call {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** That there were by then. */
  readonly children: number;
}

/** Every component of a cluster, and what it registered. */
const callsIn = async (name: FixtureName): Promise<Map<Component, Call[]>> => {
  const calls = new Map<Component, Call[]>();
  const { prototype } = pulumi.ComponentResource as unknown as { prototype: { registerOutputs: () => void } };
  const { registerOutputs } = prototype;
  mock.method(prototype, "registerOutputs", function (this: Component, outputs?: Call["outputs"]) {
    const before = calls.get(this) ?? [];
    // the SDK's own call, without outputs, comes after the constructor and does nothing where the component made one
    if (outputs !== undefined || before.length === 0)
      calls.set(this, [...before, { outputs: outputs ?? {}, children: childrenOf(this) }]);
    Reflect.apply(registerOutputs, this, [outputs]);
  });
  // there is no server to ask
  mock.method(KINDS.vault, "preflight", () => Promise.resolve());
  const made: Component[] = [];
  await registeredBy(() => {
    const cluster = new ClusterPki("prod", argsWith(FIXTURES[name]));
    made.push(...below(cluster));
    return cluster.certificates;
  }, false);
  mock.restoreAll();
  // what is made before the cluster is not below it
  made.push(...[...calls.keys()].filter((each) => PUBLIC.has(each.constructor.name) && !made.includes(each)));
  return new Map(made.map((component) => [component, calls.get(component) ?? []]));
};

describe("a component registers its outputs, all of them and last", function () {
  this.timeout(60_000); // whole clusters, on a busy machine
  const seen = new Set<string>();

  for (const name of [
    "generated CAs, phase trust",
    "a certificate of the user's own in the cluster",
    "CAs in Vault",
    "CAs in Vault, signers on the nodes, rotated",
    "CAs in Vault that wait for their signature",
  ] as const)
    it(name, async () => {
      for (const [component, calls] of await callsIn(name)) {
        const { name: kind } = component.constructor;
        seen.add(kind);
        assert.equal(calls.length, 1, `${kind}: how often`);
        const [{ outputs, children }] = calls as [Call];
        assert.equal(childrenOf(component), children, `${kind}: children by then`);
        const fields = component as unknown as Readonly<Record<string, unknown>>;
        const wanted = (PUBLIC.get(kind) ?? []).filter((field) => holdsOutput(fields[field]));
        const registered = Object.keys(outputs).filter((field) => holdsOutput(outputs[field]));
        assert.deepEqual(registered.sort(), wanted.sort(), kind);
      }
    });

  after(() => {
    assert.deepEqual([...seen].sort(), [...PUBLIC.keys()].sort(), "classes of components/ that were made");
  });
});
