import assert from "node:assert/strict";
import { readyNodes } from "./ready";

const row = (name: string, status: string, lastHeartbeatTime: string) => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status, lastHeartbeatTime }] },
});

describe("readiness of nodes", () => {
  const since = Date.parse("2026-01-01T00:00:10Z");

  it("believes a heartbeat since the start, not what a stopped cluster said last", () => {
    const items = [
      row("fresh", "True", "2026-01-01T00:00:10Z"),
      row("stale", "True", "2026-01-01T00:00:09Z"),
      row("bad", "False", "2026-01-01T00:00:11Z"),
      { metadata: { name: "new" }, status: {} },
    ];
    assert.deepEqual(readyNodes({ items }, since), ["fresh"]);
  });
});
