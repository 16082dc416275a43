/**
 * Written by `npm run schema` from core/schema/; the texts there are the ones to change.
 *
 * What a cluster's PKI is made from: one interface for each section of a stack file.
 */
import type { Input } from "@pulumi/pulumi";

/** The cluster. */
export interface ClusterArgs {
  /** Name of the cluster; part of generated CA subjects and of every kubeconfig. */
  readonly name: string;
  /** Kubernetes version of the cluster; it decides which services reload a file and which restart. */
  readonly kubernetesVersion: string;
  /** Where clients and nodes reach the API; port 6443 by default. */
  readonly endpoint: string;
  /**
   * Service networks; the first address of each goes into the API server's certificate.
   *
   * @default "10.96.0.0/12"
   */
  readonly serviceCidrs?: string | readonly string[] | undefined;
  /**
   * DNS domain of the cluster's services.
   *
   * @default "cluster.local"
   */
  readonly dnsDomain?: string | undefined;
  /** Additional names and addresses in every API server certificate. */
  readonly extraSans?: readonly string[] | undefined;
  /** Port on localhost at which each worker has a proxy of its own to the API servers; 0: workers go to the endpoint. The layout's by default: 6443 with kubespray, else 0. */
  readonly workerProxyPort?: number | undefined;
  /** Where components listen, if not on their default ports and addresses: they are tested there. */
  readonly listeners?: Readonly<Partial<Record<
      | "apiServer"
      | "etcdClient"
      | "etcdPeer"
      | "kubelet"
      | "kubeletHealth"
      | "controllerManagerHealth"
      | "schedulerHealth",
    {
      /** Its port. */
      readonly port?: number | undefined;
      /** node: the node's address; loopback: only 127.0.0.1. */
      readonly on?: "node" | "loopback" | undefined;
    } | undefined
  >>> | undefined;
}

/** One entry of `nodes`. */
export interface NodeArgs {
  /** Name of the node in the cluster. */
  readonly name: string;
  /** Address of the node inside the cluster; ssh uses it too unless ssh.host is given. */
  readonly address: Input<string>;
  /**
   * Roles of the node; if no node has the role etcd, the control planes run it.
   *
   * @default ["worker"]
   */
  readonly roles?: readonly ("control-plane" | "etcd" | "worker")[] | undefined;
  /** Additional names and addresses in this node's serving certificates. */
  readonly extraSans?: readonly string[] | undefined;
  /** Where this node's leaf keys are generated; certificates.keyLocation by default. */
  readonly keyLocation?: "node" | "state" | undefined;
  /**
   * A machine that joins the cluster after this run: it gets its files, and no service has to run there yet.
   *
   * @default false
   */
  readonly joining?: boolean | undefined;
  /** How to reach this node. */
  readonly ssh?: {
    /** Where ssh connects to, if not the node's address. */
    readonly host?: Input<string> | undefined;
    /** Port of sshd; ssh.port by default. */
    readonly port?: number | undefined;
    /** Login; ssh.user by default. */
    readonly user?: string | undefined;
    /** The node's public host key; required unless ssh.insecureIgnoreHostKeys is set. */
    readonly hostKey?: Input<string> | undefined;
  } | undefined;
}

/** How to reach the nodes. */
export interface SshArgs {
  /**
   * Login on the nodes.
   *
   * @default "root"
   */
  readonly user?: string | undefined;
  /**
   * Port of sshd on the nodes.
   *
   * @default 22
   */
  readonly port?: number | undefined;
  /** Private key for the login; a secret. */
  readonly privateKey?: Input<string> | undefined;
  /**
   * Use the ssh agent of the machine that runs pulumi instead of a key.
   *
   * @default false
   */
  readonly agent?: boolean | undefined;
  /** A host that every ssh connection goes through. */
  readonly bastion?: {
    /** Address of the bastion. */
    readonly host: Input<string>;
    /**
     * Port of its sshd.
     *
     * @default 22
     */
    readonly port?: number | undefined;
    /**
     * Login on the bastion.
     *
     * @default "root"
     */
    readonly user?: string | undefined;
    /** Its public host key; required unless ssh.insecureIgnoreHostKeys is set. */
    readonly hostKey?: Input<string> | undefined;
    /** Private key for the bastion; ssh.privateKey by default. A secret. */
    readonly privateKey?: Input<string> | undefined;
  } | undefined;
  /**
   * Run commands with `sudo -n`, for a login that is not root.
   *
   * @default false
   */
  readonly sudo?: boolean | undefined;
  /**
   * Accept any host key. Anyone between this machine and a node can then take over the cluster.
   *
   * @default false
   */
  readonly insecureIgnoreHostKeys?: boolean | undefined;
}

