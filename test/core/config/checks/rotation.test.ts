import assert from "node:assert/strict";
import { parseConfig } from "../../../../core/config/parse";
import { DURATION_ALLOWED } from "../../../../core/format/duration";
import { PHASES, ROTATABLE } from "../../../../core/model/phases";
import {
  ALL_SECRET,
  config,
  makeCa,
  makeKey,
  node,
  NOW,
  parsed,
  problems,
  type ExistingCa,
  type Raw,
} from "../fixtures";

/** Three etcd members: none is the only one. */
const nodes = [1, 2, 3].map((index) =>
  node(`cp${String(index)}`, `10.0.0.${String(index)}`, { roles: ["control-plane"] }),
);
const rotating = (rotation: unknown, more: Raw = {}): Raw => config({ nodes, rotation, ...more });

const states = (raw: Raw, now = NOW): Record<string, string> => {
  const { rotation } = parseConfig(raw, { now });
  return Object.fromEntries(
    ROTATABLE.map((what) => [what, `${String(rotation?.[what].generation)} ${String(rotation?.[what].phase)}`]),
  );
};
const all = (state: string) => Object.fromEntries(ROTATABLE.map((what) => [what, state]));

const PIN = "ab".repeat(32);
const PINS = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
const CLOCK = { rotateEvery: "100d", since: "2026-01-01T00:00:00Z" };

