import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { binary, type Binaries, type BinaryName } from "./binaries";
import { withLock } from "./lock";
import { labDirs } from "./paths";
import { must } from "./process";
import { step, type Log } from "./progress";
import type { Rootfs } from "./rootfs";

/** No such registry exists: the images are in every node before the cluster starts. */
export const imageRepository = "lab.test";

/** Which of our programs an image holds; kubeadm says which images, with which tags. CoreDNS is not part of the lab. */
const contents: Record<
  string,
  { readonly programs: readonly BinaryName[]; readonly runs?: string; readonly entrypoint?: string }
> = {
  pause: { programs: ["pause"], entrypoint: "/usr/local/bin/pause" },
  etcd: { programs: ["etcd", "etcdctl", "etcdutl"] },
  "kube-apiserver": { programs: ["kube-apiserver"] },
  "kube-controller-manager": { programs: ["kube-controller-manager"] },
  "kube-scheduler": { programs: ["kube-scheduler"] },
  // In nftables mode kube-proxy runs the nft program, so its image needs that and the libraries it loads.
  "kube-proxy": { programs: ["kube-proxy"], runs: "/usr/sbin/nft" },
  busybox: { programs: [], runs: "/bin/busybox" },
};

/** What a user would take from a registry: a shell and the usual programs. */
export const shellImage = `${imageRepository}/busybox:lab`;

export interface Images {
  /** A containerd root that holds all images, unpacked; nodes get hard links to what never changes in it. */
  readonly containerdRoot: string;
  readonly digest: string;
}

/** The names with tags that this version of kubeadm wants. */
export async function imageNames(binaries: Binaries): Promise<string[]> {
  const argv = [binary(binaries, "kubeadm"), "config", "images", "list"];
  argv.push("--kubernetes-version", binaries.kubernetesVersion, "--image-repository", imageRepository);
  const names = (await must(argv, { what: "kubeadm config images list" })).trim().split("\n");
  return [...names.filter((name) => componentOf(name) in contents), shellImage];
}

export function sandboxImage(names: readonly string[]): string {
  const name = names.find((each) => componentOf(each) === "pause");
  if (name === undefined) throw new Error(`kubeadm config images list: no pause image among ${names.join(", ")}`);
  return name;
}

function componentOf(image: string): string {
  return basename(image).replace(/:.*$/, "");
}

export async function ensureImages(
  binaries: Binaries,
  rootfs: Rootfs,
  names: readonly string[],
  log: Log,
): Promise<Images> {
  const inputs = {
    binaries: binaries.digest,
    rootfs: rootfs.digest,
    names,
    contents,
    load: loadScript,
    build: archive.toString(),
  };
  const digest = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
  const containerdRoot = join(labDirs.images, digest);
  if (!existsSync(containerdRoot)) {
    await withLock("images", log, async () => {
      if (existsSync(containerdRoot)) return;
      await step(log, "making the container images", () => build(containerdRoot, binaries, rootfs, names));
    });
  }
  return { containerdRoot, digest };
}

async function build(target: string, binaries: Binaries, rootfs: Rootfs, names: readonly string[]): Promise<void> {
  const part = `${target}.part`;
  await must(["rm", "-rf", "--one-file-system", part]);
  for (const folder of ["archives", "containerd", "upper", "work", "root"])
    mkdirSync(join(part, folder), { recursive: true });
  for (const name of names) await archive(join(part, "archives"), name, binaries, rootfs);
  const argv = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
  await must([...argv, "sh", "-euc", loadScript, "sh", part, rootfs.folder], {
    timeoutMs: 300_000,
    what: "importing the images",
  });
  renameSync(join(part, "containerd"), target);
  rmSync(part, { recursive: true });
}

/** Runs containerd once on the empty root, inside the nodes' root file system, and imports every archive. */
const loadScript = `
cd "$1"
mount -t overlay kube-pki -o "lowerdir=$2,upperdir=upper,workdir=work" root
mkdir -p root/var/lib/containerd root/archives
mount --bind containerd root/var/lib/containerd
mount --bind archives root/archives
mount -t proc proc root/proc
mount -t tmpfs tmpfs root/run
mount -t devtmpfs devtmpfs root/dev
exec chroot root sh -euc '
containerd >/run/containerd.log 2>&1 &
tries=0
until ctr version >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { tail -3 /run/containerd.log >&2; exit 1; }
  sleep 0.1
done
for archive in /archives/*.tar; do
  ctr -n k8s.io images import "$archive" >/dev/null
done
kill %1 2>/dev/null || kill $!
wait || true
'
`;

/** Writes one image as a docker archive of a single layer, `<component>.tar`. */
export async function archive(folder: string, image: string, binaries: Binaries, rootfs: Rootfs): Promise<void> {
  const component = componentOf(image);
  const content = contents[component];
  if (content === undefined) throw new Error(`image ${image}: the lab does not know what it holds`);
  const stage = join(folder, component);
  const files = new Map<string, string>();
  for (const name of content.programs) files.set(`usr/local/bin/${name}`, binary(binaries, name));
  if (content.runs !== undefined)
    for (const path of await closure(rootfs, content.runs)) files.set(path.slice(1), join(rootfs.folder, path));
  for (const [path, from] of files) {
    mkdirSync(dirname(join(stage, "tree", path)), { recursive: true });
    await must(["cp", "--dereference", from, join(stage, "tree", path)]);
  }
  mkdirSync(join(stage, "tree", "tmp"), { recursive: true });
  if (component === "busybox") {
    const applets = await must(["chroot", rootfs.folder, "busybox", "--list"], { what: "busybox --list" });
    for (const name of applets
      .trim()
      .split("\n")
      .filter((each) => each !== "busybox"))
      symlinkSync("busybox", join(stage, "tree", "bin", name));
  }
  const layer = join(stage, "layer.tar");
  const tar = ["tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  await must([...tar, "-C", join(stage, "tree"), "-cf", layer, "."]);
  const config = JSON.stringify({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {
      Env: ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(content.entrypoint === undefined ? {} : { Entrypoint: [content.entrypoint] }),
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${await sha256OfFile(layer)}`] },
  });
  const configName = `${createHash("sha256").update(config).digest("hex")}.json`;
  writeFileSync(join(stage, configName), config);
  writeFileSync(
    join(stage, "manifest.json"),
    JSON.stringify([{ Config: configName, RepoTags: [image], Layers: ["layer.tar"] }]),
  );
  await must([...tar, "-C", stage, "-cf", join(folder, `${component}.tar`), configName, "manifest.json", "layer.tar"]);
  rmSync(stage, { recursive: true });
}

/** A program of the root file system with every library it loads, as absolute paths in there. */
async function closure(rootfs: Rootfs, program: string): Promise<string[]> {
  const text = await must(["chroot", rootfs.folder, "ldd", program], { what: `ldd ${program}` });
  return [program, ...(text.match(/\/[^ ]+(?= \()/g) ?? [])];
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
