/**
 * What one visit to a node found there: the typed form that `kube-pki survey` prints as JSON, and that init, doctor, preflight
 * and drift stand on. It holds facts only, no judgement and no secret. A new field is added, an old one never changes its
 * meaning without another `version`.
 */
import type { ConsumerInput, ConsumerName } from "../model/reload";
import type { RecordFacts } from "./record";

export const SURVEY_VERSION = 1;

/** A moment as text: "2027-01-31T12:00:00Z". */
export type Moment = string;

export interface Survey {
  readonly version: typeof SURVEY_VERSION;
  readonly host: HostFacts;
  readonly components: readonly ComponentFacts[];
  /**
   * Every file of the PKI and every kubeconfig that a component names, each once, by its path on the host; those that lie beside
   * them; and manifests, configuration files, unit files and etcd's data folder, of which nothing is told but what they are.
   */
  readonly files: readonly FileFacts[];
  readonly kubeconfigs: readonly KubeconfigFacts[];
  /** What components serve on their ports at this moment. */
  readonly served: readonly ServedFacts[];
  readonly staticPods: readonly StaticPodFacts[];
  /** Other processes that name a file of the PKI in their command line, or mount one. */
  readonly readers: readonly ReaderFacts[];
  /** Units and timers of systemd that renew certificates: kubespray's, consul-template, certbot and the like. */
  readonly renewers: readonly string[];
  /** What kube-pki has noted there of its own work; absent where it never ran. */
  readonly record?: RecordFacts;
  /** Of the units that were asked for, those that systemd does not have; absent where none was asked for. */
  readonly missingUnits?: readonly string[];
  /** What this node's administrator sees of the cluster; absent without kubectl, a kubeconfig or an answer. */
  readonly cluster?: ClusterFacts;
  /** What could not be read, a sentence each. */
  readonly unread: readonly string[];
}

export interface HostFacts {
  /** `uname -n`; what the node is called in the cluster may differ. */
  readonly hostname: string;
  /** Of its network interfaces, without loopback and link-local ones. */
  readonly addresses: readonly string[];
  readonly kernel: string;
  /** ID and VERSION_ID of os-release(5); "" where there is none. */
  readonly os: string;
  readonly readAt: Moment;
  /** How far its clock is ahead of the reader's, in seconds; the way there and back is in it. */
  readonly clockAheadSeconds: number;
  readonly bootedAt: Moment;
  /** As whom it was read: what belongs to root only is unread by others. */
  readonly uid: number;
  /** "3.0.17"; absent: there is no openssl. */
  readonly openssl?: string;
  /** Of systemctl, crictl, ctr, kubectl, kubeadm, curl, flock those it has. */
  readonly tools: readonly string[];
  /** "Enforcing", "Permissive"; absent without SELinux. */
  readonly selinux?: string;
  /** Where read-only file systems are mounted. */
  readonly readOnly: readonly string[];
  readonly room: readonly { readonly mount: string; readonly freeBytes: number }[];
}

/** How a process was started. */
export type Start =
  | {
      readonly by: "systemd";
      readonly unit: string;
      readonly file: string;
      readonly dropIns: readonly string[];
      readonly environmentFiles: readonly string[];
      /** Its unit files have changed since systemd read them. */
      readonly needsReload: boolean;
      /** It starts with the machine. */
      readonly enabled: boolean;
    }
  | { readonly by: "static-pod"; readonly manifest: string }
  /** In a pod that is no static one, or by hand. */
  | { readonly by: "pod" | "other" };

/** An option as the process runs with it, from command line, environment or configuration file. */
export interface OptionFacts {
  /** Without dashes, "-" between words: "tls-cert-file". */
  readonly name: string;
  readonly values: readonly string[];
  readonly from: "command line" | "environment" | "configuration file";
}

export interface ComponentFacts {
  readonly name: ConsumerName;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly startedAt: Moment;
  /** "1.36.3", or "3.6.5" of etcd; absent where it did not tell. */
  readonly version?: string;
  readonly start: Start;
  readonly options: readonly OptionFacts[];
  /** Its configuration file (kubelet, kube-proxy, etcd), where it has one. */
  readonly configurationFile?: string;
  readonly listens: readonly { readonly address: string; readonly port: number }[];
}

/** By which option of which component a file is read, and as what. */
export interface Use {
  readonly component: ConsumerName;
  readonly option: string;
  /** Absent for an option that this project has no row for, such as a webhook's kubeconfig. */
  readonly input?: ConsumerInput;
  /** Which of the two an input is of: a certificate or CA, or its key. */
  readonly secret: boolean;
}

