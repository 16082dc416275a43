import assert from "node:assert/strict";
import type { Choices } from "../../../core/init/choices";
import type { RemarkKind } from "../../../core/init/remarks";
import type { Visit } from "../../../core/init/visits";
import type { FileFacts, Survey } from "../../../core/survey/model";
import { made, told } from "./check";
import {
  kubeadmCluster,
  kubeadmSurvey,
  makeCas,
  NODES,
  PKI,
  visitOf,
  withCertificates,
  withKubeadm,
  withoutFiles,
  withOptions,
  type Cas,
} from "./cluster";
import { fileOf, use } from "./facts";

let cas: Cas;

const onAll = (change: (survey: Survey) => Survey) => (): Visit[] => kubeadmCluster(cas, change);
const on = (hostname: string, change: (survey: Survey) => Survey) =>
  onAll((survey) => (survey.host.hostname === hostname ? change(survey) : survey));

const isControlPlane = ({ components }: Survey): boolean => components.some(({ name }) => name === "kube-apiserver");
const onControlPlanes = (change: (survey: Survey) => Survey) =>
  onAll((survey) => (isControlPlane(survey) ? change(survey) : survey));

const withFiles = (survey: Survey, change: (file: FileFacts) => FileFacts): Survey => ({
  ...survey,
  files: survey.files.map(change),
});
const withExternalEtcd = onAll((survey) => {
  const own = withKubeadm(survey, { etcd: "external" });
  const without = {
    ...own,
    components: own.components.filter(({ name }) => name !== "etcd"),
    staticPods: own.staticPods.filter(({ component }) => component !== "etcd"),
  };
  return withOptions(
    withoutFiles(without, (path) => /etcd\/(?:server|peer|health)/.test(path)),
    "kube-apiserver",
    {
      "etcd-servers": "https://10.0.0.31:2379,https://10.0.0.32:2379",
    },
  );
});

type Row = readonly [visits: () => Visit[], kind: RemarkKind, sentence: string, choices?: Partial<Choices>];

