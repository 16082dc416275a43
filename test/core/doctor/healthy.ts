/** A kubeadm cluster in good health: two control planes with etcd, a worker. */
import type { ConsumerInput, ConsumerName } from "../../../core/model/reload";
import type {
  CertificateFacts,
  ClusterFacts,
  ComponentFacts,
  FileFacts,
  KubeconfigFacts,
  OptionFacts,
  Survey,
  Use,
} from "../../../core/survey/model";
import { issue, NOW, type Issued } from "./pki";

export interface Authorities {
  readonly kubernetes: Issued;
  readonly etcd: Issued;
  readonly frontProxy: Issued;
  readonly tokens: Issued;
}

export const makeAuthorities = async (): Promise<Authorities> => ({
  kubernetes: await issue({ cn: "kubernetes", isCa: true }),
  etcd: await issue({ cn: "etcd-ca", isCa: true }),
  frontProxy: await issue({ cn: "front-proxy-ca", isCa: true }),
  // only its key counts
  tokens: await issue({ cn: "sa" }),
});

export const PKI = "/etc/kubernetes/pki";
const STARTED = "2026-10-01T08:00:00Z";
const INSTALLED = "2026-09-30T08:00:00Z";
const READ = NOW.toISOString();

/** `kube-apiserver/client-ca --client-ca-file`, and `key` where it is the secret one. */
const use = (text: string): Use => {
  const [input = "", option = "", secret] = text.split(" ");
  return {
    component: input.split("/")[0] as ConsumerName,
    option: option.replace(/^--/, ""),
    input: input as ConsumerInput,
    secret: secret === "key",
  };
};

type More = Partial<FileFacts>;

export const file = (path: string, more: More = {}): FileFacts => ({
  path,
  state: "file",
  owner: "root",
  group: "root",
  uid: 0,
  gid: 0,
  mode: "0600",
  modifiedAt: INSTALLED,
  certificates: [],
  keys: [],
  publicKeys: [],
  uses: [],
  ...more,
});

const certificateFile = (path: string, certificates: readonly CertificateFacts[], ...uses: readonly string[]) =>
  file(path, { mode: "0644", certificates, uses: uses.map(use) });
const keyFile = (path: string, { facts }: Issued, ...uses: readonly string[]) =>
  file(path, { keys: [facts.publicKey], uses: uses.map((each) => use(`${each} key`)) });

/** Both files of a leaf. */
const pair = (base: string, leaf: Issued, input: string, [plain, secret]: readonly [string, string]): FileFacts[] => [
  certificateFile(`${base}.crt`, [leaf.facts], ...(input === "" ? [] : [`${input} ${plain}`])),
  keyFile(`${base}.key`, leaf, ...(input === "" ? [] : [`${input} ${secret}`])),
];

export const kubeconfig = (
  path: string,
  server: string,
  authority: Issued,
  user: Partial<KubeconfigFacts["users"][number]>,
): KubeconfigFacts => ({
  path,
  currentContext: "it",
  contexts: [{ name: "it", cluster: "kubernetes", user: "me" }],
  clusters: [{ name: "kubernetes", server, authorities: [authority.facts], insecure: false }],
  users: [{ name: "me", certificates: [], other: [], ...user }],
});

const inline = ({ facts }: Issued) => ({ certificates: [facts], key: facts.publicKey });

const options = (texts: Readonly<Record<string, string>>): OptionFacts[] =>
  Object.entries(texts).map(([name, value]) => ({ name, values: value.split(","), from: "command line" }));

const component = (name: ConsumerName, version: string, more: Partial<ComponentFacts>): ComponentFacts => ({
  name,
  pid: 1000,
  uid: 0,
  gid: 0,
  startedAt: STARTED,
  version,
  start: { by: "static-pod", manifest: `/etc/kubernetes/manifests/${name}.yaml` },
  options: [],
  listens: [],
  ...more,
});

const kubelet: ComponentFacts = component("kubelet", "1.36.3", {
  start: {
    by: "systemd",
    unit: "kubelet.service",
    file: "/usr/lib/systemd/system/kubelet.service",
    dropIns: ["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"],
    environmentFiles: ["/var/lib/kubelet/kubeadm-flags.env"],
    needsReload: false,
    enabled: true,
  },
  configurationFile: "/var/lib/kubelet/config.yaml",
  options: [
    ...options({
      kubeconfig: "/etc/kubernetes/kubelet.conf",
      "bootstrap-kubeconfig": "/etc/kubernetes/bootstrap-kubelet.conf",
    }),
    { name: "rotate-certificates", values: ["true"], from: "configuration file" },
  ],
  listens: [{ address: "0.0.0.0", port: 10250 }],
});

