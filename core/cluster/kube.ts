/** What steps read of the cluster's objects, and the requests they make: the one way to them (cli/nodeKube.ts does it). */
import type { AuthorityName } from "../model/authorities";
import type { Deleted, Patched, Read } from "../model/clusterObjects";

interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
    readonly managedFields?: readonly { readonly manager?: string; readonly time?: string }[];
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string };
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

interface ConfigMapVolume {
  readonly name?: string;
}

/** One by its name, or all of a signer with these labels. */
export interface TrustBundleVolume {
  readonly name?: string;
  readonly signerName?: string;
  readonly labelSelector?: Selector;
}

interface Terminated {
  readonly exitCode: number;
  readonly message?: string;
  readonly reason?: string;
}

export interface ContainerStatus {
  readonly state?: {
    readonly running?: { readonly startedAt?: string };
    readonly waiting?: { readonly reason?: string };
    readonly terminated?: Terminated;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly volumes?: readonly {
      readonly configMap?: ConfigMapVolume;
      readonly projected?: {
        readonly sources?: readonly {
          readonly configMap?: ConfigMapVolume;
          readonly clusterTrustBundle?: TrustBundleVolume;
        }[];
      };
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface WorkloadObject extends KubeObject {
  readonly spec: {
    readonly paused?: boolean;
    readonly replicas?: number;
    readonly selector?: Selector;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
    readonly template: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly (Condition & { readonly reason?: string })[];
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
  };
}

export interface Budget extends KubeObject {
  readonly spec: { readonly selector?: Selector };
  readonly status?: { readonly disruptionsAllowed?: number };
}

interface ClientConfig {
  readonly caBundle?: string;
}

export interface NodeObject extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/** certificates.k8s.io/v1: who asks is the API server's word, and cannot be changed afterwards. */
export interface CertificateSigningRequest extends KubeObject {
  readonly spec: {
    readonly signerName: string;
    readonly username: string;
    readonly groups?: readonly string[];
    readonly usages?: readonly string[];
    /** PEM, in base64. */
    readonly request: string;
  };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly certificate?: string };
}

/**
 * Of a webhook configuration `webhooks`, of an APIService `service` and `caBundle`, of a CustomResourceDefinition `conversion`,
 * of a ClusterTrustBundle the last two.
 */
export interface BundleHolder extends KubeObject {
  readonly webhooks?: readonly { readonly clientConfig?: ClientConfig }[];
  readonly spec?: ClientConfig & {
    readonly service?: object;
    readonly conversion?: { readonly webhook?: { readonly clientConfig?: ClientConfig } };
    readonly signerName?: string;
    readonly trustBundle?: string;
  };
}

/** By kind. */
export interface Objects extends Record<Read, KubeObject> {
  readonly namespaces: Namespace;
  readonly nodes: NodeObject;
  readonly pods: Pod;
  readonly configmaps: ConfigMap;
  readonly "replicasets.apps": KubeObject;
  readonly "deployments.apps": WorkloadObject;
  readonly "daemonsets.apps": WorkloadObject;
  readonly "statefulsets.apps": WorkloadObject;
  readonly "poddisruptionbudgets.policy": Budget;
  readonly "validatingwebhookconfigurations.admissionregistration.k8s.io": BundleHolder;
  readonly "mutatingwebhookconfigurations.admissionregistration.k8s.io": BundleHolder;
  readonly "apiservices.apiregistration.k8s.io": BundleHolder;
  readonly "customresourcedefinitions.apiextensions.k8s.io": BundleHolder;
  readonly "clustertrustbundles.certificates.k8s.io": BundleHolder;
  readonly "certificatesigningrequests.certificates.k8s.io": CertificateSigningRequest;
}

/** All namespaces by default. */
export interface Where {
  readonly namespace?: string;
  readonly fields?: string;
  readonly labels?: string;
}

export interface ObjectName {
  /** None: an object of the cluster. */
  readonly namespace?: string;
  readonly name: string;
}

/** Of a service account token in a Secret only the header leaves the node: base64url, nothing where there is no token. */
export interface TokenHeader {
  readonly namespace: string;
  readonly name: string;
  readonly header: string;
}

/** The certificates in one entry of a Secret, PEM. */
export interface HeldCertificates {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly pem: string;
}

/** What is public in a Secret. */
export interface SecretCertificates {
  /** A run of ours has written it. */
  readonly isOurs: boolean;
  /** PEM of each entry that begins with a certificate. */
  readonly entries: Readonly<Record<string, string>>;
}

/** Everything here is the same when done twice: an API server that restarts is asked again. Rejects when that took too long. */
export interface Kube {
  readonly list: <R extends Read>(resource: R, where?: Where) => Promise<readonly Objects[R][]>;
  readonly get: <R extends Read>(resource: R, name: ObjectName) => Promise<Objects[R] | undefined>;
  readonly patch: (resource: Patched, name: ObjectName, type: "json" | "merge", body: object) => Promise<void>;
  readonly remove: (resource: Deleted, name: ObjectName) => Promise<void>;
  readonly create: (body: object) => Promise<void>;
  /** Server-side, by the field manager `kube-pki`. */
  readonly apply: (body: object) => Promise<void>;
  /** Of a signing request, with its whole body: false where it is no longer the one that was read (uid, resource version). */
  readonly approve: (name: string, body: object) => Promise<boolean>;
  /** An annotation with this value on each, upon which its kubelet updates its files; one that is gone is left out. */
  readonly syncPods: (pods: readonly ObjectName[], mark: string) => Promise<void>;
  readonly tokenHeaders: () => Promise<readonly TokenHeader[]>;
  /** Undefined: there is no such Secret. */
  readonly certificatesIn: (name: Required<ObjectName>) => Promise<SecretCertificates | undefined>;
  readonly heldCertificates: () => Promise<readonly HeldCertificates[]>;
  /** What each of these nodes' kubelets answers to an API server: "ok", or why it does not. */
  readonly kubelets: (nodes: readonly string[]) => Promise<readonly (readonly [node: string, says: string])[]>;
  /** The CAs of this cluster that the job or the node knows, those that go too: PEM. */
  readonly ours: (authority: AuthorityName) => Promise<string>;
}
