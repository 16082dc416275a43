/** A stack's report with a certificate of each status, in tests. */
import type { AuthorityRow } from "../../../core/report/authorityRows";
import type { CertificateRow } from "../../../core/report/report";
import { statusReport, type StackFacts, type StatusReport } from "../../../core/report/stackStatus";

export const NOW = new Date("2026-06-01T00:00:00Z");
export const DAY = 86_400;

export const leaf = (changes: Partial<CertificateRow> = {}): CertificateRow => ({
  node: "cp1",
  certificate: "apiserver",
  subject: "CN=kube-apiserver",
  issuer: "O=example, CN=prod-kubernetes-ca-g1",
  serial: "0a1b",
  notBefore: "2026-01-01T00:00:00Z",
  notAfter: "2027-01-01T00:00:00Z",
  nextRenewal: "2026-09-01T00:00:00Z",
  keyLocation: "node",
  proof: "served",
  ...changes,
});

export const ca = (changes: Partial<AuthorityRow> = {}): AuthorityRow => ({
  authority: "kubernetes",
  generation: 1,
  phase: "done",
  signs: true,
  subject: "O=example, CN=prod-kubernetes-ca-g1",
  serial: "ff",
  notBefore: "2020-01-01T00:00:00Z",
  notAfter: "2036-01-01T00:00:00Z",
  rotateBefore: "2035-01-01T00:00:00Z",
  ...changes,
});

export const FACTS: StackFacts = {
  stack: "prod",
  authorities: [
    ca(),
    ca({ authority: "etcd", subject: "CN=prod-etcd-ca-g2", generation: 2, phase: "issue" }),
    ca({ authority: "etcd", subject: "CN=prod-etcd-ca-g1", signs: false, phase: "issue" }),
  ],
  certificates: [
    leaf(),
    leaf({ certificate: "etcd-server", issuer: "CN=prod-etcd-ca-g2", nextRenewal: "2026-05-30T00:00:00Z" }),
    leaf({ node: "w1", certificate: "kubelet", nextRenewal: "2026-05-01T00:00:00Z" }),
    leaf({
      node: "w1",
      certificate: "kubelet-server",
      notAfter: "2026-06-20T00:00:00Z",
      nextRenewal: "2026-06-10T00:00:00Z",
    }),
    leaf({ node: "w2", certificate: "kubelet", notAfter: "2026-05-20T00:00:00Z", nextRenewal: "2026-05-10T00:00:00Z" }),
    { ...leaf({ node: "w2", certificate: 'own.<b>&"x"' as "own.x" }), onNode: "differs" },
    leaf({
      node: "-",
      certificate: "kubeconfig:alice",
      subject: "O=dev, CN=alice",
      notBefore: undefined,
      proof: "none",
    }),
  ],
  nodeRemarks: [{ node: "w2", text: "w2: kubelet at :10250 serves another" }],
};

export const REPORT: StatusReport = statusReport([FACTS], NOW, 30 * DAY);
