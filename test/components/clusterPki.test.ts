import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { ClusterPki } from "../../components";
import type { Config } from "../../core/config";
import { configWith, NOW } from "../core/fixture";
import { registeredBy, type Registered } from "./mocks";

const program = (config: Config) => () => new ClusterPki("prod", { config, now: NOW }).certificates;
const up = (config: Config) => registeredBy(program(config), false);
const ofType = (all: readonly Registered[], type: string) => all.filter((resource) => resource.type === type);
const COMMAND = "command:remote:Command";
const LEAF = "tls:index/locallySignedCert:LocallySignedCert";

/** Where a text stands in inputs outside the engine's envelope for secrets. */
const plain = (value: unknown, path = ""): string[] => {
  if (typeof value === "string") return value.includes("PRIVATE KEY") ? [path] : [];
  if (typeof value !== "object" || value === null || "4dabf18193072939515e22adb298388d" in value) return [];
  return Object.entries(value).flatMap(([key, inner]) => plain(inner, `${path}/${key}`));
};

describe("ClusterPki", () => {
  const config = configWith();

  it("makes three commands a node, whatever the number of files", async () => {
    const commands = ofType(await up(config), COMMAND).map(({ name }) => name);
    assert.deepEqual(
      commands.sort(),
      ["cp1", "cp2", "cp3", "w1", "w2", "w3"]
        .flatMap((node) => ["apply", "install", "request"].map((step) => `prod-${node}-${step}`))
        .sort(),
    );
  });

  it("issues each certificate of the plan once, under stable names", async () => {
    const leaves = ofType(await up(config), LEAF).map(({ name }) => name);
    assert.equal(leaves.length, 13 + 12 + 12 + 3 * 2);
    assert.ok(leaves.includes("prod-cp1-apiserver") && leaves.includes("prod-w3-kubelet-server"));
    assert.equal(new Set(leaves).size, leaves.length);
  });

  it("has the same resources in a preview as in an up", async () => {
    const names = (all: readonly Registered[]) => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names(await registeredBy(program(config), true)), names(await up(config)));
  });

  it("never puts a private key into a plain input", async () => {
    const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const all = await up(configWith({ ssh: { privateKey: key }, certificates: { custody: "state" } }));
    assert.deepEqual(
      all.flatMap(({ name, inputs }) => plain(inputs).map((path) => name + path)),
      [],
    );
    const commands = ofType(all, COMMAND);
    assert.ok(commands.every(({ inputs }) => !JSON.stringify(inputs["create"]).includes("PRIVATE")));
  });

  it("keeps leaf keys out of the stack by default, and in it when asked to", async () => {
    const keys = (all: readonly Registered[]) => ofType(all, "tls:index/privateKey:PrivateKey").map(({ name }) => name);
    assert.deepEqual(keys(await up(config)).sort(), [
      "prod-etcd-ca-key",
      "prod-frontProxy-ca-key",
      "prod-kubernetes-ca-key",
      "prod-service-account",
    ]);
    const inState = await up(configWith({ certificates: { custody: "state" } }));
    assert.ok(keys(inState).includes("prod-w1-kubelet-key"));
    assert.equal(ofType(inState, COMMAND).filter(({ name }) => name.endsWith("-request")).length, 0);
  });

  it("uses sudo when told to", async () => {
    const commands = ofType(await up(configWith({ ssh: { agent: true, user: "ops", sudo: true } })), COMMAND);
    assert.ok(commands.every(({ inputs }) => String(inputs["create"]).startsWith("sudo -n ")));
  });

  it("runs nothing on delete and has no triggers", async () => {
    for (const { inputs } of ofType(await up(config), COMMAND))
      assert.ok(inputs["delete"] === undefined && inputs["triggers"] === undefined);
  });
});
