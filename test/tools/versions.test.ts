import assert from "node:assert/strict";
import { atLeast, findVersion, type Version } from "../../tools/versions";

describe("a version", () => {
  const texts: readonly (readonly [string, Version | undefined])[] = [
    ["Kubernetes v1.36.3", [1, 36, 3]],
    ["go1.26", [1, 26, 0]],
    ["etcd Version: 3.6.8\nGit SHA: 1.2.3", [3, 6, 8]],
    ["Client Version: v1.32.4-dispatcher", [1, 32, 4]],
    ["OpenBao v2.7.2 (9e0a), committed 2026-10-26", [2, 7, 2]],
    ["no number", undefined],
  ];
  for (const [text, wanted] of texts) {
    it(`is ${String(wanted)} in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(findVersion(text), wanted);
    });
  }

  const pairs: readonly (readonly [Version, Version, boolean])[] = [
    [[1, 36, 3], [1, 36, 3], true],
    [[1, 36, 2], [1, 36, 3], false],
    [[1, 37, 0], [1, 36, 3], true],
    [[1, 9, 9], [1, 10, 0], false],
    [[2, 0, 0], [1, 99, 99], true],
    [[0, 99, 99], [1, 0, 0], false],
  ];
  for (const [found, minimum, wanted] of pairs) {
    it(`${found.join(".")} is ${wanted ? "" : "not "}at least ${minimum.join(".")}`, () => {
      assert.equal(atLeast(found, minimum), wanted);
    });
  }
});