/** What every node has. */
async function kubeletFiles(name: string, { kubernetes }: Authorities) {
  const client = await issue({ cn: `system:node:${name}`, o: "system:nodes", usages: ["clientAuth"], by: kubernetes });
  const ownCa = await issue({ cn: `${name}-ca@1780300800`, isCa: true, until: "2027-06-01" });
  const serving = await issue({ cn: `${name}@1780300800`, usages: ["serverAuth"], sans: [`DNS:${name}`], by: ownCa });
  const current = "/var/lib/kubelet/pki/kubelet-client-current.pem";
  const rotated = "/var/lib/kubelet/pki/kubelet-client-2026-06-01-12-00-00.pem";
  const files = [
    file(current, {
      link: rotated,
      real: rotated,
      certificates: [client.facts],
      keys: [client.facts.publicKey],
      uses: [use("kubelet/client client-certificate"), use("kubelet/client client-key key")],
    }),
    file(rotated, { certificates: [client.facts], keys: [client.facts.publicKey] }),
    certificateFile(
      "/var/lib/kubelet/pki/kubelet.crt",
      [serving.facts, ownCa.facts],
      "kubelet/serving --tls-cert-file",
    ),
    keyFile("/var/lib/kubelet/pki/kubelet.key", serving, "kubelet/serving --tls-private-key-file"),
    file("/etc/kubernetes/kubelet.conf", { uses: [use("kubelet/kubeconfig --kubeconfig key")] }),
    file("/etc/kubernetes/bootstrap-kubelet.conf", {
      state: "missing",
      uses: [{ component: "kubelet", option: "bootstrap-kubeconfig", secret: true }],
    }),
    ...["/var/lib/kubelet/config.yaml", "/usr/lib/systemd/system/kubelet.service"].map((path) => file(path)),
  ];
  return { files, client, serving, current };
}

const host = (hostname: string, address: string): Survey["host"] => ({
  hostname,
  addresses: [address],
  kernel: "Linux 6.1.0 x86_64",
  os: "debian 12",
  readAt: READ,
  clockAheadSeconds: 1,
  bootedAt: "2026-09-30T07:00:00Z",
  uid: 0,
  openssl: "3.0.17",
  tools: ["systemctl", "crictl", "kubectl", "kubeadm"],
  readOnly: [],
  room: [{ mount: "/", freeBytes: 20_000_000_000 }],
});

const kubeletConf = (server: string, { kubernetes }: Authorities, current: string) =>
  kubeconfig("/etc/kubernetes/kubelet.conf", server, kubernetes, { certificateFile: current, keyFile: current });

export async function worker(name: string, address: string, all: Authorities): Promise<Survey> {
  const { files, serving, current } = await kubeletFiles(name, all);
  return {
    version: 1,
    host: host(name, address),
    components: [kubelet],
    files: [...files, certificateFile(`${PKI}/ca.crt`, [all.kubernetes.facts], "kubelet/client-ca client-ca-file")],
    kubeconfigs: [kubeletConf("https://api.example.com:6443", all, current)],
    served: [{ component: "kubelet", at: "127.0.0.1:10250", chain: [serving.facts] }],
    staticPods: [],
    readers: [],
    renewers: [],
    unread: [],
  };
}

const controlPlaneOptions = (address: string): Partial<Record<ConsumerName, OptionFacts[]>> => ({
  etcd: options({
    "listen-client-urls": `https://127.0.0.1:2379,https://${address}:2379`,
    "listen-peer-urls": `https://${address}:2380`,
    "listen-metrics-urls": "http://127.0.0.1:2381",
    "advertise-client-urls": `https://${address}:2379`,
    "initial-advertise-peer-urls": `https://${address}:2380`,
    "client-cert-auth": "true",
    "peer-client-cert-auth": "true",
    "data-dir": "/var/lib/etcd",
  }),
  "kube-apiserver": options({
    "advertise-address": address,
    "secure-port": "6443",
    "etcd-servers": "https://127.0.0.1:2379",
    "service-cluster-ip-range": "10.96.0.0/12",
    "requestheader-allowed-names": "front-proxy-client",
  }),
  "kube-controller-manager": options({ kubeconfig: "/etc/kubernetes/controller-manager.conf" }),
  "kube-scheduler": options({ kubeconfig: "/etc/kubernetes/scheduler.conf" }),
});

