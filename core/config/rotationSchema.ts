/** The shape of what concerns the change of authorities: rotation, adoption, and what is done inside the cluster for it. */
import { z } from "zod";
import { isDnsLabel, isDnsName } from "../names";
import { PHASES } from "../phases";
import { choice, duration, flag, matching, moment, nodesAtOnce, object, text } from "./fields";

/** Gates that a person may give up, by name. */
export const FORCED = ["scan", "tokens", "restarts"] as const;

const GENERATION_ALLOWED = "a whole number from 1";
export const generation = z.int({ error: GENERATION_ALLOWED }).min(1, { error: GENERATION_ALLOWED });
const phase = choice(PHASES);
const rotationOf = (what: string) =>
  object({
    generation: generation.optional().describe("Generation of this one; rotation.generation by default."),
    phase: phase.optional().describe("Phase to stop at; rotation.phase by default."),
  })
    .optional()
    .describe(`What differs for ${what}.`);

export const rotation = object({
  generation: generation.default(1).describe("Generation to rotate to; one more than now."),
  phase: phase.default("done").describe("Phase to stop at: trust, issue or done."),
  kubernetes: rotationOf("the kubernetes authority"),
  etcd: rotationOf("the etcd authority"),
  frontProxy: rotationOf("the front proxy authority"),
  serviceAccount: rotationOf("the key that signs service account tokens"),
  rotateEvery: duration.optional().describe("Raise the generation by one each time this has passed since `since`."),
  since: moment.optional().describe("When `generation` was current; goes with rotateEvery."),
  force: z
    .array(choice(FORCED), { error: "a list of scan, tokens and restarts" })
    .default([])
    .describe(
      "Gates before `done` that are given up: what scan and tokens find is told, and then cut off; " +
        "restarts says that you restarted every service yourself (restart: never).",
    ),
}).optional();

const hexOf = (given: string): string | undefined => {
  const hex = given
    .replace(/^sha256 Fingerprint=/i, "") // the whole line as openssl prints it
    .replace(/ +-$/, "") // or sha256sum
    .replaceAll(":", "")
    .toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
};

/** The example is where kubeadm keeps the certificate. */
export const fingerprint = (what: string, example: string) =>
  text(
    `a SHA-256 fingerprint, 64 hexadecimal digits with or without colons, as ` +
      `\`openssl x509 -noout -fingerprint -sha256 -in ${example}\` shows it`,
    hexOf,
  )
    .optional()
    .describe(`SHA-256 fingerprint of ${what}.`);

const TOKEN_KEY_ALLOWED =
  "true or false, or the SHA-256 fingerprint of its public half, 64 hexadecimal digits, as " +
  "`openssl pkey -pubin -in /etc/kubernetes/pki/sa.pub -outform DER | sha256sum` shows it";

export const adopt = object({
  kubernetes: fingerprint("the cluster's CA", "/etc/kubernetes/pki/ca.crt"),
  etcd: fingerprint("etcd's CA", "/etc/kubernetes/pki/etcd/ca.crt"),
  frontProxy: fingerprint("the front proxy's CA", "/etc/kubernetes/pki/front-proxy-ca.crt"),
  serviceAccount: z
    .union([flag, text(TOKEN_KEY_ALLOWED, hexOf)], { error: TOKEN_KEY_ALLOWED })
    .default(false)
    .describe(
      "Take over the key that signs service account tokens as well: true, or the SHA-256 fingerprint of its public half, " +
        "which every control plane must then have.",
    ),
}).optional();

const workload = object({
  kind: choice(["DaemonSet", "Deployment", "StatefulSet"]).describe("Kind of the workload."),
  namespace: matching("a DNS label", isDnsLabel).describe("Its namespace."),
  name: matching("a DNS name in lower case", isDnsName).describe("Its name."),
});
const workloads = z.array(workload, { error: "a list of workloads, each with kind, namespace and name" });

