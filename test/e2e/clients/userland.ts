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
}

/** The pod spec that runs a script with all the programs of a node. */
export const podSpec = ({
  name,
  image,
  script,
  args = [],
  writes = [],
  token = false,
}: Container): Record<string, unknown> => ({
  // a shell as the first process does not end on TERM
  terminationGracePeriodSeconds: 0,
  automountServiceAccountToken: token,
  containers: [
    {
      name,
      image,
      imagePullPolicy: "Never",
      command: ["/bin/sh", "-c", script, name, ...args],
      volumeMounts: [
        ...Object.keys(MOUNTS).map((path) => ({ name: nameOf(path), mountPath: path, readOnly: true })),
        ...writes.map((path, index) => ({ name: `writes-${String(index)}`, mountPath: path })),
      ],
    },
  ],
  volumes: [
    ...Object.entries(MOUNTS).map(([path, from]) => ({ name: nameOf(path), hostPath: { path: from } })),
    ...writes.map((path, index) => ({
      name: `writes-${String(index)}`,
      hostPath: { path, type: "DirectoryOrCreate" },
    })),
  ],
});

/** A workload of one container in the default namespace. */
export const workload = (
  kind: "Deployment" | "DaemonSet",
  container: Container,
  nodeName?: string,
): Record<string, unknown> => {
  const labels = { app: container.name };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: container.name, namespace: "default" },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { ...podSpec(container), ...(nodeName === undefined ? {} : { nodeName }) },
      },
    },
  };
};

/** The sandbox image as this lab's nodes name it. */
export const sandboxImageOf = async (lab: Lab): Promise<string> => {
  const [node = ""] = lab.clusterNodes;
  return (await lab.must(node, "ctr -n k8s.io images ls -q | grep /pause: | head -n 1")).trim();
};

/** Applies workloads and waits until their pods run. */
export const deploy = async (lab: Lab, workloads: readonly Record<string, unknown>[]): Promise<void> => {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: workloads });
  await mustKubectl(lab, ["apply", "-f", "-"], list);
  for (const { kind, metadata } of workloads as { kind: string; metadata: { name: string } }[])
    await mustKubectl(lab, ["rollout", "status", `${kind}/${metadata.name}`, "--timeout=90s"]);
};

/** kubectl as the admin, for what has to succeed. */
export const mustKubectl = async (lab: Lab, args: readonly string[], stdin = ""): Promise<string> => {
  const { code, stdout, stderr } = await lab.kubectl(args, { stdin, timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`kubectl ${args.slice(0, 4).join(" ")}: ${stderr.trim()}`);
  return stdout;
};