describe("rotation in the stack file", () => {
  it("is absent unless it is given", () => {
    assert.equal(parsed(config()).rotation, undefined);
    assert.deepEqual(parsed(rotating({})).rotation?.force, []);
    assert.deepEqual(states(rotating({})), all("1 done"));
  });

  const read: readonly (readonly [string, Raw, Record<string, string>])[] = [
    ["takes the general state for all of them", { generation: 2, phase: "issue" }, all("2 issue")],
    ["rotates one alone", { etcd: { generation: 2 } }, { ...all("1 done"), etcd: "2 done" }],
    [
      "takes what one does not give from the general",
      { generation: 3, phase: "trust", etcd: { generation: 2 }, kubernetes: { phase: "issue" } },
      { ...all("3 trust"), etcd: "2 trust", kubernetes: "3 issue" },
    ],
    [
      "leaves out of a general phase what stays at its first generation",
      { phase: "trust", etcd: { generation: 2 } },
      { ...all("1 done"), etcd: "2 trust" },
    ],
    // 151 days since: one whole period
    ["adds a generation for each whole period", { ...CLOCK, generation: 2 }, all("3 done")],
    ["lets one stay behind the clock", { ...CLOCK, etcd: { generation: 1 } }, { ...all("2 done"), etcd: "1 done" }],
    [
      "stops at a general phase by the clock, also while generation 1 is current",
      { ...CLOCK, phase: "trust", rotateEvery: "200d" },
      all("1 done"),
    ],
  ];
  for (const [what, rotation, expected] of read) {
    it(what, () => {
      assert.deepEqual(states(rotating(rotation)), expected);
    });
  }

  it("tells whether the clock was asked, and counts from the moment that is planned for", () => {
    assert.equal(parsed(rotating({ generation: 2 })).rotation?.byClock, false);
    assert.equal(parsed(rotating(CLOCK)).rotation?.byClock, true);
    const at = (asOf: string) => states(rotating(CLOCK, { asOf }), new Date("2025-12-31T00:00:00Z"))["etcd"];
    assert.deepEqual(
      ["2026-01-01T00:00:00Z", "2026-04-10T23:59:59Z", "2026-04-11T00:00:00Z", "2026-07-20T00:00:00Z"].map(at),
      ["1 done", "1 done", "2 done", "3 done"],
    );
  });

  it("keeps the names of gates that are given up", () => {
    assert.deepEqual(parsed(rotating({ force: ["scan"] })).rotation?.force, ["scan"]);
  });

  const FIRST =
    'which replaces nothing; must be "done"; other phases are for a generation from 2, or for a cluster that is taken over (adopt)';
  const WHOLE = "a whole number from 1 to 1000";
  const refused: readonly (readonly [Raw, string])[] = [
    [{ generation: 0 }, `rotation.generation: 0 (a number); must be ${WHOLE}`],
    [{ generation: 20_261_201 }, `rotation.generation: 20261201 (a number); must be ${WHOLE}`],
    [{ generation: 1.5 }, `rotation.generation: 1.5 (a number); must be ${WHOLE}`],
    [{ generation: "2" }, `rotation.generation: "2"; must be ${WHOLE}; did you mean 2, without quotes?`],
    [{ etcd: { generation: -1 } }, `rotation.etcd.generation: -1 (a number); must be ${WHOLE}`],
    [{ phase: "retire" }, `rotation.phase: "retire"; must be one of ${PHASES.join(", ")}`],
    [{ force: ["scan", "etcd"] }, 'rotation.force[1]: "etcd"; must be one of scan, tokens, restarts'],
    [{ force: "scan" }, 'rotation.force: "scan"; must be a list of scan, tokens and restarts; did you mean ["scan"]?'],
    [{ phase: "trust" }, `rotation.phase: "trust" with generation 1, ${FIRST}`],
    [{ etcd: { phase: "issue" } }, `rotation.etcd.phase: "issue" with generation 1, ${FIRST}`],
    [
      { generation: 2, kubernetes: { generation: 1, phase: "trust" } },
      `rotation.kubernetes.phase: "trust" with generation 1, ${FIRST}`,
    ],
    [
      { rotateEvery: "365d", generation: 2 },
      'rotation.rotateEvery: 365d without since; must be given with since; set since to when generation 2 became current, such as "2026-06-01T00:00:00Z"',
    ],
    [
      { since: "2026-01-01T00:00:00Z" },
      "rotation.since: 2026-01-01T00:00:00Z without rotateEvery; must be given with rotateEvery or left out",
    ],
    [
      { ...CLOCK, since: "2026-06-01T00:00:01Z" },
      "rotation.since: 2026-06-01T00:00:01Z is in the future; must be no later than now, 2026-06-01T00:00:00Z",
    ],
    [
      { ...CLOCK, since: "0001-01-01T00:00:00Z" },
      "rotation.since: 0001-01-01T00:00:00Z, more than 1000 times rotateEvery ago; must be when the present generation became current",
    ],
    [{ generation: 2, soak: "a week" }, `rotation.soak: "a week"; must be ${DURATION_ALLOWED}`],
    [
      { ...CLOCK, soak: "7d" },
      "rotation.soak: 7d with rotation.rotateEvery, by which one run goes through all phases; must be left out with rotateEvery; or raise rotation.generation yourself, and set one phase after another",
    ],
    [{ ...CLOCK, rotateEvery: "29d" }, "rotation.rotateEvery: 29d; must be at least 30d"],
    [
      { ...CLOCK, rotateEvery: "3285d1s" },
      "rotation.rotateEvery: 3285d1s; must be at most 3285d, so that no leaf outlives its CA; that is authority.validity, 3650d, less certificates.validity, 365d",
    ],
  ];
  for (const [rotation, sentence] of refused) {
    it(sentence, () => {
      assert.deepEqual(problems(rotating(rotation)), [sentence]);
    });
  }

  describe("without restarts", () => {
    const sentence = (what: string) =>
      `restart: "never" with ${what}; must be "auto" or "always", because a service trusts only the CAs that it read at its ` +
      "last start; or stop at phase trust and at phase issue, restart every service of every node yourself after each, and " +
      "then set phase done with rotation.force: [restarts]";
    const never = (rotation: unknown, more: Raw = {}) => problems(rotating(rotation, { restart: "never", ...more }));
    const ALL = "phase done of kubernetes, etcd, frontProxy, serviceAccount";

    it("refuses to go straight to the end", () => {
      assert.deepEqual(never({ generation: 2 }), [sentence(ALL)]);
      assert.deepEqual(never({ generation: 2, phase: "issue", etcd: { phase: "done" } }), [
        sentence("phase done of etcd"),
      ]);
      assert.deepEqual(never(CLOCK), [sentence("rotation.rotateEvery")]);
      assert.deepEqual(never(undefined, { adopt: PINS }), [sentence("phase done of kubernetes, etcd, frontProxy")]);
    });

    it("goes by the phases, and ends with a word", () => {
      for (const phase of ["trust", "issue"]) assert.deepEqual(never({ generation: 2, phase }), []);
      assert.deepEqual(never({ generation: 2, force: ["restarts"] }), []);
      assert.deepEqual(never({ generation: 1 }), []);
    });
  });

  it("measures the clock by the longest leaf in use", () => {
    const certificates = {
      profiles: { kubelet: { validity: "1000d" }, admin: { enabled: false, validity: "2000d" } },
    };
    const every = (rotateEvery: string) => problems(rotating({ ...CLOCK, rotateEvery }, { certificates }));
    assert.deepEqual(every("2650d"), []);
    assert.deepEqual(every("2651d"), [
      "rotation.rotateEvery: 2651d; must be at most 2650d, so that no leaf outlives its CA; that is authority.validity, 3650d, less certificates.profiles.kubelet.validity, 1000d",
    ]);
  });

  it("may stop an adoption at its phases, and only what is adopted", async () => {
    const frontProxy = { ...(await makeCa("front")) };
    const { kubernetes, etcd } = PINS;
    const raw = (rotation: Raw) => rotating(rotation, { authority: { frontProxy }, adopt: { kubernetes, etcd } });
    assert.deepEqual(states(raw({ phase: "trust" })), { ...all("1 done"), kubernetes: "1 trust", etcd: "1 trust" });
    assert.deepEqual(states(raw({ etcd: { phase: "issue" } })), { ...all("1 done"), etcd: "1 issue" });
    assert.deepEqual(problems(raw({ frontProxy: { phase: "trust" } })), [
      `rotation.frontProxy.phase: "trust" with generation 1, ${FIRST}`,
    ]);
  });

  describe("of the service account key", () => {
    const sentence =
      "rotation.serviceAccount: given, but the stack does not have the key that signs this cluster's tokens; must be left out without that key; give it as authority.serviceAccount.key, or take it over with adopt.serviceAccount: true";
    let cas: Record<string, ExistingCa>;
    before(async () => {
      cas = { kubernetes: await makeCa("k"), etcd: await makeCa("e"), frontProxy: await makeCa("f") };
    });

    it("leaves a key alone that the stack does not have", () => {
      const raw = rotating({ generation: 2, phase: "issue" }, { authority: cas });
      assert.deepEqual(states(raw), { ...all("2 issue"), serviceAccount: "1 done" });
      assert.deepEqual(problems(rotating({ serviceAccount: { generation: 2 } }, { authority: cas })), [sentence]);
      assert.deepEqual(problems(rotating({ serviceAccount: { generation: 2 } }, { adopt: PINS })), [sentence]);
    });

    it("leaves a key to others that would have been made", () => {
      const authority = { serviceAccount: { enabled: false } };
      assert.deepEqual(states(rotating({ generation: 2 }, { authority })), {
        ...all("2 done"),
        serviceAccount: "1 done",
      });
      assert.deepEqual(problems(rotating({ serviceAccount: { generation: 2 } }, { authority })), [sentence]);
    });

    it("is given, or left to others", () => {
      const of = (serviceAccount: Raw) =>
        problems(rotating({ generation: 2 }, { authority: { ...cas, serviceAccount } }));
      const wanted = "enabled: false; must be exactly one of the two";
      assert.deepEqual(of({}), [`authority.serviceAccount: neither key nor ${wanted}`]);
      assert.deepEqual(of({ key: makeKey(), enabled: false }), [`authority.serviceAccount: both key and ${wanted}`]);
    });

    it("rotates one that was made, given or taken over", () => {
      const own = { serviceAccount: { generation: 2 } };
      const expected = { ...all("1 done"), serviceAccount: "2 done" };
      assert.deepEqual(states(rotating(own)), expected);
      const given = { ...cas, serviceAccount: { key: makeKey() } };
      assert.deepEqual(states(rotating(own, { authority: given })), expected);
      assert.deepEqual(states(rotating(own, { adopt: { ...PINS, serviceAccount: true } })), expected);
    });

    it("is not asked for where keys are hidden", () => {
      const raw = rotating({ serviceAccount: { generation: 2 } }, { adopt: { etcd: PIN } });
      const context = { now: new Date("2026-06-01T00:00:00Z"), secretKeys: ALL_SECRET };
      assert.ok(parseConfig(raw, { ...context, secretsHidden: true }).adopt?.etcd === PIN);
      assert.throws(() => parseConfig(raw, context));
    });
  });

  describe("of one or two etcd members", () => {
    const sentence =
      "rollout.acceptEtcdDowntime: false with etcd members on cp1 only; must be true, because a change of the etcd CA restarts etcd, and the API takes no writes for some seconds; or have three members";
    const refusedFor: readonly (readonly [string, Raw])[] = [
      ["all are rotated", { rotation: { generation: 2 } }],
      ["etcd is", { rotation: { etcd: { generation: 2, phase: "trust" } } }],
      ["it is adopted", { adopt: PINS }],
      ["it is etcd's own node", { rotation: { generation: 2 }, nodes: [nodes[1], { ...nodes[0], roles: ["etcd"] }] }],
    ];
    for (const [what, changes] of refusedFor) {
      it(`asks for a yes when ${what}`, () => {
        assert.deepEqual(problems(config(changes)), [sentence]);
        assert.deepEqual(problems(config({ ...changes, rollout: { acceptEtcdDowntime: true } })), []);
        const force = { ...(changes["rotation"] as Raw | undefined), force: ["restarts"] };
        assert.deepEqual(problems(config({ ...changes, rotation: force, restart: "never" })), []);
      });
    }

    it("names both of two, and does not count one that is still to join", () => {
      const two = sentence.replace("on cp1 only", "on cp1 and cp2 only");
      const rotation = { generation: 2 };
      assert.deepEqual(problems(config({ rotation, nodes: nodes.slice(0, 2) })), [two]);
      assert.deepEqual(problems(config({ rotation, nodes: [...nodes.slice(0, 2), { ...nodes[2], joining: true }] })), [
        two,
      ]);
      const joining = nodes.slice(0, 2).map((each) => ({ ...each, joining: true }));
      assert.deepEqual(problems(config({ rotation, nodes: joining })), [two]);
      assert.deepEqual(problems(config({ rotation, nodes })), []);
    });

    it("asks nothing while etcd stays as it is", () => {
      assert.deepEqual(problems(config({ rotation: { generation: 1 } })), []);
      assert.deepEqual(problems(config({ rotation: { kubernetes: { generation: 2 } } })), []);
    });
  });
});
