import assert from "node:assert/strict";
import type { Backup, KeptLeaf } from "../../../core/restore/backups";
import { chosenBackup, leftAlone, putBack, setBefore, troubles } from "../../../core/restore/earlierSet";

const NOW = new Date("2026-12-01T00:00:00Z");
const LATER = new Date("2027-12-01T00:00:00Z");

const backup = (day: string, copies: Readonly<Record<string, string>>, more: Partial<Backup> = {}): Backup => {
  const at = new Date(`2026-11-${day}T04:00:00Z`);
  return {
    name: `202611${day}T040000Z-aaaaaaaa`,
    at,
    isFirst: false,
    holdsCaKey: false,
    before: "apply",
    copies: Object.entries(copies).map(([path, parts], index) => ({
      n: String(index),
      path,
      parts: parts === "" ? [] : parts.split(","),
    })),
    absent: [],
    leaves: [],
    ...more,
  };
};

const keptLeaf = (changes: Partial<KeptLeaf> = {}): KeptLeaf => ({
  n: "0",
  profile: "apiserver",
  serial: "1",
  issuer: "CN=kubernetes",
  notAfter: LATER,
  isSigned: "yes",
  ...changes,
});

const paths = (all: readonly { readonly backup: string; readonly path: string }[]): string[] =>
  all.map((copy) => `${copy.backup.slice(6, 8)} ${copy.path}`);

describe("an earlier set", () => {
  const one = backup("10", { "/a": "cert:a", "/b": "cert:b" }, { absent: ["/new"] });
  const two = backup("20", { "/a": "cert:a", "/c": "cert:c", "/new": "cert:new" });
  const three = backup("30", { "/c": "cert:c", "/d": "cert:d" });
  const all = [one, two, three];

  it("has each file from the first backup since that has it", () => {
    assert.deepEqual(paths(setBefore(all, one).copies), ["10 /a", "10 /b", "20 /c", "30 /d"]);
    assert.deepEqual(setBefore(all, one).absent, ["/new"]);
    assert.deepEqual(paths(setBefore(all, two).copies), ["20 /a", "20 /c", "20 /new", "30 /d"]);
    assert.deepEqual(paths(setBefore(all, three).copies), ["30 /c", "30 /d"]);
  });

  it("has the leaves of those files alone", () => {
    const older = { ...one, leaves: [keptLeaf({ serial: "old" })] };
    const newer = { ...two, leaves: [keptLeaf({ serial: "new" }), keptLeaf({ n: "1", profile: "c" })] };
    assert.deepEqual(
      setBefore([older, newer], older).leaves.map(({ profile, serial }) => [profile, serial]),
      [
        ["apiserver", "old"],
        ["c", "1"],
      ],
    );
  });

  const choices: readonly (readonly [string | undefined, Backup | undefined])[] = [
    [undefined, three],
    ["2026-11-10", one],
    ["2026-11-10T04:00:00Z", one],
    ["2026-11-10T04:00:01Z", two],
    ["2026-11-30", three],
    ["2026-12-01", undefined],
    ["20261120T04", two],
    [three.name, three],
    ["yesterday", undefined],
    ["2026", one], // of several names the first
  ];
  for (const [wanted, expected] of choices)
    it(`is that of ${expected?.name ?? "none"} for ${wanted ?? "no date"}`, () => {
      assert.equal(chosenBackup(all, wanted)?.name, expected?.name);
    });

  it("is of no use once a certificate in it has ended, or its CA is gone", () => {
    const set = (...leaves: KeptLeaf[]) => {
      const made = { ...one, leaves };
      return troubles(setBefore([made], made), NOW);
    };
    assert.deepEqual(set(), []);
    assert.deepEqual(set(keptLeaf(), keptLeaf({ n: "1", isSigned: undefined })), []);
    assert.deepEqual(set(keptLeaf({ notAfter: NOW }), keptLeaf({ n: "1", profile: "b", notAfter: NOW })), [
      "certificates in it have ended (apiserver, b)",
    ]);
    assert.deepEqual(set(keptLeaf({ isSigned: "no" })), [
      "the CA of apiserver in it is not trusted on the node any more",
    ]);
  });

  const mixed = backup(
    "25",
    {
      "/ca.crt": "ca:kubernetes",
      "/ca.key": "cakey:kubernetes",
      "/sa.pub": "serviceaccount:public",
      "/signer.key": "key:signer-g1",
      "/a.crt": "cert:a",
      "/a.key": "key:a",
      "/k.pem": "cert:k,key:k",
      "/admin.conf": "kubeconfig:admin",
      "/etcd.yaml": "",
    },
    { absent: ["/e.crt"] },
  );

  it("puts back leaves, their keys and kubeconfigs, and leaves the rest as it is", () => {
    const set = setBefore([mixed], mixed);
    assert.deepEqual(paths(putBack(set, true)), ["25 /a.crt", "25 /a.key", "25 /k.pem", "25 /admin.conf"]);
    assert.deepEqual(leftAlone(set, true), ["/ca.crt", "/ca.key", "/e.crt", "/etcd.yaml", "/sa.pub", "/signer.key"]);
  });

  it("puts back whatever somebody reads where nothing is proven", () => {
    const set = setBefore([mixed], mixed);
    assert.deepEqual(leftAlone(set, false), ["/e.crt", "/etcd.yaml"]);
    assert.equal(putBack(set, false).length, 8);
  });

  it("leaves what signs itself as it is, and is good without it", () => {
    const leaves = [keptLeaf({ n: "0", profile: "a", isSigned: "own", notAfter: NOW })];
    const made = backup("26", { "/a.crt": "cert:a", "/a.key": "key:a", "/b.crt": "cert:b" }, { leaves });
    const set = setBefore([made], made);
    assert.deepEqual(troubles(set, NOW), []);
    assert.deepEqual(paths(putBack(set, true)), ["26 /b.crt"]);
    assert.deepEqual(leftAlone(set, true), ["/a.crt", "/a.key"]);
  });

  it("puts no key back whose certificate did not change", () => {
    const made = backup("26", { "/a.key": "key:a", "/b.crt": "cert:b" });
    assert.deepEqual(paths(putBack(setBefore([made], made), true)), ["26 /b.crt"]);
  });
});
