/** The page that docs/reliability.md is. */
import { neighbourTools } from "../../../tools/neighbourTools";
import type { Scenario } from "../scenario";
import type { Row } from "./rows";

/** What README and docs promise, and the scenarios that would fail if it were not so. */
const PROMISES: readonly (readonly [promise: string, scenarios: readonly string[]])[] = [
  ["A renewal restarts neither API servers nor etcd, and no second fails behind a balancer", ["renewal"]],
  ["A certificate, a CA or a kubeconfig that was there is there afterwards", ["init", "foreign-sans", "foreign-ca"]],
  ["All CAs and the token key are replaced while the cluster runs", ["rotation", "rotation-nodes"]],
  ["Each phase of a rotation can be stopped at and gone back from", ["rotation-phases", "rotation-undo"]],
  ["A cluster whose CA keys are lost is taken over", ["adoption", "lost-state"]],
  ["Killed at any instant, the next `pulumi up` ends what was begun", ["killed", "rotation-kill"]],
  ["A node that loses its power in the middle starts with a whole set", ["power-cut"]],
  ["A service that does not come back gets its old files, and no further node is touched", ["failing-restart"]],
  [
    "A cluster whose certificates or CAs have ended comes back by one `pulumi up`",
    ["recover", "recover-ca", "recover-adoption", "ended-worker"],
  ],
  ["What was changed behind the stack's back is told, and brought back once", ["drift"]],
  ["An earlier set, or etcd's data, comes back", ["restore", "restore-etcd"]],
  ["Aggregated APIs, webhooks and DNS of a cluster work in each phase of a rotation", ["neighbours"]],
  ["A stolen Vault token of the renew policy gives no other name, right or CA", ["vault-stolen-token"]],
];

const failed = (seconds: number | undefined, of: number | undefined, gapMs: number | undefined): string =>
  seconds === undefined || of === undefined || gapMs === undefined
    ? ""
    : `${String(seconds)} of ${String(of)} s, ${(gapMs / 1000).toFixed(1)} s`;

const cluster = ({ topology, authority }: Row): string =>
  authority === "embedded" ? topology : `${topology}, ${authority}`;

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");

const result = (rows: readonly Row[]): string =>
  rows.length === 0
    ? "not run since this page is kept"
    : rows
        .map(
          (row) => `${row.scenario} on ${cluster(row)}: ${row.passed ? "passed" : "**failed**"} ${row.at.slice(0, 10)}`,
        )
        .join("; ");

const versionOf = (neighbour: (typeof neighbourTools)[number]["name"]): string =>
  neighbourTools.find(({ name }) => name === neighbour)?.version ?? "";

export const pageOf = (rows: readonly Row[], scenarios: readonly Scenario[]): string => {
  const inOrder = scenarios.flatMap((scenario) =>
    rows.filter((row) => row.scenario === scenario.name).map((row) => ({ row, scenario })),
  );
  const promises = PROMISES.map(([promise, names]) => [
    promise,
    names.map((name) => `\`${name}\``).join(", "),
    result(rows.filter(({ scenario }) => names.includes(scenario))),
  ]);
  const runs = inOrder.map(({ row, scenario }) => [
    `\`${row.scenario}\`: ${scenario.proves}`,
    cluster(row),
    row.passed ? "passed" : "**failed**",
    String(Math.round(row.seconds)),
    failed(row.endpoint?.secondsFailed, row.endpoint?.seconds, row.endpoint?.longestGapMs),
    row.client === undefined
      ? ""
      : `${row.client.name}: ${failed(row.client.secondsFailed, row.client.seconds, row.client.longestGapMs)}`,
    row.lost === undefined ? "" : String(row.lost),
    row.answers === undefined ? "" : `${String(row.wrong ?? 0)} of ${String(row.answers)}`,
    `${row.kubernetes}, ${row.at.slice(0, 10)}, ${row.commit}`,
  ]);
  const neighbours = inOrder.flatMap(({ row }) =>
    (row.neighbours ?? []).map((each) => [
      each.name,
      `\`${row.scenario}\` on ${cluster(row)}`,
      failed(each.secondsFailed, each.seconds, each.longestGapMs),
      String(each.failures),
    ]),
  );
  return `# What was run, and what happened

Written by \`npm run reliability\` from the reports of scenarios on real clusters: real sshd, etcd, Kubernetes, OpenBao; Pulumi's engine; stand-ins for its provider plugins where the official ones cannot be had. The last run of each is here, whether it passed or failed, on two cores that other work used as well. \`npm run e2e -- NAME --topology CLUSTER\` runs one again.

## What is promised, and what would fail if it were not so

${table(["promise", "scenarios", "last runs"], promises)}

## Runs

- Endpoint: seconds in which the API did not answer through the address that clients use, and the longest gap. With one control plane (duo, single, kubespray) that is the restart of its API server.
- Client: of all clients that read, write and watch all the time, the one that failed longest.
- Lost: writes that were acknowledged and are gone.
- Wrong answers: of API servers that were asked with credentials old and new who is let in.

${table(["scenario", "cluster", "result", "seconds", "endpoint failed", "worst client", "lost", "wrong answers", "Kubernetes, when, commit"], runs)}

## Neighbours

metrics-server ${versionOf("metrics-server")} (an aggregated API, asked through the front proxy), a webhook of admission and of conversion between versions of a custom resource, CoreDNS ${versionOf("coredns")} and workloads with PodDisruptionBudgets were asked once a second during a whole rotation with \`inCluster: { restart: all, caBundles: ... }\`. With one control plane the seconds of a question that goes through an API server include the restarts of that one; one that has just begun answers with an error until it is ready, as PodDisruptionBudgets show, for which nobody but API servers is asked.

${table(["asked", "run", "failed", "questions that failed although an API server answered"], neighbours)}
`;
};
