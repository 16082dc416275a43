/** What every step says of itself in a preview, and what it sends; when each is wanted is in steps.test.ts. */
import assert from "node:assert/strict";
import type { Fact } from "../../../core/cluster/facts";
import { clusterPayload } from "../../../core/cluster/payload";
import { clusterSteps, HOOKS } from "../../../core/cluster/steps";
import { planCluster } from "../../../core/plan";
import type { Config } from "../../../core/schema/config";
import { configWith, HARDWAY, NOW } from "../fixture";

/** What a line of a step that is told the fact begins with. */
const FACTS: Readonly<Record<Fact, string>> = {
  ca: "CA",
  final: "FINAL",
  rotating: "ROTATING",
  old: "OLD",
  frontProxy: "FRONT",
  tokenKid: "kid",
  since: "42",
  workersTrust: "visitors kube-system/trust",
  workersIssue: "visitors kube-system/issue",
  workersRetire: "visitors kube-system/retire",
};

const rotation = { generation: 2 };
const WEBHOOK = { kind: "ValidatingWebhookConfiguration", name: "checks.example.com" };
const workload = (kind: string, name: string) => ({ kind, namespace: "shop", name });

const LISTED = configWith({
  rotation,
  inCluster: {
    restart: [workload("Deployment", "till"), workload("StatefulSet", "basket")],
    reload: [workload("Deployment", "stock")],
    caBundles: [WEBHOOK],
    workers: { image: "busybox:1.37.0" },
  },
});
const ALL = configWith({ rotation, inCluster: { restart: "all", reload: [workload("Deployment", "stock")] } });
const HARD_WAY = configWith({ ...HARDWAY, rotation });
const FRONT_PROXY = configWith({ rotation: { frontProxy: { generation: 2 } } });

const aborted = (changes: Readonly<Record<string, unknown>>): Config => {
  const config = configWith(changes);
  return { ...config, authority: { ...config.authority, kubernetes: { certificate: "PEM", key: "PEM" } } };
};

const part = (name: string, ...lines: readonly string[]): string[] => [
  `part ${name} ${String(lines.length)}`,
  ...lines,
];
const [CA, FINAL, OLD] = [part("ca:kubernetes", "CA"), part("ca:kubernetes", "FINAL"), part("old:kubernetes", "OLD")];
const FRONT = part("ca:frontproxy", "FRONT");
const NODES = [
  "gate scan on",
  ...["cp1", "cp2", "cp3", "w1", "w2", "w3"].map((name) => `visited ${name}`),
  "visitors kube-system/kube-pki-workers",
  "task nodes",
];
const RELOADS = ["reload Deployment shop/stock", "reload DaemonSet kube-system/kube-proxy"];
const REWRITE = ["task rewrite", "rewrite ValidatingWebhookConfiguration checks.example.com ca:kubernetes"];

/** [hook, step, what a preview says, lines]. */
type Row = readonly [hook: string, step: string, summary: string, lines: readonly string[]];