export interface FileFacts {
  readonly path: string;
  readonly state: "file" | "missing" | "unreadable" | "other";
  /** Where it leads, if it or a folder on the way is a link. */
  readonly real?: string;
  /** The text of the link, if it is one itself. */
  readonly link?: string;
  readonly owner: string;
  readonly group: string;
  readonly uid: number;
  readonly gid: number;
  /** "0600" */
  readonly mode: string;
  /** "", as owner, group and mode are, of what is not there. */
  readonly modifiedAt: Moment;
  readonly certificates: readonly CertificateFacts[];
  /** SHA-256 of the public half (SubjectPublicKeyInfo), hex, of its private key or keys. */
  readonly keys: readonly string[];
  /** A private key is there that cannot be read without a passphrase, so that it is not among `keys`. */
  readonly isLocked?: true;
  /** The same of its public keys. */
  readonly publicKeys: readonly string[];
  readonly uses: readonly Use[];
}

export interface CertificateFacts {
  /** "O=system:masters, CN=kubernetes-admin" */
  readonly subject: string;
  readonly issuer: string;
  /** Hex without leading zeros, lower case. */
  readonly serial: string;
  readonly notBefore: Moment;
  readonly notAfter: Moment;
  /** "DNS:api.example.com", "IP:10.0.0.1" */
  readonly sans: readonly string[];
  readonly isCa: boolean;
  /** "serverAuth", "clientAuth", or the identifier. */
  readonly usages: readonly string[];
  /** Subject and authority key identifiers, hex; "" where there is none. */
  readonly keyId: string;
  readonly authorityKeyId: string;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), hex. */
  readonly publicKey: string;
  /** "RSA-2048", "ECDSA-P256", "ED25519", or what it is called. */
  readonly algorithm: string;
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
  readonly pem: string;
}

export interface KubeconfigFacts {
  readonly path: string;
  readonly currentContext: string;
  readonly contexts: readonly { readonly name: string; readonly cluster: string; readonly user: string }[];
  readonly clusters: readonly {
    readonly name: string;
    readonly server: string;
    readonly authorities: readonly CertificateFacts[];
    /** A path instead of, or beside, the data. */
    readonly authorityFile?: string;
    readonly proxyUrl?: string;
    readonly tlsServerName?: string;
    readonly insecure: boolean;
  }[];
  readonly users: readonly {
    readonly name: string;
    readonly certificates: readonly CertificateFacts[];
    readonly certificateFile?: string;
    readonly keyFile?: string;
    /** Of the key that is in the text. */
    readonly key?: string;
    /** Something else lets it in: a token, a password, a credential plugin. */
    readonly other: readonly ("token" | "password" | "exec" | "auth-provider")[];
  }[];
}

export interface ServedFacts {
  readonly component: ConsumerName;
  /** `host:port` that was asked, from the node itself. */
  readonly at: string;
  /** Leaf first; empty: nothing answered with TLS. */
  readonly chain: readonly CertificateFacts[];
}

export interface StaticPodFacts {
  readonly manifest: string;
  readonly name: string;
  readonly images: readonly string[];
  readonly modifiedAt: Moment;
  /** Paths of the host that it mounts. */
  readonly hostPaths: readonly string[];
  /** The component it runs, by its container's command. */
  readonly component?: ConsumerName;
}

export interface ReaderFacts {
  readonly pid: number;
  readonly name: string;
  /** Of the PKI: the file that it can see, or the folder or file that its command line names. */
  readonly path: string;
  readonly how: "command line" | "mount";
}

export interface ClusterFacts {
  readonly nodes: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly controlPlane: boolean;
    readonly kubeletVersion: string;
    readonly ready: boolean;
  }[];
  /** kubeadm's ClusterConfiguration, if there is one. */
  readonly kubeadm?: {
    readonly kubernetesVersion: string;
    readonly controlPlaneEndpoint: string;
    readonly certificatesDir: string;
    readonly clusterName: string;
    readonly serviceSubnet: string;
    readonly podSubnet: string;
    readonly dnsDomain: string;
    readonly certSans: readonly string[];
    readonly etcd: "local" | "external";
    readonly etcdServerSans: readonly string[];
    readonly etcdPeerSans: readonly string[];
    readonly certificateValidity?: string;
  };
}
