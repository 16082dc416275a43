import assert from "node:assert/strict";
import { config, parsed, problems, type Raw } from "../fixtures";

const inCluster = (changes: Raw): Raw => config({ inCluster: changes });
const dns = { kind: "Deployment", namespace: "kube-system", name: "coredns" };
const cni = { kind: "DaemonSet", namespace: "kube-system", name: "cilium" };
const hook = { kind: "ValidatingWebhookConfiguration", name: "policy.example.com" };
const LIST = "list of workloads, each with kind, namespace and name";

describe("work in the cluster, in the stack file", () => {
  it("takes lists in their order, or all workloads", () => {
    const lists = {
      enabled: true,
      publishStatus: true,
      approveKubeletServing: false,
      restart: [cni, dns],
      reload: [{ ...cni, name: "kube-proxy" }],
      caBundles: [hook],
    };
    assert.deepEqual(parsed(inCluster(lists)).inCluster, lists);
    assert.equal(parsed(inCluster({ restart: "all" })).inCluster.restart, "all");
  });

  const KINDS = "one of DaemonSet, Deployment, StatefulSet";
  const refused: readonly (readonly [Raw, string])[] = [
    [{ restart: "some" }, `inCluster.restart: "some"; must be "all", or a ${LIST}`],
    [
      { restart: { kind: "DaemonSet" } },
      `inCluster.restart: an object; must be "all", or a ${LIST}; write \`- \` before it, as an entry of a list`,
    ],
    [{ reload: "all" }, `inCluster.reload: "all"; must be a ${LIST}`],
    [{ restart: [cni, { ...dns, kind: "Pod" }] }, `inCluster.restart[1].kind: "Pod"; must be ${KINDS}`],
    [
      { restart: [{ kind: "DaemonSet", name: "cilium" }] },
      "inCluster.restart[0].namespace: missing; must be a DNS label",
    ],
    [{ restart: [{ ...dns, nmae: "x" }] }, "inCluster.restart[0]: unknown key `nmae`; did you mean `name`?"],
    [
      { reload: [{ ...dns, name: "Core DNS" }] },
      'inCluster.reload[0].name: "Core DNS"; must be a DNS name in lower case',
    ],
    [{ caBundles: {} }, "inCluster.caBundles: an object; must be a list of objects, each with kind and name"],
    [
      { caBundles: [{ ...hook, kind: "Webhook" }] },
      'inCluster.caBundles[0].kind: "Webhook"; must be one of ValidatingWebhookConfiguration, ' +
        "MutatingWebhookConfiguration, APIService, CustomResourceDefinition, ClusterTrustBundle",
    ],
    [
      { restart: [dns, cni, dns] },
      "inCluster.restart[2]: Deployment kube-system/coredns is inCluster.restart[0] too; must be listed once",
    ],
    [
      { reload: [cni, cni] },
      "inCluster.reload[1]: DaemonSet kube-system/cilium is inCluster.reload[0] too; must be listed once",
    ],
    [
      { restart: [dns], reload: [cni, dns] },
      "inCluster.reload[1]: Deployment kube-system/coredns is in inCluster.restart too; " +
        "must be in one of the two; a workload that reloads needs no restart",
    ],
    [
      { caBundles: [hook, hook] },
      "inCluster.caBundles[1]: ValidatingWebhookConfiguration policy.example.com is inCluster.caBundles[0] too; " +
        "must be listed once",
    ],
    [{ user: {} }, "inCluster.user: neither tokenFile nor exec; must be exactly one of the two"],
    [
      { user: { tokenFile: "/run/token", exec: { command: "login" } } },
      "inCluster.user: both tokenFile and exec; must be exactly one of the two",
    ],
    [{ user: { tokenFile: "token" } }, 'inCluster.user.tokenFile: "token"; must be an absolute path'],
    [{ user: { exec: {} } }, "inCluster.user.exec.command: missing; must be a string without control characters"],
    [
      { user: { exec: { command: "login" }, token: "abc" } },
      "inCluster.user: unknown key `token`; did you mean `tokenFile`?",
    ],
    [{ enabled: "no" }, 'inCluster.enabled: "no"; must be true or false, without quotes; did you mean false?'],
  ];
  for (const [changes, sentence] of refused) {
    it(sentence, () => {
      assert.deepEqual(problems(inCluster(changes)), [sentence]);
    });
  }
});
