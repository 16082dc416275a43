import assert from "node:assert/strict";
import { unitFiles } from "./hardwayUnits";
import { stubUnits } from "./stubs";
import { topology } from "./topology";

const { nodes } = topology("stubs");

describe("stub units", () => {
  for (const node of nodes)
    it(`${node.name}: the real ones with another program and whom to call`, () => {
      const real = unitFiles(node, nodes);
      const units = stubUnits(node, nodes);
      assert.ok(Object.keys(units).length > 0);
      for (const [path, text] of Object.entries(units)) {
        assert.match(text, /^ExecStart=\/opt\/stub\/[a-z-]+ \\$/m);
        assert.match(text, /^Description=stub of /m);
        assert.doesNotMatch(text, /\/opt\/kubernetes/);
        const added = text.split("\n").filter((line) => !(real[path] ?? "").split("\n").includes(line));
        assert.deepEqual(
          added.map((line) => line.trim().replace(/=.*/, "")),
          ["Description", "ExecStart", "--stub-control-planes", "--stub-kubelets"],
        );
      }
    });

  it("are told how rarely to call", () => {
    const [text = ""] = Object.values(stubUnits(nodes[0]!, nodes, "20s"));
    assert.match(text, /^ {2}--stub-call-every=20s \\$/m);
  });
});
