/** Surveys of a cluster as kubeadm makes it, after what kubeadm itself has written (test/core/nodes/kubeadm/golden.json). */
import type { Visit } from "../../../core/init/visits";
import type { ConsumerName } from "../../../core/model/reload";
import type {
  CertificateFacts,
  ClusterFacts,
  ComponentFacts,
  FileFacts,
  KubeconfigFacts,
  OptionFacts,
  StaticPodFacts,
  Survey,
} from "../../../core/survey/model";
import { HOST_KEY, makeKey } from "../config/fixtures";
import { readGolden, type GoldenCertificate } from "../nodes/kubeadm/golden";
import { caOf, fileOf, kubeconfigOf, leafOf, digestOf, READ_AT, use, type Ca } from "./facts";
import { INPUTS } from "./options";

export interface Cas {
  readonly kubernetes: Ca;
  readonly etcd: Ca;
  readonly frontProxy: Ca;
  /** SHA-256 of the public half of the token key. */
  readonly token: string;
  readonly tokenKey: string;
}

export const makeCas = async (times: { from?: string; to?: string } = {}): Promise<Cas> => {
  const [kubernetes, etcd, frontProxy] = await Promise.all([
    caOf("kubernetes", times),
    caOf("etcd-ca", times),
    caOf("front-proxy-ca", times),
  ]);
  const tokenKey = makeKey();
  return { kubernetes, etcd, frontProxy, tokenKey, token: digestOf(tokenKey) };
};

/** What makes a node another one than kubeadm's first. */
export interface NodeWish {
  readonly name: string;
  readonly address: string;
  readonly isWorker?: true;
  /** `kubeadm init` ran there. */
  readonly isFirst?: true;
}

const golden = readGolden();
export const PKI = "/etc/kubernetes/pki";
const KUBELET_CLIENT = "/var/lib/kubelet/pki/kubelet-client-current.pem";

const component = (
  name: ConsumerName,
  options: Readonly<Record<string, string>>,
  more: Partial<ComponentFacts> = {},
): ComponentFacts => ({
  name,
  pid: 100 + name.length,
  uid: 0,
  gid: 0,
  startedAt: "2026-05-01T00:01:00Z",
  version: name === "etcd" ? "3.6.5" : "1.36.3",
  start:
    name === "kubelet"
      ? {
          by: "systemd",
          unit: "kubelet.service",
          file: "/usr/lib/systemd/system/kubelet.service",
          dropIns: [],
          environmentFiles: [],
          needsReload: false,
          enabled: true,
        }
      : { by: "static-pod", manifest: `/etc/kubernetes/manifests/${name}.yaml` },
  options: Object.entries(options).map(([option, value]): OptionFacts => ({
    name: option,
    values: [value],
    from: "command line",
  })),
  listens: [],
  ...more,
});

const of = (text: string, { name, address }: NodeWish): string =>
  text.replaceAll("10.0.0.11", address).replaceAll(/\bcp1\b/g, name);

const LISTENS: Readonly<Record<string, (address: string) => ComponentFacts["listens"]>> = {
  etcd: (address) =>
    [2379, 2380].flatMap((port) => [
      { address, port },
      ...(port === 2379
        ? [
            { address: "127.0.0.1", port },
            { address: "127.0.0.1", port: 2381 },
          ]
        : []),
    ]),
  "kube-apiserver": () => [{ address: "::", port: 6443 }],
  "kube-controller-manager": () => [{ address: "127.0.0.1", port: 10257 }],
  "kube-scheduler": () => [{ address: "127.0.0.1", port: 10259 }],
  kubelet: () => [
    { address: "::", port: 10250 },
    { address: "127.0.0.1", port: 10248 },
    { address: "127.0.0.1", port: 38211 },
  ],
};