/** Services of the layout that run in another way or under another name in this cluster. */
export interface ServicesArgs {
  readonly etcd?: {
    /** How it runs. */
    readonly kind?: "static-pod" | "systemd" | undefined;
    /** Name of the unit; of a static pod the name of its manifest without .yaml. */
    readonly unit?: string | undefined;
  } | undefined;
  readonly "kube-apiserver"?: {
    /** How it runs. */
    readonly kind?: "static-pod" | "systemd" | undefined;
    /** Name of the unit; of a static pod the name of its manifest without .yaml. */
    readonly unit?: string | undefined;
  } | undefined;
  readonly "kube-controller-manager"?: {
    /** How it runs. */
    readonly kind?: "static-pod" | "systemd" | undefined;
    /** Name of the unit; of a static pod the name of its manifest without .yaml. */
    readonly unit?: string | undefined;
  } | undefined;
  readonly "kube-scheduler"?: {
    /** How it runs. */
    readonly kind?: "static-pod" | "systemd" | undefined;
    /** Name of the unit; of a static pod the name of its manifest without .yaml. */
    readonly unit?: string | undefined;
  } | undefined;
  readonly kubelet?: {
    /** How it runs. */
    readonly kind?: "static-pod" | "systemd" | undefined;
    /** Name of the unit; of a static pod the name of its manifest without .yaml. */
    readonly unit?: string | undefined;
  } | undefined;
  readonly "kube-proxy"?: {
    /** How it runs. */
    readonly kind?: "static-pod" | "systemd" | undefined;
    /** Name of the unit; of a static pod the name of its manifest without .yaml. */
    readonly unit?: string | undefined;
  } | undefined;
}

