import assert from "node:assert/strict";
import { certificateColumns, daysLeft, endsWithin, tableText, type CertificateRow } from "../../../core/report/report";
import { plainSerial } from "../../../core/format/x509";

const NOW = new Date("2026-06-01T12:00:00Z");

const row = (changes: Partial<CertificateRow> = {}): CertificateRow => ({
  node: "cp1",
  certificate: "apiserver",
  subject: "CN=kube-apiserver",
  issuer: "O=example, CN=prod-kubernetes-ca-g1",
  serial: "0a1b",
  notAfter: "2026-06-11T12:00:00Z",
  nextRenewal: "2026-06-08T00:00:00Z",
  keyLocation: "node",
  proof: "served",
  ...changes,
});

describe("report", () => {
  const days: readonly [string, number][] = [
    ["2026-06-11T12:00:00Z", 10],
    ["2026-06-11T11:59:59Z", 9],
    ["2026-06-01T12:00:01Z", 0],
    ["2026-06-01T11:59:59Z", -1],
  ];
  for (const [notAfter, expected] of days) {
    it(`counts ${String(expected)} days to ${notAfter}`, () => {
      assert.equal(daysLeft(row({ notAfter }), NOW), expected);
    });
  }

  it("says what ends within a window, its last moment included", () => {
    assert.equal(endsWithin(row(), NOW, 10 * 86_400), true);
    assert.equal(endsWithin(row(), NOW, 10 * 86_400 - 1), false);
    assert.equal(endsWithin(row({ notAfter: "2026-06-01T11:59:59Z" }), NOW, 0), true);
  });

  it("draws a table of aligned columns without trailing blanks", () => {
    const rows = [
      row(),
      row({ node: "worker-10", certificate: "kubelet", keyLocation: "state", proof: "none", issuer: "x" }),
      // a user's: no node can prove it
      row({ node: "-", certificate: "kubeconfig:jane", keyLocation: "state", proof: "none", issuer: "x" }),
    ];
    assert.equal(
      tableText(certificateColumns(NOW), rows),
      [
        "NODE       CERTIFICATE      ISSUER                 NOT AFTER   DAYS LEFT  NEXT RENEWAL  KEY       PROOF",
        "cp1        apiserver        prod-kubernetes-ca-g1  2026-06-11         10  2026-06-08    on node   served",
        "worker-10  kubelet          x                      2026-06-11         10  2026-06-08    in state  none",
        "-          kubeconfig:jane  x                      2026-06-11         10  2026-06-08    in state  -",
        "",
      ].join("\n"),
    );
  });

  it("paints a cell without changing where the next one begins", () => {
    const columns = [
      { title: "A", cell: (text: string) => text, paint: (_: string, text: string) => `<${text}>` },
      { title: "B", cell: () => "1", align: "right", paint: (_: string, text: string) => `<${text}>` },
    ] as const;
    assert.equal(tableText(columns, ["x", "long"]), "A     B\n<x>     <1>\n<long>  <1>\n");
  });

  it("writes serials in one spelling", () => {
    assert.equal(plainSerial("00:0A:FF"), "aff");
    assert.equal(plainSerial("0"), "0");
    assert.equal(plainSerial("00"), "0");
  });
});
