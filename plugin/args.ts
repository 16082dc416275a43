/**
 * Written by `npm run schema` from core/schema/; the texts there are the ones to change.
 *
 * What a cluster's PKI is made from, in plain types: what may be one value or a list is a list here, and what may be one value
 * or a table is `any`.
 */
import type { Input } from "@pulumi/pulumi";

export interface ClusterListenersApiServer {
  /** Its port. */
  port?: number;
  /** node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback". */
  on?: string;
}

export interface ClusterListenersEtcdClient {
  /** Its port. */
  port?: number;
  /** node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback". */
  on?: string;
}

export interface ClusterListenersEtcdPeer {
  /** Its port. */
  port?: number;
  /** node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback". */
  on?: string;
}

export interface ClusterListenersKubelet {
  /** Its port. */
  port?: number;
  /** node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback". */
  on?: string;
}

export interface ClusterListenersKubeletHealth {
  /** Its port. */
  port?: number;
  /** node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback". */
  on?: string;
}

export interface ClusterListenersControllerManagerHealth {
  /** Its port. */
  port?: number;
  /** node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback". */
  on?: string;
}

export interface ClusterListenersSchedulerHealth {
  /** Its port. */
  port?: number;
  /** node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback". */
  on?: string;
}

/** Where components listen, if not on their default ports and addresses: they are tested there. */
export interface ClusterListeners {
  apiServer?: ClusterListenersApiServer;
  etcdClient?: ClusterListenersEtcdClient;
  etcdPeer?: ClusterListenersEtcdPeer;
  kubelet?: ClusterListenersKubelet;
  kubeletHealth?: ClusterListenersKubeletHealth;
  controllerManagerHealth?: ClusterListenersControllerManagerHealth;
  schedulerHealth?: ClusterListenersSchedulerHealth;
}

/** The cluster. */
export interface Cluster {
  /** Name of the cluster; part of generated CA subjects and of every kubeconfig. */
  name: string;
  /** Kubernetes version of the cluster; it decides which services reload a file and which restart. */
  kubernetesVersion: string;
  /** Where clients and nodes reach the API; port 6443 by default. */
  endpoint: string;
  /**
   * Service networks; the first address of each goes into the API server's certificate.
   *
   * @default "10.96.0.0/12"
   */
  serviceCidrs?: string[];
  /**
   * DNS domain of the cluster's services.
   *
   * @default "cluster.local"
   */
  dnsDomain?: string;
  /** Additional names and addresses in every API server certificate. */
  extraSans?: string[];
  /** Port on localhost at which each worker has a proxy of its own to the API servers; 0: workers go to the endpoint. The layout's by default: 6443 with kubespray, else 0. */
  workerProxyPort?: number;
  /** Where components listen, if not on their default ports and addresses: they are tested there. */
  listeners?: ClusterListeners;
}

/** How to reach this node. */
export interface NodeSsh {
  /** Where ssh connects to, if not the node's address. */
  host?: Input<string>;
  /** Port of sshd; ssh.port by default. */
  port?: number;
  /** Login; ssh.user by default. */
  user?: string;
  /** The node's public host key; required unless ssh.insecureIgnoreHostKeys is set. */
  hostKey?: Input<string>;
}

export interface Node {
  /** Name of the node in the cluster. */
  name: string;
  /** Address of the node inside the cluster; ssh uses it too unless ssh.host is given. */
  address: Input<string>;
  /**
   * Roles of the node; if no node has the role etcd, the control planes run it. One of "control-plane", "etcd", "worker".
   *
   * @default ["worker"]
   */
  roles?: string[];
  /** Additional names and addresses in this node's serving certificates. */
  extraSans?: string[];
  /** Where this node's leaf keys are generated; certificates.keyLocation by default. One of "node", "state". */
  keyLocation?: string;
  /**
   * A machine that joins the cluster after this run: it gets its files, and no service has to run there yet.
   *
   * @default false
   */
  joining?: boolean;
  /** How to reach this node. */
  ssh?: NodeSsh;
}

/** A host that every ssh connection goes through. */
export interface SshBastion {
  /** Address of the bastion. */
  host: Input<string>;
  /**
   * Port of its sshd.
   *
   * @default 22
   */
  port?: number;
  /**
   * Login on the bastion.
   *
   * @default "root"
   */
  user?: string;
  /** Its public host key; required unless ssh.insecureIgnoreHostKeys is set. */
  hostKey?: Input<string>;
  /** Private key for the bastion; ssh.privateKey by default. A secret. */
  privateKey?: Input<string>;
}