/** Who signs, and the existing CAs of the cluster. */
export interface AuthorityArgs {
  /**
   * Who signs: the stack with keys in its state, or Vault or OpenBao with keys that never leave the server.
   *
   * @default "embedded"
   */
  readonly kind?: "embedded" | "vault" | {
    readonly kubernetes?: "embedded" | "vault" | undefined;
    readonly etcd?: "embedded" | "vault" | undefined;
    readonly frontProxy?: "embedded" | "vault" | undefined;
  } | undefined;
  /** Where the CAs of earlier generations are, if not in the same place as the present ones; the oldest first. */
  readonly earlier?: readonly {
    /** The last generation in this place. */
    readonly generations: number | {
      readonly kubernetes?: number | undefined;
      readonly etcd?: number | undefined;
      readonly frontProxy?: number | undefined;
    };
    /** Kind of the authority that has their keys. */
    readonly kind: "embedded" | "vault" | {
      readonly kubernetes?: "embedded" | "vault" | undefined;
      readonly etcd?: "embedded" | "vault" | undefined;
      readonly frontProxy?: "embedded" | "vault" | undefined;
    };
    /** With kind vault: where these generations are. */
    readonly vault?: {
      /** Existing mounts that hold them; by default those that the stack created. */
      readonly mounts?: {
        readonly kubernetes?: string | undefined;
        readonly etcd?: string | undefined;
        readonly frontProxy?: string | undefined;
      } | undefined;
    } | undefined;
    /** Which CA signed these CAs; they are self-signed by default. */
    readonly signedBy?: {
      /** mount: another mount of the same server; embedded: a root in the stack's state; offline: a CA that signs requests by hand. */
      readonly kind: "mount" | "embedded" | "offline";
      /** Path of that mount; its default issuer signs. */
      readonly mount?: string | undefined;
    } | undefined;
  }[] | undefined;
  /** With kind vault: the server, and what exists there already. */
  readonly vault?: {
    /** Address of Vault or OpenBao; the token comes from VAULT_TOKEN. */
    readonly address: string;
    /** Path of an existing AppRole auth method, which gets a role to renew and one to rotate, each with a policy. */
    readonly approle?: string | undefined;
    /** Existing mounts of type pki; by default the stack creates kube-pki/CLUSTER/AUTHORITY. */
    readonly mounts?: {
      readonly kubernetes?: string | undefined;
      readonly etcd?: string | undefined;
      readonly frontProxy?: string | undefined;
    } | undefined;
    /** SHA-256 fingerprints of the CAs in Vault that sign; checked before any change. */
    readonly fingerprints?: {
      /** SHA-256 fingerprint of the CA that signs. */
      readonly kubernetes?: string | undefined;
      /** SHA-256 fingerprint of the CA that signs. */
      readonly etcd?: string | undefined;
      /** SHA-256 fingerprint of the CA that signs. */
      readonly frontProxy?: string | undefined;
    } | undefined;
  } | undefined;
  /** Which CA signs the CAs in Vault; they are self-signed by default. */
  readonly signedBy?: {
    /** mount: another mount of the same server; embedded: a root in the stack's state; offline: a CA that signs requests by hand. */
    readonly kind: "mount" | "embedded" | "offline";
    /** Path of that mount; its default issuer signs. */
    readonly mount?: string | undefined;
  } | undefined;
  /** How the controller manager signs CSRs with the kubernetes CA in Vault: state, with an intermediate whose key is in the stack's state; node, with one for each control plane, whose key is generated there and stays there; none, not at all. none by default in a cluster that was created from Vault, else state. */
  readonly csrSigner?: "state" | "node" | "none" | undefined;
  /**
   * With signedBy.kind offline: create signing requests up to this generation, before a rotation to it.
   *
   * @default 1
   */
  readonly requests?: number | undefined;
  /** With signedBy.kind offline: the signed CA certificates, by generation. */
  readonly signed?: {
    readonly kubernetes?: Readonly<Record<string, Input<string>>> | undefined;
    readonly etcd?: Readonly<Record<string, Input<string>>> | undefined;
    readonly frontProxy?: Readonly<Record<string, Input<string>>> | undefined;
  } | undefined;
  /**
   * Key algorithm of generated CAs.
   *
   * @default "ECDSA-P256"
   */
  readonly algorithm?: "ECDSA-P256" | "ECDSA-P384" | "RSA-2048" | "RSA-3072" | "RSA-4096" | undefined;
  /**
   * Validity of generated CAs.
   *
   * @default "3650d"
   */
  readonly validity?: string | undefined;
  /** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
  readonly kubernetes?: {
    /** The CA's certificate. */
    readonly certificate?: Input<string> | undefined;
    /** The CA's private key; a secret. */
    readonly key?: Input<string> | undefined;
  } | undefined;
  /** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
  readonly etcd?: {
    /** The CA's certificate. */
    readonly certificate?: Input<string> | undefined;
    /** The CA's private key; a secret. */
    readonly key?: Input<string> | undefined;
  } | undefined;
  /** An existing CA of the cluster; without one a CA is generated, for a new cluster. */
  readonly frontProxy?: {
    /** The CA's certificate. */
    readonly certificate?: Input<string> | undefined;
    /** The CA's private key; a secret. */
    readonly key?: Input<string> | undefined;
  } | undefined;
  /**
   * One CA is all three authorities, in the file of the cluster's: what is said of kubernetes holds of etcd and frontProxy. A weakness: docs/fleet.md.
   *
   * @default false
   */
  readonly oneCa?: boolean | undefined;
  /** The key that signs service account tokens. */
  readonly serviceAccount?: {
    /**
     * false: someone else creates, distributes and rotates this key.
     *
     * @default true
     */
    readonly enabled?: boolean | undefined;
    /** The key, if the cluster has one already; a secret. */
    readonly key?: Input<string> | undefined;
  } | undefined;
}

