/** What is made wrong, how, and which tests must notice: data. A path or a name that nobody has any more is an error. */
import {
  booleans,
  comparisons,
  conditions,
  elements,
  gates,
  halves,
  joinedLists,
  numbers,
  order,
  properties,
  seals,
  switches,
  texts,
  type Operator,
} from "./operators";

/** Below `test/`, without their ending; the quickest first. */
type Tests = readonly string[];

export interface Target {
  readonly group: "tables" | "options" | "gates" | "secrets";
  /** Or folders. */
  readonly files: readonly string[];
  readonly operators: readonly Operator[];
  /** Those of the operators that have to be met in the files. */
  readonly names?: readonly string[];
  readonly tests: Tests;
}

const VALUES: readonly Operator[] = [texts, numbers, booleans, elements, comparisons, halves];

/** Properties of rows that many rows leave out. */
const OPTIONAL = ["sinceMinor", "removal", "rotationOnly", "mode"];

const LAYOUTS: Tests = [
  "core/layouts/layouts",
  "core/layouts/layout",
  "core/nodes/kubeadm/tree",
  "core/nodes/reload",
  "core/certificates/inventory",
  "core/nodes/proofs",
  "core/nodes/leases",
  "core/nodes/effects",
  "core/nodes/effectsTable",
  "core/nodes/readers",
];

/** Those that a test of their name tries; what `visits` does, that of `workers`. */
const TASKS = ["authentication", "caBundles", "heldSecrets", "nodes", "oldPods", "roll", "rootCa", "tokenSecrets"];

const GRAPHS: Tests = [
  "components/options",
  "components/gates",
  "components/inputs",
  "components/usages",
  "components/inCluster",
  "components/clusterPki",
  "components/kinds",
  "components/reasons",
];

/** As the engine calls them; `isInUse` and `ready` are what our own components make them from. */
const OPTIONS = [
  "parent",
  "protect",
  "dependsOn",
  "provider",
  "ignoreChanges",
  "replacementTrigger",
  "retainOnDelete",
  "hooks",
  "isInUse",
  "ready",
];

/** Lists of what a step waits for. */
const WAITED_FOR = ["issued", "after", "before", "made", "last", "dependsOn"];

