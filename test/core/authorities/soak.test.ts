import assert from "node:assert/strict";
import {
  allowedFrom,
  movesBefore,
  movesMade,
  movesNext,
  nextTexts,
  noteNames,
  skipsText,
  soakOf,
  tooEarlyText,
  type Move,
} from "../../../core/authorities/soak";
import { configWith } from "../fixture";

const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
const texts = (moves: readonly Move[]): string[] => [
  ...new Set(moves.map(({ generation, from, to }) => `${String(generation)} ${from} ${to}`)),
];
const DAY = 86_400;
const MOVE: Move = { what: "etcd", generation: 2, from: "trust", to: "issue" };
const SINCE = "2026-11-01T00:00:00.123Z";
const NOW = new Date("2026-11-03T06:00:00.123Z");

describe("moves between phases", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string[], string[], string[]])[] = [
    ["of a cluster that was never rotated", { rotation: {} }, [], [], []],
    ["that stops at trust", { rotation: { generation: 2, phase: "trust" } }, [], ["2 trust issue"], []],
    ["that stops at issue", { rotation: { generation: 2, phase: "issue" } }, ["2 trust issue"], ["2 issue done"], []],
    ["that is at its end", { rotation: { generation: 2 } }, ["2 trust issue", "2 issue done"], [], []],
    [
      "of a second rotation, which may be aborted",
      { rotation: { generation: 3, phase: "issue" } },
      ["3 trust issue"],
      ["3 issue done"],
      ["2 trust issue", "2 issue done"],
    ],
    ["of one that was taken over", { adopt, rotation: { phase: "trust" } }, [], ["1 trust issue"], []],
    [
      "of one that was taken over and is rotated",
      { adopt, rotation: { generation: 2, phase: "trust" } },
      [],
      ["2 trust issue"],
      ["1 trust issue", "1 issue done"],
    ],
  ];
  for (const [name, changes, made, next, before] of cases)
    it(`are, ${name}, those of its phases`, () => {
      const config = configWith(changes);
      assert.deepEqual([movesMade(config), movesNext(config), movesBefore(config)].map(texts), [made, next, before]);
    });

  it("are of what is replaced alone, and each has notes of its own", () => {
    const config = configWith({ rotation: { etcd: { generation: 2, phase: "issue" } } });
    assert.deepEqual(noteNames("prod", config), [
      "prod-etcd-g2-trust-reached",
      "prod-etcd-g2-issue-begun",
      "prod-etcd-g2-issue-reached",
    ]);
  });
});

describe("the time between phases", () => {
  it("is none by default, nor where the cluster is dead", () => {
    const rotation = { generation: 2, soak: "7d" };
    assert.equal(soakOf(configWith({ rotation: { generation: 2 } })), undefined);
    assert.equal(soakOf(configWith({ rotation })), 7 * DAY);
    assert.equal(soakOf(configWith({ rotation, rollout: { strategy: "recover" } })), undefined);
  });

  it("is over when it has passed, to the second", () => {
    const soak = 2 * DAY + 6 * 3600;
    assert.equal(tooEarlyText(MOVE, SINCE, soak, NOW), undefined);
    assert.equal(
      tooEarlyText(MOVE, SINCE, soak + 1, NOW),
      "rotation.soak: etcd reached phase trust of generation 2 on all nodes at 2026-11-01T00:00:00Z, 2d6h ago, and phase " +
        "issue may begin 2d6h1s after that, in 1s (2026-11-03T06:00:01Z); set phase trust until then, or change " +
        "rotation.soak; no node was touched",
    );
  });

  it("does not begin before the phase was reached", () => {
    assert.equal(tooEarlyText(MOVE, "", DAY, NOW), skipsText(MOVE, DAY));
    assert.match(
      skipsText(MOVE, DAY),
      /^rotation\.soak: etcd has not reached phase trust of generation 2 .* 1d before issue;/,
    );
    assert.equal(allowedFrom("", DAY), undefined);
  });

  it("is told of all that move together, by the last of them, as long as it is not over", () => {
    const later = "2026-11-01T00:00:02Z";
    const all = [
      { move: { ...MOVE, what: "kubernetes" as const }, since: later },
      { move: MOVE, since: SINCE },
      { move: { ...MOVE, what: "frontProxy" as const, generation: 3 }, since: "" },
    ];
    assert.deepEqual(nextTexts(all, 7 * DAY, NOW), [
      "rotation.soak: kubernetes, etcd: phase issue of generation 2 is allowed from 2026-11-08T00:00:02Z",
    ]);
    assert.deepEqual(nextTexts(all, DAY, NOW), []);
  });
});
