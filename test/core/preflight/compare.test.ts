import assert from "node:assert/strict";
import type { Raw } from "../../../core/init/checked";
import { checkedConfig, isProblems } from "../../../core/init/checked";
import { planCluster } from "../../../core/plan";
import { compare, type Answered, type Comparison } from "../../../core/preflight/compare";
import { comparedConfig, preflightNode } from "../../../core/preflight/job";
import type { Config } from "../../../core/schema/config";
import type { Survey } from "../../../core/survey/model";
import { made } from "../init/check";
import { HOST, kubeadmCluster, makeCas, withCertificates, withoutFiles, withOptions, type Cas } from "../init/cluster";
import { fileOf, NOW, use } from "../init/facts";

let cas: Cas;

/** What the stack file is made for. */
const stack = () => made(kubeadmCluster(cas));

const configOf = (raw: Raw): Config => {
  const { raw: own, secrets } = stack();
  const all: Raw = { ...own, ...raw };
  const config = checkedConfig(all, "authority" in raw ? [] : secrets.map(({ at }) => at), NOW);
  assert.ok(!isProblems(config), JSON.stringify(config));
  return config;
};

type Change = (survey: Survey) => Survey | { readonly unreachable: string };

/** A run with the stack file, changed like this, on a cluster that is changed like that. */
const run = (raw: Raw, change: Change, isFirst = true): Comparison => {
  const config = configOf(raw);
  const plan = planCluster(config, NOW);
  const surveys = new Map(kubeadmCluster(cas).map(({ ssh, survey }) => [ssh?.host, survey]));
  const answers = plan.nodes.flatMap((node): Answered[] => {
    const survey = surveys.get(node.node.address);
    return survey === undefined ? [] : [{ node: preflightNode(plan, node, config), answer: change(survey) }];
  });
  return compare(comparedConfig(config), answers, isFirst);
};

const same: Change = (survey) => survey;
const on =
  (hostname: string, change: Change): Change =>
  (survey) =>
    survey.host.hostname === hostname ? change(survey) : survey;
const onHost =
  (host: Partial<Survey["host"]>): Change =>
  (survey) => ({ ...survey, host: { ...survey.host, ...host } });
const section = (name: string): Raw => (stack().raw[name] ?? {}) as Raw;
const nodesWith = (change: (node: Raw) => Raw): Raw => ({
  nodes: (stack().raw["nodes"] as readonly Raw[]).map(change),
});

/** As the node itself has noted what the stack has installed: nothing is due. */
const installed: Change = (survey) => {
  const config = configOf({});
  const plan = planCluster(config, NOW).nodes.find(({ node }) => node.name === survey.host.hostname);
  return {
    ...survey,
    record: {
      leaves: plan?.leaves.map(({ profile, id }) => ({ profile, id, serial: "1" })) ?? [],
      cas: [],
      files: [],
      served: [],
      interrupted: false,
    },
  };
};

const atApiServer = (survey: Survey, change: Parameters<typeof withCertificates>[1]): Survey =>
  withCertificates(survey, (certificate) => (certificate.subject === "CN=kube-apiserver" ? change(certificate) : {}));

const EMPTY: Change = (survey) => ({
  ...survey,
  components: [],
  files: [],
  kubeconfigs: [],
  served: [],
  staticPods: [],
  readers: [],
  renewers: [],
});

const HOST_WITHOUT_OPENSSL = Object.fromEntries(
  Object.entries(HOST).filter(([field]) => field !== "openssl"),
) as unknown as Survey["host"];

type Row = readonly [raw: () => Raw, change: Change, refused: readonly string[], told?: readonly string[]];

const BASE = "/etc/kubernetes/pki";

