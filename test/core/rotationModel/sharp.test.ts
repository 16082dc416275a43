/** The model minds what would break a cluster: each of these orders is wrong, and each must be found out. */
import assert from "node:assert/strict";
import { ROTATABLE, type Rotatable, type RotationState } from "../../../core/model/phases";
import type { Wrong } from "./run";
import { statesOf, Walk, type Topology } from "./walk";

const STACKED: Topology = { layout: "kubeadm", minor: 36, controlPlanes: 3, etcdMembers: 0, workers: 2 };
const AT_REST: RotationState = { generation: 1, phase: "done" };
const NEXT: RotationState = { generation: 2, phase: "done" };

const only = (...what: readonly Rotatable[]) => statesOf((each) => (what.includes(each) ? NEXT : AT_REST));
const ALL = statesOf(() => NEXT);

const CHECKS = /^(?:guard|pin|stale|only|have) /;
const without =
  (lines: RegExp) =>
  (text: string): string =>
    text
      .split("\n")
      .filter((line) => !lines.test(line))
      .join("\n");
/** As if nodes did not look before they act. */
const unchecked = without(CHECKS);

interface Case {
  readonly title: string;
  readonly wrong: Wrong;
  readonly states?: ReturnType<typeof only>;
  readonly finds: RegExp;
}

const CASES: readonly Case[] = [
  {
    title: "new leaves before everybody trusts their CA",
    wrong: { steps: ["apply", "trust", "retire"], payload: unchecked },
    finds: /etcd refuses cp1 etcd, which presents leaf\/etcd\/2/,
  },
  {
    title: "the old CA dropped before the new leaves are in use",
    wrong: { steps: ["trust", "retire", "apply"], payload: unchecked },
    finds: /kube-apiserver refuses cp2 kube-controller-manager/,
  },
  {
    title: "a CA that one node was not told of",
    wrong: { payload: (text, step, node) => (step === "trust" && node === "w1" ? undefined : unchecked(text)) },
    finds: /w1 kubelet refuses cp1 kube-apiserver, which presents leaf\/kubernetes\/2/,
  },
  {
    title: "an etcd member that is not restarted with both CAs",
    wrong: { payload: without(/^use etcd restart /) },
    finds: /etcd refuses cp1 kube-apiserver, which presents leaf\/etcd\/2/,
  },
  {
    title: "an API server that is not restarted with both of etcd's CAs",
    wrong: { payload: without(/^use kube-apiserver restart /) },
    states: only("etcd"),
    finds: /cp1 kube-apiserver does not trust cp1 etcd/,
  },
  {
    title: "a kubelet that is not restarted with both CAs",
    wrong: { payload: (text, step) => (step === "trust" ? without(/^use kubelet restart /)(text) : text) },
    finds: /kubelet does not trust cp\d kube-apiserver, which serves leaf\/kubernetes\/2/,
  },
  {
    title: "API servers that verify only one token key while another one signs",
    wrong: { payload: (text, step) => (step === "trust" ? without(/^use kube-apiserver restart /)(text) : text) },
    states: only("serviceAccount"),
    finds: /cp2 kube-apiserver refuses a token just signed by cp1/,
  },
  {
    title: "the old token key dropped while its tokens are in use",
    wrong: { withoutGate: true },
    states: only("serviceAccount"),
    finds: /kube-apiserver refuses a pod on w1/,
  },
  {
    title: "pods that hear of the new CA too late",
    wrong: { withoutWaits: true },
    states: only("kubernetes"),
    finds: /pods that trust ca\/kubernetes\/1 do not trust cp1 kube-apiserver/,
  },
  {
    title: "aggregated servers that hear of the new CA too late",
    wrong: { withoutWaits: true },
    states: only("frontProxy"),
    finds: /aggregated servers refuse cp1 kube-apiserver/,
  },
  {
    title: "an API server that still presents its old certificate to kubelets that dropped the CA",
    wrong: { steps: ["trust", "apply", "retire"], withoutWaits: true },
    states: only("kubernetes"),
    finds: /kubelet refuses cp\d kube-apiserver, which presents leaf\/kubernetes\/1\/apiserver-kubelet-client/,
  },
  {
    title: "a controller manager that is left to sign with a bundle",
    wrong: { payload: without(/^(?:seed|replaceflag) /) },
    finds: /kube-controller-manager cannot sign with ca\/kubernetes\/1 ca\/kubernetes\/2/,
  },
  {
    title: "a CA put before the one that ca.key belongs to",
    wrong: {
      payload: (text, step) =>
        step === "trust" ? text.replace(/^(trust ca:kubernetes) append$/m, "$1 prepend") : text,
    },
    finds: /ca\.crt begins with ca\/kubernetes\/2, but its key is cakey\/kubernetes\/1/,
  },
];