const TABLE: Readonly<Record<string, readonly [Config, readonly Row[]]>> = {
  "all that may be listed": [
    LISTED,
    [
      [
        "afterTrust",
        "root-ca",
        "cluster-info gets the new CA, waits for kube-root-ca.crt in every namespace",
        [...CA, "task cluster-info-add", "task root-ca"],
      ],
      [
        "afterTrust",
        "workers-trust",
        "nodes without ssh trust both CAs, kubelets restart",
        ["visitors kube-system/trust"],
      ],
      [
        "afterTrust",
        "ca-bundles-trust",
        "1 caBundles get both CAs",
        [...part("ca:kubernetes", "ROTATING"), ...REWRITE],
      ],
      [
        "afterPublished",
        "mounted-elsewhere",
        "checks that no node is missing, waits for kubelets to update their pods",
        ["since 42", ...NODES, "task mounted-elsewhere"],
      ],
      [
        "beforeIssue",
        "may-restart",
        "restarts Deployment shop/till, StatefulSet shop/basket",
        [
          ...CA,
          "gate scan on",
          "task may-restart",
          "workload Deployment shop/till",
          "workload StatefulSet shop/basket",
        ],
      ],
      [
        "afterApply",
        "workers-issue",
        "on nodes without ssh kubelets request new certificates and pods get new tokens, kubelets restart",
        ["visitors kube-system/issue"],
      ],
      [
        "afterIssue",
        "scan",
        "looks for what still needs the old CA",
        [...CA, ...OLD, "since 42", ...NODES, "task root-ca-seen", "task ca-bundles", "task pods", ...RELOADS],
      ],
      [
        "beforeRetire",
        "tokens",
        "token Secrets get new tokens, the old ones become invalid",
        ["token-kid kid", "gate tokens on", "task tokens"],
      ],
      [
        "afterRetire",
        "workers-retire",
        "removes the old CA from nodes without ssh, kubelets restart",
        ["visitors kube-system/retire"],
      ],
      ["afterRetire", "ca-bundles-retire", "1 caBundles lose the old CA", [...FINAL, ...OLD, ...REWRITE]],
      [
        "afterRetire",
        "authentication",
        "extension-apiserver-authentication and cluster-info lose the old CA",
        [...FINAL, ...FRONT, "task authentication-clean"],
      ],
    ],
  ],
  "every workload": [
    ALL,
    [
      [
        "beforeIssue",
        "restart-all",
        "restarts every workload whose pods started before the new CA was there",
        [...CA, "since 42", "gate scan on", "task restart-all", ...RELOADS],
      ],
    ],
  ],
  "a layout without cluster-info": [
    HARD_WAY,
    [
      ["afterTrust", "root-ca", "waits for kube-root-ca.crt in every namespace", [...CA, "task root-ca"]],
      [
        "afterRetire",
        "authentication",
        "extension-apiserver-authentication loses the old CA",
        [...FINAL, ...FRONT, "task authentication-clean"],
      ],
    ],
  ],
  "a rotation of the front proxy's CA alone": [
    FRONT_PROXY,
    [
      [
        "afterRetire",
        "authentication",
        "extension-apiserver-authentication and cluster-info lose the old CA",
        [...FRONT, "task authentication-clean"],
      ],
    ],
  ],
  "a rotation that was aborted": [
    aborted({ rotation: {} }),
    [
      [
        "afterRetire",
        "aborted",
        "removes what an aborted rotation has left",
        [...FINAL, ...FRONT, "task cluster-info-exact", "task authentication-clean"],
      ],
    ],
  ],
  "one that was aborted, with bundles and without cluster-info, while the front proxy's CA goes on": [
    aborted({ ...HARDWAY, rotation: { frontProxy: { generation: 2 } }, inCluster: { caBundles: [WEBHOOK] } }),
    [
      [
        "afterRetire",
        "aborted",
        "removes what an aborted rotation has left",
        [...FINAL, ...REWRITE, "task authentication-clean"],
      ],
    ],
  ],
};

describe("in-cluster steps, one by one", () => {
  for (const [what, [config, rows]] of Object.entries(TABLE))
    it(`say and send with ${what}`, () => {
      const node = planCluster(config, NOW).nodes.find((each) => each.node.name === "cp1")!;
      const wanted = new Set(rows.map(([, step]) => step));
      const found = HOOKS.flatMap((hook) =>
        clusterSteps(hook, config)
          .filter(({ nameSuffix }) => wanted.has(nameSuffix))
          .map((step): Row => {
            const [, , , ...lines] = clusterPayload(step, node, config, FACTS).trimEnd().split("\n");
            return [hook, step.nameSuffix, step.summary(config), lines];
          }),
      );
      assert.deepEqual(found, rows);
    });

  it("are all looked at here", () => {
    const seen = new Set(Object.values(TABLE).flatMap(([, rows]) => rows.map(([, step]) => step)));
    for (const [config] of Object.values(TABLE))
      for (const { nameSuffix } of HOOKS.flatMap((hook) => clusterSteps(hook, config)))
        assert.ok(seen.has(nameSuffix), nameSuffix);
  });
});
