const tseslint = require("typescript-eslint");
const pulumi = require("@pulumi/eslint-plugin");

/**
 * Rows of closed sets (core/model/): outside the folders that are about one of them nobody asks for a row by its name but
 * for what the row says, so that a new row cannot fall through.
 */
const NAMES = { kinds: "embedded|vault", layouts: "kubeadm|hardway", phases: "issue|done" };
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
const KINDS = [NAMES.kinds, "backendKind", "BACKENDS in core/model/backends.ts"];
const LAYOUTS = [NAMES.layouts, "layout", "LAYOUTS in core/model/layouts.ts"];
const PHASES = [NAMES.phases, "phase", "PHASE in core/model/phases.ts"];

module.exports = tseslint.config(
  { ignores: ["node_modules/", "reports/", "**/*.js", "**/*.cjs"] },
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
    files: ["components/**", "index.ts"],
    plugins: { "@pulumi": pulumi },
    rules: { "@pulumi/no-output-in-template-literal": "error" },
  },
  { files: ["core/**", "components/**", "cli/**", "index.ts"], rules: noNames(KINDS, LAYOUTS, PHASES) },
  {
    files: ["core/vault/**", "core/config/checks/vault.ts", "components/authority/vault*"],
    rules: noNames(LAYOUTS, PHASES),
  },
  { files: ["core/nodes/layouts/**"], rules: noNames(KINDS, PHASES) },
  {
    files: ["test/**"],
    rules: {
      // mocha's `it` takes promises; assertions may insist that a value is there
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-floating-promises": "off",
    },
  },
);
