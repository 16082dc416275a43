import assert from "node:assert/strict";
import { slowestIn } from "./scenario";

describe("slowestIn", () => {
  it("reads what took longest out of what pulumi prints", () => {
    const text = `
 +  command:remote:Command lab-cp1-trust creating (0s) cp1: restarting etcd
 +  command:remote:Command lab-cp1-trust created (38s) done 12ab
 ~  command:remote:Command lab-w1-apply updated (0.85s)
 ++ tls:index:LocallySignedCert lab-cp1-etcd-server created replacement (3s)
 -- tls:index:LocallySignedCert lab-cp1-etcd-server deleted original (0.01s)
`;
    assert.deepEqual(slowestIn(text), { "lab-cp1-trust": 38, "lab-cp1-etcd-server": 3, "lab-w1-apply": 0.85 });
  });
});
