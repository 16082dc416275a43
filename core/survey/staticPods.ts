/** Manifests of static pods: what they run, and which paths of the host they see where. */
import type { ConsumerName } from "../model/reload";
import type { RunningComponent } from "./components";
import { readStats } from "./fileFacts";
import type { ComponentFacts, StaticPodFacts } from "./model";
import { componentOf } from "./processes";
import { askAll, QUESTION, type Ask } from "./questions";
import { valueOf, yamlOf } from "./runningOptions";

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

const MANIFESTS = "/etc/kubernetes/manifests";

/** Of the folder that the kubelet reads, or kubeadm's while none runs. */
export const readStaticPods = async (ask: Ask, running: readonly RunningComponent[]): Promise<StaticPod[]> => {
  const kubelet = running.find(({ name }) => name === "kubelet");
  const folder = valueOf(kubelet?.options ?? [], "pod-manifest-path") ?? MANIFESTS;
  const [names] = await askAll(ask, [QUESTION.folder(folder, 1)]);
  const manifests = (names.text("names") ?? "").split("\n").filter((path) => path !== "" && !/\/\.[^/]*$/.test(path));
  const texts = await askAll(ask, manifests.map(QUESTION.text));
  const stats = await readStats(ask, manifests);
  return manifests.flatMap((manifest, index) => {
    const modifiedAt = stats.get(manifest)?.there?.modifiedAt ?? "";
    return staticPodOf(manifest, texts[index]?.text("text") ?? "", modifiedAt) ?? [];
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
  componentOf([...listOf(command), ...listOf(args)]);

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
