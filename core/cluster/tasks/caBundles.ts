/** CA bundles in objects of others: by them API servers know the servers that those objects name, and pods whom they call. */
import { blocksOf } from "../../format/pemBlocks";
import { BUNDLED } from "../../model/clusterObjects";
import type { BundleHolder } from "../kube";
import { Refusal, type Work } from "../work";
import { lacksReplacement, replaced } from "./replaced";

type Kind = keyof typeof BUNDLED;
const KINDS = Object.keys(BUNDLED) as Kind[];

interface Bundle {
  /** JSON pointer. */
  readonly path: string;
  /** As the object has it. */
  readonly data: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const unbase64 = (data: string): string => Buffer.from(data, "base64").toString("latin1");

const ofWebhooks = ({ webhooks = [] }: BundleHolder): Bundle[] =>
  webhooks.map(({ clientConfig }, index) => ({
    path: `/webhooks/${String(index)}/clientConfig/caBundle`,
    data: clientConfig?.caBundle ?? "",
  }));

/** The bundles of an object, also where there is none yet in a place for one. */
const BUNDLES: Readonly<Record<Kind, (object: BundleHolder) => readonly Bundle[]>> = {
  ValidatingWebhookConfiguration: ofWebhooks,
  MutatingWebhookConfiguration: ofWebhooks,
  // one that API servers answer themselves has no service
  APIService: ({ spec }) =>
    spec?.service === undefined ? [] : [{ path: "/spec/caBundle", data: spec.caBundle ?? "" }],
  CustomResourceDefinition: ({ spec: { conversion } = {} }) =>
    conversion?.webhook === undefined
      ? []
      : [
          {
            path: "/spec/conversion/webhook/clientConfig/caBundle",
            data: conversion.webhook.clientConfig?.caBundle ?? "",
          },
        ],
  ClusterTrustBundle: ({ spec }) => [{ path: "/spec/trustBundle", data: spec?.trustBundle ?? "" }],
};

/** Of a ClusterTrustBundle it is PEM as it is. */
const isPlain = (kind: Kind): boolean => kind === "ClusterTrustBundle";

const stale = async (
  { kube }: Work,
  kind: Kind,
  isStale: (blocks: readonly string[]) => boolean,
): Promise<readonly string[]> => {
  const objects = await kube.list(BUNDLED[kind]);
  return objects
    .filter((object) =>
      BUNDLES[kind](object).some(({ data }) => isStale(blocksOf(isPlain(kind) ? data : unbase64(data)))),
    )
    .map(({ metadata }) => metadata.name);
};

/** A bundle that knows an old CA and none that stays would lock its readers out of the one who serves there. */
export const caBundles = async (work: Work): Promise<void> => {
  const all = await replaced(work);
  const isStale = (blocks: readonly string[]) => lacksReplacement(blocks, all);
  for (const kind of KINDS)
    for (const name of await stale(work, kind, isStale))
      work.found(
        "scan",
        kind,
        name,
        "has a CA bundle with an old CA only: name it under inCluster.caBundles, or let its owner write the new one",
      );
};

/** Every CA bundle of the objects that the stack names is the CA. */
export const rewrite = async (work: Work): Promise<void> => {
  const pem = work.fact("ca", "rewrite");
  for (const { kind, name } of work.job.caBundles ?? [])
    await rewriteOne(work, kind, name, isPlain(kind) ? pem : base64(pem));
};

const rewriteOne = async (work: Work, kind: Kind, name: string, data: string): Promise<void> => {
  const object = await work.kube.get(BUNDLED[kind], { name });
  const bundles = object === undefined ? [] : BUNDLES[kind](object);
  if (bundles.length === 0)
    throw new Refusal(
      `${kind} ${name} under inCluster.caBundles is not in the cluster or calls no service of its own: take it off that list`,
    );
  const patch = bundles.filter((each) => each.data !== data).map(({ path }) => ({ op: "add", path, value: data }));
  if (patch.length === 0) return;
  await work.kube.patch(BUNDLED[kind], { name }, "json", patch);
  work.say(`CA bundle of ${kind} ${name} rewritten`);
};