async function controlPlaneFiles(name: string, address: string, all: Authorities) {
  const { kubernetes, etcd, frontProxy, tokens } = all;
  const names = [`DNS:${name}`, "DNS:localhost", `IP:${address}`, "IP:127.0.0.1"];
  const both = ["serverAuth", "clientAuth"] as const;
  const client = (cn: string, by: Issued, o?: string) => issue({ cn, by, usages: ["clientAuth"], ...(o && { o }) });
  const apiServer = await issue({
    cn: "kube-apiserver",
    usages: ["serverAuth"],
    by: kubernetes,
    sans: [
      `DNS:${name}`,
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
      "DNS:kubernetes.default.svc.cluster.local",
      "IP:10.96.0.1",
      `IP:${address}`,
      "DNS:api.example.com",
    ],
  });
  const etcdServer = await issue({ cn: name, usages: both, sans: names, by: etcd });
  const etcdPeer = await issue({ cn: name, usages: both, sans: names, by: etcd });
  const people = {
    admin: await client("kubernetes-admin", kubernetes, "kubeadm:cluster-admins"),
    "super-admin": await client("kubernetes-super-admin", kubernetes, "system:masters"),
    "controller-manager": await client("system:kube-controller-manager", kubernetes),
    scheduler: await client("system:kube-scheduler", kubernetes),
  };
  const files = [
    certificateFile(
      `${PKI}/ca.crt`,
      [kubernetes.facts],
      "kube-apiserver/client-ca --client-ca-file",
      "kube-controller-manager/root-ca --root-ca-file",
      "kube-controller-manager/client-ca --client-ca-file",
      "kube-controller-manager/signing --cluster-signing-cert-file",
      "kubelet/client-ca client-ca-file",
    ),
    keyFile(`${PKI}/ca.key`, kubernetes, "kube-controller-manager/signing --cluster-signing-key-file"),
    certificateFile(
      `${PKI}/etcd/ca.crt`,
      [etcd.facts],
      "etcd/trusted-ca --trusted-ca-file",
      "etcd/trusted-ca --peer-trusted-ca-file",
      "kube-apiserver/etcd-ca --etcd-cafile",
    ),
    keyFile(`${PKI}/etcd/ca.key`, etcd),
    certificateFile(
      `${PKI}/front-proxy-ca.crt`,
      [frontProxy.facts],
      "kube-apiserver/requestheader-ca --requestheader-client-ca-file",
    ),
    keyFile(`${PKI}/front-proxy-ca.key`, frontProxy),
    keyFile(
      `${PKI}/sa.key`,
      tokens,
      "kube-apiserver/service-account-private --service-account-signing-key-file",
      "kube-controller-manager/service-account-private --service-account-private-key-file",
    ),
    file(`${PKI}/sa.pub`, {
      publicKeys: [tokens.facts.publicKey],
      uses: [use("kube-apiserver/service-account-public --service-account-key-file")],
    }),
    ...pair(`${PKI}/apiserver`, apiServer, "kube-apiserver/serving", ["--tls-cert-file", "--tls-private-key-file"]),
    ...pair(
      `${PKI}/apiserver-etcd-client`,
      await client("kube-apiserver-etcd-client", etcd),
      "kube-apiserver/etcd-client",
      ["--etcd-certfile", "--etcd-keyfile"],
    ),
    ...pair(
      `${PKI}/apiserver-kubelet-client`,
      await client("kube-apiserver-kubelet-client", kubernetes),
      "kube-apiserver/kubelet-client",
      ["--kubelet-client-certificate", "--kubelet-client-key"],
    ),
    ...pair(
      `${PKI}/front-proxy-client`,
      await client("front-proxy-client", frontProxy),
      "kube-apiserver/proxy-client",
      ["--proxy-client-cert-file", "--proxy-client-key-file"],
    ),
    ...pair(`${PKI}/etcd/server`, etcdServer, "etcd/serving", ["--cert-file", "--key-file"]),
    ...pair(`${PKI}/etcd/peer`, etcdPeer, "etcd/peer", ["--peer-cert-file", "--peer-key-file"]),
    ...pair(`${PKI}/etcd/healthcheck-client`, await client("kube-etcd-healthcheck-client", etcd), "", ["", ""]),
    file("/etc/kubernetes/controller-manager.conf", {
      uses: [use("kube-controller-manager/kubeconfig --kubeconfig key")],
    }),
    file("/etc/kubernetes/scheduler.conf", { uses: [use("kube-scheduler/kubeconfig --kubeconfig key")] }),
    ...["admin.conf", "super-admin.conf"].map((each) => file(`/etc/kubernetes/${each}`)),
    ...["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((each) =>
      file(`/etc/kubernetes/manifests/${each}.yaml`),
    ),
    file("/var/lib/etcd", { state: "other", mode: "0700" }),
  ];
  return { files, people, apiServer, etcdServer, etcdPeer };
}

