/** A cluster as a bad night finds it: three control planes and ten workers, etcd in the middle of a rotation, a few things wrong. */
import type { AuthorityName } from "../../../core/model/authorities";
import { planCluster } from "../../../core/plan";
import { statusReport, type StackFacts, type StatusReport } from "../../../core/report/stackStatus";
import type { OnNode } from "../../../core/report/status";
import { configWith, RAW } from "../../core/fixture";
import { ca, DAY, leaf } from "../../core/report/rows";

export const NOW = new Date("2026-06-01T03:00:00Z");

type Row = StackFacts["certificates"][number];

const isoAt = (days: number): string => new Date(NOW.getTime() + days * DAY * 1000).toISOString();

const [first] = RAW["nodes"] as readonly Readonly<Record<string, unknown>>[];
const named = (name: string, address: string, role: string) => ({ ...first, name, address, roles: [role] });
const NODES = [
  ...[1, 2, 3].map((number) => named(`cp${String(number)}`, `10.0.0.${String(10 + number)}`, "control-plane")),
  ...Array.from({ length: 10 }, (_, index) => named(`w${String(index + 1)}`, `10.0.0.${String(20 + index)}`, "worker")),
];

/** What is wrong, by node and certificate: how many days ago it began, where that is not the node's, and what the node says. */
const WRONG: Readonly<Record<string, { readonly begun?: number; readonly onNode?: OnNode }>> = {
  "w7 kubelet": { begun: 367 }, // expired
  "w3 kubelet": { onNode: "differs" }, // drift
  "cp2 apiserver": { begun: 356 }, // expiring
  "cp3 front-proxy-client": { begun: 283 }, // overdue
  "cp1 scheduler": { begun: 244 }, // due
  "w5 kubelet": { begun: 246 }, // due
};

const ISSUERS: Readonly<Record<AuthorityName, string>> = {
  kubernetes: "O=example, CN=prod-kubernetes-ca-g1",
  etcd: "O=example, CN=prod-etcd-ca-g2",
  frontProxy: "O=example, CN=prod-front-proxy-ca-g1",
};

const rowsOf = (): readonly Row[] =>
  planCluster(configWith({ nodes: NODES }), NOW).nodes.flatMap(({ node, leaves }, place) =>
    leaves.map((plan): Row => {
      const { begun = 10 + place * 7, onNode = "same" } = WRONG[`${node.name} ${plan.profile}`] ?? {};
      const row = leaf({
        node: node.name,
        certificate: plan.profile,
        issuer: ISSUERS[plan.authority],
        notBefore: isoAt(-begun),
        notAfter: isoAt(365 - begun),
        nextRenewal: isoAt(243 - begun),
      });
      return { ...row, onNode };
    }),
  );

export const FACTS: StackFacts = {
  stack: "prod",
  authorities: [
    ca(),
    ca({ authority: "etcd", generation: 2, phase: "issue", subject: ISSUERS.etcd, notBefore: isoAt(-1) }),
    ca({
      authority: "etcd",
      phase: "issue",
      signs: false,
      subject: "O=example, CN=prod-etcd-ca-g1",
      notAfter: isoAt(200),
      rotateBefore: isoAt(-160),
    }),
    ca({ authority: "frontProxy", subject: ISSUERS.frontProxy, notAfter: isoAt(500), rotateBefore: isoAt(140) }),
  ],
  certificates: [
    ...rowsOf(),
    leaf({
      node: "-",
      certificate: "kubeconfig:alice",
      subject: "O=dev, CN=alice",
      notBefore: isoAt(-5),
      notAfter: isoAt(360),
      nextRenewal: isoAt(238),
    }),
  ],
  nodeRemarks: [{ node: "w3", text: "w3: kubelet at :10250 serves another certificate than the stack has" }],
};

export const WRONG_NAMES: readonly string[] = Object.keys(WRONG);
export const REPORT: StatusReport = statusReport([FACTS], NOW, 30 * DAY);