/** Leaf certificates: validity, renewal, keys. */
export interface CertificatesArgs {
  /**
   * Validity of leaf certificates.
   *
   * @default "365d"
   */
  readonly validity?: string | undefined;
  /** Renew when this much validity is left, or this share of it (33%). */
  readonly renewBefore?: string | undefined;
  /** Renew at this age; two thirds of the validity by default. */
  readonly renewEvery?: string | undefined;
  /**
   * Key algorithm of leaf certificates.
   *
   * @default "ECDSA-P256"
   */
  readonly algorithm?: "ECDSA-P256" | "ECDSA-P384" | "RSA-2048" | "RSA-3072" | "RSA-4096" | undefined;
  /**
   * Where leaf keys are generated and kept: on the node, or in the stack's state (encrypted).
   *
   * @default "node"
   */
  readonly keyLocation?: "node" | "state" | undefined;
  /** Times at which single certificates are renewed besides, with a new key: by node and certificate, as `kube-pki status` names them; `kube-pki renew` writes it. */
  readonly renewAt?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** Overrides for single certificates. */
  readonly profiles?: Readonly<Partial<Record<
      | "apiserver"
      | "apiserver-kubelet-client"
      | "apiserver-etcd-client"
      | "front-proxy-client"
      | "etcd-server"
      | "etcd-peer"
      | "etcd-healthcheck-client"
      | "etcdctl-etcd-client"
      | "admin"
      | "super-admin"
      | "controller-manager"
      | "scheduler"
      | "kubelet"
      | "kubelet-server"
      | "kube-proxy",
    {
      /**
       * false: someone else manages this certificate.
       *
       * @default true
       */
      readonly enabled?: boolean | undefined;
      /** Validity of this certificate. */
      readonly validity?: string | undefined;
      /** Renew when this much validity is left, or this share of it (33%). */
      readonly renewBefore?: string | undefined;
      /** Renew at this age. */
      readonly renewEvery?: string | undefined;
      /** Key algorithm of this certificate. */
      readonly algorithm?: "ECDSA-P256" | "ECDSA-P384" | "RSA-2048" | "RSA-3072" | "RSA-4096" | undefined;
      /** Names and usages that the certificate in place has and the new one may lack, because nobody needs them. */
      readonly allowLoss?: readonly string[] | undefined;
      /** Common name of its subject, if the cluster has a different one than the layout; {node} stands for the node's name. One for all nodes, or by node and role, where a node's own goes first. */
      readonly commonName?: string | Readonly<Record<string, string>> | undefined;
      /** Organizations (groups) in its subject, if an older cluster has different ones than kubeadm uses today. */
      readonly organizations?: readonly string[] | undefined;
      /**
       * Allow a subject with other rights than this certificate has by itself: system:masters, or a name and groups that role bindings of your own know.
       *
       * @default false
       */
      readonly privileged?: boolean | undefined;
    } | undefined
  >>> | undefined;
  /** Certificates of your own beside the layout's: on nodes, or in a Secret of the cluster. */
  readonly own?: Readonly<Record<string, {
    /** Who signs it. */
    readonly authority: "kubernetes" | "etcd" | "frontProxy";
    /** Common name of its subject; the name of the entry by default. */
    readonly commonName?: string | undefined;
    /** Organizations (groups) in its subject. */
    readonly organizations?: readonly string[] | undefined;
    /** Its names and addresses. */
    readonly sans?: readonly string[] | undefined;
    /** What it is for. */
    readonly usages: readonly ("server" | "client")[];
    /**
     * Allow names and groups of Kubernetes itself, and clients of etcd and of the front proxy's CA.
     *
     * @default false
     */
    readonly privileged?: boolean | undefined;
    /** Validity of this certificate. */
    readonly validity?: string | undefined;
    /** Renew when this much validity is left, or this share of it (33%). */
    readonly renewBefore?: string | undefined;
    /** Renew at this age. */
    readonly renewEvery?: string | undefined;
    /** Key algorithm of this certificate. */
    readonly algorithm?: "ECDSA-P256" | "ECDSA-P384" | "RSA-2048" | "RSA-3072" | "RSA-4096" | undefined;
    /** Names and usages that the certificate in place has and the new one may lack, because nobody needs them. */
    readonly allowLoss?: readonly string[] | undefined;
    /** Nodes with one of these roles hold it; every node by default. */
    readonly roles?: readonly ("control-plane" | "etcd" | "worker")[] | undefined;
    /** Names of the nodes that hold it, in place of roles. */
    readonly nodes?: readonly string[] | undefined;
    /** Files of the certificate on nodes; the key is made there. */
    readonly files?: {
      /** Where it is on each node. */
      readonly certificate: string;
      /** Where it is on each node. */
      readonly key: string;
      /** CA file of the authority, which follows its rotation; not needed where a file of the layout is read. */
      readonly ca?: string | undefined;
      /**
       * Whose they are, if the stack creates them.
       *
       * @default "root"
       */
      readonly owner?: string | undefined;
      /**
       * Their group, if the stack creates them.
       *
       * @default "root"
       */
      readonly group?: string | undefined;
      /**
       * Mode of the key.
       *
       * @default "0600"
       */
      readonly mode?: string | undefined;
    } | undefined;
    /** Programs on the nodes that read the files at their start: restarted after one has changed. */
    readonly readers?: readonly {
      /** How it runs. */
      readonly kind: "static-pod" | "systemd";
      /** Name of the unit; of a static pod the name of its manifest without .yaml, which is also the name of its program. */
      readonly name: string;
      /** Where it serves this certificate, which is then asked for there; left out: it is only seen to run. */
      readonly listener?: {
        /** Its port. */
        readonly port: number;
        /**
         * node: the node's address; loopback: only 127.0.0.1.
         *
         * @default "node"
         */
        readonly on?: "node" | "loopback" | undefined;
      } | undefined;
    }[] | undefined;
    /** Secret in the cluster that holds certificate, key and CA. The key is in the stack's state, as a secret. */
    readonly secret?: {
      /** Its namespace. */
      readonly namespace: string;
      /** Its name. */
      readonly name: string;
      /**
       * Key of its data with the certificate.
       *
       * @default "tls.crt"
       */
      readonly certificate?: string | undefined;
      /**
       * Key of its data with the private key.
       *
       * @default "tls.key"
       */
      readonly key?: string | undefined;
      /**
       * Key of its data with the CA, which follows the rotation of the authority.
       *
       * @default "ca.crt"
       */
      readonly ca?: string | undefined;
    } | undefined;
    /** ConfigMap in the cluster that holds the public parts, beside the Secret. */
    readonly configMap?: {
      /** Its namespace. */
      readonly namespace: string;
      /** Its name. */
      readonly name: string;
      /** Key of its data with the certificate; none by default. */
      readonly certificate?: string | undefined;
      /**
       * Key of its data with the CA, which follows the rotation of the authority.
       *
       * @default "ca.crt"
       */
      readonly ca?: string | undefined;
    } | undefined;
    /** Workloads in the cluster that are restarted after the Secret has changed. */
    readonly restart?: readonly {
      /** Kind of the workload. */
      readonly kind: "DaemonSet" | "Deployment" | "StatefulSet";
      /** Its namespace. */
      readonly namespace: string;
      /** Its name. */
      readonly name: string;
    }[] | undefined;
  }>> | undefined;
}

