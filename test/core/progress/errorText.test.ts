import assert from "node:assert/strict";
import { errorText } from "../../../core/progress/errorText";

const REMOTE = 'Process exited with status 1: running "sh /var/lib/kube-pki/node.sh apply":\n';
const LOCAL = 'exit status 2: running "node \\"cli/kube-pki\\" preflight-step":\n';

describe("the error of a step", () => {
  const cases: readonly (readonly [string, string, readonly string[], string | undefined])[] = [
    [
      "of a node is the last line it said",
      `${REMOTE}w1: restarting kubelet\nw1: kubelet is lost; repair it\ndone 01234567 changed\n`,
      ["restarting kubelet", "kubelet is lost; repair it"],
      "kubelet is lost; repair it",
    ],
    ["of a node that said nothing is its last line", `${REMOTE}w1: no room\n`, [], "w1: no room"],
    [
      "of a program of ours is its whole list",
      `${LOCAL}what the nodes have:\n  cp1: x\nkube-pki: the nodes differ:\n  cp1: a\n  w1: b\n`,
      ["what the nodes have:", "kube-pki: the nodes differ:", "  cp1: a", "  w1: b"],
      "the nodes differ:\n  cp1: a\n  w1: b",
    ],
    [
      "of no command is all of it",
      "after 10 failed attempts: dial tcp: refused",
      [],
      "after 10 failed attempts: dial tcp: refused",
    ],
    ["that only says that there was one is none", "update failed\n", [], undefined],
  ];
  for (const [what, message, said, expected] of cases)
    it(what, () => {
      assert.equal(errorText(message, said), expected);
    });
});
