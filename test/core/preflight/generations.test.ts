/** Generations that nodes hold, beside the one that the stack file asks for. */
import assert from "node:assert/strict";
import { issuerOf, trustedOf } from "../../../core/authorities/rotation";
import { PHASES, type RotationState } from "../../../core/model/phases";
import { planCluster } from "../../../core/plan";
import { generations } from "../../../core/preflight/checks/generations";
import { fingerprintOf, parsedCertificate } from "../../../core/format/x509";
import { comparedNode } from "../../../core/preflight/world";
import type { CertificateFacts, Survey } from "../../../core/survey/model";
import { makeCa } from "../config/fixtures";
import { configWith, NOW } from "../fixture";

const ca = (generation: number): Partial<CertificateFacts> => ({
  subject: `CN=prod-kubernetes-ca-g${String(generation)}`,
  issuer: `CN=prod-kubernetes-ca-g${String(generation)}`,
  fingerprint: String(generation),
  isCa: true,
});

/** cp1, whose files of the cluster's CA are of these generations. */
const surveyOf = (trusted: readonly number[], issuer: number): Survey => {
  const files = {
    "/etc/kubernetes/pki/ca.crt": trusted.map(ca),
    "/etc/kubernetes/pki/apiserver.crt": [{ ...ca(issuer), subject: "CN=kube-apiserver", isCa: false }],
  };
  const all = Object.entries(files).map(([path, certificates]) => ({ path, state: "file", certificates }));
  return { files: all, kubeconfigs: [] } as unknown as Survey;
};

const check = (
  rotation: Readonly<Record<string, unknown>> | undefined,
  survey: Survey,
  more: Readonly<Record<string, unknown>> = {},
): string[] => {
  const config = configWith({ ...(rotation === undefined ? {} : { rotation }), ...more });
  const cluster = planCluster(config, NOW);
  const nodes = cluster.nodes
    .filter(({ node }) => node.name === "cp1")
    .map((plan) => comparedNode(plan, survey, {}, cluster));
  return nodes.flatMap((node) => generations(node, { config, cluster, nodes, isFirst: false })).map(({ text }) => text);
};

const at = (state: RotationState): Survey => surveyOf(trustedOf(state).filter(Boolean), issuerOf(state));

describe("generations that a node holds", () => {
  it("are no matter where a rotation goes on, back by a phase, or is aborted", () => {
    const states = PHASES.map((phase): RotationState => ({ generation: 2, phase }));
    const all: RotationState[] = [{ generation: 1, phase: "done" }, ...states];
    all.forEach((from, index) => {
      for (const to of all.slice(Math.max(0, index - 1), from.phase === "done" ? undefined : index + 2))
        assert.deepEqual(check({ ...to }, at(from)), [], `${JSON.stringify(from)} to ${JSON.stringify(to)}`);
    });
  });

  it("are no matter on a node without files, with CAs of others, and by the clock", () => {
    const clock = { generation: 1, rotateEvery: "31d", since: "2026-06-01T00:00:00Z" };
    assert.deepEqual(check({ generation: 3 }, { files: [], kubeconfigs: [] } as unknown as Survey), []);
    assert.deepEqual(check(clock, surveyOf([1], 1)), []);
    const foreign = surveyOf([1], 1);
    const other = JSON.parse(JSON.stringify(foreign).replaceAll("prod-", "other-")) as Survey;
    assert.deepEqual(check({ generation: 3 }, other), []);
  });

  describe("are no matter of a CA that another stack has made, whatever it is called,", () => {
    const called = (fingerprint: string): Survey =>
      JSON.parse(
        JSON.stringify(surveyOf([3], 3)).replace('"fingerprint":"3"', `"fingerprint":"${fingerprint}"`),
      ) as Survey;

    it("that is taken over", () => {
      const adopt = { kubernetes: "3".repeat(64), etcd: "e".repeat(64), frontProxy: "f".repeat(64) };
      assert.notDeepEqual(check(undefined, surveyOf([3], 3)), []);
      assert.deepEqual(check(undefined, called(adopt.kubernetes), { adopt }), []);
    });

    it("that the stack was given, which is the first", async () => {
      const [kubernetes, etcd, frontProxy] = await Promise.all(
        ["prod-kubernetes-ca-g3", "e", "f"].map((name) => makeCa(name)),
      );
      const given = parsedCertificate(kubernetes?.certificate ?? "");
      assert.ok(given);
      const survey = called(fingerprintOf(given));
      const more = { authority: { kubernetes, etcd, frontProxy, serviceAccount: { enabled: false } } };
      assert.deepEqual(check(undefined, survey, more), []);
      assert.deepEqual(check({ generation: 2 }, survey, more), []);
      assert.match(check({ generation: 3 }, survey, more).join(), /is of generation 1, /);
    });
  });

  const ROWS: Readonly<Record<string, readonly [Parameters<typeof check>[0], Survey, string]>> = {
    "a generation is left out": [
      { generation: 3 },
      surveyOf([1], 1),
      "the cluster's CA there is of generation 1, and the stack file asks for generation 3; rotation.generation: 2, since each is rotated to its end before the next; where the node alone is behind, remove its files and run again",
    ],
    "the one before has not ended": [
      { generation: 3 },
      surveyOf([2, 1], 2),
      "the cluster's CA there is of generation 1 and 2, so that rotation has not ended, and the stack file asks for generation 3; rotation: { generation: 2 }, first",
    ],
    "a rotation that has ended is to be undone at once": [
      { generation: 2 },
      surveyOf([3], 3),
      "the cluster's CA there is of generation 3, and the stack file asks for generation 2; rotation: { generation: 3, phase: issue }, to go back phase by phase",
    ],
    "`rotation` is taken out of the stack file": [
      undefined,
      surveyOf([2], 2),
      "the cluster's CA there is of generation 2, and the stack file asks for generation 1; rotation: { generation: 2, phase: issue }, to go back phase by phase",
    ],
    "a rotation is aborted that has issued certificates": [
      { generation: 1 },
      surveyOf([2, 1], 2),
      "certificates there are of generation 2 of the cluster's CA, and the stack file asks for generation 1; rotation: { generation: 2, phase: trust }, first",
    ],
  };
  for (const [what, [rotation, survey, text]] of Object.entries(ROWS))
    it(`stop a run where ${what}`, () => {
      assert.deepEqual(check(rotation, survey), [text]);
    });
});
