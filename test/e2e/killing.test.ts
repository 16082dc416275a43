import assert from "node:assert/strict";
import { boundaryOf } from "./killing";

describe("boundaries of pulumi's resources", () => {
  const lines: readonly (readonly [string, string | undefined])[] = [
    [" +  tls:index:PrivateKey lab-etcd-ca-g2-key creating (0s)", "lab-etcd-ca-g2-key creating"],
    [" ~  command:remote:Command lab-cp1-trust updated (10s) [diff: ~stdin]", "lab-cp1-trust updated"],
    [" ~  command:remote:Command lab-cp1-trust updating (3s) cp1: restarting etcd", "lab-cp1-trust updating"],
    [" -- tls:index:LocallySignedCert lab-cp1-admin deleting original (0s)", "lab-cp1-admin deleting"],
    ["@ updating....", undefined],
    ["    pulumi:pulumi:Stack kube-pki-lab  12 messages", undefined],
  ];
  for (const [line, boundary] of lines)
    it(`${boundary ?? "none"}: ${line.trim()}`, () => {
      assert.equal(boundaryOf(line), boundary);
    });
});
