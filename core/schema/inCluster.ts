/** The shape of `inCluster`: what is done inside the cluster while authorities are rotated. */
import { z } from "zod";
import { isDnsName } from "../format/dnsNames";
import { choice, dnsLabel, dnsName, flag, matching, nodesAtOnce, object, patterned } from "./fields";

const workload = object({
  kind: choice(["DaemonSet", "Deployment", "StatefulSet"]).describe("Kind of the workload."),
  namespace: dnsLabel().describe("Its namespace."),
  name: dnsName().describe("Its name."),
});
export const workloads = z.array(workload, { error: "a list of workloads, each with kind, namespace and name" });

/** One of a signer is called `<signer with colons for slashes>:<name>`. */
const isBundleName = (given: string): boolean => given.split(":").every(isDnsName);

const IMAGE = /^[a-z0-9][A-Za-z0-9._/:-]*(?::[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$/;

const LABEL = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelKey = patterned("the key of a label", LABEL);
const labelValue = patterned("the value of a label, in quotes", /^(?:$|[A-Za-z0-9])/);

const toleration = object({
  key: labelKey.optional().describe("Key of the taint; all by default."),
  operator: choice(["Exists", "Equal"]).default("Exists").describe("Exists ignores the value."),
  value: labelValue.optional().describe("Value of the taint."),
  effect: choice(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional().describe("Effect; all by default."),
});

/** Opt-in: pods with all the rights of root on every node that the stack does not list. */
const workers = object({
  image: patterned(
    'an image with sh and chroot by tag or, better, by digest, such as "docker.io/library/busybox:1.37.0@sha256:..."',
    IMAGE,
  ).describe("Image with sh, cat, tail and chroot; it runs privileged, so pin it by digest."),
  namespace: dnsLabel()
    .prefault("kube-system")
    .describe("Namespace of the DaemonSet; privileged pods must be allowed there."),
  maxUnavailable: nodesAtOnce
    .optional()
    .describe("How many of these nodes are updated at the same time; rollout.workersAtOnce by default."),
  nodeSelector: z
    .record(labelKey, labelValue, { error: "a map from label to value" })
    .default({})
    .describe("Only nodes with these labels."),
  tolerations: z
    .array(toleration, { error: "a list of tolerations" })
    .optional()
    .describe("Taints to tolerate; all by default."),
})
  .optional()
  .describe("Workers that are not under `nodes`: reached by a DaemonSet instead of ssh. Not with layout hardway.");

const commandLine = matching("a string without control characters", (given) => /^[^\p{Cc}]+$/u.test(given));

/** Not a token or a key itself: those would be in the state. */
const inClusterUser = object({
  tokenFile: patterned("an absolute path", /^\//)
    .optional()
    .describe("File with a bearer token, on the machine that runs pulumi; read again when it changes."),
  exec: object({
    command: commandLine.describe("Program, found by PATH on the machine that runs pulumi."),
    args: z.array(commandLine, { error: "a list of strings" }).default([]).describe("Its arguments; nothing secret."),
    env: z
      .record(z.string(), z.string(), { error: "a map from name to value" })
      .default({})
      .describe("Variables added to its environment; nothing secret."),
  })
    .optional()
    .describe("A credential plugin (client.authentication.k8s.io/v1), such as an OIDC login of a pipeline."),
})
  .optional()
  .describe(
    "Credentials of a cluster administrator for the stack's work in the cluster, as in a kubeconfig. By default it issues " +
      "a certificate of its own, whose key is in the state and whose kubeconfig is in the output `kubeconfigs`.",
  );

export const inCluster = object({
  enabled: flag
    .default(true)
    .describe("Update the copies of the CAs inside the cluster in a rotation; the endpoint must be reachable."),
  publishStatus: flag
    .default(false)
    .describe(
      "Keep the ConfigMap kube-pki in kube-system: last and next renewal, generation and phase of each CA, and since when.",
    ),
  approveKubeletServing: flag
    .default(false)
    .describe(
      "Approve what kubelets with serverTLSBootstrap ask for (signer kubernetes.io/kubelet-serving), in every run: names that the stack file has for that node, and no others.",
    ),
  restart: z
    .union([z.literal("all"), workloads], {
      error: '"all", or a list of workloads, each with kind, namespace and name',
    })
    .default([])
    .describe("Workloads to restart once both CAs are trusted, in this order."),
  reload: workloads.default([]).describe("Workloads that reload a new CA by themselves."),
  user: inClusterUser,
  caBundles: z
    .array(
      object({
        kind: choice([
          "ValidatingWebhookConfiguration",
          "MutatingWebhookConfiguration",
          "APIService",
          "CustomResourceDefinition",
          "ClusterTrustBundle",
        ]).describe("Kind of the object."),
        name: matching("a name in lower case, of a ClusterTrustBundle also with colons", isBundleName).describe(
          "Its name.",
        ),
      }),
      { error: "a list of objects, each with kind and name" },
    )
    .default([])
    .describe("Objects whose CA bundle is one of the cluster's CAs and must be updated with it."),
  workers,
}).prefault({});
