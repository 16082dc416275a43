/** What has been played on which release of Kubernetes, and what is to be played next. */
import type { KubernetesVersion } from "../../../tools/kubernetesRelease";

/** What each release has to pass, on one control plane and one worker. */
export const PLAYED = ["renewal", "rotation-nodes", "adoption"] as const;

export interface Row {
  readonly kubernetes: string;
  readonly scenario: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** In seconds, the longest time in which one client got no answer from the API; absent where nobody asked. */
  readonly longestGap?: number | undefined;
  /** Restarts of components that the runs told of. */
  readonly restarts: number;
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string;
}

export interface Place {
  readonly kubernetes: KubernetesVersion;
  readonly scenario: string;
}

const DAY_MS = 86_400_000;

const rowOf = (rows: readonly Row[], { kubernetes, scenario }: Place): Row | undefined =>
  rows.find((row) => row.kubernetes === kubernetes && row.scenario === scenario);

/** Those that have not passed in the last `days`, one release after another, in the order of `versions`. */
export const due = (
  rows: readonly Row[],
  versions: readonly KubernetesVersion[],
  { days, now }: { readonly days: number; readonly now: number },
): Place[] =>
  versions
    .flatMap((kubernetes) => PLAYED.map((scenario): Place => ({ kubernetes, scenario })))
    .filter((place) => {
      const row = rowOf(rows, place);
      return row === undefined || !row.passed || now - Date.parse(row.at) > days * DAY_MS;
    });

/** `row` takes the place of the one before it. */
export const withRow = (rows: readonly Row[], row: Row): Row[] =>
  [...rows.filter(({ kubernetes, scenario }) => kubernetes !== row.kubernetes || scenario !== row.scenario), row].sort(
    (a, b) =>
      order(a) - order(b) ||
      PLAYED.findIndex((name) => name === a.scenario) - PLAYED.findIndex((name) => name === b.scenario),
  );

const order = ({ kubernetes }: Row): number => -Number(kubernetes.split(".")[1]);

const cells = (row: Row | undefined): string[] =>
  row === undefined
    ? ["not played", "", "", "", ""]
    : [
        row.passed ? "passed" : "failed",
        String(Math.round(row.seconds)),
        String(row.restarts),
        row.longestGap === undefined ? "" : String(Math.round(row.longestGap)),
        `${row.at.slice(0, 10)}, ${row.commit}`,
      ];

/** The page that docs/versions.md is. */
export const pageOf = (rows: readonly Row[], versions: readonly KubernetesVersion[]): string => {
  const newestFirst = [...versions].sort((a, b) => Number(b.split(".")[1]) - Number(a.split(".")[1]));
  const lines = newestFirst.flatMap((kubernetes) =>
    PLAYED.map((scenario) =>
      ["", kubernetes, scenario, ...cells(rowOf(rows, { kubernetes, scenario })), ""].join(" | ").trim(),
    ),
  );
  return `# Versions of Kubernetes that were run

\`npm run matrix\` plays ${PLAYED.map((name) => `\`${name}\``).join(", ")} on each release, with that release's own kubeadm, kubelet and control plane on one control plane and one worker, and writes this page. It plays what has not passed in the last 14 days; if it is stopped, it goes on where it was. \`npm run matrix -- 1.35.4\` plays that release only.

The gap is the longest time in which one client got no answer from the API, in seconds; with one control plane that is the restart of its API server.

| Kubernetes | scenario | result | seconds | restarts | gap | when, commit |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
};