const manifests = (node: NodeWish): ComponentFacts[] =>
  node.isWorker
    ? []
    : Object.entries(golden.manifests).map(([name, { flags }]) =>
        component(
          name as ConsumerName,
          Object.fromEntries(Object.entries(flags).map(([flag, value]) => [flag, of(value, node)])),
          {
            listens: LISTENS[name]?.(node.address) ?? [],
          },
        ),
      );

const kubelet = (node: NodeWish): ComponentFacts =>
  component(
    "kubelet",
    {
      kubeconfig: "/etc/kubernetes/kubelet.conf",
      config: "/var/lib/kubelet/config.yaml",
      "client-ca-file": golden.kubelet.clientCaFile,
      "healthz-port": "10248",
      "healthz-bind-address": "127.0.0.1",
      "rotate-certificates": "true",
      "cluster-domain": "cluster.local",
    },
    { listens: LISTENS["kubelet"]?.(node.address) ?? [], configurationFile: "/var/lib/kubelet/config.yaml" },
  );

const caByName = (cas: Cas, name: string): Ca =>
  [cas.kubernetes, cas.etcd, cas.frontProxy].find(({ facts }) => facts.subject === `CN=${name}`) ?? cas.kubernetes;

const certificateOf = (given: GoldenCertificate, node: NodeWish, cas: Cas): CertificateFacts => {
  if (given.isCa) return caByName(cas, given.commonName).facts;
  const subject = [...given.organizations.map((each) => `O=${each}`), `CN=${of(given.commonName, node)}`].join(", ");
  return leafOf(caByName(cas, given.issuer), {
    subject,
    sans: given.sans.map((san) => of(san, node)),
    usages: given.extendedKeyUsages.map((each) => `${each}Auth`),
  });
};

const withUses = (files: readonly FileFacts[], components: readonly ComponentFacts[]): FileFacts[] =>
  files.map((file) => ({
    ...file,
    uses: [
      ...file.uses,
      ...components.flatMap(({ name, options }) =>
        options.flatMap((option) => {
          const input = INPUTS[name]?.[option.name];
          return input === undefined || !option.values.includes(file.path)
            ? []
            : [use(name, option.name, input[0], input[1] === "secret")];
        }),
      ),
    ],
  }));

const keyHash = (path: string, cas: Cas, certificates: ReadonlyMap<string, CertificateFacts>): string => {
  if (path.endsWith("/sa.key")) return cas.token;
  return certificates.get(path.replace(/\.key$/, ".crt"))?.publicKey ?? "";
};

const kubeadmFiles = (node: NodeWish, cas: Cas): { files: FileFacts[]; kubeconfigs: KubeconfigFacts[] } => {
  const here = golden.files
    .filter(({ path }) =>
      node.isWorker ? path === `${PKI}/ca.crt` : path !== "/etc/kubernetes/super-admin.conf" || node.isFirst === true,
    )
    .filter(({ path }) => path !== "/etc/kubernetes/kubelet.conf");
  const certificates = new Map(
    here.flatMap(({ path, certificate, holds }) =>
      certificate === undefined || holds !== "certificate"
        ? []
        : [[path, certificateOf(certificate, node, cas)] as const],
    ),
  );
  const files = here.map(({ path, mode, holds }) =>
    fileOf(path, {
      mode,
      certificates: [certificates.get(path) ?? []].flat(),
      keys: holds === "private key" ? [keyHash(path, cas, certificates)] : [],
      publicKeys: holds === "public key" ? [cas.token] : [],
    }),
  );
  const kubeconfigs = here.flatMap(({ path, server, certificate }) =>
    server === undefined || certificate === undefined
      ? []
      : [
          kubeconfigOf(
            path,
            of(server.replace("https://", ""), node),
            cas.kubernetes.facts,
            certificateOf(certificate, node, cas),
            { cluster: "prod", user: certificate.commonName },
          ),
        ],
  );
  return { files, kubeconfigs };
};