/** How to reach the nodes. */
export interface Ssh {
  /**
   * Login on the nodes.
   *
   * @default "root"
   */
  user?: string;
  /**
   * Port of sshd on the nodes.
   *
   * @default 22
   */
  port?: number;
  /** Private key for the login; a secret. */
  privateKey?: Input<string>;
  /**
   * Use the ssh agent of the machine that runs pulumi instead of a key.
   *
   * @default false
   */
  agent?: boolean;
  /** A host that every ssh connection goes through. */
  bastion?: SshBastion;
  /**
   * Run commands with `sudo -n`, for a login that is not root.
   *
   * @default false
   */
  sudo?: boolean;
  /**
   * Accept any host key. Anyone between this machine and a node can then take over the cluster.
   *
   * @default false
   */
  insecureIgnoreHostKeys?: boolean;
}

export interface File {
  /** Where it is instead; a folder ends with a slash. */
  path?: string;
  /** Whose it is, if the stack creates it; an existing file keeps its owner. */
  owner?: string;
  /** Its group, if the stack creates it; an existing file keeps its group. */
  group?: string;
  /** Its mode; of a file only. */
  mode?: string;
}

export interface Service {
  /** How it runs. One of "static-pod", "systemd". */
  kind?: string;
  /** Name of the unit; of a static pod the name of its manifest without .yaml. */
  unit?: string;
}

/** Existing mounts that hold them; by default those that the stack created. */
export interface AuthorityEarlierVaultMounts {
  kubernetes?: string;
  etcd?: string;
  frontProxy?: string;
}

/** With kind vault: where these generations are. */
export interface AuthorityEarlierVault {
  /** Existing mounts that hold them; by default those that the stack created. */
  mounts?: AuthorityEarlierVaultMounts;
}

/** Which CA signed these CAs; they are self-signed by default. */
export interface AuthorityEarlierSignedBy {
  /** mount: another mount of the same server; embedded: a root in the stack's state; offline: a CA that signs requests by hand. One of "mount", "embedded", "offline". */
  kind: string;
  /** Path of that mount; its default issuer signs. */
  mount?: string;
}

export interface AuthorityEarlier {
  /** The last generation in this place. */
  generations: any;
  /** Kind of the authority that has their keys. */
  kind: any;
  /** With kind vault: where these generations are. */
  vault?: AuthorityEarlierVault;
  /** Which CA signed these CAs; they are self-signed by default. */
  signedBy?: AuthorityEarlierSignedBy;
}

/** Existing mounts of type pki; by default the stack creates kube-pki/CLUSTER/AUTHORITY. */
export interface AuthorityVaultMounts {
  kubernetes?: string;
  etcd?: string;
  frontProxy?: string;
}

/** SHA-256 fingerprints of the CAs in Vault that sign; checked before any change. */
export interface AuthorityVaultFingerprints {
  /** SHA-256 fingerprint of the CA that signs. */
  kubernetes?: string;
  /** SHA-256 fingerprint of the CA that signs. */
  etcd?: string;
  /** SHA-256 fingerprint of the CA that signs. */
  frontProxy?: string;
}

/** With kind vault: the server, and what exists there already. */
export interface AuthorityVault {
  /** Address of Vault or OpenBao; the token comes from VAULT_TOKEN. */
  address: string;
  /** Path of an existing AppRole auth method, which gets a role to renew and one to rotate, each with a policy. */
  approle?: string;
  /** Existing mounts of type pki; by default the stack creates kube-pki/CLUSTER/AUTHORITY. */
  mounts?: AuthorityVaultMounts;
  /** SHA-256 fingerprints of the CAs in Vault that sign; checked before any change. */
  fingerprints?: AuthorityVaultFingerprints;
}

/** Which CA signs the CAs in Vault; they are self-signed by default. */
export interface AuthoritySignedBy {
  /** mount: another mount of the same server; embedded: a root in the stack's state; offline: a CA that signs requests by hand. One of "mount", "embedded", "offline". */
  kind: string;
  /** Path of that mount; its default issuer signs. */
  mount?: string;
}

