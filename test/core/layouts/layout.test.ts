import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { LAYOUT_NAMES, LAYOUTS } from "../../../core/layouts";
import { fileOn, modeOf, pemFiles, profileOf } from "../../../core/layouts/layout";
import { PROFILE_NAMES } from "../../../core/model/profiles";
import { consumerOf } from "../../../core/model/reload";
import { planCluster } from "../../../core/plan";
import { applyPayload } from "../../../core/protocol/apply";
import { fileLine } from "../../../core/protocol/lines";
import { configWith, NOW } from "../fixture";

const MINORS = [30, 31, 32, 33, 34, 35, 36, 37];
const tables = LAYOUT_NAMES.flatMap((layout) =>
  MINORS.map((minor) => ({ layout, minor, files: LAYOUTS[layout].files(minor) })),
);

describe("layouts", () => {
  for (const { layout, minor, files } of tables) {
    it(`give credentials to root alone: ${layout}, 1.${String(minor)}`, () => {
      for (const row of files) {
        const { path } = fileOn(row, "cp1");
        // by the name and not by what the table says of the content, which is what might be wrong
        const isOpen = /\.(?:crt|pub)$|(?<!-key)\.pem$/.test(path) && !/\/sa\.pub$|\/kubelet-client-/.test(path);
        assert.equal(modeOf(row), isOpen ? "0644" : "0600", path);
      }
    });

    it(`run every service that reads a file, and no other: ${layout}, 1.${String(minor)}`, () => {
      const readers = new Set(files.flatMap(({ uses }) => uses.map(consumerOf)));
      assert.deepEqual([...readers].sort(), LAYOUTS[layout].consumers.map(({ name }) => name).sort());
    });
  }

  it("are what the files of core/layouts/ are called", () => {
    const files = readdirSync(join(__dirname, "..", "..", "..", "core", "layouts")).map((file) =>
      file.replace(".ts", ""),
    );
    const parts = ["index", "layout", "adjusted", "oneCa"]; // what layouts are made of
    assert.deepEqual(files.filter((file) => !parts.includes(file)).sort(), [...LAYOUT_NAMES].sort());
  });

  it("have a file for every certificate", () => {
    const held = new Set(tables.flatMap(({ files }) => files.flatMap(profileOf)));
    assert.deepEqual(
      PROFILE_NAMES.filter((name) => !held.has(name)),
      [],
    );
  });

  it("may name a file after its node, and give it to a user", () => {
    const [certificate, key] = pemFiles("etcd-peer", "etcd", "/etc/ssl/etcd/ssl/member-{node}", []);
    assert.ok(certificate && key);
    assert.equal(
      fileLine(fileOn({ ...certificate, owner: "etcd", group: "ssl" }, "e1")),
      "file /etc/ssl/etcd/ssl/member-e1.crt 0644 etcd ssl cert:etcd-peer",
    );
    assert.equal(fileLine(fileOn(key, "e1")), "file /etc/ssl/etcd/ssl/member-e1.key 0600 root root key:etcd-peer");
  });

  it("say where services listen", () => {
    const config = configWith();
    const plan = planCluster(config, NOW);
    const [cp1] = plan.nodes;
    assert.ok(cp1);
    const moved = { ...cp1, listeners: { ...cp1.listeners, apiServer: { port: 8443, on: "node" } as const } };
    const dates = { issued: NOW.toISOString(), expires: NOW.toISOString() };
    const leaves = Object.fromEntries(cp1.leaves.map(({ profile }) => [profile, { certificatePem: "PEM", ...dates }]));
    const trust = { kubernetes: "K", etcd: "E", frontProxy: "F" };
    const serviceAccount = { privatePem: "PRIVATE", publicPem: "PUBLIC" };
    const text = applyPayload(plan, moved, config, { leaves, trust, caKeys: { kubernetes: "KEY" }, serviceAccount });
    assert.ok(!text.includes("10.0.0.11:6443"));
    assert.match(text, /\nserved kube-apiserver 10\.0\.0\.11:8443 apiserver\n/);
    assert.match(text, /\nlease kube-controller-manager 10\.0\.0\.11:8443 /);
    assert.match(text, /server: https:\/\/10\.0\.0\.11:8443\n/);
  });
});
