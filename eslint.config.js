const tseslint = require("typescript-eslint");
const pulumi = require("@pulumi/eslint-plugin");
const { require: load } = require("tsx/cjs/api");
const { LAYOUT_NAMES } = load("./core/layouts/index.ts", __filename);
const { BACKEND_KINDS } = load("./core/model/backends.ts", __filename);
const { PHASES } = load("./core/model/phases.ts", __filename);

/**
 * Rows of closed sets (core/model/, core/layouts/): outside the folders that are about one of them nobody asks for a row by its name but
 * for what the row says, so that a new row cannot fall through.
 */
const NAMES = {
  kinds: BACKEND_KINDS.join("|"),
  layouts: LAYOUT_NAMES.join("|"),
  // a step on nodes is called trust as well
  phases: PHASES.filter((name) => name !== "trust").join("|"),
};
const comparison = (names, what) => [
  `BinaryExpression[operator=/^[!=]==?$/] > Literal[value=/^(?:${names})$/]`,
  `SwitchStatement[discriminant.property.name=/${what}$/] > SwitchCase > Literal`,
  `SwitchStatement[discriminant.name=/${what}$/] > SwitchCase > Literal`,
];
const noNames = (...sets) => ({
  "no-restricted-syntax": [
    "error",
    ...sets.flatMap(([names, what, table]) =>
      comparison(names, what).map((selector) => ({
        selector,
        message: `no comparison with the name of a row: ask ${table} for what the row says`,
      })),
    ),
  ],
});
const NO_KIND = [NAMES.kinds, "backendKind", "BACKENDS in core/model/backends.ts"];
const NO_LAYOUT = [NAMES.layouts, "layout", "LAYOUTS in core/layouts/"];
const NO_PHASE = [NAMES.phases, "phase", "PHASE in core/model/phases.ts"];

module.exports = tseslint.config(
  { ignores: ["node_modules/", "dist/", "reports/", "template/", "plugin/", "**/*.js", "**/*.cjs"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // `process.env["X"]` is what noPropertyAccessFromIndexSignature would ask for
      "@typescript-eslint/dot-notation": "off",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // a file names one concept, a function fits a screen; parts of node/ are held by tools/shellCheck.ts
    files: ["core/**", "components/**", "cli/**", "tools/**", "index.ts"],
    rules: { "max-lines": ["error", 250], "max-lines-per-function": ["error", 60] },
  },
  // written by `npm run schema`
  { files: ["components/sections.ts"], rules: { "max-lines": "off" } },
  {
    files: ["components/**", "index.ts"],
    plugins: { "@pulumi": pulumi },
    rules: { "@pulumi/no-output-in-template-literal": "error" },
  },
  { files: ["core/**", "components/**", "cli/**", "index.ts"], rules: noNames(NO_KIND, NO_LAYOUT, NO_PHASE) },
  {
    files: ["core/vault/**", "core/config/checks/vault.ts", "components/authority/vault*"],
    rules: noNames(NO_LAYOUT, NO_PHASE),
  },
  { files: ["core/layouts/**"], rules: noNames(NO_KIND, NO_PHASE) },
  {
    files: ["test/**"],
    rules: {
      // mocha's `it` takes promises; assertions may insist that a value is there
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-floating-promises": "off",
    },
  },
  {
    files: ["test/**/*.test.ts"],
    ignores: ["test/withTools/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/openbao", "**/testStack", "**/lab/lab", "**/apiServer", "**/toolchain"],
              message: "a test that gets or builds programs first lies in test/withTools/",
            },
          ],
        },
      ],
    },
  },
  // of the toolchain itself, on servers of their own
  { files: ["test/tools/**"], rules: { "no-restricted-imports": "off" } },
);