const IMAGE = /^[a-z0-9][A-Za-z0-9._/:-]*(?::[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$/;

const LABEL = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelKey = matching("the key of a label", (given) => LABEL.test(given));
const labelValue = matching("the value of a label, in quotes", (given) => given === "" || /^[A-Za-z0-9]/.test(given));

const toleration = object({
  key: labelKey.optional().describe("Key of the taint; without one, all."),
  operator: choice(["Exists", "Equal"]).default("Exists").describe("Whether the value counts."),
  value: labelValue.optional().describe("Value of the taint."),
  effect: choice(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional().describe("Effect; without one, all."),
});

/** Opt-in: pods with all the rights of root on every node that the stack does not list. */
const workers = object({
  image: matching(
    'an image with sh and chroot by tag or, better, by digest, such as "docker.io/library/busybox:1.37.0@sha256:..."',
    (given) => IMAGE.test(given),
  ).describe("Image with sh, chroot and gzip's like of busybox; it runs with all rights, so best by digest."),
  namespace: matching("a DNS label", isDnsLabel)
    .prefault("kube-system")
    .describe("Namespace of the DaemonSet; privileged pods must be allowed there."),
  maxUnavailable: nodesAtOnce
    .optional()
    .describe("How many of these nodes take a step at the same time; rollout.workersAtOnce by default."),
  nodeSelector: z
    .record(labelKey, labelValue, { error: "labels and their values" })
    .default({})
    .describe("Only nodes with these labels."),
  tolerations: z
    .array(toleration, { error: "a list of tolerations" })
    .optional()
    .describe("Taints of nodes that are visited; all by default."),
})
  .optional()
  .describe("Workers that are not under `nodes`: visited by a DaemonSet instead of ssh. kubeadm layout only.");

const commandLine = matching("a text without control characters", (given) => /^[^\p{Cc}]+$/u.test(given));

/** Not a token or a key itself: those would be in the state. */
const inClusterUser = object({
  tokenFile: matching("an absolute path", (given) => given.startsWith("/"))
    .optional()
    .describe("File that holds a bearer token, on the machine that runs pulumi; read anew as it changes."),
  exec: object({
    command: commandLine.describe("Program, found by PATH on the machine that runs pulumi."),
    args: z.array(commandLine, { error: "a list of texts" }).default([]).describe("Its arguments; nothing secret."),
    env: z
      .record(z.string(), z.string(), { error: "names and values" })
      .default({})
      .describe("Variables added to its environment; nothing secret."),
  })
    .optional()
    .describe("A credential plugin (client.authentication.k8s.io/v1), such as an OIDC login of a pipeline."),
})
  .optional()
  .describe(
    "Whose credentials the stack works in the cluster with, as in a kubeconfig: a cluster administrator's. By default it " +
      "signs a certificate for one of its own, whose key is in the state and whose kubeconfig is the output `kubeconfigs`.",
  );

export const inCluster = object({
  enabled: flag.default(true).describe("Change what in the cluster trusts the CAs; the endpoint must be reachable."),
  restart: z
    .union([z.literal("all"), workloads], {
      error: '"all", or a list of workloads, each with kind, namespace and name',
    })
    .default([])
    .describe("Workloads rolled once both CAs are trusted, in this order."),
  reload: workloads.default([]).describe("Workloads that take a new CA by themselves."),
  user: inClusterUser,
  caBundles: z
    .array(
      object({
        kind: choice([
          "ValidatingWebhookConfiguration",
          "MutatingWebhookConfiguration",
          "APIService",
          "CustomResourceDefinition",
        ]).describe("Kind of the object."),
        name: matching("a DNS name in lower case", isDnsName).describe("Its name."),
      }),
      { error: "a list of objects, each with kind and name" },
    )
    .default([])
    .describe("Objects whose caBundle is one of the cluster's CAs and is to follow it."),
  workers,
}).prefault({});
