import assert from "node:assert/strict";
import fc from "fast-check";
import { editDistance } from "../../../core/format/spelling";
import { CONFIG_JSON_SCHEMA, type JsonSchema } from "../../../core/schema/jsonSchema";
import { config, problems } from "./fixtures";

/** Every key the schema knows, as the path to the object it stands in. A list is entered at its first element. */
function places(
  schema: JsonSchema,
  path: readonly (string | number)[] = [],
): { path: (string | number)[]; key: string }[] {
  if (schema.items !== undefined) return places(schema.items, [...path, 0]);
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    { path: [...path], key },
    ...places(inner, [...path, key]),
  ]);
}

/** An object of nothing but the way to one key. */
const wrapped = (path: readonly (string | number)[], value: unknown): unknown =>
  path.reduceRight<unknown>((inner, key) => (typeof key === "number" ? [inner] : { [key]: inner }), value);

const siblings = (schema: JsonSchema, path: readonly (string | number)[]): string[] => {
  const end = path.reduce<JsonSchema | undefined>(
    (at, key) => (typeof key === "number" ? at?.items : at?.properties?.[key]),
    schema,
  );
  return Object.keys(end?.properties ?? {});
};

const SCHEMA = CONFIG_JSON_SCHEMA;
const PLACES = places(SCHEMA);

type Slip = (key: string, at: number) => string;
const SLIPS: Readonly<Record<string, Slip>> = {
  dropped: (key, at) => key.slice(0, at) + key.slice(at + 1),
  doubled: (key, at) => key.slice(0, at + 1) + key.slice(at),
  replaced: (key, at) => `${key.slice(0, at)}x${key.slice(at + 1)}`,
  swapped: (key, at) => key.slice(0, at) + (key[at + 1] ?? "") + (key[at] ?? "") + key.slice(at + 2),
  lowerCase: (key) => key.toLowerCase(),
  underscores: (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/-/g, "_"),
};

describe("unknown keys", () => {
  it("are looked for in every object of the schema", () => {
    const paths = PLACES.map(({ path, key }) => [...path, key].join("."));
    for (const path of ["cluster.name", "nodes.0.ssh.hostKey", "certificates.profiles.kube-proxy.renewBefore"]) {
      assert.ok(paths.includes(path), path);
    }
  });

  it("get a hint, whatever single slip was made in whatever key", () => {
    const typo = fc
      .record({ place: fc.constantFrom(...PLACES), slip: fc.constantFrom(...Object.keys(SLIPS)), at: fc.nat() })
      .map(({ place, slip, at }) => ({ ...place, typed: SLIPS[slip]!(place.key, at % place.key.length) }))
      .filter(({ path, typed }) => typed !== "" && !siblings(SCHEMA, path).includes(typed));
    fc.assert(
      fc.property(typo, ({ path, key, typed }) => {
        const raw = wrapped(path, { [typed]: {} }) as Record<string, unknown>;
        const found = problems(raw).find((problem) => problem.includes(`unknown key \`${typed}\``));
        assert.ok(found !== undefined, `not caught: ${typed}`);
        const hint = /did you mean `(.+)`\?$/.exec(found)?.[1];
        assert.ok(hint !== undefined, found);
        // Between two keys that look alike (etcd-peer, etcd-server) the nearer one wins, and both are one slip away.
        if (hint !== key) assert.ok(editDistance(typed, hint) <= editDistance(typed, key) + 1, found);
      }),
      { numRuns: 1000 },
    );
  });

  it("name the place and the key that was meant", () => {
    const cases: readonly [Record<string, unknown>, string][] = [
      [
        { certificates: { renewbefore: "30d" } },
        "certificates: unknown key `renewbefore`; did you mean `renewBefore`?",
      ],
      [{ nodse: [] }, "unknown key `nodse`; did you mean `nodes`?"],
      [
        { certificates: { profiles: { kubelt: {} } } },
        "certificates.profiles: unknown key `kubelt`; did you mean `kubelet`?",
      ],
      [
        { certificates: { profiles: { "kube-proxy": { valid: "1d" } } } },
        'certificates.profiles["kube-proxy"]: unknown key `valid`; must be one of enabled, validity, renewBefore, renewEvery, algorithm, allowLoss, commonName, organizations, privileged',
      ],
      [
        { rollout: { pace: 1 } },
        "rollout: unknown key `pace`; must be one of strategy, workersAtOnce, canary, acceptEtcdDowntime, apiServerShutdownFlags, window, detectDrift, readers, backups",
      ],
    ];
    for (const [changes, sentence] of cases) assert.deepEqual(problems(config(changes)), [sentence]);
  });

  it("named like a method of every object are unknown too", () => {
    const raw = JSON.parse('{"constructor": 1, "__proto__": {"x": 1}, "toString": 2}') as Record<string, unknown>;
    const all = problems({ ...config(), ...raw }).join("\n");
    assert.match(all, /unknown key `constructor`/);
    assert.match(all, /unknown key `toString`/);
  });
});
