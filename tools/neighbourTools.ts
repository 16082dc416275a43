// What runs in a cluster beside Kubernetes itself, and holds its CAs: the lab's neighbours (test/lab/neighbours.ts).

import type { Tool } from "./catalog";
import { stripped } from "./kubernetesRelease";

export const neighbourTools = [
  {
    // 0.8.0 and not a newer one: its client-go 0.33 reads the CA once, as most programs in clusters of today do
    name: "metrics-server",
    version: "0.8.0",
    binaries: ["metrics-server"],
    build: [
      {
        binary: "metrics-server",
        module: "metrics-server",
        package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
        ldflags: stripped,
      },
    ],
    onDemand: true,
    seconds: 170,
  },
  {
    // the nearest that the module proxy has to what kubeadm 1.36 installs (1.14.2)
    name: "coredns",
    version: "1.14.3",
    binaries: ["coredns"],
    build: [{ binary: "coredns", module: "coredns", package: "github.com/coredns/coredns", ldflags: stripped }],
    onDemand: true,
    seconds: 120,
  },
  {
    name: "webhook",
    version: "3",
    binaries: ["webhook"],
    build: [{ binary: "webhook", module: "webhook", package: ".", ldflags: stripped }],
    onDemand: true,
    seconds: 5,
  },
] as const satisfies readonly Tool[];
