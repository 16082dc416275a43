/** The map of CONTRIBUTING.md as rules: what may import what. `npm run check` looks at every import, of types as well. */

/** From the ground to the roof: each may import those before it, and itself. */
const CORE = [
  "model",
  "format",
  "layouts",
  "schema",
  "nodes",
  "survey",
  "authorities",
  "certificates",
  "plan.ts",
  "vault",
  "protocol",
  "cluster",
  "rollout.ts",
  "report",
  "restore",
  "doctor",
  "config",
  "init",
  "preflight",
  "drift",
  "progress",
];
const FLOORS = ["core", "components", "index.ts"];
const PRODUCT = "^(?:core|components|cli|index\\.ts)";

const inside = (base, names) => `^${base}(?:${names.map((name) => name.replace(".", "\\.")).join("|")})(?:/|$)`;
const never = (name, from, to) => ({ name, severity: "error", from: { path: from }, to: { path: to } });

/** One rule for each floor but the last: nothing above it. */
const upwards = (base, floors) =>
  floors.slice(0, -1).map((floor, index) => ({
    ...never(`up-from-${base}${floor}`, inside(base, [floor]), inside(base, floors.slice(index + 1))),
    comment: `imports point down the map only (CONTRIBUTING.md); above ${base}${floor}: ${floors.slice(index + 1).join(", ")}`,
  }));

module.exports = {
  forbidden: [
    { name: "no-circle", severity: "error", from: { path: PRODUCT }, to: { circular: true } },
    ...upwards("", FLOORS),
    ...upwards("core/", CORE),
    never("core-is-pure", "^core/", "^node_modules/@pulumi/|^(?:fs|child_process|http|https|timers)(?:/|$)"),
    never("cli-knows-core-only", "^cli/", "^(?:components/|index\\.ts|node_modules/@pulumi/)"),
    never("product-without-tests-and-tools", PRODUCT, "^(?:test|bench|tools)/"),
    never("nothing-imports-commands", "^(?:core|components|index\\.ts)", "^cli/"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true, // imports of types too
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js", ".json"] },
  },
};