const kubeletFiles = (node: NodeWish, cas: Cas): { files: FileFacts[]; kubeconfigs: KubeconfigFacts[] } => {
  // by the cluster's CSR signer: an ECDSA key of the kubelet's own
  const client = leafOf(cas.kubernetes, {
    subject: `O=system:nodes, CN=system:node:${node.name}`,
    algorithm: "ECDSA-P256",
    notBefore: "2026-04-30T23:55:00Z",
    notAfter: "2027-04-30T23:55:00Z",
  });
  const self = `CN=${node.name}-ca@1777593600`;
  const serving = leafOf(cas.kubernetes, {
    subject: `CN=${node.name}@1777593600`,
    issuer: self,
    authorityKeyId: "",
    sans: [`DNS:${node.name}`],
    usages: ["serverAuth"],
  });
  const reads = [
    use("kubelet", "kubeconfig", "kubelet/client", false),
    use("kubelet", "kubeconfig", "kubelet/client", true),
  ];
  return {
    files: [
      fileOf(KUBELET_CLIENT, {
        certificates: [client],
        keys: [client.publicKey],
        link: "kubelet-client-2026-05-01-00-00-00.pem",
        real: "/var/lib/kubelet/pki/kubelet-client-2026-05-01-00-00-00.pem",
        uses: reads,
      }),
      fileOf("/var/lib/kubelet/pki/kubelet.crt", { certificates: [serving] }),
      fileOf("/var/lib/kubelet/pki/kubelet.key", { keys: [serving.publicKey] }),
      fileOf("/etc/kubernetes/kubelet.conf"),
    ],
    kubeconfigs: [
      kubeconfigOf(
        "/etc/kubernetes/kubelet.conf",
        node.isWorker ? "api.example.com:6443" : `${node.address}:6443`,
        cas.kubernetes.facts,
        KUBELET_CLIENT,
        { cluster: "prod", user: `system:node:${node.name}` },
      ),
    ],
  };
};

const pods = (components: readonly ComponentFacts[]): StaticPodFacts[] =>
  components.flatMap(({ name, start }) =>
    start.by === "static-pod"
      ? [
          {
            manifest: start.manifest,
            name,
            images: [`registry.k8s.io/${name}`],
            modifiedAt: "2026-05-01T00:00:00Z",
            // kubeadm mounts the kubeconfigs of these two by themselves
            hostPaths: [PKI, ...(name.startsWith("kube-s") ? ["/etc/kubernetes/scheduler.conf"] : [])],
            component: name,
          },
        ]
      : [],
  );

export const HOST: Survey["host"] = {
  hostname: "cp1",
  addresses: ["10.0.0.11"],
  kernel: "Linux 6.12.0 x86_64",
  os: "debian 12",
  readAt: READ_AT,
  clockAheadSeconds: 0,
  bootedAt: "2026-05-01T00:00:00Z",
  uid: 0,
  openssl: "3.0.17",
  tools: ["systemctl", "crictl", "kubectl", "kubeadm"],
  readOnly: [],
  room: [],
};

export const surveyOf = (
  node: NodeWish,
  parts: Partial<Survey> & Pick<Survey, "components" | "files" | "kubeconfigs">,
): Survey => ({
  version: 1,
  host: { ...HOST, hostname: node.name, addresses: [node.address] },
  served: [],
  staticPods: pods(parts.components),
  readers: [],
  renewers: [],
  unread: [],
  ...parts,
  files: withUses(parts.files, parts.components),
});

const kubeadmFacts = (nodes: readonly NodeWish[]): ClusterFacts => ({
  nodes: nodes.map(({ name, address, isWorker }) => ({
    name,
    addresses: [address, name],
    controlPlane: isWorker !== true,
    kubeletVersion: "v1.36.3",
    ready: true,
  })),
  kubeadm: {
    kubernetesVersion: "v1.36.3",
    controlPlaneEndpoint: "api.example.com:6443",
    certificatesDir: PKI,
    clusterName: "prod",
    serviceSubnet: "10.96.0.0/12",
    podSubnet: "10.244.0.0/16",
    dnsDomain: "cluster.local",
    certSans: ["10.0.0.9"],
    etcd: "local",
    etcdServerSans: [],
    etcdPeerSans: [],
  },
});