const ROWS: Readonly<Record<string, Row>> = {
  "a node that does not answer, beside others that differ": [
    () => ({}),
    (survey) =>
      survey.host.hostname === "w1"
        ? { unreachable: "ssh to 10.0.0.21:22: connect ETIMEDOUT" }
        : { ...survey, host: { ...survey.host, clockAheadSeconds: survey.host.hostname === "w2" ? -500 : 0 } },
    [
      "w1: ssh to 10.0.0.21:22: connect ETIMEDOUT; nodes[].ssh, ssh, or the node itself",
      "w2: its clock is 500 s behind, so a new certificate is not valid there yet; set the clock (chronyc makestep, timedatectl), no field of the stack file helps",
    ],
  ],
  "a login that is not root": [
    () => ({}),
    on("cp1", onHost({ uid: 1000 })),
    ["cp1: the login is not root (uid 1000); ssh.user: root, or ssh.sudo: true"],
  ],
  "no openssl where keys are made": [
    () => ({}),
    on("w1", (survey) => ({
      ...survey,
      host: { ...HOST_WITHOUT_OPENSSL, addresses: survey.host.addresses, hostname: "w1" },
    })),
    [
      "w1: it has no openssl, and makes its own keys; install openssl there, or nodes[].keyLocation: state for this node",
    ],
  ],
  "no room": [
    () => ({}),
    on("w1", onHost({ room: [{ mount: "/", freeBytes: 100_000 }] })),
    ["w1: / has 97 KiB left for /var/lib/kube-pki; make room there"],
  ],
  "little room": [
    () => ({}),
    on("w1", onHost({ room: [{ mount: "/", freeBytes: 1_000_000 }] })),
    [],
    ["w1: / has 976 KiB left for /var/lib/kube-pki; make room there"],
  ],
  "a read-only file system": [
    () => ({}),
    on("cp1", onHost({ readOnly: ["/etc"] })),
    [
      `cp1: /etc is mounted read-only, and ${BASE}/etcd/server.crt is written there; mount it writable, or files: where the node reads it elsewhere`,
    ],
  ],
  "another machine": [
    () => nodesWith((node) => (node["name"] === "w1" ? { ...node, name: "w9" } : node)),
    same,
    [
      "w9: the kubelet there is registered as w1; nodes[].name: w1, or the address of w9",
      'w9: kubelet-server would lose DNS:w1; nodes[].extraSans: [w1], or certificates.profiles.kubelet-server.allowLoss: ["DNS:w1"]',
    ],
  ],
  "a service of another kind, on all nodes": [
    () => ({ services: { kubelet: { unit: "kubelet2" } } }),
    same,
    [
      "cp1, cp2, cp3, w1, w2: kubelet runs as a systemd unit called kubelet, and the stack has it as a systemd unit called kubelet2; services.kubelet.unit: kubelet",
    ],
  ],
  "a static pod that runs as a unit": [
    () => ({}),
    on("cp1", (survey) => ({
      ...survey,
      components: survey.components.map((each) =>
        each.name === "etcd"
          ? {
              ...each,
              start: {
                by: "systemd",
                unit: "etcd.service",
                file: "",
                dropIns: [],
                environmentFiles: [],
                needsReload: false,
                enabled: true,
              },
            }
          : each,
      ),
    })),
    [
      "cp1: etcd runs as a systemd unit called etcd, and the stack has it as a static pod; services.etcd.kind: systemd, services.etcd.unit: etcd",
    ],
  ],
  "a service that is nowhere": [
    () => ({}),
    on("cp1", (survey) => ({
      ...survey,
      components: survey.components.filter(({ name }) => name !== "kube-scheduler"),
      staticPods: survey.staticPods.filter(({ component }) => component !== "kube-scheduler"),
    })),
    [
      "cp1: kube-scheduler is not there, and the stack has it as a static pod; services.kube-scheduler: how it runs, or nodes[].joining: true for a machine that is not set up yet",
    ],
  ],
  "a file that is read elsewhere": [
    () => ({ files: { [`${BASE}/apiserver.crt`]: { path: "/etc/ssl/api.crt" } } }),
    same,
    [
      `cp1, cp2, cp3: kube-apiserver reads ${BASE}/apiserver.crt (--tls-cert-file), and the stack writes /etc/ssl/api.crt; files["${BASE}/apiserver.crt"].path: ${BASE}/apiserver.crt`,
    ],
  ],
  "a port": [
    () => ({ cluster: { ...section("cluster"), listeners: { schedulerHealth: { port: 1234 } } } }),
    same,
    [
      "cp1, cp2, cp3: kube-scheduler listens on port 10259, and the stack asks it on port 1234 (loopback); cluster.listeners.schedulerHealth.port: 10259",
    ],
  ],
  "an address": [
    () => ({}),
    on("cp2", (survey) =>
      withOptions(survey, "kube-apiserver", { "bind-address": "127.0.0.1" }, [{ address: "127.0.0.1", port: 6443 }]),
    ),
    [
      "cp2: kube-apiserver listens at 127.0.0.1, and the stack asks it on port 6443 (node); cluster.listeners.apiServer.on: loopback",
    ],
  ],
  "a name that only lives on a node": [
    () => ({}),
    on("cp2", (survey) => atApiServer(survey, ({ sans }) => ({ sans: [...sans, "DNS:old.example.com"] }))),
    [
      'cp2: apiserver would lose DNS:old.example.com; cluster.extraSans: [old.example.com], or certificates.profiles.apiserver.allowLoss: ["DNS:old.example.com"]',
    ],
  ],
  "a name whose loss is allowed": [
    () => ({
      certificates: {
        ...section("certificates"),
        profiles: {
          ...(section("certificates")["profiles"] as Raw),
          apiserver: { allowLoss: ["DNS:old.example.com"] },
        },
      },
    }),
    on("cp2", (survey) => atApiServer(survey, ({ sans }) => ({ sans: [...sans, "DNS:old.example.com"] }))),
    [],
  ],
  "a usage": [
    () => ({}),
    on("cp1", (survey) => atApiServer(survey, ({ usages }) => ({ usages: [...usages, "clientAuth"] }))),
    ['cp1: apiserver would lose usage:clientAuth; certificates.profiles.apiserver.allowLoss: ["usage:clientAuth"]'],
  ],
  "a subject": [
    () => ({}),
    on("cp1", (survey) =>
      withCertificates(survey, ({ subject }) =>
        subject === "CN=front-proxy-client" ? { subject: "O=x, CN=front-proxy-client" } : {},
      ),
    ),
    [],
    [
      "cp1: front-proxy-client: O x becomes (none); certificates.profiles.front-proxy-client.organizations, or nodes[].name",
    ],
  ],
  "a common name": [
    () => ({}),
    on("cp1", (survey) =>
      withCertificates(survey, ({ subject }) => (subject === "CN=front-proxy-client" ? { subject: "CN=x" } : {})),
    ),
    [],
    [
      "cp1: front-proxy-client: CN x becomes front-proxy-client; certificates.profiles.front-proxy-client.commonName, or nodes[].name",
    ],
  ],
  "a front proxy that nobody would believe": [
    () => ({ certificates: { profiles: { "front-proxy-client": { commonName: "other" } } } }),
    same,
    [
      'cp1, cp2, cp3: front-proxy-client: CN other is none of --requestheader-allowed-names (front-proxy-client), so no aggregated API server, such as metrics-server, would believe it; certificates.profiles["front-proxy-client"].commonName: front-proxy-client',
    ],
    [
      "cp1, cp2, cp3: front-proxy-client: CN front-proxy-client becomes other; certificates.profiles.front-proxy-client.commonName, or nodes[].name",
    ],
  ],
  "kubelets that get their serving certificates from the cluster": [
    () => ({}),
    on("w1", (survey) => {
      const own = withOptions(survey, "kubelet", { "server-tls-bootstrap": "true" });
      const current = "/var/lib/kubelet/pki/kubelet-server-current.pem";
      return {
        ...own,
        files: [...own.files, fileOf(current, { uses: [use("kubelet", "cert-dir", "kubelet/serving", true)] })],
      };
    }),
    [
      "w1: the kubelet gets its serving certificate from the cluster (serverTLSBootstrap), and does not read the stack's; certificates.profiles[\"kubelet-server\"].enabled: false (inCluster.approveKubeletServing: true has the stack approve what it asks for), or serverTLSBootstrap: false in the kubelet's configuration",
    ],
  ],
  "a rotation that would not find where flags are set, or set one that does not go with others": [
    () => ({ rotation: { generation: 2 } }),
    on("cp1", (survey) => {
      const own = withOptions(survey, "kube-controller-manager", {
        "cluster-signing-cert-file": undefined,
        "cluster-signing-key-file": undefined,
        "cluster-signing-legacy-unknown-cert-file": `${BASE}/ca.crt`,
      });
      return {
        ...own,
        components: own.components.map((each) =>
          each.name === "kube-apiserver"
            ? { ...each, start: { by: "static-pod", manifest: "/etc/kubelet.d/kube-apiserver.yaml" } }
            : each,
        ),
      };
    }),
    [
      "cp1: the manifest of kube-apiserver is /etc/kubelet.d/kube-apiserver.yaml, and the stack looks for /etc/kubernetes/manifests/kube-apiserver.yaml, where a rotation sets flags: move it there (staticPodPath of the kubelet), or make one a link to the other",
      "cp1: kube-controller-manager has options of single signers (--cluster-signing-legacy-unknown-cert-file), beside which no rotation can give it --cluster-signing-cert-file: start it with --cluster-signing-cert-file and --cluster-signing-key-file in their place",
    ],
  ],
  "the same where nothing rotates": [
    () => ({}),
    on("cp1", (survey) => ({
      ...survey,
      components: survey.components.map((each) =>
        each.name === "kube-apiserver"
          ? { ...each, start: { by: "static-pod", manifest: "/etc/kubelet.d/kube-apiserver.yaml" } }
          : each,
      ),
    })),
    [],
  ],
  "an external signer of tokens": [
    () => ({}),
    on("cp1", (survey) =>
      withOptions(survey, "kube-apiserver", { "service-account-signing-endpoint": "/run/signer.sock" }),
    ),
    [
      "cp1: an external signer (--service-account-signing-endpoint=/run/signer.sock) signs service account tokens, and kube-apiserver would not read the stack's key; authority.serviceAccount.enabled: false",
    ],
  ],
  "another cluster's kubeconfig": [
    () => ({}),
    on("cp1", (survey) => ({
      ...survey,
      kubeconfigs: survey.kubeconfigs.map((config) =>
        config.path === "/etc/kubernetes/scheduler.conf"
          ? {
              ...config,
              clusters: config.clusters.map((each) => ({ ...each, server: "https://192.0.2.1:6443", authorities: [] })),
            }
          : config,
      ),
    })),
    [
      "cp1: /etc/kubernetes/scheduler.conf leads to another cluster (https://192.0.2.1:6443); cluster.endpoint, or move that file away",
    ],
  ],
  "another version": [
    () => ({ cluster: { ...section("cluster"), kubernetesVersion: "1.35.1" } }),
    same,
    [],
    [
      "cp1, cp2, cp3: apiserver-kubelet-client: O (none) becomes kubeadm:cluster-admins; certificates.profiles.apiserver-kubelet-client.organizations, or nodes[].name",
      'cp1, cp2, cp3: kube-apiserver is 1.36.3, and the stack file says 1.35.1; cluster.kubernetesVersion: "1.36.3"',
      'w1, w2: kubelet is 1.36.3, and the stack file says 1.35.1; cluster.kubernetesVersion: "1.36.3"',
    ],
  ],
  "a mode that becomes narrower": [
    () => ({}),
    on("w1", (survey) => ({
      ...survey,
      files: survey.files.map((file) =>
        file.path === "/etc/kubernetes/kubelet.conf" ? { ...file, mode: "0644" } : file,
      ),
    })),
    [],
    [
      'w1: /etc/kubernetes/kubelet.conf (root:root) has mode 0644, and becomes 0600; files["/etc/kubernetes/kubelet.conf"].mode: "0644"',
    ],
  ],
  "a timer that renews": [
    () => ({}),
    on("cp1", (survey) => ({ ...survey, renewers: ["k8s-certs-renew.timer"] })),
    [],
    ["cp1: k8s-certs-renew.timer renews certificates too, and writes over those of the stack; disable it there"],
  ],
};

