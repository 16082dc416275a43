import assert from "node:assert/strict";
import { balancerConfig } from "./balancer";
import { topology, withRole } from "./topology";

describe("balancer", () => {
  const text = balancerConfig(withRole(topology("hardway").nodes, "control-plane"));

  it("asks each control plane for /readyz twice a second and drops the sessions of one that fails twice", () => {
    assert.match(text, /option httpchk GET \/readyz/);
    assert.match(text, /inter 500ms fall 2 rise 2 on-marked-down shutdown-sessions/);
  });

  it("listens on the lab's address and sends to control planes only", () => {
    assert.match(text, /bind 10\.77\.0\.1:6443/);
    assert.deepEqual(text.match(/^ {2}server .*$/gm), ["  server cp1 10.77.0.14:6443", "  server cp2 10.77.0.15:6443"]);
  });
});
