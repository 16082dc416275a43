/**
 * The names of a stack's resources, each beginning with the name of its ClusterPki, which in this project is the cluster's. Code
 * that reads a preview compares with names made here and takes none apart, because each part of a name may contain `-`.
 */
import type { LeafName } from "../model/profiles";

/** What belongs to a node. */
export const nodeName = (base: string, node: string): string => `${base}-${node}`;
/** A certificate of a node, and its key where that is in the state. */
export const leafName = (ofNode: string, profile: LeafName): string => `${ofNode}-${profile}`;
/** A step on a node (core/protocol/nodeSteps.ts). */
export const stepName = (ofNode: string, step: string): string => `${ofNode}-${step}`;

/** The certificates of the user's own that Secrets of the cluster hold. */
export const heldIn = (base: string): string => `${base}-held`;

/** What belongs to no node: kubeconfigs of the administrator and of users. */
export const kubeconfigsName = (base: string): string => `${base}-kubeconfigs`;
export const clientName = (ofKubeconfigs: string, client: string): string => `${ofKubeconfigs}-${client}`;

/** The key that signs service account tokens, of a generation. */
export const serviceAccountName = (base: string, generation: number): string =>
  generation === 1 ? `${base}-service-account` : `${base}-service-account-g${String(generation)}`;

/** The name of a resource, by its URN. */
export const nameInUrn = (urn: string): string => urn.split("::").slice(3).join("::");
