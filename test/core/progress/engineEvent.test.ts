import assert from "node:assert/strict";
import { engineEvent } from "../../../core/progress/engineEvent";

const said = (more: object): string =>
  JSON.stringify({ diagnosticEvent: { message: "x\n", severity: "info", ...more } });

describe("a line of pulumi's event log", () => {
  it("is nothing where it is no news, or not understood", () => {
    for (const line of ["", "{", "[]", "{}", '{"sequence":1,"cancelEvent":{}}', said({ severity: "debug" })])
      assert.equal(engineEvent(line), undefined, line);
    assert.equal(engineEvent('{"resourcePreEvent":{"metadata":{"op":1}}}'), undefined);
  });

  it("is for the moment where pulumi takes it for that", () => {
    const kinds = [said({}), said({ ephemeral: true }), said({ severity: "warning" }), said({ severity: "error" })];
    assert.deepEqual(
      kinds.map((line) => {
        const event = engineEvent(line);
        return event?.kind === "says" ? event.severity : undefined;
      }),
      ["info", "progress", "warning", "error"],
    );
  });

  it("of a policy that forbids is an error, of one that advises a warning", () => {
    const policy = { message: "<{%reset%}>no key in the state\n", policyName: "ca-key", policyPackName: "kube-pki" };
    for (const [enforcementLevel, severity] of [
      ["mandatory", "error"],
      ["warning", "warning"],
    ])
      assert.deepEqual(engineEvent(JSON.stringify({ policyEvent: { ...policy, enforcementLevel } })), {
        kind: "says",
        urn: undefined,
        severity,
        text: "kube-pki, ca-key: no key in the state",
      });
  });

  it("loses pulumi's marks for colours", () => {
    const message = "<{%fg 1%}>error: <{%reset%}>it is broken\n";
    assert.deepEqual(engineEvent(said({ message, severity: "error", urn: "" })), {
      kind: "says",
      urn: undefined,
      severity: "error",
      text: "it is broken",
    });
  });
});
