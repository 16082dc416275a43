import assert from "node:assert/strict";
import { backupLines } from "../../../core/protocol/lines";
import { configWith } from "../fixture";

describe("how many backups a node keeps", () => {
  it("is in no payload where the stack file does not say it: a new line would run the step on every node", () => {
    assert.deepEqual(backupLines(configWith({})), []);
  });

  it("is what the stack file says, in seconds", () => {
    const lines = (backups: object) => backupLines(configWith({ rollout: { backups } }));
    assert.deepEqual(lines({}), ["keepbackups 5 0"]);
    assert.deepEqual(lines({ keep: 12, keepFor: "30d" }), ["keepbackups 12 2592000"]);
  });
});
