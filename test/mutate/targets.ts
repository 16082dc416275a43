/** What is made wrong, how, and which tests must notice: data. Files are named by how their path ends below `under`. */
import {
  booleans,
  comparisons,
  elements,
  gates,
  joinedLists,
  numbers,
  properties,
  seals,
  texts,
  type Operator,
} from "./operators";

export interface Target {
  readonly group: "tables" | "options" | "gates" | "secrets";
  readonly under: "core" | "components";
  readonly files: readonly string[];
  readonly operators: readonly Operator[];
  /** Below `test/`, the quickest first. */
  readonly tests: readonly string[];
}

const TABLE: readonly Operator[] = [
  texts,
  numbers,
  booleans,
  elements,
  comparisons,
  properties(["sinceMinor", "removal", "rotationOnly"]),
];

const FACTS = [
  "layouts.test.ts",
  "kubeadm/tree.test.ts",
  "reload.test.ts",
  "inventory.test.ts",
  "proofs.test.ts",
  "leases.test.ts",
  "effects.test.ts",
];

const COMPONENTS = [
  "nodePki.ts",
  "nodeCommand.ts",
  "recipe.ts",
  "round.ts",
  "serviceAccountKeys.ts",
  "sshConnection.ts",
  "stateKey.ts",
  "kubeconfigs.ts",
  "clusterPki.ts",
  "authority/embedded.ts",
  "authority/generations.ts",
  "authority/caSigner.ts",
  "authority/inVault.ts",
  "authority/vault.ts",
  "authority/vaultAccess.ts",
  "authority/vaultCa.ts",
  "authority/vaultMount.ts",
  "inCluster/inCluster.ts",
  "inCluster/rollouts.ts",
];

const GRAPHS = [
  "components/options.test.ts",
  "components/gates.test.ts",
  "components/inputs.test.ts",
  "components/usages.test.ts",
  "components/inCluster.test.ts",
  "components/clusterPki.test.ts",
];

/** As the engine calls them; `isInUse` and `settled` are what our own components make them from. */
const OPTIONS = [
  "parent",
  "protect",
  "dependsOn",
  "provider",
  "ignoreChanges",
  "replacementTrigger",
  "retainOnDelete",
  "additionalSecretOutputs",
  "isInUse",
  "settled",
];

/** Lists of what a step waits for. */
const WAITED_FOR = [
  "prepared",
  "ready",
  "trusted",
  "published",
  "mounted",
  "applied",
  "issued",
  "renewed",
  "checked",
  "looked",
  "retired",
  "after",
  "before",
  "began",
  "made",
  "dependsOn",
];

export const TARGETS: readonly Target[] = [
  {
    group: "tables",
    under: "core",
    files: [
      "reload.ts",
      "layout.ts",
      "layouts/kubeadm.ts",
      "layouts/hardway.ts",
      "inventory.ts",
      "proofs.ts",
      "leases.ts",
      "effects.ts",
    ],
    operators: TABLE,
    tests: FACTS,
  },
  {
    group: "options",
    under: "components",
    files: COMPONENTS,
    operators: [properties(OPTIONS, true), booleans],
    tests: GRAPHS,
  },
  {
    group: "gates",
    under: "components",
    files: ["recipe.ts", "nodePki.ts", "inCluster/inCluster.ts"],
    operators: [gates(WAITED_FOR), joinedLists],
    tests: [...GRAPHS].sort((a, b) => Number(b.includes("gates")) - Number(a.includes("gates"))),
  },
  { group: "secrets", under: "components", files: COMPONENTS, operators: [seals], tests: GRAPHS },
];

/** A mutation that was once made by hand, by its text. */
export interface Row {
  readonly name: string;
  readonly under: "core" | "components";
  /** All of it is one mutation. */
  readonly edits: readonly (readonly [file: string, find: string, put: string])[];
  readonly tests: readonly string[];
}