/** How many nodes change at the same time. */
export interface RolloutArgs {
  /**
   * rolling: one control plane after another; recover: a cluster whose certificates have ended, all control planes at once (docs/recover.md).
   *
   * @default "rolling"
   */
  readonly strategy?: "rolling" | "recover" | undefined;
  /**
   * How many workers are updated at the same time.
   *
   * @default "25%"
   */
  readonly workersAtOnce?: number | string | undefined;
  /**
   * Update one worker alone before the others.
   *
   * @default true
   */
  readonly canary?: boolean | undefined;
  /**
   * Allow a rotation to restart etcd with one or two members: the API takes no writes for some seconds.
   *
   * @default false
   */
  readonly acceptEtcdDowntime?: boolean | undefined;
  /**
   * Give kube-apiserver a shutdown delay of 3 s, so that load balancers notice before it stops.
   *
   * @default false
   */
  readonly apiServerShutdownFlags?: boolean | undefined;
  /** When nodes may change. A run with something due is refused at other times, before any node is touched; strategy recover is not. */
  readonly window?: {
    /**
     * Days on which it opens.
     *
     * @default ["Mon","Tue","Wed","Thu","Fri","Sat","Sun"]
     */
    readonly days?: readonly ("Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun")[] | undefined;
    /** When it opens. */
    readonly from: string;
    /** When it closes; the next day, if that is not after `from`. */
    readonly to: string;
    /**
     * Time zone of both.
     *
     * @default "UTC"
     */
    readonly timeZone?: string | undefined;
  } | undefined;
  /** Read every node in `pulumi preview` and `pulumi up`, tell what was changed there behind the stack's back, and bring it back (docs/drift.md). Without it a run that has nothing to do contacts no node. */
  readonly detectDrift?: boolean | undefined;
  /** Other programs on the nodes that read files of the stack and must be restarted when these change. */
  readonly readers?: readonly {
    /** How it runs. */
    readonly kind: "static-pod" | "systemd";
    /** Name of the unit; of a static pod the name of its manifest without .yaml, which is also the name of its program. */
    readonly name: string;
    /** Files of the stack that it reads at its start: it is restarted after one of them has changed. */
    readonly reads: readonly string[];
    /**
     * The nodes that it runs on.
     *
     * @default ["control-plane"]
     */
    readonly roles?: readonly ("control-plane" | "etcd" | "worker")[] | undefined;
  }[] | undefined;
  /** How many backups of replaced files a node keeps, and for how long (docs/restore.md). */
  readonly backups?: {
    /**
     * How many stay on a node, the newest; beside the first, and those with a CA's key.
     *
     * @default 5
     */
    readonly keep?: number | undefined;
    /** Those that are not as old yet stay too. */
    readonly keepFor?: string | undefined;
  } | undefined;
}