const ROWS: Readonly<Record<string, Row>> = {
  "an external etcd": [
    withExternalEtcd,
    "refused",
    "etcd runs on none of these hosts (https://10.0.0.31:2379, https://10.0.0.32:2379): an etcd that the stack does not reach is not supported; give its members to `kube-pki init` too, or add them under nodes with roles: [etcd]",
  ],
  "a file that one reader has elsewhere than the others": [
    on("w1", (survey) => {
      const [ca] = survey.files.filter(({ path }) => path === `${PKI}/ca.crt`);
      assert.ok(ca);
      const own = { ...ca, path: "/etc/ssl/kubelet-ca.crt" };
      return {
        ...withoutFiles(survey, (path) => path === ca.path),
        files: [...survey.files.filter((file) => file !== ca), own],
      };
    }),
    "refused",
    `w1: kubelet reads /etc/ssl/kubelet-ca.crt (--client-ca-file), and the stack writes ${PKI}/ca.crt: start it with that path`,
  ],
  "a unit of another name on one node": [
    on("w1", (survey) => ({
      ...survey,
      components: survey.components.map((each) =>
        each.start.by === "systemd" ? { ...each, start: { ...each.start, unit: "my-kubelet.service" } } : each,
      ),
    })),
    "refused",
    "w1: kubelet runs as a systemd unit called my-kubelet, and the stack has it as a systemd unit called kubelet",
  ],
  "a component that does not run": [
    on("cp2", (survey) => ({
      ...survey,
      components: survey.components.filter(({ name }) => name !== "kube-scheduler"),
    })),
    "refused",
    "cp2: kube-scheduler does not run, and the stack has it as a static pod",
  ],
  "a name that no field holds": [
    on("cp1", (survey) =>
      withCertificates(survey, ({ subject, sans }) =>
        subject === "CN=kube-apiserver" ? { sans: [...sans, "URI:spiffe://prod/api", "DNS:my_api.example.com"] } : {},
      ),
    ),
    "refused",
    `cp1: apiserver (${PKI}/apiserver.crt) would lose URI:spiffe://prod/api, DNS:my_api.example.com: no field of the stack file keeps that; if nobody needs it, allow the loss (certificates.profiles.apiserver.allowLoss)`,
  ],
  "a certificate with two uses": [
    onControlPlanes((survey) =>
      withCertificates(survey, ({ subject }) =>
        subject === "CN=kube-apiserver" ? { usages: ["serverAuth", "clientAuth"] } : {},
      ),
    ),
    "refused",
    `cp1, cp2, cp3: apiserver (${PKI}/apiserver.crt) would lose usage:clientAuth: no field of the stack file keeps that; if nobody needs it, allow the loss (certificates.profiles.apiserver.allowLoss)`,
  ],
  "a certificate for any use": [
    on("cp1", (survey) =>
      withCertificates(survey, ({ subject }) => (subject === "CN=front-proxy-client" ? { usages: [] } : {})),
    ),
    "refused",
    `cp1: front-proxy-client (${PKI}/front-proxy-client.crt) would lose usage:serverAuth: no field of the stack file keeps that; if nobody needs it, allow the loss (certificates.profiles["front-proxy-client"].allowLoss)`,
  ],
  "serving certificates from the cluster": [
    onAll((survey) => withOptions(survey, "kubelet", { "server-tls-bootstrap": "true" })),
    "left",
    "kubelets get their serving certificates from the cluster (serverTLSBootstrap), so the stack issues none: set inCluster.approveKubeletServing: true for it to approve what they ask for, or whoever does so now has to go on, and again in a rotation",
  ],
  "serving certificates from the cluster on some nodes": [
    on("w2", (survey) => withOptions(survey, "kubelet", { "server-tls-bootstrap": "true" })),
    "refused",
    'kubelets get their serving certificates from the cluster (serverTLSBootstrap) on w2 and not on other nodes: certificates.profiles["kubelet-server"] is one for all',
  ],
  "etcd without TLS": [
    onControlPlanes((survey) => withOptions(survey, "etcd", { "listen-client-urls": "http://127.0.0.1:2379" })),
    "refused",
    "cp1, cp2, cp3: etcd listens without TLS (--listen-client-urls), so it cannot be tested (cluster.listeners.etcdClient)",
  ],
  "a port on one node only": [
    on("cp3", (survey) =>
      withOptions(survey, "kube-scheduler", { "secure-port": "12345" }, [{ address: "127.0.0.1", port: 12_345 }]),
    ),
    "refused",
    "cp3: kube-scheduler listens on port 12345 (loopback), others on 10259 (loopback): cluster.listeners.schedulerHealth is one for all nodes",
  ],
  "a component that does not listen where it was told to": [
    on("cp3", (survey) =>
      withOptions(survey, "kube-scheduler", { "secure-port": "12345" }, [{ address: "127.0.0.1", port: 1 }]),
    ),
    "refused",
    "cp3: kube-scheduler does not listen on port 12345, so it cannot be tested (cluster.listeners.schedulerHealth)",
  ],
  "a health port that is switched off": [
    on("w1", (survey) => withOptions(survey, "kubelet", { "healthz-port": "0" })),
    "refused",
    "w1: kubelet has its port switched off (--healthz-port=0), so it cannot be tested (cluster.listeners.kubeletHealth)",
  ],
  "an address that no listener can say": [
    on("w1", (survey) =>
      withOptions(
        survey,
        "kubelet",
        {},
        [10_248, 10_250].map((port) => ({ address: port === 10_250 ? "192.0.2.9" : "127.0.0.1", port })),
      ),
    ),
    "refused",
    "w1: kubelet listens at 192.0.2.9, neither at 10.0.0.21 nor at 127.0.0.1, so it cannot be tested (cluster.listeners.kubelet)",
  ],
  "a kubeconfig of another cluster": [
    on("cp2", (survey) => ({
      ...survey,
      kubeconfigs: survey.kubeconfigs.map((each) =>
        each.path.endsWith("/admin.conf")
          ? {
              ...each,
              clusters: each.clusters.map((one) => ({
                ...one,
                server: "https://other:6443",
                authorities: [cas.etcd.facts],
              })),
            }
          : each,
      ),
    })),
    "refused",
    "cp2: /etc/kubernetes/admin.conf leads to another cluster: move it away, or add a context for this one",
  ],
  "another CA on one node": [
    on("w2", (survey) =>
      withFiles(survey, (file) =>
        file.path === `${PKI}/ca.crt` ? { ...file, certificates: [cas.frontProxy.facts] } : file,
      ),
    ),
    "refused",
    `w2: ${PKI}/ca.crt does not hold the cluster's CA that other nodes have (CN=kubernetes)`,
  ],
  "a name that is no DNS name": [
    () =>
      kubeadmCluster(cas).map(({ survey }) =>
        visitOf(
          survey.host.hostname === "w2"
            ? kubeadmSurvey({ name: "w_2", address: "10.0.0.29", isWorker: true }, cas)
            : survey,
        ),
      ),
    "refused",
    "w_2: no DNS name in lower case, which a node's name must be",
  ],
  "a CA that is trusted beside": [
    onControlPlanes((survey) =>
      withFiles(survey, (file) =>
        file.path === `${PKI}/ca.crt` ? { ...file, certificates: [cas.frontProxy.facts, ...file.certificates] } : file,
      ),
    ),
    "left",
    `cp1, cp2, cp3: ${PKI}/ca.crt also trusts CN=front-proxy-ca, which stays there and is no CA of the stack`,
  ],
  "one CA for everything": [
    () => {
      const one = { ...cas, etcd: cas.kubernetes, frontProxy: cas.kubernetes };
      return NODES.map((node) => visitOf(kubeadmSurvey(node, one)));
    },
    "left",
    "one CA (CN=kubernetes) is the cluster's CA and etcd's CA and the front proxy's CA: whoever has a certificate for one may use it for the other; a rotation gives each a CA of its own",
  ],
  "an external signer of tokens": [
    on("cp2", (survey) =>
      withOptions(survey, "kube-apiserver", { "service-account-signing-endpoint": "/run/signer.sock" }),
    ),
    "left",
    "an external signer (--service-account-signing-endpoint=/run/signer.sock) signs service account tokens: the stack has no part in it (docs/token-signer.md)",
  ],
  "several token keys": [
    on("cp2", (survey) =>
      withFiles(survey, (file) => (file.path === `${PKI}/sa.key` ? { ...file, keys: ["other"] } : file)),
    ),
    "left",
    "control planes sign or accept service account tokens with several keys: they stay as they are, and the stack does not rotate them",
  ],
  "a token key that is accepted beside": [
    on("cp3", (survey) =>
      withFiles(survey, (file) =>
        file.path === `${PKI}/sa.pub` ? { ...file, publicKeys: [...file.publicKeys, "older"] } : file,
      ),
    ),
    "left",
    "control planes sign or accept service account tokens with several keys: they stay as they are, and the stack does not rotate them",
  ],
  "a webhook's kubeconfig": [
    on("cp1", (survey) => ({
      ...survey,
      files: [
        ...survey.files,
        fileOf("/etc/kubernetes/webhook.conf", {
          uses: [use("kube-apiserver", "authentication-token-webhook-config-file", undefined, true)],
        }),
      ],
    })),
    "left",
    "cp1: kube-apiserver reads /etc/kubernetes/webhook.conf (--authentication-token-webhook-config-file), which no layout has",
  ],
  "a program that mounts a folder": [
    on("w1", (survey) => ({
      ...survey,
      readers: [{ pid: 9, name: "agent", path: "/etc/kubernetes/pki", how: "mount" }],
    })),
    "left",
    "w1: agent mounts /etc/kubernetes/pki: if it reads certificates only at its start, list it under rollout.readers, or restart it after a renewal",
  ],
  "kube-vip on one of several control planes": [
    on("cp1", (survey) => ({
      ...survey,
      staticPods: [
        ...survey.staticPods,
        {
          manifest: "/etc/kubernetes/manifests/kube-vip.yaml",
          name: "kube-vip",
          images: [],
          modifiedAt: "",
          hostPaths: ["/etc/kubernetes/admin.conf"],
        },
      ],
    })),
    "left",
    "cp1: the static pod kube-vip reads /etc/kubernetes/admin.conf, but does not run on every node of a role, so rollout.readers cannot name it: restart it yourself after a renewal",
  ],
  "a timer that renews": [
    on("cp1", (survey) => ({ ...survey, renewers: ["k8s-certs-renew.timer"] })),
    "left",
    "cp1: k8s-certs-renew.timer renews certificates too: disable it, or it replaces what the stack has installed",
  ],
  "kubelets of another version": [
    onControlPlanes((survey) => ({
      ...survey,
      ...(survey.cluster && {
        cluster: {
          ...survey.cluster,
          nodes: survey.cluster.nodes.map((each) => ({
            ...each,
            kubeletVersion: each.name === "w1" ? "1.34.2" : "1.36.3",
          })),
        },
      }),
    })),
    "left",
    "kubelets of another minor version run on w1 (1.34.2): the stack takes them for 1.36.3",
  ],
  "a cluster's name that is no label": [
    onAll((survey) => withKubeadm(survey, { clusterName: "Prod_EU (1)" })),
    "left",
    'the cluster is called "Prod_EU (1)" (kubeadm\'s ClusterConfiguration), which is no DNS label: the stack calls it prod-eu-1; kubeconfigs on nodes keep their names',
  ],
  "a kubeconfig that leads elsewhere": [
    on("w1", (survey) => ({
      ...survey,
      kubeconfigs: survey.kubeconfigs.map((each) => ({
        ...each,
        clusters: each.clusters.map((one) => ({ ...one, server: "https://10.0.0.11:6443" })),
      })),
    })),
    "changed",
    "w1: /etc/kubernetes/kubelet.conf: server https://10.0.0.11:6443 becomes https://api.example.com:6443",
  ],
  "a common name that Kubernetes does not know": [
    on("cp1", (survey) =>
      withCertificates(survey, ({ subject }) =>
        subject === "CN=system:kube-scheduler" ? { subject: "CN=scheduler" } : {},
      ),
    ),
    "changed",
    "cp1: scheduler: CN scheduler becomes system:kube-scheduler; whatever was granted to the old name is not granted to the new one",
  ],
  "a common name that no field holds": [
    on("cp1", (survey) =>
      withCertificates(survey, ({ subject }) => (subject === "CN=kube-apiserver" ? { subject: "CN=API server" } : {})),
    ),
    "changed",
    "cp1: apiserver: CN API server becomes kube-apiserver",
  ],
  "administrators with a name each": [
    onControlPlanes((survey) =>
      withCertificates(survey, ({ subject }) =>
        subject.endsWith("CN=kubernetes-admin") && survey.host.hostname === "cp3"
          ? { subject: subject.replace("kubernetes-admin", "third") }
          : {},
      ),
    ),
    "changed",
    "cp3: admin: CN third becomes kubernetes-admin; whatever was granted to the old name is not granted to the new one",
  ],
  "rights by a subject of the cluster's own": [
    onAll((survey) =>
      withCertificates(survey, ({ subject }) =>
        subject === "CN=kube-apiserver-kubelet-client" ? { subject: "CN=metrics-reader" } : {},
      ),
    ),
    "left",
    "apiserver-kubelet-client has rights by metrics-reader, and keeps them (privileged: true)",
  ],
  "a front proxy that nobody believes": [
    onControlPlanes((survey) =>
      withOptions(survey, "kube-apiserver", { "requestheader-allowed-names": "aggregator,other" }),
    ),
    "refused",
    'cp1, cp2, cp3: front-proxy-client: CN front-proxy-client is none of --requestheader-allowed-names (aggregator, other), so no aggregated API server, such as metrics-server, would believe it: set certificates.profiles["front-proxy-client"].commonName: aggregator',
  ],
  "a key of an algorithm that the stack does not make": [
    on("cp1", (survey) =>
      withCertificates(survey, ({ subject }) => (subject === "CN=front-proxy-client" ? { algorithm: "ED25519" } : {})),
    ),
    "changed",
    'cp1: front-proxy-client: key ED25519 becomes RSA-2048: the stack makes no such key; certificates.profiles["front-proxy-client"].algorithm names another',
  ],
  "a CA whose key is nowhere": [
    onAll((survey) => withoutFiles(survey, (path) => path === `${PKI}/etcd/ca.key`)),
    "changed",
    "its key is on none of these hosts, so etcd's CA (CN=etcd-ca) is replaced by a new one, phase by phase (adopt.etcd, docs/rotation.md)",
  ],
  "one etcd whose CA is replaced": [
    () => kubeadmCluster(cas).slice(0, 1),
    "changed",
    "etcd restarts with fewer than three members, so that the API takes no writes for some seconds (rollout.acceptEtcdDowntime)",
    { ca: "adopt" },
  ],
  "what restarts in each step of a takeover": [
    onAll((survey) => survey),
    "changed",
    "w1, w2: step trust restarts kubelet (its transport is built once at start)",
    { ca: "adopt" },
  ],
  "a node that nobody has read": [
    () => kubeadmCluster(cas).slice(0, 4),
    "missing",
    "w2 (10.0.0.22, w2): it refused the login; it is not in the stack file, which then neither renews its certificates nor lets a rotation end: give the host to `kube-pki init` too, or add it under nodes",
    { unreachable: new Map([["10.0.0.22", "it refused the login"]]) },
  ],
  "a survey that was saved": [
    () => kubeadmCluster(cas).map(({ survey }) => ({ survey })),
    "missing",
    "cp1, cp2, cp3, w1, w2: no host key, since the survey was saved: set ssh.hostKey of the node (ssh-keyscan -t ed25519,ecdsa HOST)",
  ],
  "what the reader could not read": [
    on("w1", (survey) => ({ ...survey, unread: ["/etc/kubernetes/x.conf could not be read as a kubeconfig"] })),
    "unfound",
    "w1: /etc/kubernetes/x.conf could not be read as a kubeconfig",
  ],
  "a certificate that only root can read": [
    on("cp2", (survey) => ({
      ...withoutFiles(survey, (path) => path.endsWith("/admin.conf")),
      host: { ...survey.host, uid: 1000 },
    })),
    "unfound",
    "cp2: admin could not be read, as it was not read by root or not understood: the stack renews it",
  ],
  "a kubeconfig that is not understood": [
    onAll((survey) => ({
      ...survey,
      files: isControlPlane(survey) ? [...survey.files, fileOf("/etc/kubernetes/admin.conf")] : survey.files,
      kubeconfigs: survey.kubeconfigs.filter(({ path }) => !path.endsWith("/admin.conf")),
    })),
    "unfound",
    "cp1, cp2, cp3: admin could not be read, as it was not read by root or not understood: the stack renews it",
  ],
  "a machine that runs nothing": [
    () => [
      ...kubeadmCluster(cas),
      visitOf({
        ...kubeadmSurvey({ name: "spare", address: "10.0.0.99", isWorker: true }, cas),
        components: [],
        staticPods: [],
      }),
    ],
    "unfound",
    "spare: it runs neither etcd nor kube-apiserver nor kubelet, so it is not in the stack file",
  ],
};

describe("what is told beside a stack file", () => {
  before(async () => {
    cas = await makeCas();
  });
  for (const [what, [visits, kind, sentence, choices]] of Object.entries(ROWS))
    it(`says it of ${what}`, () => {
      const stack = made(visits(), choices);
      const sentences = told(stack, kind);
      assert.ok(sentences.includes(sentence), [...sentences, ...stack.problems].join("\n"));
    });

  it("says what a run would refuse in the file itself", () => {
    const stack = made(
      kubeadmCluster(cas, (survey) => ({
        ...survey,
        components: survey.components.map((each) => ({ ...each, version: each.name === "etcd" ? "3.5.0" : "1.29.4" })),
      })),
    );
    assert.deepEqual(stack.problems, [
      'cluster.kubernetesVersion: "1.29.4"; must be "1.30.0" or newer, with its patch number, in quotes',
    ]);
  });

  it("says nothing that stops a run of what kubeadm makes, and nothing of what is left", () => {
    const stack = made(kubeadmCluster(cas));
    for (const kind of ["missing", "unfound", "refused", "left"] as const) assert.deepEqual(told(stack, kind), []);
  });
});