export const ROWS: readonly Row[] = [
  {
    name: "phase issue trusts the new CA only",
    under: "core",
    edits: [["rotation.ts", `state.phase === "done" ? [signer]`, `state.phase !== "trust" ? [signer]`]],
    tests: ["rotation.test.ts", "trustPayload.test.ts"],
  },
  {
    name: "etcd reloads its trusted CA",
    under: "core",
    edits: [["reload.ts", `"etcd/trusted-ca": { need: "restart"`, `"etcd/trusted-ca": { need: "reload"`]],
    tests: ["reload.test.ts"],
  },
  {
    name: "every leaf key is 0644",
    under: "core",
    edits: [["layout.ts", '`${base}.key`, on, mode: "0600"', '`${base}.key`, on, mode: "0644"']],
    tests: FACTS,
  },
  {
    name: "etcd-peer is no client",
    under: "core",
    edits: [
      [
        "inventory.ts",
        `usages: ["server", "client"],\n    sans: etcdSans,\n  },\n  "etcd-healthcheck`,
        `usages: ["server"],\n    sans: etcdSans,\n  },\n  "etcd-healthcheck`,
      ],
    ],
    tests: FACTS,
  },
  {
    name: "no canary",
    under: "core",
    edits: [["plan.ts", "if (config.rollout.canary)", "if (false)"]],
    tests: ["plan.test.ts"],
  },
  {
    name: "a kubelet reloads its serving certificate from 1.30 on",
    under: "core",
    edits: [["reload.ts", "sinceMinor: 31", "sinceMinor: 30"]],
    tests: ["reload.test.ts"],
  },
  {
    name: "the hard way's ca.key is 0644",
    under: "core",
    edits: [
      [
        "layouts/hardway.ts",
        `mode: "0600",\n      content: { kind: "caKey"`,
        `mode: "0644",\n      content: { kind: "caKey"`,
      ],
    ],
    tests: FACTS,
  },
  {
    name: "apply waits for no other node's certificates",
    under: "components",
    edits: [["recipe.ts", "[...prepared, ...ready]", "[...ready]"]],
    tests: ["components/gates.test.ts"],
  },
  {
    name: "the key of an existing CA is sealed nowhere",
    under: "components",
    edits: [
      ["authority/generations.ts", "pulumi.secret(given.key)", "given.key"],
      ["authority/embedded.ts", "pulumi.secret(keyPem)", "pulumi.output(keyPem)"],
    ],
    tests: ["components/options.test.ts"],
  },
  {
    name: "a CA is not protected",
    under: "components",
    edits: [["authority/embedded.ts", "protect: isInUse", "protect: false"]],
    tests: ["components/options.test.ts"],
  },
  {
    name: "a signing request may ask for any extension",
    under: "core",
    edits: [["signingRequests.ts", "if (extensions.length > 0)", "if (extensions.length > 99)"]],
    tests: ["signingRequests.test.ts"],
  },
  {
    name: "an existing CA may have ended",
    under: "core",
    edits: [["config/existingCa.ts", "if (ends <= now)", "if (ends <= new Date(0))"]],
    tests: ["config/refusals.test.ts", "config/authority.test.ts"],
  },
  {
    name: "a token that renews may sign with any role",
    under: "core",
    edits: [["vaultPolicies.ts", "${mount}/sign/${role}", "${mount}/sign/*${role.slice(99)}"]],
    tests: ["vaultPolicies.test.ts"],
  },
  {
    name: "the old is retired before anybody looks for it",
    under: "components",
    edits: [["recipe.ts", `work?.at("beforeRetire", looked) ?? looked`, `work?.at("beforeRetire", issued) ?? issued`]],
    tests: ["components/gates.test.ts"],
  },
];

/** Mutations that change nothing: by file and what is done there. */
export const EQUIVALENT: readonly (readonly [file: string, what: RegExp, because: string])[] = [
  ["reload.ts", /^rule\.sinceMinor \?\? 0: /, "the default of sinceMinor: 1.30 is the oldest version there is"],
  ["inVault.ts", /^without settled: \[\]/, "nothing is the default"],
  ["nodePki.ts", /^without install$/, "the last of the list, which waits for the certificates, is the same resource"],
  ["sshConnection.ts", /unsealed/, "the provider's SDK seals the whole connection"],
  ["kubeconfigs.ts", /unsealed/, "each key in it is sealed"],
  ["clusterPki.ts", /unsealed/, "there is nothing in it"],
  ["generations.ts", /unsealed/, "EmbeddedAuthority seals it as well: both together are a row above"],
];
