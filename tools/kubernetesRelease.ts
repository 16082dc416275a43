// Which releases of Kubernetes there are to run, and how their programs are had.

import type { Tool } from "./catalog";

/** Those whose sources are pinned (tools/kubernetes/pin.sh), the default first. */
export const kubernetesVersions = [
  "1.36.3",
  "1.37.2",
  "1.35.4",
  "1.34.4",
  "1.33.13",
  "1.32.13",
  "1.31.14",
  "1.30.14",
] as const;
export type KubernetesVersion = (typeof kubernetesVersions)[number];

/** The release that everything runs with: KUBE_PKI_KUBERNETES, if that is set. */
export function chosenKubernetes(env: NodeJS.ProcessEnv): KubernetesVersion {
  const given = env["KUBE_PKI_KUBERNETES"] ?? kubernetesVersions[0];
  const known = kubernetesVersions.find((version) => version === given);
  if (known === undefined)
    throw new Error(
      `KUBE_PKI_KUBERNETES: ${given}; must be one of ${kubernetesVersions.join(", ")} (tools/kubernetes/pin.sh pins others)`,
    );
  return known;
}

export const stripped = "-s -w";

function kubernetesStamp(version: string): string {
  const [major, minor] = version.split(".");
  const values = {
    gitVersion: `v${version}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
    gitCommit: "0".repeat(40),
    // A constant, so that the same sources always give the same binary.
    buildDate: "2026-01-01T00:00:00Z",
  };
  return ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
    .flatMap((at) => Object.entries(values).map(([name, value]) => `-X ${at}.${name}=${value ?? ""}`))
    .join(" ");
}

function program<Name extends string>(
  version: KubernetesVersion,
  name: Name,
  seconds: number,
  args: readonly string[] = ["--version"],
): Tool & { readonly binaries: readonly [Name] } {
  const asset = `release/v${version}/bin/{os}/{arch}/${name}`;
  return {
    name,
    version,
    binaries: [name],
    installed: { args, minimum: version.replace(/\d+$/, "0"), sameMinor: true },
    release: { kind: "files", site: "kubernetes", asset, checksums: `${asset}.sha256`, unpack: false },
    build: [
      {
        binary: name,
        module: `kubernetes/${version}`,
        package: `k8s.io/kubernetes/cmd/${name}`,
        ldflags: `${stripped} ${kubernetesStamp(version)}`,
      },
    ],
    seconds,
  };
}

/** All programs of a release. kubectl comes first: most of what the others need is compiled with it. */
export function kubernetesTools(version: KubernetesVersion) {
  return [
    program(version, "kubectl", 86, ["version", "--client"]),
    program(version, "kubeadm", 41, ["version", "-o", "short"]),
    program(version, "kube-apiserver", 149),
    program(version, "kube-controller-manager", 64),
    program(version, "kube-scheduler", 7),
    program(version, "kubelet", 22),
    program(version, "kube-proxy", 8),
  ] as const;
}
