import assert from "node:assert/strict";
import { nodeConnection } from "../../../core/nodes/connection";
import { config, HOST_KEY, node, parsed } from "../config/fixtures";

describe("nodeConnection", () => {
  it("goes to the node's address as the general login, unless the node says otherwise", () => {
    const ssh = { host: "cp1.example.com", port: 2222, user: "admin", hostKey: HOST_KEY };
    const result = parsed(
      config({
        ssh: { agent: true, user: "ops", sudo: true, port: 22022 },
        nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], ssh }), node("w1", "10.0.0.2")],
      }),
    );
    assert.deepEqual(
      result.nodes.map((each) => nodeConnection(result, each)),
      [
        { ...ssh, sudo: true },
        { host: "10.0.0.2", port: 22022, user: "ops", hostKey: HOST_KEY, sudo: true },
      ],
    );
  });
});
