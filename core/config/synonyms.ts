/** What kubeadm, kubespray, RKE and people call what has another name in a stack file. */
import { PROFILE_NAMES } from "../model/profiles";
import type { Path } from "../schema/jsonSchema";

/** Letter case, "-", "_" and "." count for nothing: kubeadm's `certSANs` is Ansible's `cert_sans`. */
const plain = (name: string): string => name.toLowerCase().replace(/[-_.]/g, "");

/**
 * By the names of other tools; to where it is said here. A row that begins with the place where it is looked up (`profiles/etcd`)
 * holds only there, before one without.
 */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  // kubeadm: ClusterConfiguration and InitConfiguration, v1beta3 and v1beta4
  "cluster/version": ["cluster.kubernetesVersion"],
  "cluster/domain": ["cluster.dnsDomain"],
  controlPlaneEndpoint: ["cluster.endpoint"],
  apiServer: ["cluster.extraSans"],
  apiServerCertSANs: ["cluster.extraSans"],
  certSANs: ["cluster.extraSans"],
  subjectAltNames: ["cluster.extraSans"],
  clusterName: ["cluster.name"],
  networking: ["cluster.serviceCidrs", "cluster.dnsDomain"],
  serviceSubnet: ["cluster.serviceCidrs"],
  localAPIEndpoint: ["cluster.listeners.apiServer"],
  bindPort: ["cluster.listeners.apiServer.port"],
  certificatesDir: ["files"],
  certificateValidityPeriod: ["certificates.validity"],
  caCertificateValidityPeriod: ["authority.validity"],
  encryptionAlgorithm: ["certificates.algorithm"],
  nodeRegistration: ["nodes"],
  serverCertSANs: ["nodes[].extraSans"],
  peerCertSANs: ["nodes[].extraSans"],
  advertiseAddress: ["nodes[].address"],
  // flags of the components
  "service-cluster-ip-range": ["cluster.serviceCidrs"],
  "cluster-domain": ["cluster.dnsDomain"],
  "secure-port": ["cluster.listeners.apiServer.port"],
  "node-ip": ["nodes[].address"],
  "hostname-override": ["nodes[].name"],
  // kubespray
  cluster_name: ["cluster.dnsDomain", "cluster.name"],
  kube_version: ["cluster.kubernetesVersion"],
  kube_service_addresses: ["cluster.serviceCidrs"],
  kube_apiserver_port: ["cluster.listeners.apiServer.port"],
  loadbalancer_apiserver: ["cluster.endpoint"],
  loadbalancer_apiserver_port: ["cluster.workerProxyPort"],
  supplementary_addresses_in_ssl_keys: ["cluster.extraSans"],
  kube_cert_dir: ["files"],
  kube_owner: ["files"],
  ansible_host: ["nodes[].ssh.host"],
  ansible_port: ["nodes[].ssh.port", "ssh.port"],
  ansible_user: ["ssh.user"],
  ansible_become: ["ssh.sudo"],
  ansible_ssh_private_key_file: ["ssh.privateKey"],
  access_ip: ["nodes[].address"],
  // people
  hosts: ["nodes"],
  machines: ["nodes"],
  servers: ["nodes"],
  hostname: ["nodes[].name"],
  addr: ["nodes[].address"],
  ip: ["nodes[].address"],
  role: ["nodes[].roles"],
  identityFile: ["ssh.privateKey"],
  keyFile: ["ssh.privateKey"],
  become: ["ssh.sudo"],
  jumpHost: ["ssh.bastion"],
  proxyJump: ["ssh.bastion"],
  strictHostKeyChecking: ["ssh.insecureIgnoreHostKeys"],
  ca: ["authority"],
  cas: ["authority"],
  issuer: ["authority"],
  openbao: ["authority.vault"],
  cert: ["authority.kubernetes.certificate"],
  crt: ["authority.kubernetes.certificate"],
  certs: ["certificates"],
  leafs: ["certificates"],
  renew: ["certificates.renewEvery", "certificates.renewBefore"],
  rotate: ["rotation"],
  ttl: ["certificates.validity"],
  duration: ["certificates.validity"],
  expiry: ["certificates.validity"],
  lifetime: ["certificates.validity"],
  keyAlgorithm: ["certificates.algorithm"],
  privateKeyAlgorithm: ["certificates.algorithm"],
  custody: ["certificates.keyLocation"],
  maintenanceWindow: ["rollout.window"],
  maxUnavailable: ["rollout.workersAtOnce"],
  now: ["asOf"],
  token: ["inCluster.user.tokenFile"],
  // profiles by the names of components, of their files, and of `kubeadm certs renew`
  "profiles/kube-apiserver": ["certificates.profiles.apiserver"],
  "profiles/kube-controller-manager": ["certificates.profiles.controller-manager"],
  "profiles/kube-scheduler": ["certificates.profiles.scheduler"],
  "profiles/etcd": ["certificates.profiles.etcd-server", "certificates.profiles.etcd-peer"],
  "profiles/server": ["certificates.profiles.etcd-server"],
  "profiles/peer": ["certificates.profiles.etcd-peer"],
  "profiles/healthcheck-client": ["certificates.profiles.etcd-healthcheck-client"],
  "profiles/front-proxy": ["certificates.profiles.front-proxy-client"],
  "profiles/kubelet-client": ["certificates.profiles.apiserver-kubelet-client", "certificates.profiles.kubelet"],
  "profiles/etcd-client": ["certificates.profiles.apiserver-etcd-client"],
  ...Object.fromEntries(
    PROFILE_NAMES.map((name) => [`profiles/${name}.conf`, [`certificates.profiles.${name}`]] as const),
  ),
  // where there is more than one CA, each has a name here
  "authority/ca": ["authority.kubernetes"],
  "authority/cluster": ["authority.kubernetes"],
  "authority/etcd-ca": ["authority.etcd"],
  "authority/front-proxy-ca": ["authority.frontProxy"],
  "authority/sa": ["authority.serviceAccount"],
};

