import assert from "node:assert/strict";
import { statusMetrics } from "../../../../core/report/forms/prometheus";
import { REPORT } from "../rows";

const text = statusMetrics(REPORT);
const of = (name: string, ...labels: string[]): string[] =>
  text.split("\n").filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)));
const seconds = (iso: string): string => String(Date.parse(iso) / 1000);

describe("status for Prometheus", () => {
  it("has the names and labels of x509-certificate-exporter", () => {
    assert.deepEqual(of("x509_cert_not_after", 'node="w2"', 'certificate="kubelet"'), [
      'x509_cert_not_after{serial_number="2587",subject_CN="kube-apiserver",issuer_O="example",issuer_CN="prod-kubernetes-ca-g1",' +
        `filename="kubelet",filepath="w2/kubelet",stack="prod",node="w2",certificate="kubelet"} ${seconds("2026-05-20T00:00:00Z")}`,
    ]);
    assert.match(of("x509_cert_expired", 'filepath="w2/kubelet"')[0] ?? "", / 1$/);
    assert.match(of("x509_cert_expired", 'filepath="cp1/apiserver"')[0] ?? "", / 0$/);
    assert.match(
      of("x509_cert_not_after", 'filepath="ca/etcd-g2"', 'generation="2"')[0] ?? "",
      /subject_CN="prod-etcd-ca-g2"/,
    );
  });

  it("says nothing of what it does not know", () => {
    assert.equal(of("x509_cert_not_before", "alice").length, 0);
    assert.equal(of("x509_cert_not_before").length, 9);
    assert.equal(of("kube_pki_certificate_on_node").length, 1);
  });

  it("has what only a stack knows", () => {
    const leaf = '{stack="prod",node="cp1",certificate="apiserver"}';
    for (const line of [
      `kube_pki_certificate_next_renewal_timestamp_seconds${leaf} ${seconds("2026-09-01T00:00:00Z")}`,
      `kube_pki_certificate_overdue_timestamp_seconds${leaf} ${seconds("2026-09-15T00:00:00Z")}`,
      `kube_pki_ca_rotate_before_timestamp_seconds{stack="prod",authority="etcd",generation="2"} ${seconds("2035-01-01T00:00:00Z")}`,
      'kube_pki_rotation_phase{stack="prod",authority="etcd",generation="2",phase="issue"} 1',
      'kube_pki_rotation_phase{stack="prod",authority="kubernetes",generation="1",phase="done"} 1',
      `kube_pki_status_timestamp_seconds{stack="prod"} ${seconds("2026-06-01T00:00:00Z")}`,
    ])
      assert.ok(text.includes(`\n${line}\n`), line);
    assert.equal(of("kube_pki_rotation_phase").length, 2);
    assert.equal(of("kube_pki_ca_rotate_before_timestamp_seconds").length, 2);
  });

  it("escapes what stands in quotes, and has no sample twice", () => {
    assert.ok(text.includes('certificate="own.<b>&\\"x\\""'));
    const series = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/ \S+$/, ""));
    assert.equal(new Set(series).size, series.length);
  });
});
