import assert from "node:assert/strict";
import { hasOneCa } from "../../../core/init/oneCa";
import { made, told } from "./check";
import { makeCas, type Cas } from "./cluster";
import { fleetCluster } from "./fleet";
import { hardwayCluster } from "./hardway";

describe("one CA of a running cluster", () => {
  let cas: Cas;
  before(async () => {
    cas = await makeCas();
  });
  const surveys = (visits: ReturnType<typeof fleetCluster>) => visits.map(({ survey }) => survey);

  it("is one where every API server reads one file for all", () => {
    const fleet = surveys(fleetCluster(cas));
    assert.equal(hasOneCa(fleet), true);
    assert.equal(hasOneCa(surveys(hardwayCluster(cas))), false);
    // the same CA in files of their own
    const same = { ...cas, etcd: cas.kubernetes, frontProxy: cas.kubernetes };
    assert.equal(hasOneCa(surveys(hardwayCluster(same))), false);
    assert.equal(hasOneCa([...fleet, ...surveys(hardwayCluster(cas))]), false);
    assert.equal(hasOneCa(fleet.filter(({ components }) => components.every(({ name }) => name === "etcd"))), false);
  });

  it("is told as a weakness, and so is what delivers certificates beside the stack", () => {
    const left = told(made(fleetCluster(cas)), "left");
    const weakness =
      /^one CA \(CN=kubernetes\) is the cluster's CA and etcd's CA and the front proxy's CA: whoever has a certificate for one may use it for the other; it lies in one file, so a rotation replaces it by one again \(authority\.oneCa, docs\/fleet\.md\)$/;
    assert.ok(
      left.some((text) => weakness.test(text)),
      left.join("\n"),
    );
    assert.ok(
      left.some((text) => /cp1, cp2: consul-template\.service renews certificates too: disable it/.test(text)),
      left.join("\n"),
    );
  });
});