export async function controlPlane(name: string, address: string, all: Authorities): Promise<Survey> {
  const own = await kubeletFiles(name, all);
  const { files, people, apiServer, etcdServer, etcdPeer } = await controlPlaneFiles(name, address, all);
  const given = controlPlaneOptions(address);
  const local = `https://${address}:6443`;
  const endpoint = "https://api.example.com:6443";
  const memory = await issue({ cn: "localhost@1780300800", sans: ["DNS:localhost"] });
  const pods = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;
  const listens = { etcd: 2379, "kube-apiserver": 6443, "kube-controller-manager": 10257, "kube-scheduler": 10259 };
  return {
    version: 1,
    host: host(name, address),
    components: [
      ...pods.map((pod) =>
        component(pod, pod === "etcd" ? "3.6.8" : "1.36.3", {
          options: given[pod] ?? [],
          listens: [
            { address: pod === "etcd" || pod === "kube-apiserver" ? address : "127.0.0.1", port: listens[pod] },
          ],
        }),
      ),
      kubelet,
    ],
    files: [...own.files, ...files],
    kubeconfigs: [
      kubeconfig("/etc/kubernetes/admin.conf", endpoint, all.kubernetes, inline(people.admin)),
      kubeconfig("/etc/kubernetes/super-admin.conf", endpoint, all.kubernetes, inline(people["super-admin"])),
      kubeconfig(
        "/etc/kubernetes/controller-manager.conf",
        local,
        all.kubernetes,
        inline(people["controller-manager"]),
      ),
      kubeconfig("/etc/kubernetes/scheduler.conf", local, all.kubernetes, inline(people.scheduler)),
      kubeletConf(local, all, own.current),
    ],
    served: [
      { component: "kube-apiserver", at: "127.0.0.1:6443", chain: [apiServer.facts] },
      { component: "etcd", at: "127.0.0.1:2379", chain: [etcdServer.facts] },
      { component: "etcd", at: `${address}:2380`, chain: [etcdPeer.facts] },
      // its metrics, without TLS
      { component: "etcd", at: "127.0.0.1:2381", chain: [] },
      { component: "kubelet", at: "127.0.0.1:10250", chain: [own.serving.facts] },
      { component: "kube-controller-manager", at: "127.0.0.1:10257", chain: [memory.facts] },
    ],
    staticPods: pods.map((pod) => ({
      manifest: `/etc/kubernetes/manifests/${pod}.yaml`,
      name: pod,
      images: [`registry.k8s.io/${pod}:v1`],
      modifiedAt: INSTALLED,
      hostPaths: [PKI, `/etc/kubernetes/${pod.replace("kube-", "")}.conf`],
      component: pod,
    })),
    readers: [],
    renewers: [],
    unread: [],
  };
}

const NODES = [
  ["cp1", "10.0.0.11", true],
  ["cp2", "10.0.0.12", true],
  ["w1", "10.0.0.21", false],
] as const;

export const CLUSTER: ClusterFacts = {
  nodes: NODES.map(([name, address, isControlPlane]) => ({
    name,
    addresses: [address],
    controlPlane: isControlPlane,
    kubeletVersion: "v1.36.3",
    ready: true,
  })),
  kubeadm: {
    kubernetesVersion: "v1.36.3",
    controlPlaneEndpoint: "api.example.com:6443",
    certificatesDir: PKI,
    clusterName: "kubernetes",
    serviceSubnet: "10.96.0.0/12",
    podSubnet: "10.244.0.0/16",
    dnsDomain: "cluster.local",
    certSans: [],
    etcd: "local",
    etcdServerSans: [],
    etcdPeerSans: [],
    certificateValidity: "8760h0m0s",
  },
};

export async function healthy(all: Authorities): Promise<Survey[]> {
  const surveys = await Promise.all(
    NODES.map(([name, address, isControlPlane]) => (isControlPlane ? controlPlane : worker)(name, address, all)),
  );
  return surveys.map((survey, index) => (index === 0 ? { ...survey, cluster: CLUSTER } : survey));
}
