import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki, stackFile, type ClusterPkiArgs } from "../../components";
import { LAYOUT_NAMES } from "../../core/layouts";
import { argsWith, RAW } from "../core/fixture";
import { registeredBy, type Registered } from "./mocks";

/** What it refuses to be made from, and what was registered by then. */
const refused = async (make: () => unknown): Promise<{ message: string; all: readonly Registered[] }> => {
  let message = "";
  const all = await registeredBy(() => {
    try {
      make();
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      ({ message } = error);
    }
    return pulumi.output("end");
  }, false);
  return { message, all };
};

describe("ClusterPkiArgs", () => {
  it("are checked before anything is registered: one sentence for each problem, without a stack trace", async () => {
    const wrong = { ...argsWith(), layout: "talos", clutser: {} } as unknown as ClusterPkiArgs;
    const { message, all } = await refused(() => new ClusterPki("prod", wrong));
    assert.equal(
      message,
      "prod: 2 problems in the configuration:\n" +
        "  unknown key `clutser`; did you mean `cluster`?\n" +
        `  layout: "talos"; must be one of ${LAYOUT_NAMES.join(", ")}`,
    );
    assert.deepEqual(all, []);
  });

  it("are planned for one moment: generations and renewals are counted from `asOf`, else from `now`", async () => {
    const rotation = { since: "2026-01-01T00:00:00Z", rotateEvery: "90d" };
    const leaves = async (args: ClusterPkiArgs) =>
      (await registeredBy(() => new ClusterPki("prod", args).certificates, false)).flatMap(({ name }) =>
        name.startsWith("prod-kubernetes-ca") && /-ca(-g\d+)?$/.test(name) ? [name] : [],
      );
    const first = ["prod-kubernetes-ca"];
    assert.deepEqual(await leaves({ ...argsWith({ rotation }), now: new Date("2026-02-01T00:00:00Z") }), first);
    const later = { ...argsWith({ rotation, asOf: "2026-05-01T00:00:00Z" }), now: new Date("2026-02-01T00:00:00Z") };
    assert.deepEqual(await leaves(later), [...first, "prod-kubernetes-ca-g2"]);
  });

  it("are registered only when what keeps the CA keys was asked whether it can sign", async () => {
    let registeredBefore: number | undefined;
    const names: string[] = [];
    const server = createServer((socket) => {
      registeredBefore ??= names.length;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const args = argsWith({ authority: { kind: "vault", vault: { address } } });
    // a preview goes on without it
    await registeredBy(() => new ClusterPki("prod", args).certificates, true, undefined, undefined, names);
    server.close();
    assert.equal(registeredBefore, 0);
    assert.equal(names[0], "prod");
  });

  it("are what a stack file says", () => {
    const written = Object.entries(RAW).map(([key, value]) => [`kube-pki:${key}`, JSON.stringify(value)]);
    pulumi.runtime.setAllConfig(Object.fromEntries(written) as Record<string, string>);
    const { name, args } = stackFile();
    assert.equal(name, "prod");
    const { now, ...sections } = args;
    assert.ok(now instanceof Date);
    assert.deepEqual(sections, RAW);
  });

  it("hold no private key that stands plain in a stack file", () => {
    const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const config = { ...RAW, ssh: { privateKey: key } };
    const set = (encrypted: readonly string[]) => {
      const written = Object.entries(config).map(([name, value]) => [`kube-pki:${name}`, JSON.stringify(value)]);
      pulumi.runtime.setAllConfig(Object.fromEntries(written) as Record<string, string>, [...encrypted]);
      process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(encrypted);
    };
    set([]);
    assert.throws(
      () => stackFile(),
      /ssh\.privateKey: a private key in plain text; must be a secret; create a new key and run `pulumi config set --secret/,
    );
    set(["kube-pki:ssh"]);
    assert.deepEqual(stackFile().args.ssh, { privateKey: key });
    delete process.env["PULUMI_CONFIG_SECRET_KEYS"];
  });
});
