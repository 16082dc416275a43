/** An admission webhook of two replicas, which API servers believe by a caBundle, and whose pods a PodDisruptionBudget guards. */
import { programOnNode } from "../../lab/neighbours";
import { workload } from "../clients/userland";
import { budget, NAMESPACE } from "./namespace";

const NAME = "webhook";
const PORT = 8443;
const place = { namespace: NAMESPACE, name: NAME };

export const WEBHOOK_REPLICAS = 2;

/** Its certificate, as the stack file has it: it reads it once, at its start. */
export const WEBHOOK_CERTIFICATE = {
  authority: "kubernetes",
  usages: ["server"],
  sans: [`${NAME}.${NAMESPACE}.svc`],
  secret: { ...place, name: "webhook-tls" },
  restart: [{ kind: "Deployment", ...place }],
} as const;

export const WEBHOOK_BUNDLE = { kind: "ValidatingWebhookConfiguration", name: "neighbours" } as const;

/** The webhook is asked about objects with the first label, and says no to those that have the second one too. */
export const ASKED = "neighbours/ask";
export const DENIED = "neighbours/deny";

/** What it says (tools/webhook/main.go). */
export const DENIAL = `denied by the label ${DENIED}`;

export const webhook = (image: string): Record<string, unknown>[] => [
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: place,
    spec: { selector: { app: NAME }, ports: [{ port: 443, targetPort: PORT }] },
  },
  budget(NAME, WEBHOOK_REPLICAS - 1),
  workload(
    "Deployment",
    {
      name: NAME,
      image,
      script: `exec ${programOnNode(NAME)} --listen :${String(PORT)}`,
      token: true,
      secret: WEBHOOK_CERTIFICATE.secret.name,
      graceSeconds: 30,
      fields: { readinessProbe: { httpGet: { path: "/healthz", port: PORT, scheme: "HTTPS" }, periodSeconds: 2 } },
    },
    {
      namespace: NAMESPACE,
      spec: { replicas: WEBHOOK_REPLICAS, strategy: { rollingUpdate: { maxUnavailable: 0 } } },
    },
  ),
];

/** Where API servers reach it, and by which CAs they believe it. */
export const webhookClient = (caPem: string, path: string): Record<string, unknown> => ({
  service: { ...place, path },
  caBundle: Buffer.from(caPem).toString("base64"),
});

/** From here on no ConfigMap with the label is written without it. */
export const webhookConfiguration = (caPem: string): Record<string, unknown> => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: WEBHOOK_BUNDLE.kind,
  metadata: { name: WEBHOOK_BUNDLE.name },
  webhooks: [
    {
      name: "webhook.neighbours.test",
      clientConfig: webhookClient(caPem, "/validate"),
      rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] }],
      objectSelector: { matchExpressions: [{ key: ASKED, operator: "Exists" }] },
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      timeoutSeconds: 2,
    },
  ],
});
