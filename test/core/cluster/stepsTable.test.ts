/** What every step says of itself in a preview, and what it sends; when each is wanted is in steps.test.ts. */
import assert from "node:assert/strict";
import type { Facts } from "../../../core/cluster/facts";
import type { Job, WorkersJob } from "../../../core/cluster/job";
import { clusterPayload } from "../../../core/cluster/payload";
import { clusterSteps, HOOKS } from "../../../core/cluster/steps";
import { planCluster } from "../../../core/plan";
import type { HeldJob } from "../../../core/cluster/own";
import type { ServingPlan } from "../../../core/cluster/servingPlan";
import type { Config } from "../../../core/schema/config";
import { configWith, HARDWAY, NOW } from "../fixture";
import { SIGNING_FLAGS } from "../rotationFlags";

const workersDo = (step: string): WorkersJob => ({
  namespace: "kube-system",
  manifest: {},
  atOnce: "25%",
  canary: true,
  steps: [step],
});
const OTHERS = [{ authority: "etcd", ca: "ETCD", old: "OLD ETCD" }] as const;
const ownIs = (ca: string): readonly HeldJob[] => [
  {
    leaf: "own.hook",
    authority: "kubernetes",
    secret: { namespace: "web", name: "hook", certificate: "tls.crt", key: "tls.key", ca: "ca.crt" },
    ca,
    allowLoss: [],
    restart: [],
  },
];
const STATUS = { nextRenewal: "2027-01-01T00:00:00.000Z", notAfter: "2027-02-01T00:00:00.000Z", rotation: {} };
const FACTS: Facts = {
  ca: "CA",
  final: "FINAL",
  rotating: "ROTATING",
  old: "OLD",
  others: OTHERS,
  frontProxy: "FRONT",
  tokenKid: "kid",
  since: 42,
  workersTrust: workersDo("trust"),
  workersIssue: workersDo("issue"),
  workersRetire: workersDo("retire"),
  ownTrust: ownIs("trust"),
  ownIssue: ownIs("issue"),
  ownRetire: ownIs("retire"),
  status: STATUS,
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
const ETCD = configWith({
  rotation: { etcd: { generation: 2 } },
  inCluster: { reload: [workload("Deployment", "stock")] },
});
const FRONT_PROXY = configWith({ rotation: { frontProxy: { generation: 2 } } });

const own = (secret: object, more: object = {}) => ({
  authority: "kubernetes",
  usages: ["server"],
  sans: ["hook.web.svc"],
  secret,
  ...more,
});
const SECRETS = configWith({
  rotation,
  certificates: {
    own: {
      hook: own({ namespace: "web", name: "hook" }, { configMap: { namespace: "web", name: "hook-ca" } }),
      till: own({ namespace: "shop", name: "till" }),
    },
  },
});

const aborted = (changes: Readonly<Record<string, unknown>>): Config => {
  const config = configWith(changes);
  return { ...config, authority: { ...config.authority, kubernetes: { certificate: "PEM", key: "PEM" } } };
};

const NODES = { visited: ["cp1", "cp2", "cp3", "w1", "w2", "w3"], visitors: "kube-system" };
const RELOADS = {
  reload: [workload("Deployment", "stock"), { kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" }],
} as Pick<Job, "reload">;
const REWRITE = { tasks: ["rewrite"], caBundles: [WEBHOOK] } as Pick<Job, "tasks" | "caBundles">;

/** [hook, step, what a preview says, the job]. */
type Row = readonly [hook: string, step: string, summary: string, job: Partial<Job>];

const publishing = (changes: Readonly<Record<string, unknown>>): Config =>
  configWith({ inCluster: { publishStatus: true }, ...changes });
const says = (hook: string): Row => [
  hook,
  "status",
  "configmap kube-pki says what was renewed and what is next",
  { tasks: ["status"], status: STATUS },
];

/** The names of API servers, of etcd and of the nodes above. */
const RESERVED: ServingPlan["reserved"] = [
  "DNS:cp1",
  "DNS:kubernetes",
  "DNS:kubernetes.default",
  "DNS:kubernetes.default.svc",
  "DNS:kubernetes.default.svc.cluster.local",
  "IP:10.96.0.1",
  "IP:10.0.0.11",
  "DNS:api.example.com",
  "IP:10.0.0.9",
  "DNS:localhost",
  "IP:127.0.0.1",
  "IP:::1",
  "DNS:cp2",
  "IP:10.0.0.12",
  "DNS:cp3",
  "IP:10.0.0.13",
  "DNS:w1",
  "IP:10.0.0.21",
  "DNS:w2",
  "IP:10.0.0.22",
  "DNS:w3",
  "IP:10.0.0.23",
];

const TABLE: Readonly<Record<string, readonly [Config, readonly Row[]]>> = {
  "what was renewed, where nothing is rotated": [publishing({}), [says("afterApply")]],
  "kubelets' serving certificates": [
    configWith({
      inCluster: { approveKubeletServing: true, workers: { image: "busybox:1.37.0", nodeSelector: { pool: "a" } } },
      certificates: { profiles: { "kubelet-server": { enabled: false } } },
    }),
    [
      [
        "afterServing",
        "kubelet-serving",
        "approves what kubelets ask for as their serving certificates",
        {
          tasks: ["kubelet-serving"],
          serving: {
            nodes: {
              cp1: ["DNS:cp1", "IP:10.0.0.11"],
              cp2: ["DNS:cp2", "IP:10.0.0.12"],
              cp3: ["DNS:cp3", "IP:10.0.0.13"],
              w1: ["DNS:w1", "IP:10.0.0.21"],
              w2: ["DNS:w2", "IP:10.0.0.22"],
              w3: ["DNS:w3", "IP:10.0.0.23"],
            },
            workers: { pool: "a" },
            reserved: RESERVED,
            waits: false,
          },
        },
      ],
    ],
  ],
  "all that may be listed": [
    LISTED,
    [
      [
        "afterTrust",
        "root-ca",
        "cluster-info gets the new CA, kubeadm-config the options of the rotation, waits for kube-root-ca.crt in every namespace, annotates pods that mount it",
        { tasks: ["cluster-info-add", "kubeadm-config", "root-ca", "sync-pods"], ca: "CA", flags: SIGNING_FLAGS },
      ],
      [
        "afterTrust",
        "workers-trust",
        "nodes without ssh trust both CAs, kubelets restart",
        { tasks: ["workers"], workers: workersDo("trust") },
      ],
      ["afterTrust", "ca-bundles-trust", "1 caBundles get both CAs", { ...REWRITE, ca: "ROTATING" }],
      [
        "afterPublished",
        "mounted-elsewhere",
        "checks that no node is missing, waits for kubelets to update their pods",
        { tasks: ["nodes", "mounted-elsewhere"], ...NODES, since: 42 },
      ],
      [
        "beforeIssue",
        "may-restart",
        "restarts Deployment shop/till, StatefulSet shop/basket",
        {
          tasks: ["may-restart"],
          ca: "CA",
          toRoll: [workload("Deployment", "till"), workload("StatefulSet", "basket")] as Job["toRoll"] & object,
        },
      ],
      [
        "afterApply",
        "workers-issue",
        "on nodes without ssh kubelets request new certificates and pods get new tokens, kubelets restart",
        { tasks: ["workers"], workers: workersDo("issue") },
      ],
      [
        "afterIssue",
        "scan",
        "looks for what still needs the old CA",
        {
          tasks: ["nodes", "root-ca-seen", "ca-bundles", "pods", "secrets", "kubelets"],
          others: OTHERS,
          ca: "CA",
          old: "OLD",
          since: 42,
          ...NODES,
          ...RELOADS,
        },
      ],
      [
        "beforeRetire",
        "tokens",
        "token Secrets get new tokens, the old ones become invalid",
        { tasks: ["tokens"], tokenKid: "kid" },
      ],
      [
        "afterRetire",
        "workers-retire",
        "removes the old CA from nodes without ssh, kubelets restart",
        { tasks: ["workers", "workers-remove"], workers: workersDo("retire") },
      ],
      ["afterRetire", "ca-bundles-retire", "1 caBundles lose the old CA", { ...REWRITE, ca: "FINAL", old: "OLD" }],
      [
        "afterRetire",
        "authentication",
        "extension-apiserver-authentication and cluster-info lose the old CA",
        { tasks: ["authentication-clean", "kubelets"], ca: "FINAL", frontProxy: "FRONT" },
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
        { tasks: ["restart-all"], ca: "CA", since: 42, ...RELOADS },
      ],
    ],
  ],
  "a layout without cluster-info": [
    HARD_WAY,
    [
      [
        "afterTrust",
        "root-ca",
        "waits for kube-root-ca.crt in every namespace, annotates pods that mount it",
        { tasks: ["root-ca", "sync-pods"], ca: "CA" },
      ],
      [
        "afterRetire",
        "authentication",
        "extension-apiserver-authentication loses the old CA",
        { tasks: ["authentication-clean", "kubelets"], ca: "FINAL", frontProxy: "FRONT" },
      ],
    ],
  ],
  "certificates of the user's own": [
    SECRETS,
    [
      [
        "afterTrust",
        "own-trust",
        "Secret web/hook and ConfigMap web/hook-ca, Secret shop/till trust both CAs, their workloads restart",
        { tasks: ["held-certificates"], held: ownIs("trust") },
      ],
      [
        "afterApply",
        "own-issue",
        "Secret web/hook and ConfigMap web/hook-ca, Secret shop/till get certificates, their workloads restart",
        { tasks: ["held-certificates"], held: ownIs("issue") },
      ],
      [
        "afterRetire",
        "own-retire",
        "Secret web/hook and ConfigMap web/hook-ca, Secret shop/till lose the old CA",
        { tasks: ["held-certificates"], held: ownIs("retire") },
      ],
    ],
  ],
  "a rotation of etcd's CA alone": [
    ETCD,
    [
      [
        "afterIssue",
        "scan",
        "looks for what still needs the old CA",
        { tasks: ["ca-bundles", "pods", "secrets"], others: OTHERS, ...RELOADS },
      ],
    ],
  ],
  "a rotation of the front proxy's CA alone": [
    FRONT_PROXY,
    [
      [
        "afterIssue",
        "scan",
        "looks for what still needs the old CA",
        { tasks: ["ca-bundles", "pods", "secrets"], others: OTHERS, reload: RELOADS.reload!.slice(1) },
      ],
      [
        "afterRetire",
        "authentication",
        "extension-apiserver-authentication and cluster-info lose the old CA",
        { tasks: ["authentication-clean"], frontProxy: "FRONT" },
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
        {
          tasks: ["cluster-info-exact", "authentication-clean"],
          ca: "FINAL",
          frontProxy: "FRONT",
          caBundles: [],
        },
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
        { ...REWRITE, tasks: ["rewrite", "authentication-clean"], ca: "FINAL" },
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
            const { force, ...job } = clusterPayload(step, node, config, FACTS).job;
            assert.deepEqual(force, []);
            return [hook, step.nameSuffix, step.summary(config), job];
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
