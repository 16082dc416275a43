/** Surveys of a cluster as kubespray makes it: kubeadm's, with etcd as a unit that it has made itself, and workers' proxies. */
import type { Visit } from "../../../core/init/visits";
import type { ComponentFacts, FileFacts, KubeconfigFacts, Survey } from "../../../core/survey/model";
import { kubeadmCluster, PKI, withCertificates, withKubeadm, withOptions, type Cas } from "./cluster";
import { fileOf, leafOf, use } from "./facts";

/** The same files elsewhere, and components that are told so. */
export const movedTo = (survey: Survey, to: (path: string) => string): Survey => ({
  ...survey,
  files: survey.files.map((file) => ({ ...file, path: to(file.path) })),
  kubeconfigs: survey.kubeconfigs.map((each) => ({ ...each, path: to(each.path) })),
  components: survey.components.map((each) => ({
    ...each,
    options: each.options.map((option) => ({ ...option, values: option.values.map(to) })),
  })),
});

/** As a systemd unit of that name. */
export const asUnit = (component: ComponentFacts, unit: string): ComponentFacts => ({
  ...component,
  start: {
    by: "systemd",
    unit: `${unit}.service`,
    file: `/etc/systemd/system/${unit}.service`,
    dropIns: [],
    environmentFiles: [],
    needsReload: false,
    enabled: true,
  },
});

const FOLDER = "/etc/ssl/etcd/ssl";
const MEMBERS = ["cp1", "cp2", "cp3"];
const ADDRESSES = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];

/** By openssl, for a hundred years. */
const ofEtcd = (cas: Cas, name: string, host: string): { certificate: FileFacts; key: FileFacts } => {
  const leaf = leafOf(cas.etcd, {
    subject: `CN=etcd-${name}-${host}`,
    usages: ["clientAuth", "serverAuth"],
    notBefore: "2026-05-01T00:00:00Z",
    notAfter: "2126-04-07T00:00:00Z",
    sans: [
      ...[
        "localhost",
        ...MEMBERS,
        "etcd.kube-system.svc.cluster.local",
        "etcd.kube-system.svc",
        "etcd.kube-system",
        "etcd",
      ].map((each) => `DNS:${each}`),
      ...[...ADDRESSES, "127.0.0.1", "::1"].map((each) => `IP:${each}`),
    ],
  });
  const base = `${FOLDER}/${name}-${host}`;
  return {
    certificate: fileOf(`${base}.pem`, { mode: "0644", certificates: [leaf] }),
    key: fileOf(`${base}-key.pem`, { keys: [leaf.publicKey] }),
  };
};

const filesOfEtcd = (cas: Cas, host: string): FileFacts[] => {
  const [member, admin, node] = ["member", "admin", "node"].map((name) => ofEtcd(cas, name, host)) as [
    ReturnType<typeof ofEtcd>,
    ReturnType<typeof ofEtcd>,
    ReturnType<typeof ofEtcd>,
  ];
  const by = (file: FileFacts, uses: FileFacts["uses"]): FileFacts => ({ ...file, uses });
  const trusted = [
    use("etcd", "trusted-ca-file", "etcd/trusted-ca", false),
    use("kube-apiserver", "etcd-cafile", "kube-apiserver/etcd-ca", false),
  ];
  return [
    fileOf(`${FOLDER}/ca.pem`, { mode: "0644", certificates: [cas.etcd.facts], uses: trusted }),
    fileOf(`${FOLDER}/ca-key.pem`, { keys: [cas.etcd.facts.publicKey] }),
    by(member.certificate, [
      use("etcd", "cert-file", "etcd/serving", false),
      use("etcd", "peer-cert-file", "etcd/peer", false),
    ]),
    by(member.key, [use("etcd", "key-file", "etcd/serving", true), use("etcd", "peer-key-file", "etcd/peer", true)]),
    ...Object.values(admin),
    by(node.certificate, [use("kube-apiserver", "etcd-certfile", "kube-apiserver/etcd-client", false)]),
    by(node.key, [use("kube-apiserver", "etcd-keyfile", "kube-apiserver/etcd-client", true)]),
  ];
};

const optionsOfEtcd = (survey: Survey): Survey => {
  const { hostname } = survey.host;
  const [member, node] = ["member", "node"].map((name) => `${FOLDER}/${name}-${hostname}`) as [string, string];
  const ofMember = {
    "cert-file": `${member}.pem`,
    "key-file": `${member}-key.pem`,
    "peer-cert-file": `${member}.pem`,
    "peer-key-file": `${member}-key.pem`,
    "trusted-ca-file": `${FOLDER}/ca.pem`,
    "peer-trusted-ca-file": `${FOLDER}/ca.pem`,
  };
  const ofClient = {
    "etcd-cafile": `${FOLDER}/ca.pem`,
    "etcd-certfile": `${node}.pem`,
    "etcd-keyfile": `${node}-key.pem`,
  };
  return withOptions(withOptions(survey, "etcd", ofMember), "kube-apiserver", ofClient);
};

const throughProxy = (config: KubeconfigFacts, server: string): KubeconfigFacts => ({
  ...config,
  clusters: config.clusters.map((cluster) => ({ ...cluster, server })),
});

const sprayed = (survey: Survey, cas: Cas, worker: string): Survey => {
  const { hostname } = survey.host;
  const own = movedTo(survey, (path) => path.replace(`${PKI}/`, "/etc/kubernetes/ssl/"));
  if (!survey.components.some(({ name }) => name === "etcd"))
    return { ...own, kubeconfigs: own.kubeconfigs.map((config) => throughProxy(config, worker)) };
  const isOfEtcd = ({ path }: FileFacts): boolean => /\/ssl\/etcd\/|apiserver-etcd-client/.test(path);
  const named = withCertificates(own, ({ subject, sans }) =>
    subject === "CN=kube-apiserver"
      ? {
          sans: [
            ...sans,
            ...["localhost", ...MEMBERS].map((each) => `DNS:${each}`),
            ...["127.0.0.1", "::1", ...ADDRESSES].map((each) => `IP:${each}`),
          ],
        }
      : {},
  );
  const components = named.components.map((each) => (each.name === "etcd" ? asUnit(each, "etcd") : each));
  const files = [...named.files.filter((file) => !isOfEtcd(file)), ...filesOfEtcd(cas, hostname)];
  const whole = optionsOfEtcd({ ...named, components, files, renewers: ["k8s-certs-renew.timer"] });
  return withKubeadm(
    { ...whole, staticPods: whole.staticPods.filter(({ component }) => component !== "etcd") },
    { etcd: "external", certificatesDir: "/etc/kubernetes/ssl", certSans: ["localhost", ...MEMBERS, ...ADDRESSES] },
  );
};

/** @param worker where workers' kubelets go */
export const kubesprayCluster = (cas: Cas, worker = "https://localhost:6443"): Visit[] =>
  kubeadmCluster(cas, (survey) => sprayed(survey, cas, worker));
