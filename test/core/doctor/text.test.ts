import assert from "node:assert/strict";
import type { Finding } from "../../../core/doctor/finding";
import { findingsText } from "../../../core/doctor/text";

const finding = (node: string, changes: Partial<Finding> = {}): Finding => ({
  check: "key-open",
  node,
  urgency: "now",
  subject: "/pki/a.key",
  text: "every user can read /pki/a.key",
  remedy: "close it",
  source: "CIS 1.1.21",
  ...changes,
});

describe("findings as text", () => {
  it("say what several nodes share once, and what differs apart", () => {
    const text = findingsText(
      [
        finding("cp1"),
        finding("cp2", { text: "every user can read /pki/b.key" }),
        finding("cp3"),
        finding("cp3"),
        finding("w1", { urgency: "notice" }),
        finding("w2", { urgency: "notice", remedy: "open it again" }),
      ],
      5,
    );
    assert.equal(
      text,
      `now
  cp1, cp3: every user can read /pki/a.key
      close it [key-open, CIS 1.1.21]
  cp2: every user can read /pki/b.key
      close it [key-open, CIS 1.1.21]

notice
  w1: every user can read /pki/a.key
      close it [key-open, CIS 1.1.21]
  w2: every user can read /pki/a.key
      open it again [key-open, CIS 1.1.21]

5 nodes looked at: 2 now, 2 notices
`,
    );
  });

  it("name the first of many nodes", () => {
    const many = Array.from({ length: 9 }, (_, index) => finding(`w${String(index + 1)}`));
    assert.match(findingsText(many, 9), /\n {2}w1, w2, w3, w4, w5, 4 more: every user/);
    assert.match(findingsText(many.slice(0, 6), 6), /\n {2}w1, w2, w3, w4, w5, w6: every user/);
  });

  it("say so if there are none", () => {
    assert.equal(findingsText([], 1), "1 node looked at: nothing found\n");
  });
});
