import { gatherBinaries, type Binaries } from "./binaries";
import { ensureImages, imageNames, sandboxImage, type Images } from "./images";
import type { KubernetesVersion } from "../../tools/kubernetesRelease";
import { installHostPackages } from "./host";
import type { Log } from "./progress";
import { ensureRootfs, type Rootfs } from "./rootfs";

/** What every node is made from. */
export interface Inputs {
  readonly binaries: Binaries;
  readonly rootfs: Rootfs;
  readonly images: Images;
}

/** Makes what is missing of it; on a warm machine this takes a moment. */
export async function ensureInputs(log: Log, version?: KubernetesVersion): Promise<Inputs> {
  await installHostPackages(log);
  const binaries = await gatherBinaries(log, version);
  const names = await imageNames(binaries);
  const rootfs = await ensureRootfs(sandboxImage(names), log);
  const images = await ensureImages(binaries, rootfs, names, log);
  return { binaries, rootfs, images };
}
