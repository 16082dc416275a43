import assert from "node:assert/strict";
import { currentEntry, hostPortOf, listOf, optionOf, subjectParts, urlParts } from "../../../core/init/visits";
import { kubeadmSurvey, makeCas, NODES } from "./cluster";
import { kubeconfigOf } from "./facts";

describe("what init reads in a survey", () => {
  it("is the last value of an option that is given twice, and each part of one with commas", async () => {
    const [node] = NODES;
    assert.ok(node);
    const survey = kubeadmSurvey(node, await makeCas());
    const twice = {
      ...survey,
      components: survey.components.map((each) => ({
        ...each,
        options: [{ name: "secure-port", values: ["1", "2"], from: "command line" as const }],
      })),
    };
    assert.equal(optionOf(twice, "kube-scheduler", "secure-port"), "2");
    assert.deepEqual(listOf(survey, "etcd", "listen-client-urls"), [
      "https://127.0.0.1:2379",
      "https://10.0.0.11:2379",
    ]);
  });

  it("is where a server's URL leads to", () => {
    assert.equal(hostPortOf("https://api.example.com"), "api.example.com:443");
    assert.equal(hostPortOf("https://[fd00::1]:6443/"), "[fd00::1]:6443");
    assert.equal(hostPortOf("https://[fd00::1]"), "[fd00::1]:443");
    assert.deepEqual(urlParts("https://[fd00::1]:2379"), { scheme: "https", host: "fd00::1", port: 2379 });
    assert.equal(urlParts("unix:///run/etcd.sock"), undefined);
  });

  it("is the part of a subject, also where a value has a comma", () => {
    assert.deepEqual(subjectParts("O=a, O=b, CN=x, y", "O"), ["a", "b"]);
    assert.deepEqual(subjectParts("O=a, O=b, CN=x, y", "CN"), ["x, y"]);
  });

  it("is the entry of the current context, or the only one", async () => {
    const { kubernetes } = await makeCas();
    const config = kubeconfigOf("/x", "one:1", kubernetes.facts, kubernetes.facts);
    const [own] = config.clusters;
    assert.ok(own);
    const other = { ...own, name: "other", server: "https://two:2" };
    assert.equal(currentEntry({ ...config, clusters: [other, own] }, "clusters"), own);
    assert.equal(currentEntry({ ...config, currentContext: "" }, "clusters"), own);
    assert.equal(currentEntry({ ...config, clusters: [other, own], currentContext: "" }, "clusters"), undefined);
  });
});