/** With signedBy.kind offline: the signed CA certificates, by generation. */
export interface AuthoritySigned {
  kubernetes?: Record<string, Input<string>>;
  etcd?: Record<string, Input<string>>;
  frontProxy?: Record<string, Input<string>>;
}

/** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
export interface AuthorityKubernetes {
  /** The CA's certificate. */
  certificate?: Input<string>;
  /** The CA's private key; a secret. */
  key?: Input<string>;
}

/** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
export interface AuthorityEtcd {
  /** The CA's certificate. */
  certificate?: Input<string>;
  /** The CA's private key; a secret. */
  key?: Input<string>;
}

/** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
export interface AuthorityFrontProxy {
  /** The CA's certificate. */
  certificate?: Input<string>;
  /** The CA's private key; a secret. */
  key?: Input<string>;
}

/** The key that signs service account tokens. */
export interface AuthorityServiceAccount {
  /**
   * false: someone else creates, distributes and rotates this key.
   *
   * @default true
   */
  enabled?: boolean;
  /** The key, if the cluster has one already; a secret. */
  key?: Input<string>;
}

/** Who signs, and the existing CAs of the cluster. */
export interface Authority {
  /**
   * Who signs: the stack with keys in its state, or Vault or OpenBao with keys that never leave the server.
   *
   * @default "embedded"
   */
  kind?: any;
  /** Where the CAs of earlier generations are, if not in the same place as the present ones; the oldest first. */
  earlier?: AuthorityEarlier[];
  /** With kind vault: the server, and what exists there already. */
  vault?: AuthorityVault;
  /** Which CA signs the CAs in Vault; they are self-signed by default. */
  signedBy?: AuthoritySignedBy;
  /** How the controller manager signs CSRs with the kubernetes CA in Vault: state, with an intermediate whose key is in the stack's state; node, with one for each control plane, whose key is generated there and stays there; none, not at all. none by default in a cluster that was created from Vault, else state. One of "state", "node", "none". */
  csrSigner?: string;
  /**
   * With signedBy.kind offline: create signing requests up to this generation, before a rotation to it.
   *
   * @default 1
   */
  requests?: number;
  /** With signedBy.kind offline: the signed CA certificates, by generation. */
  signed?: AuthoritySigned;
  /**
   * Key algorithm of generated CAs. One of "ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096".
   *
   * @default "ECDSA-P256"
   */
  algorithm?: string;
  /**
   * Validity of generated CAs.
   *
   * @default "3650d"
   */
  validity?: string;
  /** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
  kubernetes?: AuthorityKubernetes;
  /** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
  etcd?: AuthorityEtcd;
  /** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
  frontProxy?: AuthorityFrontProxy;
  /**
   * One CA is all three authorities, in the file of the cluster's: what is said of kubernetes holds of etcd and frontProxy. A weakness: docs/fleet.md.
   *
   * @default false
   */
  oneCa?: boolean;
  /** The key that signs service account tokens. */
  serviceAccount?: AuthorityServiceAccount;
}

export interface CertificatesProfile {
  /**
   * false: someone else manages this certificate.
   *
   * @default true
   */
  enabled?: boolean;
  /** Validity of this certificate. */
  validity?: string;
  /** Renew when this much validity is left, or this share of it (33%). */
  renewBefore?: string;
  /** Renew at this age. */
  renewEvery?: string;
  /** Key algorithm of this certificate. One of "ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096". */
  algorithm?: string;
  /** Names and usages that the certificate in place has and the new one may lack, because nobody needs them. */
  allowLoss?: string[];
  /** Common name of its subject, if the cluster has a different one than the layout; {node} stands for the node's name. One for all nodes, or by node and role, where a node's own goes first. */
  commonName?: any;
  /** Organizations (groups) in its subject, if an older cluster has different ones than kubeadm uses today. */
  organizations?: string[];
  /**
   * Allow a subject with other rights than this certificate has by itself: system:masters, or a name and groups that role bindings of your own know.
   *
   * @default false
   */
  privileged?: boolean;
}

