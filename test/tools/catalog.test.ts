import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog, catalogWith, sites, toolNames, type Tool } from "../../tools/catalog";
import { chosenKubernetes, kubernetesTools, kubernetesVersions } from "../../tools/kubernetesRelease";

const tools = join(__dirname, "..", "..", "tools");
const others = kubernetesVersions.slice(1).flatMap((version): readonly Tool[] => kubernetesTools(version));
const rows: readonly Tool[] = catalog;

interface Pin {
  readonly version?: string;
  readonly integrity?: string;
}

interface Lock {
  readonly packages: Readonly<Record<string, Pin>>;
}

describe("the table of tools", () => {
  it("names each program once", () => {
    assert.equal(new Set(toolNames).size, toolNames.length);
    assert.equal(new Set(rows.map((tool) => tool.name)).size, rows.length);
  });

  it("holds another release of Kubernetes where that is asked for", () => {
    assert.equal(chosenKubernetes({}), kubernetesVersions[0]);
    for (const version of kubernetesVersions) {
      assert.equal(chosenKubernetes({ KUBE_PKI_KUBERNETES: version }), version);
      const table = catalogWith(version);
      assert.deepEqual(
        table.map(({ name }) => name),
        rows.map(({ name }) => name),
      );
      assert.equal(table.find(({ name }) => name === "kubelet")?.version, version);
    }
    assert.throws(
      () => chosenKubernetes({ KUBE_PKI_KUBERNETES: "1.29.1" }),
      /^Error: KUBE_PKI_KUBERNETES: 1\.29\.1; must be one of /,
    );
  });

  for (const tool of [...rows, ...others]) {
    describe(`${tool.name} ${tool.version}`, () => {
      it("can be had where no release site answers, in exactly one way", () => {
        assert.equal([tool.build, tool.wheel, tool.npm].filter((way) => way !== undefined).length, 1);
      });

      it("builds each of its programs from a module that pins it", () => {
        if (!tool.build) return;
        assert.deepEqual(
          tool.build.map((command) => command.binary),
          tool.binaries,
        );
        for (const command of tool.build) {
          const text = readFileSync(join(tools, command.module, "go.mod"), "utf8");
          if (command.package === ".") continue;
          assert.match(text, new RegExp(`^(tool|\\t)\\s*${command.package}$`, "m"), command.package);
          assert.ok(existsSync(join(tools, command.module, "go.sum")), command.module);
        }
      });

      it("has the version that its sources pin", () => {
        const pins: Readonly<Record<string, string>> = {
          pulumi: `github.com/pulumi/pulumi/pkg/v3 v${tool.version}`,
          etcd: `go.etcd.io/etcd/server/v3 v${tool.version}`,
          [`kubernetes/${tool.version}`]: `k8s.io/kubernetes v${tool.version}`,
          zlint: `github.com/zmap/zlint/v3 v${tool.version}`,
          gofakes3: `github.com/johannesboyne/gofakes3 v${tool.version}`,
          langhost: `github.com/pulumi/pulumi/sdk/v3 v${tool.version}`,
          sdkgen: `github.com/pulumi/pulumi/pkg/v3 v${tool.version}`,
          yamlhost: `github.com/pulumi/pulumi-yaml v${tool.version}`,
          promtool: `github.com/prometheus/prometheus v${tool.version}`,
          "metrics-server": `sigs.k8s.io/metrics-server v${tool.version}`,
          crictl: `sigs.k8s.io/cri-tools v${tool.version}`,
          coredns: `github.com/coredns/coredns v${tool.version}`,
        };
        if (tool.npm !== undefined) {
          const { packages } = JSON.parse(
            readFileSync(join(tools, "npm", tool.name, "package-lock.json"), "utf8"),
          ) as Lock;
          const { name, packedWith } = tool.npm;
          for (const carrier of packedWith === undefined ? [`${name}-linux-x64`, `${name}-linux-arm64`] : [name]) {
            const pin: Pin = packages[`node_modules/${carrier}`] ?? {};
            assert.equal(pin.version, tool.version);
            assert.match(pin.integrity ?? "", /^sha512-/);
          }
          return;
        }
        const module = tool.build?.[0]?.module;
        const pin = tool.wheel ? `${tool.wheel.package}==${tool.version} ` : pins[module ?? ""];
        const file = tool.wheel ? join("pypi", `${tool.wheel.package}.txt`) : join(module ?? "", "go.mod");
        if (module === "pause" || module === "webhook") {
          assert.match(readFileSync(join(tools, module, "main.go"), "utf8"), new RegExp(`version = "${tool.version}"`));
          return;
        }
        assert.ok(
          pin !== undefined && readFileSync(join(tools, file), "utf8").includes(pin),
          `${file} pins ${String(pin)}`,
        );
      });

      it("names a release that carries its version", () => {
        if (tool.release?.kind !== "files") return;
        assert.ok(tool.release.asset.includes(`v${tool.version}`));
        assert.ok(tool.release.checksums.includes(`v${tool.version}`));
        assert.ok(tool.release.site in sites);
      });
    });
  }
});
