import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { copyFile, link } from "node:fs/promises";
import { join } from "node:path";
import { catalogWith } from "../../tools/catalog";
import type { KubernetesVersion } from "../../tools/kubernetesRelease";
import { ensure } from "../../tools/toolchain";
import { labDirs } from "./paths";
import { must } from "./process";
import type { Log } from "./progress";

const names = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "kubelet",
  "kubeadm",
  "kubectl",
  "etcd",
  "etcdctl",
  "etcdutl",
  "crictl",
  "pause",
] as const;

export type BinaryName = (typeof names)[number];

export interface Binaries {
  /** One folder with all of them, as the nodes see it under `/opt/kubernetes/bin`. */
  readonly folder: string;
  readonly digest: string;
  /** As kubeadm names it, such as v1.36.3. */
  readonly kubernetesVersion: string;
}

export function binary(binaries: Binaries, name: BinaryName): string {
  return join(binaries.folder, name);
}

/** The Kubernetes and etcd programs, all in one folder named after what is in it; of the chosen release unless another is given. */
export async function gatherBinaries(log: Log, release?: KubernetesVersion): Promise<Binaries> {
  const paths = await ensure(names, log, release === undefined ? {} : { catalog: catalogWith(release) });
  const digest = createHash("sha256");
  for (const name of names) {
    const { size, mtimeMs } = statSync(paths[name]);
    digest.update(`${name} ${String(size)} ${String(mtimeMs)}\n`);
  }
  const id = digest.digest("hex").slice(0, 12);
  const folder = join(labDirs.binaries, id);
  if (!existsSync(folder)) {
    const part = `${folder}.${String(process.pid)}`;
    mkdirSync(part, { recursive: true });
    for (const name of names) await linkOrCopy(paths[name], join(part, name));
    if (existsSync(folder)) rmSync(part, { recursive: true });
    else renameSync(part, folder);
  }
  const version = await must([join(folder, "kubelet"), "--version"]);
  const kubernetesVersion = /v[0-9][0-9.]+[0-9]/.exec(version)?.[0];
  if (kubernetesVersion === undefined)
    throw new Error(`kubelet --version: cannot read a version in ${JSON.stringify(version)}`);
  return { folder, digest: id, kubernetesVersion };
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