/** Rotation of the authorities and of the service account key. */
export interface RotationArgs {
  /**
   * Generation to rotate to: the current one plus 1. 1 is the cluster's first CAs; with adopt, the ones that replace them.
   *
   * @default 1
   */
  readonly generation?: number | undefined;
  /**
   * Phase to stop at: trust, issue or done.
   *
   * @default "done"
   */
  readonly phase?: "trust" | "issue" | "done" | undefined;
  /** Overrides for the kubernetes authority. */
  readonly kubernetes?: {
    /** Generation of this one; rotation.generation by default. */
    readonly generation?: number | undefined;
    /** Phase to stop at; rotation.phase by default. */
    readonly phase?: "trust" | "issue" | "done" | undefined;
  } | undefined;
  /** Overrides for the etcd authority. */
  readonly etcd?: {
    /** Generation of this one; rotation.generation by default. */
    readonly generation?: number | undefined;
    /** Phase to stop at; rotation.phase by default. */
    readonly phase?: "trust" | "issue" | "done" | undefined;
  } | undefined;
  /** Overrides for the front proxy authority. */
  readonly frontProxy?: {
    /** Generation of this one; rotation.generation by default. */
    readonly generation?: number | undefined;
    /** Phase to stop at; rotation.phase by default. */
    readonly phase?: "trust" | "issue" | "done" | undefined;
  } | undefined;
  /** Overrides for the key that signs service account tokens. */
  readonly serviceAccount?: {
    /** Generation of this one; rotation.generation by default. */
    readonly generation?: number | undefined;
    /** Phase to stop at; rotation.phase by default. */
    readonly phase?: "trust" | "issue" | "done" | undefined;
  } | undefined;
  /** Raise the generation by one each time this has passed since `since`. */
  readonly rotateEvery?: string | undefined;
  /** When `generation` became current; required with rotateEvery. */
  readonly since?: string | undefined;
  /** The least time for which a phase has to be reached on all nodes before the next one may begin; none by default. Going back a phase never waits. */
  readonly soak?: string | undefined;
  /**
   * What becomes of a CA's key on the nodes once its CA is trusted no more: moved to /var/lib/kube-pki/retired, or destroyed together with its copies in backups.
   *
   * @default "keep"
   */
  readonly retiredKeys?: "keep" | "destroy" | undefined;
  /**
   * Gates to override: what scan and tokens find is reported, does not stop the rotation, and may lose access; restarts states that you restarted every service yourself (restart: never).
   *
   * @default []
   */
  readonly force?: readonly ("scan" | "tokens" | "restarts")[] | undefined;
}