/** Files of the certificate on nodes; the key is made there. */
export interface CertificatesOwnFiles {
  /** Where it is on each node. */
  certificate: string;
  /** Where it is on each node. */
  key: string;
  /** CA file of the authority, which follows its rotation; not needed where a file of the layout is read. */
  ca?: string;
  /**
   * Whose they are, if the stack creates them.
   *
   * @default "root"
   */
  owner?: string;
  /**
   * Their group, if the stack creates them.
   *
   * @default "root"
   */
  group?: string;
  /**
   * Mode of the key.
   *
   * @default "0600"
   */
  mode?: string;
}

/** Where it serves this certificate, which is then asked for there; left out: it is only seen to run. */
export interface CertificatesOwnReaderListener {
  /** Its port. */
  port: number;
  /**
   * node: the node's address; loopback: only 127.0.0.1. One of "node", "loopback".
   *
   * @default "node"
   */
  on?: string;
}

export interface CertificatesOwnReader {
  /** How it runs. One of "static-pod", "systemd". */
  kind: string;
  /** Name of the unit; of a static pod the name of its manifest without .yaml, which is also the name of its program. */
  name: string;
  /** Where it serves this certificate, which is then asked for there; left out: it is only seen to run. */
  listener?: CertificatesOwnReaderListener;
}

/** Secret in the cluster that holds certificate, key and CA. The key is in the stack's state, as a secret. */
export interface CertificatesOwnSecret {
  /** Its namespace. */
  namespace: string;
  /** Its name. */
  name: string;
  /**
   * Key of its data with the certificate.
   *
   * @default "tls.crt"
   */
  certificate?: string;
  /**
   * Key of its data with the private key.
   *
   * @default "tls.key"
   */
  key?: string;
  /**
   * Key of its data with the CA, which follows the rotation of the authority.
   *
   * @default "ca.crt"
   */
  ca?: string;
}

/** ConfigMap in the cluster that holds the public parts, beside the Secret. */
export interface CertificatesOwnConfigMap {
  /** Its namespace. */
  namespace: string;
  /** Its name. */
  name: string;
  /** Key of its data with the certificate; none by default. */
  certificate?: string;
  /**
   * Key of its data with the CA, which follows the rotation of the authority.
   *
   * @default "ca.crt"
   */
  ca?: string;
}

export interface CertificatesOwnRestart {
  /** Kind of the workload. One of "DaemonSet", "Deployment", "StatefulSet". */
  kind: string;
  /** Its namespace. */
  namespace: string;
  /** Its name. */
  name: string;
}

export interface CertificatesOwn {
  /** Who signs it. One of "kubernetes", "etcd", "frontProxy". */
  authority: string;
  /** Common name of its subject; the name of the entry by default. */
  commonName?: string;
  /** Organizations (groups) in its subject. */
  organizations?: string[];
  /** Its names and addresses. */
  sans?: string[];
  /** What it is for. One of "server", "client". */
  usages: string[];
  /**
   * Allow names and groups of Kubernetes itself, and clients of etcd and of the front proxy's CA.
   *
   * @default false
   */
  privileged?: boolean;
  /** Validity of this certificate. */
  validity?: string;
  /** Renew when this much validity is left, or this share of it (33%). */
  renewBefore?: string;
  /** Renew at this age. */
  renewEvery?: string;
  /** Key algorithm of this certificate. One of "ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096". */
  algorithm?: string;
  /** Names and usages that the certificate in place has and the new one may lack, because nobody needs them. */
  allowLoss?: string[];
  /** Nodes with one of these roles hold it; every node by default. One of "control-plane", "etcd", "worker". */
  roles?: string[];
  /** Names of the nodes that hold it, in place of roles. */
  nodes?: string[];
  /** Files of the certificate on nodes; the key is made there. */
  files?: CertificatesOwnFiles;
  /** Programs on the nodes that read the files at their start: restarted after one has changed. */
  readers?: CertificatesOwnReader[];
  /** Secret in the cluster that holds certificate, key and CA. The key is in the stack's state, as a secret. */
  secret?: CertificatesOwnSecret;
  /** ConfigMap in the cluster that holds the public parts, beside the Secret. */
  configMap?: CertificatesOwnConfigMap;
  /** Workloads in the cluster that are restarted after the Secret has changed. */
  restart?: CertificatesOwnRestart[];
}