export const TARGETS: readonly Target[] = [
  {
    group: "tables",
    files: [
      "core/model/reload.ts",
      "core/model/listeners.ts",
      "core/layouts/layout.ts",
      "core/layouts/kubeadm.ts",
      "core/layouts/hardway.ts",
      "core/layouts/etcdadm.ts",
      "core/layouts/kubespray.ts",
      "core/layouts/fleet.ts",
      "core/certificates/inventory.ts",
      "core/nodes/proofs.ts",
      "core/nodes/leases.ts",
      "core/nodes/effects.ts",
    ],
    operators: [...VALUES, properties(OPTIONAL)],
    names: OPTIONAL,
    tests: LAYOUTS,
  },
  {
    group: "tables",
    files: ["core/model/profiles.ts"],
    operators: VALUES,
    tests: ["core/certificates/inventory", "core/certificates/clients"],
  },
  {
    group: "tables",
    files: [
      "core/model/phases.ts",
      "core/model/authorities.ts",
      "core/authorities/rotation.ts",
      "core/authorities/soak.ts",
    ],
    operators: [...VALUES, order],
    tests: [
      "core/model/phases",
      "core/authorities/rotation",
      "core/authorities/soak",
      "core/rollout",
      "core/protocol/trust",
      "core/cluster/steps",
      "core/vault/policies",
      "core/authorities/csrSigner",
    ],
  },
  {
    group: "tables",
    files: ["core/vault/policies.ts", "core/vault/roles.ts", "core/vault/mounts.ts"],
    operators: VALUES,
    tests: ["core/vault/policies", "core/vault/roles", "core/authorities/backends", "core/vault/preflight"],
  },
  {
    group: "tables",
    files: ["core/model/backends.ts", "core/model/algorithms.ts", "core/model/roles.ts"],
    operators: VALUES,
    tests: ["core/model/backends", "core/model/algorithms", "core/config/problems", "core/protocol/grammar"],
  },
  {
    group: "tables",
    files: ["core/rollout.ts"],
    operators: [...VALUES, order, properties(["inEveryPhase"]), conditions(["isWanted"])],
    names: ["inEveryPhase", "isWanted"],
    tests: ["core/rollout"],
  },
  {
    group: "tables",
    files: ["core/cluster/steps.ts", "core/cluster/stepInputs.ts"],
    operators: [...VALUES, order, conditions(["isWanted"])],
    names: ["isWanted"],
    tests: ["core/cluster/steps", "core/cluster/stepsTable"],
  },
  {
    group: "tables",
    files: [
      "core/cluster/run.ts",
      "core/cluster/selector.ts",
      "core/cluster/rolloutStatus.ts",
      ...[...TASKS, "visits"].map((task) => `core/cluster/tasks/${task}.ts`),
    ],
    operators: [halves, comparisons, properties(["looks"])],
    names: ["looks"],
    tests: [
      "core/cluster/selector",
      "core/cluster/rolloutStatus",
      "core/cluster/run",
      ...[...TASKS, "workers"].map((task) => `core/cluster/tasks/${task}`),
    ],
  },
  {
    group: "tables",
    files: ["core/cluster/workers.ts"],
    operators: [halves, comparisons, conditions(["trust", "issue", "retire"])],
    names: ["trust", "issue", "retire"],
    tests: ["core/cluster/workers", "core/cluster/steps"],
  },
  {
    group: "tables",
    files: ["core/protocol/nodeSteps.ts"],
    operators: VALUES,
    tests: ["core/protocol/nodeSteps", "core/rollout"],
  },
  {
    // what nodes accept is written from both
    group: "tables",
    files: ["core/protocol/grammar.ts", "core/format/protocolFields.ts"],
    operators: [...VALUES, properties(["longest", "shortest"])],
    names: ["longest", "shortest"],
    tests: ["core/protocol/grammar", "core/format/protocolFields"],
  },
  {
    group: "tables",
    files: ["core/certificates/renewalClock.ts"],
    operators: [...VALUES],
    tests: ["core/certificates/renewalClock"],
  },
  {
    group: "options",
    files: ["components/"],
    operators: [properties(OPTIONS, true), switches],
    names: OPTIONS,
    tests: GRAPHS,
  },
  {
    group: "gates",
    files: ["core/plan.ts", "core/nodeOrder.ts", "core/stepOrder.ts"],
    operators: [comparisons, booleans, halves],
    tests: ["core/plan", "core/layouts/layouts", "core/rollout", "core/cluster/workers", "core/protocol/apply"],
  },
  {
    group: "gates",
    files: ["components/rolloutSteps.ts", "components/nodePki.ts", "components/inCluster/inCluster.ts"],
    operators: [gates(WAITED_FOR), joinedLists],
    names: WAITED_FOR,
    tests: [...GRAPHS].sort((a, b) => Number(b.includes("gates")) - Number(a.includes("gates"))),
  },
  { group: "secrets", files: ["components/"], operators: [seals], tests: GRAPHS },
];

/** A mutation that was once made by hand, by its text. */
export interface Row {
  readonly name: string;
  /** All of it is one mutation. */
  readonly edits: readonly (readonly [file: string, find: string, put: string])[];
  readonly tests: Tests;
}

