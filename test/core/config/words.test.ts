import assert from "node:assert/strict";
import fc from "fast-check";
import { CONFIG_JSON_SCHEMA, type JsonSchema } from "../../../core/schema/jsonSchema";
import { config, problems, type Raw } from "./fixtures";

type Path = readonly (string | number)[];

/** Every place of the schema, in each of its forms: of a list the first, and one key where keys are free. */
const placesIn = (schema: JsonSchema, path: Path = []): Path[] => {
  const { items, properties = {}, additionalProperties: every, anyOf = [] } = schema;
  return [
    ...(path.length === 0 ? [] : [path]),
    ...anyOf.flatMap((each) => placesIn(each, path)),
    ...(items === undefined ? [] : placesIn(items, [...path, 0])),
    ...(typeof every === "object" ? placesIn(every, [...path, "k"]) : []),
    ...Object.entries(properties).flatMap(([key, inner]) => placesIn(inner, [...path, key])),
  ];
};

const PLACES = placesIn(CONFIG_JSON_SCHEMA);

/** A copy with a value at a path, whatever was there. */
const withAt = (value: unknown, [key, ...rest]: Path, wanted: unknown): unknown => {
  if (key === undefined) return wanted;
  if (typeof key === "number") {
    const list: unknown[] = Array.isArray(value) ? value : [];
    return [withAt(list[0], rest, wanted), ...list.slice(1)];
  }
  const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  return { ...fields, [key]: withAt(Reflect.get(fields, key), rest, wanted) };
};

const WRONG: readonly unknown[] = [
  null,
  "",
  " ",
  "a b",
  "A_b/c",
  "ü",
  "-1",
  "x".repeat(300),
  "a\nb",
  "[1]",
  "{}",
  "90",
  "1y",
  "10.0.0.0/8",
  "/etc/x.key",
  0,
  -1,
  1.5,
  1e300,
  true,
  [],
  [null],
  ["a", 1, {}],
  [["a"]],
  {},
  { "": 1 },
  { "a b": { c: 1 } },
  { "-1": "x", k: null },
  { g1: "x", 0: [] },
];

/** Words of the schema library, and what JavaScript prints for what nobody meant to print. */
const FOREIGN =
  /invalid|unrecogni[sz]ed|expected|received|\bNaN\b|undefined|\[object|\bfunction\b|at line|regex|too (?:big|small)/i;

/** `<field>: <given>; must be <what>; <what to do>`, or what is said of a key that is missing or unknown. */
const SHAPE = /^\S.*?: (?:.+; must be \S|missing; \S|unknown key `.*`; \S)|^unknown key `.*`; \S/su;

const assertPlain = (raw: Raw): void => {
  for (const problem of problems(raw)) {
    assert.match(problem, SHAPE);
    assert.doesNotMatch(problem, FOREIGN);
    assert.ok(!problem.includes("\n"), problem);
  }
};

const seed = Number(process.env["SEED"] ?? 20_261_130);

describe("messages about a stack file", () => {
  it("are looked at for every place of the schema", () => {
    const texts = PLACES.map((path) => path.join("."));
    for (const path of [
      "cluster.serviceCidrs.0",
      "authority.kind.etcd",
      "authority.earlier.0.generations.etcd",
      "authority.signed.etcd.k",
      "certificates.own.k.secret.namespace",
      "inCluster.workers.nodeSelector.k",
    ])
      assert.ok(texts.includes(path), path);
  });

  it("are in our own words, whatever stands in whichever place", () => {
    const change = fc.record({ path: fc.constantFrom(...PLACES), value: fc.constantFrom(...WRONG) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        assertPlain(changes.reduce<unknown>((raw, { path, value }) => withAt(raw, path, value), config()) as Raw);
      }),
      { seed, numRuns: 400 },
    );
  });

  for (const [index, value] of WRONG.entries())
    it(`are in our own words, with ${JSON.stringify(value).slice(0, 20)} in every place in its turn`, () => {
      // a third of the places for each value, so that all come up with ten values each
      for (const [at, path] of PLACES.entries())
        if ((at + index) % 3 === 0) assertPlain(withAt(config(), path, value) as Raw);
    });
});