/** Leaf certificates: validity, renewal, keys. */
export interface Certificates {
  /**
   * Validity of leaf certificates.
   *
   * @default "365d"
   */
  validity?: string;
  /** Renew when this much validity is left, or this share of it (33%). */
  renewBefore?: string;
  /** Renew at this age; two thirds of the validity by default. */
  renewEvery?: string;
  /**
   * Key algorithm of leaf certificates. One of "ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096".
   *
   * @default "ECDSA-P256"
   */
  algorithm?: string;
  /**
   * Where leaf keys are generated and kept: on the node, or in the stack's state (encrypted). One of "node", "state".
   *
   * @default "node"
   */
  keyLocation?: string;
  /** Times at which single certificates are renewed besides, with a new key: by node and certificate, as `kube-pki status` names them; `kube-pki renew` writes it. */
  renewAt?: Record<string, Record<string, string>>;
  /** Overrides for single certificates. */
  profiles?: Record<string, CertificatesProfile>;
  /** Certificates of your own beside the layout's: on nodes, or in a Secret of the cluster. */
  own?: Record<string, CertificatesOwn>;
}

/** When nodes may change. A run with something due is refused at other times, before any node is touched; strategy recover is not. */
export interface RolloutWindow {
  /**
   * Days on which it opens. One of "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun".
   *
   * @default ["Mon","Tue","Wed","Thu","Fri","Sat","Sun"]
   */
  days?: string[];
  /** When it opens. */
  from: string;
  /** When it closes; the next day, if that is not after `from`. */
  to: string;
  /**
   * Time zone of both.
   *
   * @default "UTC"
   */
  timeZone?: string;
}

export interface RolloutReader {
  /** How it runs. One of "static-pod", "systemd". */
  kind: string;
  /** Name of the unit; of a static pod the name of its manifest without .yaml, which is also the name of its program. */
  name: string;
  /** Files of the stack that it reads at its start: it is restarted after one of them has changed. */
  reads: string[];
  /**
   * The nodes that it runs on. One of "control-plane", "etcd", "worker".
   *
   * @default ["control-plane"]
   */
  roles?: string[];
}

/** How many backups of replaced files a node keeps, and for how long (docs/restore.md). */
export interface RolloutBackups {
  /**
   * How many stay on a node, the newest; beside the first, and those with a CA's key.
   *
   * @default 5
   */
  keep?: number;
  /** Those that are not as old yet stay too. */
  keepFor?: string;
}

/** How many nodes change at the same time. */
export interface Rollout {
  /**
   * rolling: one control plane after another; recover: a cluster whose certificates have ended, all control planes at once (docs/recover.md). One of "rolling", "recover".
   *
   * @default "rolling"
   */
  strategy?: string;
  /**
   * How many workers are updated at the same time.
   *
   * @default "25%"
   */
  workersAtOnce?: any;
  /**
   * Update one worker alone before the others.
   *
   * @default true
   */
  canary?: boolean;
  /**
   * Allow a rotation to restart etcd with one or two members: the API takes no writes for some seconds.
   *
   * @default false
   */
  acceptEtcdDowntime?: boolean;
  /**
   * Give kube-apiserver a shutdown delay of 3 s, so that load balancers notice before it stops.
   *
   * @default false
   */
  apiServerShutdownFlags?: boolean;
  /** When nodes may change. A run with something due is refused at other times, before any node is touched; strategy recover is not. */
  window?: RolloutWindow;
  /** Read every node in `pulumi preview` and `pulumi up`, tell what was changed there behind the stack's back, and bring it back (docs/drift.md). Without it a run that has nothing to do contacts no node. */
  detectDrift?: boolean;
  /** Other programs on the nodes that read files of the stack and must be restarted when these change. */
  readers?: RolloutReader[];
  /** How many backups of replaced files a node keeps, and for how long (docs/restore.md). */
  backups?: RolloutBackups;
}

/** Overrides for the kubernetes authority. */
export interface RotationKubernetes {
  /** Generation of this one; rotation.generation by default. */
  generation?: number;
  /** Phase to stop at; rotation.phase by default. One of "trust", "issue", "done". */
  phase?: string;
}

/** Overrides for the etcd authority. */
export interface RotationEtcd {
  /** Generation of this one; rotation.generation by default. */
  generation?: number;
  /** Phase to stop at; rotation.phase by default. One of "trust", "issue", "done". */
  phase?: string;
}

