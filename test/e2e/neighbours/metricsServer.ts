/** metrics-server: an aggregated API, which API servers call with their front proxy certificate, and a client of every kubelet. */
import { programOnNode } from "../../lab/neighbours";
import { workload } from "../clients/userland";
import { accountWith, binding } from "./account";

const NAME = "metrics-server";
const PORT = 4443;
const place = { namespace: "kube-system", name: NAME };

/** Its certificate, as the stack file has it: it reads a renewed one by itself (k8s.io/apiserver/pkg/server/dynamiccertificates). */
export const METRICS_CERTIFICATE = {
  authority: "kubernetes",
  usages: ["server"],
  sans: ["metrics-server.kube-system.svc"],
  secret: { ...place, name: "metrics-server-tls" },
} as const;

export const METRICS_BUNDLE = { kind: "APIService", name: "v1beta1.metrics.k8s.io" } as const;

const FLAGS = {
  "secure-port": String(PORT),
  "tls-cert-file": "/tls/tls.crt",
  "tls-private-key-file": "/tls/tls.key",
  "metric-resolution": "10s", // the least it takes
  "kubelet-request-timeout": "5s", // has to be less than that
  "kubelet-preferred-address-types": "InternalIP",
  // most clusters have --kubelet-insecure-tls; here kubelets' certificates come from the cluster's CA, and it is read once
  "kubelet-certificate-authority": "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
} as const;

const script = `exec ${programOnNode(NAME)} ${Object.entries(FLAGS)
  .map(([flag, value]) => `--${flag}=${value}`)
  .join(" ")}`;

const probe = (path: string, seconds: number): object => ({
  httpGet: { path, port: PORT, scheme: "HTTPS" },
  periodSeconds: seconds,
});

/** As the manifest of its release has them, but for the certificate and what a small lab has no need of. */
export const metricsServer = (image: string): Record<string, unknown>[] => [
  ...accountWith(place, [
    { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
    { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
  ]),
  binding(place, { name: "metrics-server:system:auth-delegator" }, "ClusterRole", "system:auth-delegator"),
  binding(place, { ...place, name: "metrics-server-auth-reader" }, "Role", "extension-apiserver-authentication-reader"),
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: place,
    spec: { selector: { app: NAME }, ports: [{ port: 443, targetPort: PORT }] },
  },
  workload(
    "Deployment",
    {
      name: NAME,
      image,
      script,
      token: true,
      secret: METRICS_CERTIFICATE.secret.name,
      serviceAccount: NAME,
      graceSeconds: 30,
      fields: { readinessProbe: probe("/readyz", 2), livenessProbe: probe("/livez", 10) },
    },
    { namespace: place.namespace, spec: { replicas: 1, strategy: { rollingUpdate: { maxUnavailable: 0 } } } },
  ),
];

/** Its API, once it is known which CA signs for it. */
export const metricsApi = (caPem: string): Record<string, unknown> => ({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: METRICS_BUNDLE.kind,
  metadata: { name: METRICS_BUNDLE.name },
  spec: {
    group: "metrics.k8s.io",
    version: "v1beta1",
    groupPriorityMinimum: 100,
    versionPriority: 100,
    service: place,
    caBundle: Buffer.from(caPem).toString("base64"),
  },
});
