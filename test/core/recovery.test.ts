import assert from "node:assert/strict";
import { refusal } from "../../core/recovery";

interface Case {
  readonly what: string;
  readonly answers: readonly string[];
  readonly isRefused: boolean;
}

const AWAY = "api 10.0.0.11:6443 no\napi 10.0.0.12:6443 no\n";
const THERE = "api 10.0.0.11:6443 no\napi 10.0.0.12:6443 yes\n";

const CASES: readonly Case[] = [
  {
    what: "answers, and nothing has ended",
    answers: [`${THERE}done 00000000\n`, `${AWAY}done 00000000\n`],
    isRefused: true,
  },
  { what: "answers, and a leaf has ended", answers: [THERE, `ended apiserver 1700000000\n${THERE}`], isRefused: false },
  { what: "answers, and a CA has ended", answers: [`ended ca:etcd 1700000000\n${THERE}`], isRefused: false },
  { what: "answers nowhere, and nothing has ended", answers: [AWAY, AWAY], isRefused: false },
  {
    what: "answers nowhere, and leaves have ended",
    answers: [`ended apiserver 1700000000\n${AWAY}`],
    isRefused: false,
  },
];

describe("recovery", () => {
  for (const { what, answers, isRefused } of CASES)
    it(`of a cluster whose API ${what} is ${isRefused ? "refused" : "begun"}`, () => {
      assert.equal(
        refusal(answers),
        isRefused
          ? "rollout.strategy: recover: 10.0.0.12:6443 answers, and no certificate of a control plane has ended; must be rolling, " +
              "because this cluster is not dead; remove rollout.strategy, then run again: no node was touched"
          : undefined,
      );
    });
});