/** Overrides for the front proxy authority. */
export interface RotationFrontProxy {
  /** Generation of this one; rotation.generation by default. */
  generation?: number;
  /** Phase to stop at; rotation.phase by default. One of "trust", "issue", "done". */
  phase?: string;
}

/** Overrides for the key that signs service account tokens. */
export interface RotationServiceAccount {
  /** Generation of this one; rotation.generation by default. */
  generation?: number;
  /** Phase to stop at; rotation.phase by default. One of "trust", "issue", "done". */
  phase?: string;
}

/** Rotation of the authorities and of the service account key. */
export interface Rotation {
  /**
   * Generation to rotate to: the current one plus 1. 1 is the cluster's first CAs; with adopt, the ones that replace them.
   *
   * @default 1
   */
  generation?: number;
  /**
   * Phase to stop at: trust, issue or done. One of "trust", "issue", "done".
   *
   * @default "done"
   */
  phase?: string;
  /** Overrides for the kubernetes authority. */
  kubernetes?: RotationKubernetes;
  /** Overrides for the etcd authority. */
  etcd?: RotationEtcd;
  /** Overrides for the front proxy authority. */
  frontProxy?: RotationFrontProxy;
  /** Overrides for the key that signs service account tokens. */
  serviceAccount?: RotationServiceAccount;
  /** Raise the generation by one each time this has passed since `since`. */
  rotateEvery?: string;
  /** When `generation` became current; required with rotateEvery. */
  since?: string;
  /** The least time for which a phase has to be reached on all nodes before the next one may begin; none by default. Going back a phase never waits. */
  soak?: string;
  /**
   * What becomes of a CA's key on the nodes once its CA is trusted no more: moved to /var/lib/kube-pki/retired, or destroyed together with its copies in backups. One of "keep", "destroy".
   *
   * @default "keep"
   */
  retiredKeys?: string;
  /**
   * Gates to override: what scan and tokens find is reported, does not stop the rotation, and may lose access; restarts states that you restarted every service yourself (restart: never). One of "scan", "tokens", "restarts".
   *
   * @default []
   */
  force?: string[];
}

/** Take over a cluster whose CA keys the stack does not know: fingerprints of its CAs. */
export interface Adopt {
  /** SHA-256 fingerprint of the cluster's CA. */
  kubernetes?: string;
  /** SHA-256 fingerprint of etcd's CA. */
  etcd?: string;
  /** SHA-256 fingerprint of the front proxy's CA. */
  frontProxy?: string;
  /** Take over the key that signs service account tokens as well: true, or the SHA-256 fingerprint of its public half, which every control plane must then have. */
  serviceAccount?: any;
}

export interface InClusterRestart {
  /** Kind of the workload. One of "DaemonSet", "Deployment", "StatefulSet". */
  kind: string;
  /** Its namespace. */
  namespace: string;
  /** Its name. */
  name: string;
}

export interface InClusterReload {
  /** Kind of the workload. One of "DaemonSet", "Deployment", "StatefulSet". */
  kind: string;
  /** Its namespace. */
  namespace: string;
  /** Its name. */
  name: string;
}

/** A credential plugin (client.authentication.k8s.io/v1), such as an OIDC login of a pipeline. */
export interface InClusterUserExec {
  /** Program, found by PATH on the machine that runs pulumi. */
  command: string;
  /** Its arguments; nothing secret. */
  args?: string[];
  /** Variables added to its environment; nothing secret. */
  env?: Record<string, string>;
}

/** Credentials of a cluster administrator for the stack's work in the cluster, as in a kubeconfig. By default it issues a certificate of its own, whose key is in the state and whose kubeconfig is in the output `kubeconfigs`. */
export interface InClusterUser {
  /** File with a bearer token, on the machine that runs pulumi; read again when it changes. */
  tokenFile?: string;
  /** A credential plugin (client.authentication.k8s.io/v1), such as an OIDC login of a pipeline. */
  exec?: InClusterUserExec;
}

export interface InClusterCaBundle {
  /** Kind of the object. One of "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "CustomResourceDefinition", "ClusterTrustBundle". */
  kind: string;
  /** Its name. */
  name: string;
}

