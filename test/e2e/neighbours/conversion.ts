/** Custom resources that are stored in one version and asked for in another: API servers have the webhook convert them. */
import { NAMESPACE } from "./namespace";
import { webhookClient } from "./webhook";

const GROUP = "neighbours.test";
const names = { plural: "notes", singular: "note", kind: "Note", listKind: "NoteList" };

export const CONVERSION_BUNDLE = { kind: "CustomResourceDefinition", name: `${names.plural}.${GROUP}` } as const;

/** The version that is not stored. */
export const CONVERTED = {
  apiVersion: `${GROUP}/v2`,
  path: `/apis/${GROUP}/v2/namespaces/${NAMESPACE}/${names.plural}`,
};

const version = (name: string, storage: boolean): Record<string, unknown> => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
});

export const convertedResources = (caPem: string): Record<string, unknown> => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: CONVERSION_BUNDLE.kind,
  metadata: { name: CONVERSION_BUNDLE.name },
  spec: {
    group: GROUP,
    names,
    scope: "Namespaced",
    versions: [version("v1", true), version("v2", false)],
    conversion: {
      strategy: "Webhook",
      webhook: { conversionReviewVersions: ["v1"], clientConfig: webhookClient(caPem, "/convert") },
    },
  },
});

/** One as it is stored. */
export const note: Record<string, unknown> = {
  apiVersion: `${GROUP}/v1`,
  kind: names.kind,
  metadata: { namespace: NAMESPACE, name: "first" },
};
