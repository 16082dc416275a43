/** Another release of Kubernetes on the nodes of a running lab, as a package manager and a registry would bring it. */
import { copyFileSync, mkdirSync } from "node:fs";
import { link, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesVersion } from "../../tools/kubernetesRelease";
import { binary } from "./binaries";
import { archive, imageNames } from "./images";
import { ensureInputs } from "./inputs";
import type { Lab } from "./lab";
import { nodeDir } from "./paths";
import { step, type Log } from "./progress";

/** The packages of a node. */
const PACKAGES = ["kubeadm", "kubelet", "kubectl"] as const;

/** $1 the folder with images and programs, $2 which programs. */
const INSTALL = `
set -eu
for image in "$1"/*.tar; do ctr -n k8s.io images import "$image" >/dev/null; done
for program in $2; do
  install -m 0755 "$1/$program" "/usr/bin/$program.new"
  mv -f "/usr/bin/$program.new" "/usr/bin/$program"
done
rm -rf "$1"
`;

/**
 * kubeadm, kubelet and kubectl of that release in the place of the nodes' own, and its images beside those that are there.
 * Nothing is restarted.
 *
 * @returns the version as kubeadm names it, such as v1.36.3
 */
export async function bringRelease(lab: Lab, version: KubernetesVersion, log: Log): Promise<string> {
  const { binaries, rootfs } = await ensureInputs(log, version);
  const archives = join(lab.folder, `release-${version}`);
  await step(log, `images of Kubernetes ${version}`, async () => {
    mkdirSync(archives, { recursive: true });
    for (const name of await imageNames(binaries)) await archive(archives, name, binaries, rootfs);
    for (const name of PACKAGES) copyFileSync(binary(binaries, name), join(archives, name));
  });
  for (const { name } of lab.nodes)
    await step(log, `${name}: packages and images of Kubernetes ${version}`, async () => {
      // a folder that the node has from this machine
      const shared = join("containerd", `release-${version}`);
      mkdirSync(join(nodeDir(lab.folder, name), shared));
      for (const file of await readdir(archives))
        await link(join(archives, file), join(nodeDir(lab.folder, name), shared, file));
      await lab.must(name, `sh -c '${INSTALL}' sh /var/lib/${shared} '${PACKAGES.join(" ")}'`, { timeoutMs: 240_000 });
    });
  await rm(archives, { recursive: true });
  return binaries.kubernetesVersion;
}
