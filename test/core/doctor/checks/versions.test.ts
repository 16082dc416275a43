import assert from "node:assert/strict";
import { diagnose } from "../../../../core/doctor/diagnose";
import type { ConsumerName } from "../../../../core/model/reload";
import type { Survey } from "../../../../core/survey/model";
import { healthy, makeAuthorities, type Authorities } from "../healthy";
import { NOW } from "../pki";
import { World } from "../world";

const REMOVED: readonly [of: ConsumerName, option: string, version: string, urgency: string, release: string][] = [
  ["kubelet", "keep-terminated-pod-volumes", "1.30.1", "soon", "1.31"],
  ["kube-apiserver", "cloud-provider", "1.32.1", "soon", "1.33"],
  ["kube-apiserver", "cloud-config", "1.31.1", "notice", "1.33"],
  ["kubelet", "cloud-config", "1.33.0", "soon", "1.34"],
  ["kubelet", "pod-infra-container-image", "1.33.0", "notice", "1.35"],
  ["etcd", "enable-v2", "3.5.21", "soon", "3.6"],
  ["etcd", "experimental-enable-v2v3", "3.5.21", "soon", "3.6"],
  ["etcd", "proxy-dial-timeout", "3.5.21", "soon", "3.6"],
  ["etcd", "experimental-watch-progress-notify-interval", "3.5.21", "notice", "3.7"],
  ["etcd", "experimental-watch-progress-notify-interval", "3.6.8", "soon", "3.7"],
];

describe("versions", () => {
  let ca: Authorities;
  let surveys: readonly Survey[];
  before(async () => {
    ca = await makeAuthorities();
    surveys = await healthy(ca);
  });

  const optionsFound = (of: ConsumerName, option: string, version: string, from = "command line"): string[] => {
    const world = new World(surveys, ca);
    world.set("cp1", of, option, "x");
    world.component("cp1", of).options.at(-1)!.from = from as "command line";
    world.component("cp1", of).version = version;
    return diagnose(world.surveys, NOW)
      .filter(({ check }) => check === "option-removed")
      .map(({ urgency, text }) => `${urgency}: ${text}`);
  };

  for (const [of, option, version, urgency, release] of REMOVED) {
    it(`tells of --${option} on ${of} ${version}`, () => {
      const verb = of === "etcd" ? "does" : "do";
      assert.deepEqual(optionsFound(of, option, version), [
        `${urgency}: ${of} is started with --${option}, with which ${of} ${release} and later ${verb} not start`,
      ]);
    });
  }

  it("say nothing of an option that the version in use takes, or of the kubelet's --cloud-provider", () => {
    assert.deepEqual(optionsFound("etcd", "experimental-x", "3.7.0"), []);
    assert.deepEqual(optionsFound("kubelet", "cloud-provider", "1.32.1"), []);
    assert.deepEqual(optionsFound("etcd", "experimental-x", "3.6.8", "configuration file"), []);
  });

  /** How far from the API servers, which are of 1.36, and who says so. */
  const SKEWS: readonly [of: ConsumerName, version: string, says: string | undefined][] = [
    ["kubelet", "1.33.0", undefined],
    ["kubelet", "1.32.0", "kubelet 1.32.0 is more than 3 minor versions older than kube-apiserver 1.36.3 on cp2"],
    ["kube-scheduler", "1.35.0", undefined],
    [
      "kube-scheduler",
      "1.34.0",
      "kube-scheduler 1.34.0 is more than one minor version older than kube-apiserver 1.36.3 on cp2",
    ],
    ["kube-scheduler", "1.37.0", "kube-scheduler 1.37.0 is newer than kube-apiserver 1.36.3 on cp1"],
    ["etcd", "3.4.0", undefined],
  ];
  for (const [of, version, says] of SKEWS) {
    it(`${says === undefined ? "take" : "do not take"} ${of} ${version}`, () => {
      const world = new World(surveys, ca);
      world.component("cp1", of).version = version;
      assert.deepEqual(
        diagnose(world.surveys, NOW).map(({ text }) => text),
        says === undefined ? [] : [`${says}, which Kubernetes does not support`],
      );
    });
  }
});