export const ROWS: readonly Row[] = [
  {
    name: "phase issue trusts the new CA only",
    edits: [["core/model/phases.ts", `signs: "new", trusts: ["new", "old"]`, `signs: "new", trusts: ["new"]`]],
    tests: ["core/model/phases", "core/authorities/rotation", "core/protocol/trust"],
  },
  {
    name: "etcd reloads its trusted CA",
    edits: [["core/model/reload.ts", `"etcd/trusted-ca": { need: "restart"`, `"etcd/trusted-ca": { need: "reload"`]],
    tests: ["core/nodes/reload"],
  },
  {
    name: "every leaf key is 0644",
    edits: [["core/layouts/layout.ts", `mode ?? (isSecret(content) ? "0600"`, `mode ?? (isSecret(content) ? "0644"`]],
    tests: LAYOUTS,
  },
  {
    name: "a private token key is no secret",
    edits: [["core/layouts/layout.ts", `return content.half === "private"`, `return content.half !== "private"`]],
    tests: LAYOUTS,
  },
  {
    name: "etcd-peer is no client",
    edits: [
      [
        "core/certificates/inventory.ts",
        `usages: ["server", "client"],\n    sans: etcdSans,\n  },\n  "etcd-healthcheck`,
        `usages: ["server"],\n    sans: etcdSans,\n  },\n  "etcd-healthcheck`,
      ],
    ],
    tests: LAYOUTS,
  },
  {
    name: "no canary",
    edits: [["core/nodeOrder.ts", "config.rollout.canary ? workers", "false ? workers"]],
    tests: ["core/plan"],
  },
  {
    name: "a kubelet reloads its serving certificate from 1.30 on",
    edits: [["core/model/reload.ts", "sinceMinor: 31", "sinceMinor: 30"]],
    tests: ["core/nodes/reload"],
  },
  {
    name: "apply waits for no other node's certificates",
    edits: [["core/rollout.ts", `after: ["issued", "beforeIssue", "lay"]`, `after: ["beforeIssue", "lay"]`]],
    tests: ["core/rollout", "components/gates"],
  },
  {
    name: "the old is retired before anybody looks for it",
    edits: [["core/rollout.ts", `after: ["check", "afterIssue"]`, `after: ["afterApply"]`]],
    tests: ["core/rollout", "components/gates"],
  },
  {
    name: "the key of an existing CA is sealed nowhere",
    edits: [
      ["components/authority/inState.ts", `pulumi.secret(part("key"))`, `part("key")`],
      ["components/authority/embedded.ts", "pulumi.secret(keyPem)", "pulumi.output(keyPem)"],
    ],
    tests: ["components/options"],
  },
  {
    name: "a CA is not protected",
    edits: [["components/authority/embedded.ts", "protect: isInUse", "protect: false"]],
    tests: ["components/options"],
  },
  {
    name: "the state makes what Vault should",
    edits: [["components/authority/kinds.ts", "new InVault(base, planned, options)", "new InState(planned, options)"]],
    tests: ["components/options"],
  },
  {
    name: "nobody asks the server before a run",
    edits: [["components/authority/kinds.ts", "preflight: vaultPreflight", "preflight: () => Promise.resolve()"]],
    tests: ["components/kinds"],
  },
  {
    name: "a signing request may ask for any extension",
    edits: [["core/certificates/signingRequests.ts", "if (extensions.length > 0)", "if (extensions.length > 99)"]],
    tests: ["core/certificates/signingRequests"],
  },
  {
    name: "an existing CA may have ended",
    edits: [["core/config/checks/existingCa.ts", "if (ends <= now)", "if (ends <= new Date(0))"]],
    tests: ["core/config/checks/existingCa"],
  },
  {
    name: "a token that renews may sign with any role",
    edits: [["core/vault/policies.ts", "${mount}/sign/${role}", "${mount}/sign/*${role.slice(99)}"]],
    tests: ["core/vault/policies"],
  },
];

/** Mutations that change nothing: by file and what is done there. */
export type Same = readonly [file: string, what: RegExp, because: string];

export const EQUIVALENT: readonly Same[] = [
  ["core/format/protocolFields.ts", /^shortest = 0: /, "every pattern asks for a character"],
  [
    "core/format/protocolFields.ts",
    /-> !kind\.startsWith\("path"\)$/,
    "what begins with no slash is `-`, which has no segments",
  ],
  ["core/format/protocolFields.ts", /slice\(1\): 2$/, "the pattern has the first segment"],
  ["core/cluster/workers.ts", /^\(content\.kind === "pair" .* -> \(content/, "only the kubelet has such files"],
  ["core/cluster/workers.ts", /^content\.kind === "kubeconfig" && .* -> content\.kind/, "a worker of kubeadm has one"],
  [
    "core/cluster/workers.ts",
    /^kubeconfig === undefined \|\| leaf === undefined -> /,
    "a layout without it is refused before, core/config/checks/workers.ts",
  ],
  ["core/cluster/stepInputs.ts", /^first \.\.\.listed\(config\)/, "it is asked whether one of them is"],
  [
    "core/cluster/steps.ts",
    /^first ("(since|old|others|frontProxy)"|\.\.\.\(retiresPrevious\(config, "frontProxy"\) \?.*), then /,
    "facts are fields of a job",
  ],
  ["core/cluster/steps.ts", /^first \{/, "the steps of one hook wait for the same, and not for each other"],
  [
    "core/model/reload.ts",
    /^rule\.sinceMinor \?\? 0: /,
    "the default of sinceMinor: 1.30 is the oldest version there is",
  ],
  ["core/model/phases.ts", /^protects: first/, "who is protected is a set"],
  [
    "core/protocol/nodeSteps.ts",
    /^trust(Effects|Summary)\("trust".* -> "issue"/,
    "no such step: the compiler refuses it",
  ],
  ["components/isKnown.ts", /^true -> false$/, "for a field that the SDK might take away one day"],
  ["components/authority/inVault.ts", /^without ready: \[\]/, "nothing is the default"],
  [
    "components/nodePki.ts",
    /^without install$/,
    "the last of the list, which waits for the certificates, is the same resource",
  ],
  ["components/sshConnection.ts", /unsealed/, "the provider's SDK seals the whole connection"],
  ["components/kubeconfigs.ts", /unsealed/, "each key in it is sealed"],
  ["components/clusterPki.ts", /unsealed/, "there is nothing in it"],
  ["components/authority/inState.ts", /unsealed/, "EmbeddedAuthority seals it as well: both together are a row above"],
];