/** Take over a cluster whose CA keys the stack does not know: fingerprints of its CAs. */
export interface AdoptArgs {
  /** SHA-256 fingerprint of the cluster's CA. */
  readonly kubernetes?: string | undefined;
  /** SHA-256 fingerprint of etcd's CA. */
  readonly etcd?: string | undefined;
  /** SHA-256 fingerprint of the front proxy's CA. */
  readonly frontProxy?: string | undefined;
  /** Take over the key that signs service account tokens as well: true, or the SHA-256 fingerprint of its public half, which every control plane must then have. */
  readonly serviceAccount?: boolean | string | undefined;
}

/** What a rotation changes inside the cluster. */
export interface InClusterArgs {
  /**
   * Update the copies of the CAs inside the cluster in a rotation; the endpoint must be reachable.
   *
   * @default true
   */
  readonly enabled?: boolean | undefined;
  /**
   * Keep the ConfigMap kube-pki in kube-system: last and next renewal, generation and phase of each CA, and since when.
   *
   * @default false
   */
  readonly publishStatus?: boolean | undefined;
  /**
   * Approve what kubelets with serverTLSBootstrap ask for (signer kubernetes.io/kubelet-serving), in every run: names that the stack file has for that node, and no others.
   *
   * @default false
   */
  readonly approveKubeletServing?: boolean | undefined;
  /** Workloads to restart once both CAs are trusted, in this order. */
  readonly restart?: "all" | readonly {
    /** Kind of the workload. */
    readonly kind: "DaemonSet" | "Deployment" | "StatefulSet";
    /** Its namespace. */
    readonly namespace: string;
    /** Its name. */
    readonly name: string;
  }[] | undefined;
  /** Workloads that reload a new CA by themselves. */
  readonly reload?: readonly {
    /** Kind of the workload. */
    readonly kind: "DaemonSet" | "Deployment" | "StatefulSet";
    /** Its namespace. */
    readonly namespace: string;
    /** Its name. */
    readonly name: string;
  }[] | undefined;
  /** Credentials of a cluster administrator for the stack's work in the cluster, as in a kubeconfig. By default it issues a certificate of its own, whose key is in the state and whose kubeconfig is in the output `kubeconfigs`. */
  readonly user?: {
    /** File with a bearer token, on the machine that runs pulumi; read again when it changes. */
    readonly tokenFile?: string | undefined;
    /** A credential plugin (client.authentication.k8s.io/v1), such as an OIDC login of a pipeline. */
    readonly exec?: {
      /** Program, found by PATH on the machine that runs pulumi. */
      readonly command: string;
      /** Its arguments; nothing secret. */
      readonly args?: readonly string[] | undefined;
      /** Variables added to its environment; nothing secret. */
      readonly env?: Readonly<Record<string, string>> | undefined;
    } | undefined;
  } | undefined;
  /** Objects whose CA bundle is one of the cluster's CAs and must be updated with it. */
  readonly caBundles?: readonly {
    /** Kind of the object. */
    readonly kind: "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" | "APIService" | "CustomResourceDefinition" | "ClusterTrustBundle";
    /** Its name. */
    readonly name: string;
  }[] | undefined;
  /** Workers that are not under `nodes`: reached by a DaemonSet instead of ssh. Not with layout hardway. */
  readonly workers?: {
    /** Image with sh, cat, tail and chroot; it runs privileged, so pin it by digest. */
    readonly image: string;
    /**
     * Namespace of the DaemonSet; privileged pods must be allowed there.
     *
     * @default "kube-system"
     */
    readonly namespace?: string | undefined;
    /** How many of these nodes are updated at the same time; rollout.workersAtOnce by default. */
    readonly maxUnavailable?: number | string | undefined;
    /** Only nodes with these labels. */
    readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
    /** Taints to tolerate; all by default. */
    readonly tolerations?: readonly {
      /** Key of the taint; all by default. */
      readonly key?: string | undefined;
      /**
       * Exists ignores the value.
       *
       * @default "Exists"
       */
      readonly operator?: "Exists" | "Equal" | undefined;
      /** Value of the taint. */
      readonly value?: string | undefined;
      /** Effect; all by default. */
      readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute" | undefined;
    }[] | undefined;
  } | undefined;
}