export interface InClusterWorkersToleration {
  /** Key of the taint; all by default. */
  key?: string;
  /**
   * Exists ignores the value. One of "Exists", "Equal".
   *
   * @default "Exists"
   */
  operator?: string;
  /** Value of the taint. */
  value?: string;
  /** Effect; all by default. One of "NoSchedule", "PreferNoSchedule", "NoExecute". */
  effect?: string;
}

/** Workers that are not under `nodes`: reached by a DaemonSet instead of ssh. Not with layout hardway. */
export interface InClusterWorkers {
  /** Image with sh, cat, tail and chroot; it runs privileged, so pin it by digest. */
  image: string;
  /**
   * Namespace of the DaemonSet; privileged pods must be allowed there.
   *
   * @default "kube-system"
   */
  namespace?: string;
  /** How many of these nodes are updated at the same time; rollout.workersAtOnce by default. */
  maxUnavailable?: any;
  /** Only nodes with these labels. */
  nodeSelector?: Record<string, string>;
  /** Taints to tolerate; all by default. */
  tolerations?: InClusterWorkersToleration[];
}

/** What a rotation changes inside the cluster. */
export interface InCluster {
  /**
   * Update the copies of the CAs inside the cluster in a rotation; the endpoint must be reachable.
   *
   * @default true
   */
  enabled?: boolean;
  /**
   * Keep the ConfigMap kube-pki in kube-system: last and next renewal, generation and phase of each CA, and since when.
   *
   * @default false
   */
  publishStatus?: boolean;
  /**
   * Approve what kubelets with serverTLSBootstrap ask for (signer kubernetes.io/kubelet-serving), in every run: names that the stack file has for that node, and no others.
   *
   * @default false
   */
  approveKubeletServing?: boolean;
  /** Workloads to restart once both CAs are trusted, in this order. */
  restart?: InClusterRestart[];
  /** Workloads that reload a new CA by themselves. */
  reload?: InClusterReload[];
  /** Credentials of a cluster administrator for the stack's work in the cluster, as in a kubeconfig. By default it issues a certificate of its own, whose key is in the state and whose kubeconfig is in the output `kubeconfigs`. */
  user?: InClusterUser;
  /** Objects whose CA bundle is one of the cluster's CAs and must be updated with it. */
  caBundles?: InClusterCaBundle[];
  /** Workers that are not under `nodes`: reached by a DaemonSet instead of ssh. Not with layout hardway. */
  workers?: InClusterWorkers;
}

export interface User {
  /** The user that RBAC sees, and the key of the kubeconfig in the output. */
  name: string;
  /** The group that RBAC sees; at most one. */
  organizations?: string[];
  /** Validity of the certificate; certificates.validity by default. */
  validity?: string;
  /**
   * Allow a group of Kubernetes itself, such as system:masters.
   *
   * @default false
   */
  privileged?: boolean;
}

/** A cluster, its nodes and its policy, as a stack file says them. */
export interface ClusterPkiArgs {
  /** The cluster. */
  cluster: Cluster;
  /** Every node of the cluster. */
  nodes: Node[];
  /** How to reach the nodes. */
  ssh?: Ssh;
  /**
   * Where files are and how components run. One of "kubeadm", "hardway", "etcdadm", "kubespray", "fleet".
   *
   * @default "kubeadm"
   */
  layout?: string;
  /** Files and folders of the layout that are elsewhere in this cluster, or belong to another user: by their path in the layout. */
  files?: Record<string, File>;
  /** Services of the layout that run in another way or under another name in this cluster. */
  services?: Record<string, Service>;
  /** Who signs, and the existing CAs of the cluster. */
  authority?: Authority;
  /** Leaf certificates: validity, renewal, keys. */
  certificates?: Certificates;
  /**
   * auto: restart services that do not reload a changed file by themselves; always: every service whose files changed; never: none. One of "auto", "always", "never".
   *
   * @default "auto"
   */
  restart?: string;
  /** How many nodes change at the same time. */
  rollout?: Rollout;
  /** Rotation of the authorities and of the service account key. */
  rotation?: Rotation;
  /** Take over a cluster whose CA keys the stack does not know: fingerprints of its CAs. */
  adopt?: Adopt;
  /** What a rotation changes inside the cluster. */
  inCluster?: InCluster;
  /** Users who get a kubeconfig, as stack output `kubeconfigs`. */
  users?: User[];
  /** Plan as of this time instead of now. */
  asOf?: string;
}
