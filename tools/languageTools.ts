// What runs programs in other languages of Pulumi than TypeScript.

import type { Tool } from "./catalog";
import { stripped } from "./kubernetesRelease";

export const pulumiVersion = "3.250.0";

export const languageTools = [
  {
    // runs programs in YAML, which use the component package as those in any other language do
    name: "pulumi-language-yaml",
    version: "1.25.0",
    binaries: ["pulumi-language-yaml"],
    build: [
      {
        binary: "pulumi-language-yaml",
        module: "yamlhost",
        package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        ldflags: stripped,
      },
    ],
    seconds: 120,
  },
  {
    // of the last SDK whose Go module still holds language hosts, as the Node host is
    name: "older-language-hosts",
    version: "3.60.0",
    binaries: ["pulumi-language-python", "pulumi-language-go"],
    build: [
      {
        binary: "pulumi-language-python",
        module: "langhost",
        package: "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
        ldflags: stripped,
      },
      {
        binary: "pulumi-language-go",
        module: "langhost",
        package: "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go",
        ldflags: stripped,
      },
    ],
    onDemand: true,
    seconds: 80,
  },
  {
    // these hosts cannot write SDKs
    name: "sdkgen",
    version: pulumiVersion,
    binaries: ["sdkgen"],
    build: [{ binary: "sdkgen", module: "sdkgen", package: ".", ldflags: stripped }],
    onDemand: true,
    seconds: 80,
  },
] as const satisfies readonly Tool[];