/** A cluster that the stack owns already, and where a rotation begins. */
const settled = (): Walk => {
  const walk = new Walk(STACKED, 1);
  walk.up(statesOf(() => AT_REST));
  assert.deepEqual(walk.found, []);
  return walk;
};

describe("model: wrong orders", () => {
  for (const { title, wrong, states = ALL, finds } of CASES)
    it(`finds ${title}`, () => {
      const walk = settled();
      walk.up(states, { wrong });
      assert.ok(
        walk.found.some((sentence) => finds.test(sentence)),
        walk.found.slice(0, 20).join("\n") || "nothing found",
      );
    });

  it("finds a new node that is told of the new CA only, once the rotation is gone back from", () => {
    const newest = (text: string) => text.replace(/^(part ca:kubernetes) 2\n.*\n(.*)$/m, "$1 1\n$2");
    const [trust, issue] = (["trust", "issue"] as const).map((phase) => statesOf(() => ({ generation: 2, phase })));
    assert.ok(trust !== undefined && issue !== undefined);
    const walk = settled();
    walk.upUntilDone(issue);
    walk.arrive("workers", "nothing");
    walk.up(issue, { wrong: { payload: (text) => unchecked(newest(text)) } });
    assert.deepEqual(walk.found, []);
    walk.up(trust, { wrong: { payload: (text) => unchecked(newest(text)) } });
    assert.ok(walk.found.some((sentence) => /w3 kubelet does not trust cp1 kube-apiserver/.test(sentence)));
  });

  it("restarts kubelets for new tokens where the token key is rotated alone, and never where the CAs go with it", () => {
    const renewed = (states: ReturnType<typeof only>) => {
      const walk = settled();
      assert.equal(walk.up(states), "done");
      assert.deepEqual(walk.found, []);
      return walk.moments.filter((moment) => moment.endsWith("kubelet stopped for new tokens")).length;
    };
    assert.equal(renewed(ALL), 0);
    assert.equal(renewed(only("serviceAccount")), 5);
  });

  const refusedAs = (walk: Walk, states: ReturnType<typeof only>): string => {
    const disks = () => walk.cluster.nodes.map(({ disk }) => [...disk]);
    const before = disks();
    const end = walk.up(states);
    assert.ok(typeof end === "object", "nothing was refused");
    assert.deepEqual(disks(), before);
    return end.refused;
  };

  it("sees a skipped generation refused for each of what is rotated, before anything is touched", () => {
    for (const what of ROTATABLE) {
      const to = (generation: number) => statesOf((each) => (each === what ? { generation, phase: "done" } : AT_REST));
      assert.match(refusedAs(settled(), to(3)), /holds another/);
    }
  });

  it("sees a new node refused that holds a CA or key of two generations ago, or another cluster's", () => {
    const states = statesOf(() => ({ generation: 3, phase: "trust" }));
    for (const generation of [1, 9]) {
      const walk = settled();
      walk.upUntilDone(ALL);
      walk.upUntilDone(states);
      walk.arrive(
        "controlPlanes",
        statesOf(() => ({ generation, phase: "done" })),
      );
      assert.match(refusedAs(walk, states), /cp4: .* holds another/);
    }
  });

  it("finds nothing in the same rotations done right", () => {
    for (const states of [ALL, ...CASES.flatMap((each) => each.states ?? [])]) {
      const walk = settled();
      assert.equal(walk.upUntilDone(states), "done");
      assert.deepEqual(walk.found, []);
    }
  });

  it("sees nodes refuse the wrong orders that would break authorities, before anything is broken", () => {
    for (const steps of [
      ["apply", "trust", "retire"],
      ["trust", "retire", "apply"],
    ] as const) {
      const walk = settled();
      const end = walk.up(only("kubernetes", "etcd", "frontProxy"), { wrong: { steps } });
      assert.ok(typeof end === "object");
      assert.deepEqual(walk.found, []);
    }
  });
});
