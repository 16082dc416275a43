import assert from "node:assert/strict";
import type { RunningComponent } from "../../../core/survey/components";
import { readPlainFiles } from "../../../core/survey/plainFiles";
import { Answer, type Ask } from "../../../core/survey/questions";
import { staticPodOf } from "../../../core/survey/staticPods";
import { file } from "../doctor/healthy";

const ETCD = `kind: Pod
metadata: { name: etcd }
spec:
  containers:
    - command: [etcd]
      volumeMounts: [{ name: data, mountPath: /data }]
  volumes: [{ name: data, hostPath: { path: /var/lib/etcd } }]
`;

const component = (name: "etcd" | "kubelet", more: Partial<RunningComponent>): RunningComponent => ({
  name,
  pid: 1,
  uid: 0,
  gid: 0,
  startedAt: "2026-10-01T08:00:00Z",
  start: { by: "pod" },
  options: [],
  listens: [],
  ...more,
});

const RUNNING = [
  component("etcd", { options: [{ name: "data-dir", values: ["/data"], from: "command line" }] }),
  component("kubelet", {
    configurationFile: "/var/lib/kubelet/config.yaml",
    start: {
      by: "systemd",
      unit: "kubelet.service",
      file: "/lib/systemd/system/kubelet.service",
      dropIns: ["/etc/systemd/system/kubelet.service.d/gone.conf"],
      environmentFiles: [],
      needsReload: false,
      enabled: true,
    },
  }),
];

/** As `stat` answers: type and mode in hex, owner and group as numbers, size, time, identity, names. */
const STATS: Readonly<Record<string, string>> = {
  "/etc/kubernetes/manifests/etcd.yaml": "8180 0 0 900 1790000000 1:2 root root",
  "/var/lib/etcd": "41c0 106 112 4096 1790000000 1:3 etcd etcd",
  "/var/lib/kubelet/config.yaml": "81a4 0 0 900 1790000000 1:4 root root",
};

const asked: string[] = [];
const ask: Ask = (questions) => {
  asked.push(...questions);
  const lines = (question: string) =>
    question.split("\n").flatMap((path) => ["here", "there"].map((word) => `${word} ${STATS[path] ?? ""} ${path}`));
  return Promise.resolve(
    questions.map((question) => Answer.of(lines(question).filter((line) => !line.includes("  ")))),
  );
};

describe("files that are no part of the PKI", () => {
  it("are told with owner and mode alone, as they are on the host, each once", async () => {
    const pod = staticPodOf("/etc/kubernetes/manifests/etcd.yaml", ETCD, "2026-10-01T08:00:00Z")!;
    const known = [file("/lib/systemd/system/kubelet.service")];
    const files = await readPlainFiles(ask, RUNNING, [pod], known);
    assert.deepEqual(
      files.map(({ path, state, mode, owner, uid, certificates, keys, uses }) => [
        `${path} ${state} ${mode} ${owner} ${String(uid)}`,
        certificates.length + keys.length + uses.length,
      ]),
      [
        ["/etc/kubernetes/manifests/etcd.yaml file 0600 root 0", 0],
        ["/var/lib/etcd other 0700 etcd 106", 0],
        ["/var/lib/kubelet/config.yaml file 0644 root 0", 0],
      ],
    );
    assert.ok(asked.every((question) => question.startsWith("stats ")));
    assert.ok(!asked.join("\n").includes("/lib/systemd/system/kubelet.service"));
  });
});
