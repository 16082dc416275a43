/** Manifests of static pods: what they run, and which paths of the host they see where. */
import { basename } from "node:path/posix";
import { unique } from "../format/unique";
import type { ConsumerName } from "../model/reload";
import type { RunningComponent } from "./components";
import { readStats } from "./fileFacts";
import type { ComponentFacts, StaticPodFacts } from "./model";
import { componentStarted } from "./processes";
import type { Ask } from "./questions";
import { valueOf, yamlOf } from "./runningOptions";
import { readNames, readTexts } from "./texts";

interface Container {
  readonly image?: unknown;
  readonly command?: unknown;
  readonly args?: unknown;
  readonly volumeMounts?: readonly { readonly name?: unknown; readonly mountPath?: unknown }[];
}

interface Pod {
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown };
  readonly spec?: {
    readonly containers?: readonly Container[];
    readonly volumes?: readonly { readonly name?: unknown; readonly hostPath?: { readonly path?: unknown } }[];
  };
}

export interface StaticPod {
  readonly facts: StaticPodFacts;
  /** The host's path of what its component sees at `path`. */
  readonly onHost: (path: string) => string;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map((each) => textOf(each)) : []);

/** Where nodes look for them (node/10-base.sh). */
export const MANIFESTS = "/etc/kubernetes/manifests";

/** Of the folder that the kubelet reads, or kubeadm's while none runs; by their path in kubeadm's where it leads to the same file. */
export const readStaticPods = async (ask: Ask, running: readonly RunningComponent[]): Promise<StaticPod[]> => {
  const kubelet = running.find(({ name }) => name === "kubelet");
  const folder = valueOf(kubelet?.options ?? [], "pod-manifest-path") ?? MANIFESTS;
  const manifests = (await readNames(ask, [folder], 1)).filter((path) => !/\/\.[^/]*$/.test(path));
  const texts = await readTexts(ask, manifests);
  const usual = (path: string): string => `${MANIFESTS}/${basename(path)}`;
  const stats = await readStats(ask, unique([...manifests, ...manifests.map(usual)]));
  return manifests.flatMap((path) => {
    const file = stats.get(path)?.there;
    const isUsual = file !== undefined && stats.get(usual(path))?.there?.identity === file.identity;
    return staticPodOf(isUsual ? usual(path) : path, texts.get(path) ?? "", file?.modifiedAt ?? "") ?? [];
  });
};

/** The component with the manifest that it runs by. */
export const withManifest = (component: RunningComponent, pods: readonly StaticPod[]): ComponentFacts => {
  const pod = podOf(component, pods);
  return pod === undefined ? component : { ...component, start: { by: "static-pod", manifest: pod.facts.manifest } };
};

const podOf = ({ name, start }: RunningComponent, pods: readonly StaticPod[]): StaticPod | undefined =>
  start.by === "pod" ? pods.find(({ facts }) => facts.component === name) : undefined;

/** The host's path of what a component sees at `path`. */
export const onHost = (component: RunningComponent, pods: readonly StaticPod[], path: string): string =>
  podOf(component, pods)?.onHost(path) ?? path;

/** Undefined: the text is no manifest of a pod. */
export const staticPodOf = (manifest: string, text: string, modifiedAt: string): StaticPod | undefined => {
  const pod = yamlOf(text) as Pod | null | undefined;
  if (pod?.kind !== "Pod") return undefined;
  const containers = pod.spec?.containers ?? [];
  const volumes = (pod.spec?.volumes ?? []).flatMap(({ name, hostPath }) =>
    hostPath === undefined ? [] : [{ name: textOf(name), path: textOf(hostPath.path) }],
  );
  const [component] = containers.flatMap((container) => componentIn(container) ?? []);
  return {
    facts: {
      manifest,
      name: textOf(pod.metadata?.name),
      images: containers.map(({ image }) => textOf(image)),
      modifiedAt,
      hostPaths: volumes.map(({ path }) => path),
      ...(component === undefined ? {} : { component }),
    },
    onHost: hostPathBy(containers, volumes),
  };
};

const componentIn = ({ command, args }: Container): ConsumerName | undefined =>
  componentStarted([...listOf(command), ...listOf(args)]);

const hostPathBy = (
  containers: readonly Container[],
  volumes: readonly { readonly name: string; readonly path: string }[],
): StaticPod["onHost"] => {
  const mounts = containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts.flatMap(({ name, mountPath }) => {
      const volume = volumes.find((each) => each.name === textOf(name));
      return volume === undefined
        ? []
        : [{ inside: textOf(mountPath).replace(/\/$/, ""), outside: volume.path.replace(/\/$/, "") }];
    }),
  );
  mounts.sort((one, other) => other.inside.length - one.inside.length); // the nearest mount is the one that counts
  return (path) => {
    const mount = mounts.find(({ inside }) => path === inside || path.startsWith(`${inside}/`));
    return mount === undefined ? path : `${mount.outside}${path.slice(mount.inside.length)}`;
  };
};
