import assert from "node:assert/strict";
import { leafPolicy } from "../../../core/certificates/leafPolicy";
import { PROFILE_NAMES } from "../../../core/model/profiles";
import { config, parsed } from "../config/fixtures";

const DAY = 86_400;

describe("leafPolicy", () => {
  const cases: readonly [string, Record<string, unknown>, number, number][] = [
    ["two thirds by default", { validity: "90d" }, 90, 60],
    ["what is left, converted", { validity: "90d", renewBefore: "10d" }, 90, 80],
    [
      "a share that is left, of its own validity",
      { renewBefore: "40%", profiles: { kubelet: { validity: "30d" } } },
      30,
      18,
    ],
    ["its own share that is left", { validity: "90d", profiles: { kubelet: { renewBefore: "30%" } } }, 90, 63],
    ["a period as given", { validity: "90d", renewEvery: "7d" }, 90, 7],
    ["two thirds of its own validity", { validity: "90d", profiles: { kubelet: { validity: "30d" } } }, 30, 20],
    [
      "the general rest, of its own validity",
      { renewBefore: "10d", profiles: { kubelet: { validity: "30d" } } },
      30,
      20,
    ],
    ["the general period", { renewEvery: "9d", profiles: { kubelet: { validity: "30d" } } }, 30, 9],
    [
      "its own rest over the general period",
      { renewEvery: "9d", profiles: { kubelet: { renewBefore: "5d" } } },
      365,
      360,
    ],
    [
      "its own period over the general rest",
      { renewBefore: "9d", profiles: { kubelet: { renewEvery: "5d" } } },
      365,
      5,
    ],
  ];
  for (const [what, certificates, validityDays, everyDays] of cases) {
    it(what, () => {
      const policy = leafPolicy(parsed(config({ certificates })), "kubelet");
      assert.equal(policy.validitySeconds, validityDays * DAY);
      assert.equal(policy.renewEverySeconds, everyDays * DAY);
    });
  }

  it("has what a certificate may lose as nodes write it, and nothing where nothing is said", () => {
    const allowLoss = ["DNS:API.example.com", "IP:FD00:0:0:0::1", "usage:clientAuth", "URI:spiffe://a/B"];
    const result = parsed(config({ certificates: { profiles: { apiserver: { allowLoss } } } }));
    const written = ["DNS:api.example.com", "IP:fd00::1", "usage:clientAuth", "URI:spiffe://a/B"];
    assert.deepEqual(leafPolicy(result, "apiserver").allowLoss, written);
    assert.deepEqual(leafPolicy(result, "admin").allowLoss, []);
  });

  it("overrides one profile and no other", () => {
    const result = parsed(
      config({ certificates: { profiles: { "super-admin": { enabled: false, algorithm: "RSA-2048" } } } }),
    );
    for (const name of PROFILE_NAMES) {
      const policy = leafPolicy(result, name);
      assert.equal(policy.enabled, name !== "super-admin");
      assert.equal(policy.algorithm, name === "super-admin" ? "RSA-2048" : "ECDSA-P256");
    }
  });
});
