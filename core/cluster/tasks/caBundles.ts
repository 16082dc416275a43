/** CA bundles in objects of others, by which API servers know the servers that those objects name. */
import { blocksOf } from "../../format/pemBlocks";
import { BUNDLED } from "../../model/clusterObjects";
import type { BundleHolder } from "../kube";
import { Refusal, type Work } from "../work";
import { publishedCas } from "./rootCa";

type Kind = keyof typeof BUNDLED;
const KINDS = Object.keys(BUNDLED) as Kind[];

interface Bundle {
  /** JSON pointer. */
  readonly path: string;
  /** Base64 of PEM. */
  readonly data: string;
}

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
};

const decoded = (data: string): readonly string[] => blocksOf(Buffer.from(data, "base64").toString("latin1"));

/**
 * Of a cluster that was taken over nobody but itself knows the old CA; until it is retired, it is published beside the one
 * that stays.
 */
const goes = async (work: Work): Promise<readonly string[]> => {
  if (work.job.old !== undefined) return blocksOf(work.job.old);
  const ours = blocksOf(await work.kube.ours("kubernetes"));
  return (await publishedCas(work)).filter((block) => ours.includes(block));
};

const stale = async (
  { kube }: Work,
  kind: Kind,
  isStale: (blocks: readonly string[]) => boolean,
): Promise<readonly string[]> => {
  const objects = await kube.list(BUNDLED[kind]);
  return objects
    .filter((object) => BUNDLES[kind](object).some(({ data }) => isStale(decoded(data))))
    .map(({ metadata }) => metadata.name);
};

/** A bundle that knows an old CA and none that stays would lock the API servers out of the one who serves there. */
export const caBundles = async (work: Work): Promise<void> => {
  const stays = blocksOf(`${work.job.ca ?? ""}${work.job.frontProxy ?? ""}`);
  const old = await goes(work);
  const isStale = (blocks: readonly string[]) =>
    blocks.some((block) => old.includes(block)) && !blocks.some((block) => stays.includes(block));
  for (const kind of KINDS)
    for (const name of await stale(work, kind, isStale))
      work.found(
        "scan",
        kind,
        name,
        "has a caBundle of an old CA only: name it under inCluster.caBundles, or let its owner write the new one",
      );
};

/** Every caBundle of the objects that the stack names is the CA. */
export const rewrite = async (work: Work): Promise<void> => {
  const data = Buffer.from(work.fact("ca", "rewrite")).toString("base64");
  for (const { kind, name } of work.job.caBundles ?? []) await rewriteOne(work, kind, name, data);
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
  work.say(`caBundle of ${kind} ${name} rewritten`);
};