/** Clusters on which a run has work to do, and does it well. */
const PASSING: Readonly<Record<string, Change>> = {
  "as the stack file says": same,
  "whose services are all down": (survey) => ({ ...survey, components: [], served: [] }),
  "whose certificates have expired": (survey) => withCertificates(survey, () => ({ notAfter: "2026-01-01T00:00:00Z" })),
  "with a node on which a transaction was killed": on("cp1", (survey) => ({
    ...survey,
    record: { leaves: [], cas: [], files: [], served: [], interrupted: true },
  })),
  "on which files are missing": (survey) => withoutFiles(survey, (path) => path.startsWith(BASE)),
  "whose static pods are being written again": (survey) => ({
    ...survey,
    components: survey.components.map((each) =>
      each.start.by === "static-pod" ? { ...each, start: { by: "pod" as const }, listens: [] } : each,
    ),
    staticPods: [],
  }),
};

describe("a run beside its nodes, before any is touched", () => {
  before(async () => {
    cas = await makeCas();
  });

  for (const [what, [raw, change, refused, told]] of Object.entries(ROWS))
    it(`finds ${what}`, () => {
      const found = run(raw(), change);
      assert.deepEqual(found.refused, refused);
      if (told !== undefined) assert.deepEqual(found.told, told);
    });

  for (const [what, change] of Object.entries(PASSING))
    it(`goes on with a cluster ${what}`, () => {
      assert.deepEqual(run({}, change).refused, []);
    });

  it("goes on where nothing of the cluster is there yet", () => {
    assert.deepEqual(run({ authority: {} }, EMPTY), { refused: [], told: [] });
  });

  it("refuses no node for what it is not about to touch", () => {
    const odd: Change = (survey) =>
      installed({
        ...withOptions(
          atApiServer(survey, ({ sans }) => ({ sans: [...sans, "DNS:old.example.com"] })),
          "etcd",
          {
            "cert-file": "/etc/x.crt",
          },
        ),
        components: [],
      });
    assert.deepEqual(run({}, odd), { refused: [], told: [] });
  });

  it("refuses a cluster with another CA, until a node has been given the stack's", async () => {
    const own = cas;
    const raw = stack().raw;
    const others = await makeCas();
    const answer: Change = (survey) => survey;
    try {
      cas = others;
      const { secrets } = made(kubeadmCluster(own));
      const config = checkedConfig(
        raw,
        secrets.map(({ at }) => at),
        NOW,
      );
      assert.ok(!isProblems(config));
      const plan = planCluster(config, NOW);
      const answers = (change: Change): Answered[] =>
        kubeadmCluster(others).flatMap(({ survey }) => {
          const node = plan.nodes.find((each) => each.node.name === survey.host.hostname);
          return node === undefined ? [] : [{ node: preflightNode(plan, node, config), answer: change(survey) }];
        });
      const { refused } = compare(comparedConfig(config), answers(answer), true);
      assert.ok(
        refused.some((each) =>
          each.startsWith(
            "cp1, cp2, cp3: etcd's CA there (CN=etcd-ca) is another one than the stack file's; authority.etcd: ",
          ),
        ),
        refused.join("\n"),
      );
      const known = on("w1", (survey) => ({
        ...survey,
        record: { leaves: [], cas: ["00"], files: [], served: [], interrupted: false },
      }));
      for (const again of [
        compare(comparedConfig(config), answers(known), true),
        compare(comparedConfig(config), answers(answer), false),
        compare(comparedConfig(config), answers(answer).slice(1), true),
      ])
        assert.deepEqual(
          again.refused.filter((each) => each.includes("another one than")),
          [],
        );
    } finally {
      cas = own;
    }
  });
});
