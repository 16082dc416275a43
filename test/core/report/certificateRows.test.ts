import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { planCluster } from "../../../core/plan";
import { certificateRows } from "../../../core/report/certificateRows";
import { configWith, NOW } from "../fixture";

const certificate = execFileSync(
  "openssl",
  ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"].concat([
    "-subj",
    "/O=system:nodes/CN=system:node:w1",
    "-days",
    "30",
  ]),
  { stdio: ["ignore", "pipe", "ignore"] },
).toString();

const worker = planCluster(configWith(), NOW).nodes[3]!;
const proofs = (stdout: string) =>
  certificateRows(worker, { kubelet: certificate, "kubelet-server": certificate }, stdout).map(({ proof }) => proof);

describe("certificate rows", () => {
  it("say who a certificate is for and when it ends", () => {
    const [row] = certificateRows(worker, { kubelet: certificate }, "");
    assert.equal(row?.subject, "O=system:nodes, CN=system:node:w1");
    const days = (Date.parse(row.notAfter) - Date.parse(row.notBefore ?? "")) / 86_400_000;
    assert.equal(days, 30);
    assert.match(row.serial, /^[0-9a-f]{10,}$/);
  });

  const RESTARTED = "proof kubelet restarted - - - yes\n";
  const ACCEPTED = "proof kubelet accepted kubelet AA 10.0.0.11:6443 yes\n";
  const SERVED = "proof kubelet served kubelet-server BB 10.0.0.21:10250 yes\n";
  const CHAIN = "proof kube-apiserver chain kubelet AA /etc/kubernetes/pki/ca.crt yes\n";
  const AGGREGATED = "proof kube-apiserver aggregated kubelet AA 10.0.0.11:6443/apis/metrics.k8s.io/v1beta1 yes\n";
  const cases: readonly (readonly [what: string, stdout: string, proofs: readonly string[]])[] = [
    ["nothing was printed", "", ["none", "none"]],
    ["the reader restarted", RESTARTED, ["restarted", "restarted"]],
    ["a client certificate was accepted", RESTARTED + ACCEPTED, ["accepted", "restarted"]],
    ["the order is another", SERVED + ACCEPTED + RESTARTED, ["accepted", "served"]],
    ["a proof could not be had", SERVED.replace("yes", "unproven"), ["none", "none"]],
    ["its server's CA file has signed it", RESTARTED + CHAIN, ["chain", "restarted"]],
    ["an API server behind took it", AGGREGATED + CHAIN, ["accepted", "none"]],
    ["only health was asked", "proof kubelet health - - 127.0.0.1:10248 yes\n", ["none", "none"]],
  ];
  for (const [what, stdout, expected] of cases)
    it(`claim no more than was proven: ${what}`, () => {
      assert.deepEqual(proofs(stdout), expected);
    });
});