export const NODES: readonly NodeWish[] = [
  { name: "cp1", address: "10.0.0.11", isFirst: true },
  { name: "cp2", address: "10.0.0.12" },
  { name: "cp3", address: "10.0.0.13" },
  { name: "w1", address: "10.0.0.21", isWorker: true },
  { name: "w2", address: "10.0.0.22", isWorker: true },
];

export const kubeadmSurvey = (node: NodeWish, cas: Cas, nodes: readonly NodeWish[] = NODES): Survey => {
  const components = [...manifests(node), kubelet(node)];
  const [own, ofKubelet] = [kubeadmFiles(node, cas), kubeletFiles(node, cas)];
  return surveyOf(node, {
    components,
    files: [...own.files, ...ofKubelet.files],
    kubeconfigs: [...own.kubeconfigs, ...ofKubelet.kubeconfigs],
    ...(node.isWorker ? {} : { cluster: kubeadmFacts(nodes) }),
  });
};

export const visitOf = (survey: Survey, ssh: Partial<NonNullable<Visit["ssh"]>> = {}): Visit => ({
  ssh: { host: survey.host.addresses[0] ?? "", port: 22, user: "root", hostKey: HOST_KEY, ...ssh },
  survey,
});

/** Three stacked control planes and two workers. */
export const kubeadmCluster = (cas: Cas, change: (survey: Survey) => Survey = (survey) => survey): Visit[] =>
  NODES.map((node) => visitOf(change(kubeadmSurvey(node, cas))));

/** A node on which components run with other options; undefined takes one away. */
export const withOptions = (
  survey: Survey,
  name: ConsumerName,
  options: Readonly<Record<string, string | undefined>>,
  listens?: ComponentFacts["listens"],
): Survey => ({
  ...survey,
  components: survey.components.map((each) =>
    each.name !== name
      ? each
      : {
          ...each,
          options: [
            ...each.options.filter((option) => !(option.name in options)),
            ...Object.entries(options).flatMap(([option, value]): OptionFacts[] =>
              value === undefined ? [] : [{ name: option, values: [value], from: "command line" }],
            ),
          ],
          ...(listens === undefined ? {} : { listens }),
        },
  ),
});

/** A node whose certificates with this CN say something else. */
export const withCertificates = (
  survey: Survey,
  change: (certificate: CertificateFacts) => Partial<CertificateFacts>,
): Survey => {
  const changed = (all: readonly CertificateFacts[]) =>
    all.map((each) => ({ ...each, ...(each.isCa ? {} : change(each)) }));
  return {
    ...survey,
    files: survey.files.map((file) => ({ ...file, certificates: changed(file.certificates) })),
    kubeconfigs: survey.kubeconfigs.map((config) => ({
      ...config,
      users: config.users.map((user) => ({ ...user, certificates: changed(user.certificates) })),
    })),
  };
};

/** A node without these files. */
export const withoutFiles = (survey: Survey, isGone: (path: string) => boolean): Survey => ({
  ...survey,
  files: survey.files.filter(({ path }) => !isGone(path)),
  kubeconfigs: survey.kubeconfigs.filter(({ path }) => !isGone(path)),
});

/** What kubeadm's ConfigMap says instead. */
export const withKubeadm = (survey: Survey, changes: Partial<NonNullable<ClusterFacts["kubeadm"]>>): Survey =>
  survey.cluster?.kubeadm === undefined
    ? survey
    : { ...survey, cluster: { ...survey.cluster, kubeadm: { ...survey.cluster.kubeadm, ...changes } } };
