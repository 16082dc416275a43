/**
 * Pods without an image of their own: the lab has no registry, so a pod is the sandbox image, which every node has, with the
 * node's own programs mounted into it.
 */
import type { Lab } from "../../lab/lab";

/** Where a pod finds the node's programs; /bin, /lib and /lib64 are links on the node. */
const MOUNTS = {
  "/usr": "/usr",
  "/bin": "/usr/bin",
  "/lib": "/usr/lib",
  "/lib64": "/usr/lib64",
  "/opt": "/opt",
} as const;

const nameOf = (path: string): string => path.slice(1);

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly script: string;
  readonly args?: readonly string[];
  /** Folders of the node that the script writes to, under the same path. */
  readonly writes?: readonly string[];
  /** Whether it talks to the API. @default false */
  readonly token?: boolean;
  /** A Secret of its namespace, which it finds under /tls. */
  readonly secret?: string;
  /** Whose token it is. @default the namespace's default */
  readonly serviceAccount?: string;
  /** Between TERM and KILL. @default 0: a shell as the first process does not end on TERM */
  readonly graceSeconds?: number;
  /** What else the container has: ports, probes. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The pod spec that runs a script with all the programs of a node. */
export const podSpec = ({
  name,
  image,
  script,
  args = [],
  writes = [],
  token = false,
  secret,
  serviceAccount,
  graceSeconds = 0,
  fields = {},
}: Container): Record<string, unknown> => ({
  terminationGracePeriodSeconds: graceSeconds,
  automountServiceAccountToken: token,
  ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
  containers: [
    {
      name,
      image,
      imagePullPolicy: "Never",
      command: ["/bin/sh", "-c", script, name, ...args],
      volumeMounts: [
        ...Object.keys(MOUNTS).map((path) => ({ name: nameOf(path), mountPath: path, readOnly: true })),
        ...writes.map((path, index) => ({ name: `writes-${String(index)}`, mountPath: path })),
        ...(secret === undefined ? [] : [{ name: "tls", mountPath: "/tls", readOnly: true }]),
      ],
      ...fields,
    },
  ],
  volumes: [
    ...Object.entries(MOUNTS).map(([path, from]) => ({ name: nameOf(path), hostPath: { path: from } })),
    ...writes.map((path, index) => ({
      name: `writes-${String(index)}`,
      hostPath: { path, type: "DirectoryOrCreate" },
    })),
    ...(secret === undefined ? [] : [{ name: "tls", secret: { secretName: secret } }]),
  ],
});

interface Placed {
  /** @default default */
  readonly namespace?: string;
  /** @default wherever there is room */
  readonly nodeName?: string;
  /** What else its spec says: replicas, strategy. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A workload of one container. */
export const workload = (
  kind: "Deployment" | "DaemonSet" | "StatefulSet",
  container: Container,
  { namespace = "default", nodeName, spec = {} }: Placed = {},
): Record<string, unknown> => {
  const labels = { app: container.name };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: container.name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { ...podSpec(container), ...(nodeName === undefined ? {} : { nodeName }) },
      },
      ...spec,
    },
  };
};

/** The sandbox image as this lab's nodes name it. */
export const sandboxImageOf = async (lab: Lab): Promise<string> => {
  const [node = ""] = lab.clusterNodes;
  return (await lab.must(node, "ctr -n k8s.io images ls -q | grep /pause: | head -n 1")).trim();
};

/** Applies objects, as they depend on each other. */
export const apply = async (lab: Lab, objects: readonly Record<string, unknown>[]): Promise<void> => {
  await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
};

/** Applies workloads of the default namespace and waits until their pods run. */
export const deploy = async (lab: Lab, workloads: readonly Record<string, unknown>[]): Promise<void> => {
  await apply(lab, workloads);
  for (const { kind, metadata } of workloads as { kind: string; metadata: { name: string } }[])
    await mustKubectl(lab, ["rollout", "status", `${kind}/${metadata.name}`, "--timeout=90s"]);
};

/** kubectl as the admin, for what has to succeed. */
export const mustKubectl = async (lab: Lab, args: readonly string[], stdin = ""): Promise<string> => {
  const { code, stdout, stderr } = await lab.kubectl(args, { stdin, timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`kubectl ${args.slice(0, 4).join(" ")}: ${stderr.trim()}`);
  return stdout;
};
