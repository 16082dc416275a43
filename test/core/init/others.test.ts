import assert from "node:assert/strict";
import { unvisitedHosts } from "../../../core/init/others";
import { kubeadmCluster, makeCas, type Cas } from "./cluster";
import { hardwayCluster } from "./hardway";

describe("hosts of a cluster that nobody has visited", () => {
  let cas: Cas;
  before(async () => {
    cas = await makeCas();
  });

  it("are those of its list of nodes", () => {
    const visits = kubeadmCluster(cas);
    assert.deepEqual(unvisitedHosts(visits.slice(0, 1)), ["10.0.0.12", "10.0.0.13", "10.0.0.21", "10.0.0.22"]);
    assert.deepEqual(unvisitedHosts(visits), []);
  });

  it("are members of etcd, by a control plane or by another member", () => {
    const visits = hardwayCluster(cas);
    const members = ["10.0.0.31", "10.0.0.32", "10.0.0.33"];
    assert.deepEqual(unvisitedHosts(visits.slice(3, 4)), members);
    assert.deepEqual(unvisitedHosts(visits.slice(0, 1)), members.slice(1));
  });

  it("are none that was reached by another address than it has itself", () => {
    const [first, ...others] = kubeadmCluster(cas);
    assert.ok(first);
    const natted = {
      ...first,
      ssh: { host: "203.0.113.1", port: 22, user: "root" },
      survey: { ...first.survey, host: { ...first.survey.host, addresses: ["192.168.0.1"] } },
    };
    assert.deepEqual(unvisitedHosts([natted, ...others]), []);
  });
});