const ROWS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(KEYS).map(([name, means]) => {
    const [first = "", second] = name.split("/");
    return [second === undefined ? plain(first) : `${first}/${plain(second)}`, means];
  }),
);

/** What a key of another tool is here, as paths of the stack file; none where it is not known. */
export const meantBy = (key: string, place: Path): readonly string[] =>
  ROWS.get(`${String(place.at(-1) ?? "")}/${plain(key)}`) ?? ROWS.get(plain(key)) ?? [];

export const SYNONYMS: readonly string[] = [...new Set(Object.values(KEYS).flat())];

/** What people look for in a place of the stack file, and is in none. */
const NOWHERE: Readonly<Record<string, string>> = {
  "vault/token": "the token comes from VAULT_TOKEN, so that it is in no file",
  "ssh/password": "log in with a key: ssh.privateKey, or ssh.agent: true",
  "ssh/passphrase": "a key with a passphrase is used through the ssh agent: set ssh.agent: true",
};

export const nowhere = (key: string, place: Path): string | undefined =>
  NOWHERE[`${String(place.at(-1) ?? "")}/${plain(key)}`];

/** Values by other names. */
const VALUES: Readonly<Record<string, string>> = {
  master: "control-plane",
  controller: "control-plane",
  server: "control-plane",
  cp: "control-plane",
  minion: "worker",
  node: "worker",
  agent: "worker",
  openbao: "vault",
  bao: "vault",
  hashicorp: "vault",
  k8s: "kubernetes",
  tls: "server",
  serverauth: "server",
  clientauth: "client",
  monday: "Mon",
  tuesday: "Tue",
  wednesday: "Wed",
  thursday: "Thu",
  friday: "Fri",
  saturday: "Sat",
  sunday: "Sun",
  pod: "static-pod",
  unit: "systemd",
  service: "systemd",
  p256: "ECDSA-P256",
  p384: "ECDSA-P384",
  prime256v1: "ECDSA-P256",
  secp384r1: "ECDSA-P384",
  rsa: "RSA-2048",
};

export const valueMeantBy = (given: string): string | undefined => VALUES[plain(given)];
