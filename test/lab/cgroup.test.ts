import assert from "node:assert/strict";
import { hierarchies } from "./cgroup";

describe("cgroup hierarchies", () => {
  it("on a hybrid machine: one base per hierarchy, under the cgroup we are in", () => {
    const text = "9:name=systemd:/user.slice\n4:memory:/a/b\n2:cpu,cpuacct:/\n0::/user.slice/session-1.scope\n";
    assert.deepEqual(hierarchies(text, false), [
      { controller: "systemd", base: "/sys/fs/cgroup/systemd/user.slice" },
      { controller: "memory", base: "/sys/fs/cgroup/memory/a/b" },
      { controller: "cpu,cpuacct", base: "/sys/fs/cgroup/cpu,cpuacct" },
      { controller: "unified", base: "/sys/fs/cgroup/unified/user.slice/session-1.scope" },
    ]);
  });

  it("on a pure v2 machine: the root only, where controllers can be handed down", () => {
    const text = "0::/user.slice/user-0.slice/session-1.scope\n";
    assert.deepEqual(hierarchies(text, true), [{ controller: "unified", base: "/sys/fs/cgroup" }]);
  });
});
