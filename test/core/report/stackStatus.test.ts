import assert from "node:assert/strict";
import { isFine, signersOf, statusReport, type Filter } from "../../../core/report/stackStatus";
import { ca, DAY, FACTS, leaf, NOW, REPORT } from "./rows";

const ALL: Filter = { nodes: [], statuses: [], authorities: [] };
const shown = (filter: Partial<Filter>) => {
  const { authorities, certificates } = statusReport([FACTS], NOW, 30 * DAY, { ...ALL, ...filter });
  return [
    ...authorities.map(({ authority, generation }) => `${authority} ${String(generation)}`),
    ...certificates.map(({ node, certificate }) => `${node} ${certificate}`),
  ];
};

describe("status of a stack", () => {
  it("has a word and the days left for each", () => {
    assert.deepEqual(
      REPORT.certificates.map(({ stack, status, daysLeft }) => [stack, status, daysLeft]),
      [
        ["prod", "ok", 214],
        ["prod", "due", 214],
        ["prod", "overdue", 214],
        ["prod", "expiring", 19],
        ["prod", "expired", -12],
        ["prod", "drift", 214],
        ["prod", "ok", 214],
      ],
    );
  });

  it("says in a sentence what needs attention, and of which stack", () => {
    assert.deepEqual(REPORT.remarks, [
      "prod: w2: kubelet at :10250 serves another",
      "prod: w1: kubelet was due 2026-05-01T00:00:00Z, and no `pulumi up` has renewed it since",
      "prod: w1: kubelet-server expires 2026-06-20T00:00:00Z, within 30d",
      "prod: w2: kubelet expired 2026-05-20T00:00:00Z",
    ]);
    assert.equal(isFine(REPORT), false);
  });

  const filters: readonly [string, Partial<Filter>, readonly string[]][] = [
    ["a node", { nodes: ["cp1"] }, ["cp1 apiserver", "cp1 etcd-server"]],
    ["no node", { nodes: ["-"] }, ["- kubeconfig:alice"]],
    ["a CA", { authorities: ["etcd"] }, ["etcd 2", "etcd 1", "cp1 etcd-server"]],
    ["a status", { statuses: ["expired", "due"] }, ["cp1 etcd-server", "w2 kubelet"]],
    ["a node and a status", { nodes: ["w1"], statuses: ["overdue"] }, ["w1 kubelet"]],
  ];
  for (const [what, filter, expected] of filters)
    it(`shows what there is of ${what}`, () => {
      assert.deepEqual(shown(filter), expected);
    });

  it("counts what is shown alone", () => {
    const one = statusReport([FACTS], NOW, 30 * DAY, { ...ALL, nodes: ["cp1"] });
    assert.deepEqual([one.remarks, isFine(one)], [[], true]);
  });

  it("is not fine where a node does not answer", () => {
    const facts = {
      authorities: [ca()],
      certificates: [{ ...leaf(), onNode: "unreachable" as const }],
      nodeRemarks: [],
    };
    assert.equal(isFine(statusReport([facts], NOW, 0)), false);
    assert.equal(isFine(statusReport([{ ...facts, certificates: [leaf()] }], NOW, 0)), true);
  });

  it("knows who has signed, also where several share a CA", () => {
    assert.deepEqual(signersOf(leaf(), [ca(), ca({ authority: "frontProxy" })]), ["kubernetes", "frontProxy"]);
    assert.deepEqual(signersOf(leaf({ issuer: "CN=other" }), [ca()]), []);
  });
});