/** One entry of `users`. */
export interface UserArgs {
  /** The user that RBAC sees, and the key of the kubeconfig in the output. */
  readonly name: string;
  /** The group that RBAC sees; at most one. */
  readonly organizations?: readonly string[] | undefined;
  /** Validity of the certificate; certificates.validity by default. */
  readonly validity?: string | undefined;
  /**
   * Allow a group of Kubernetes itself, such as system:masters.
   *
   * @default false
   */
  readonly privileged?: boolean | undefined;
}

/** A cluster, its nodes and its policy, as a stack file says them. */
export interface Sections {
  /** The cluster. */
  readonly cluster: ClusterArgs;
  /** Every node of the cluster. */
  readonly nodes: readonly NodeArgs[];
  /** How to reach the nodes. */
  readonly ssh?: SshArgs | undefined;
  /**
   * Where files are and how components run.
   *
   * @default "kubeadm"
   */
  readonly layout?: "kubeadm" | "hardway" | "etcdadm" | "kubespray" | "fleet" | undefined;
  /** Files and folders of the layout that are elsewhere in this cluster, or belong to another user: by their path in the layout. */
  readonly files?: Readonly<Record<string, {
    /** Where it is instead; a folder ends with a slash. */
    readonly path?: string | undefined;
    /** Whose it is, if the stack creates it; an existing file keeps its owner. */
    readonly owner?: string | undefined;
    /** Its group, if the stack creates it; an existing file keeps its group. */
    readonly group?: string | undefined;
    /** Its mode; of a file only. */
    readonly mode?: string | undefined;
  }>> | undefined;
  /** Services of the layout that run in another way or under another name in this cluster. */
  readonly services?: ServicesArgs | undefined;
  /** Who signs, and the existing CAs of the cluster. */
  readonly authority?: AuthorityArgs | undefined;
  /** Leaf certificates: validity, renewal, keys. */
  readonly certificates?: CertificatesArgs | undefined;
  /**
   * auto: restart services that do not reload a changed file by themselves; always: every service whose files changed; never: none.
   *
   * @default "auto"
   */
  readonly restart?: "auto" | "always" | "never" | undefined;
  /** How many nodes change at the same time. */
  readonly rollout?: RolloutArgs | undefined;
  /** Rotation of the authorities and of the service account key. */
  readonly rotation?: RotationArgs | undefined;
  /** Take over a cluster whose CA keys the stack does not know: fingerprints of its CAs. */
  readonly adopt?: AdoptArgs | undefined;
  /** What a rotation changes inside the cluster. */
  readonly inCluster?: InClusterArgs | undefined;
  /** Users who get a kubeconfig, as stack output `kubeconfigs`. */
  readonly users?: readonly UserArgs[] | undefined;
  /** Plan as of this time instead of now. */
  readonly asOf?: string | undefined;
}
