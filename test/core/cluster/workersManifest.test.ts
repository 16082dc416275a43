import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { workersManifest } from "../../../core/cluster/workersManifest";
import { configWith } from "../fixture";

const IMAGE = "docker.io/library/busybox:1.37.0";

interface Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly [key: string]: unknown;
        readonly initContainers: readonly { readonly command: readonly string[] }[];
      };
    };
  };
}

const manifest = (workers: Readonly<Record<string, unknown>> = {}, nodes?: readonly object[]): Manifest => {
  const config = configWith({
    inCluster: { workers: { image: IMAGE, ...workers } },
    ...(nodes === undefined ? {} : { nodes }),
  });
  return workersManifest(config, config.inCluster.workers!) as Manifest;
};

describe("the DaemonSet of nodes without ssh", () => {
  it("is this one", () => {
    const { spec, ...rest } = manifest();
    const { initContainers, ...pod } = spec.template.spec;
    assert.deepEqual(rest, {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: {
        name: "kube-pki-workers",
        namespace: "kube-system",
        labels: { "kube-pki/workers": "kube-pki-workers" },
      },
    });
    assert.deepEqual(
      { ...spec, template: { ...spec.template, spec: undefined } },
      {
        selector: { matchLabels: { "kube-pki/workers": "kube-pki-workers" } },
        revisionHistoryLimit: 1,
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "@at-once@" } },
        template: {
          metadata: { labels: { "kube-pki/workers": "kube-pki-workers", "kube-pki/revision": "@revision@" } },
          spec: undefined,
        },
      },
    );
    const container = { image: IMAGE, imagePullPolicy: "IfNotPresent" };
    assert.deepEqual(pod, {
      hostPID: true,
      hostNetwork: true,
      dnsPolicy: "Default",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: "system-node-critical",
      nodeSelector: { "kubernetes.io/os": "linux" },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchFields: ["cp1", "cp2", "cp3", "w1", "w2", "w3"].map((name) => ({
                  key: "metadata.name",
                  operator: "NotIn",
                  values: [name],
                })),
              },
            ],
          },
        },
      },
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "sleep", ...container, command: ["sleep", "2147483647"] }],
      terminationGracePeriodSeconds: 5,
      volumes: [
        { name: "host", hostPath: { path: "/" } },
        { name: "work", configMap: { name: "kube-pki-workers-@revision@" } },
        { name: "state", emptyDir: {} },
      ],
    });
    const [step] = initContainers;
    assert.deepEqual(
      { ...step, command: step?.command.slice(0, 2) },
      {
        name: "step",
        ...container,
        command: ["sh", "-uc"],
        env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
        securityContext: { privileged: true },
        volumeMounts: [
          { name: "host", mountPath: "/host", mountPropagation: "HostToContainer" },
          { name: "work", mountPath: "/work", readOnly: true },
          { name: "state", mountPath: "/state" },
        ],
      },
    );
  });

  it("goes where the stack file says", () => {
    const taint = { key: "gpu", operator: "Equal", value: "yes", effect: "NoSchedule" };
    const { metadata, spec } = manifest({
      namespace: "pki",
      nodeSelector: { "example.com/pool": "batch" },
      tolerations: [taint],
    }) as Manifest & { readonly metadata: { readonly namespace: string } };
    const { nodeSelector, tolerations } = spec.template.spec;
    assert.equal(metadata.namespace, "pki");
    assert.deepEqual(nodeSelector, { "kubernetes.io/os": "linux", "example.com/pool": "batch" });
    assert.deepEqual(tolerations, [taint]);
  });

  describe("its script", () => {
    /** Runs it with folders of its own in place of the container's; `chroot` says what it was asked. */
    const run = (chroot: string, prepare = ""): { code: number; stdout: string; termination: string } => {
      const [{ command: [, , script = ""] } = { command: [] }] = manifest().spec.template.spec.initContainers;
      const set = `set -u; dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; mkdir state work bin
printf '#!/bin/sh\\n%s\\n' "$CHROOT" >bin/chroot; chmod +x bin/chroot; echo node >work/node.sh.gz
${prepare}
code=0; printf '%s' "$SCRIPT" | sed "s|/state/|$dir/state/|g; s|/work/|$dir/work/|g; s|/dev/termination-log|$dir/end|g; s|^export PATH=|export PATH=$dir/bin:|" >script
NODE_NAME=w1 sh -uc "$(cat script)" >out 2>&1 || code=$?
echo "$code"; cat end 2>/dev/null || echo; cat out`;
      const text = execFileSync("sh", ["-c", set], {
        env: { ...process.env, SCRIPT: script, CHROOT: chroot },
      }).toString();
      const [code = "", termination = "", ...out] = text.split("\n");
      return { code: Number(code), termination, stdout: out.join("\n") };
    };

    it("puts node.sh in place and does each step in order, in the node's root, under its name", () => {
      const done = run(
        'shift; [ "$1 $2" = "sh -euc" ] && echo "place $(cat)" || echo "$* $(cat)"',
        "echo one >work/step-1; echo two >work/step-2",
      );
      assert.equal(done.code, 0, done.stdout);
      const script = "sh /var/lib/kube-pki/node.sh template w1";
      assert.equal(done.stdout, `place node\n${script} one\n${script} two\n`);
    });

    it("does nothing but that where there is no step", () => {
      assert.deepEqual(run("echo place"), { code: 0, termination: "", stdout: "place\n" });
    });

    it("ends at the first that fails, and its last line is what is told", () => {
      const fails = 'echo "w1: restarting" >&2; echo "w1: no kubelet" >&2; exit 1';
      const failed = run(fails, "echo one >work/step-1");
      assert.deepEqual([failed.code, failed.termination], [1, "w1: no kubelet"]);
      assert.equal(failed.stdout.match(/restarting/g)?.length, 1);
      assert.equal(run("exit 1").termination, "w1: the step ended without a word");
    });

    it("tells it again instead of trying again", () => {
      const failed = run("echo tried", 'echo "w1: no kubelet" >state/why');
      assert.deepEqual([failed.code, failed.termination, failed.stdout], [1, "w1: no kubelet", "w1: no kubelet\n"]);
    });
  });
});
