/** Extended key usages that certificates need. */
import type { ConsumerInput } from "../../model/reload";
import type { CertificateFacts } from "../../survey/model";
import { certificateFiles, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { judged } from "../kubeconfigs";
import { andList } from "../words";

interface UsageRow {
  readonly input: ConsumerInput;
  readonly usages: readonly ("serverAuth" | "clientAuth")[];
  readonly so: string;
  readonly source?: string;
}

const USAGES: readonly UsageRow[] = [
  { input: "kube-apiserver/serving", usages: ["serverAuth"], so: "clients refuse it" },
  {
    input: "etcd/serving",
    usages: ["serverAuth", "clientAuth"],
    so: "etcd, which calls itself with it, refuses it",
    source: "etcd-io/etcd#9785",
  },
  { input: "etcd/peer", usages: ["serverAuth", "clientAuth"], so: "the other members refuse it" },
  { input: "kube-apiserver/etcd-client", usages: ["clientAuth"], so: "etcd refuses it" },
  { input: "kube-apiserver/kubelet-client", usages: ["clientAuth"], so: "kubelets refuse it" },
  { input: "kube-apiserver/proxy-client", usages: ["clientAuth"], so: "API servers behind the front proxy refuse it" },
  { input: "kubelet/client", usages: ["clientAuth"], so: "kube-apiserver refuses it" },
];

/** No extension at all allows everything (RFC 5280, 4.2.1.12). */
const ANY = ["2.5.29.37.0", "anyExtendedKeyUsage"];

const lacksUsage = ({ usages }: CertificateFacts, wanted: readonly string[]): string[] =>
  usages.length === 0 || usages.some((usage) => ANY.includes(usage))
    ? []
    : wanted.filter((usage) => !usages.includes(usage));

const usageIssue = (path: string, place: string, leaf: CertificateFacts, row: Omit<UsageRow, "input">): Issue[] => {
  const missing = lacksUsage(leaf, row.usages);
  return missing.length === 0
    ? []
    : [
        {
          urgency: "now",
          subject: path,
          text: `${place} lacks the extended key ${missing.length === 1 ? "usage" : "usages"} ${andList(missing)}, so ${row.so}`,
          remedy: `issue it again with ${andList(row.usages)}`,
          ...(row.source !== undefined && { source: row.source }),
        },
      ];
};

const usages = (node: NodeView, cluster: Cluster): Issue[] => [
  ...USAGES.flatMap((row) =>
    certificateFiles(node, row.input).flatMap(({ path, certificates: [leaf] }) =>
      leaf === undefined ? [] : usageIssue(path, path, leaf, row),
    ),
  ),
  ...judged(node, cluster).flatMap(({ path, clientPath, client: [leaf] }) =>
    leaf === undefined || clientPath !== path
      ? []
      : usageIssue(path, `the client certificate in ${path}`, leaf, {
          usages: ["clientAuth"],
          so: "kube-apiserver refuses it",
        }),
  ),
];

export const USAGE_CHECKS: readonly Check[] = [
  {
    id: "usage-missing",
    finds: "certificates without the extended key usages that their readers need",
    look: eachNode(usages),
  },
];
