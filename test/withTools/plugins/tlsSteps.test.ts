import assert from "node:assert/strict";
import { isSecret, isUnknown, TestStack, type Run } from "../../lab/plugins/testStack";
import { chain, type Chain } from "./tlsChain";

describe("tls plugin, run by run", function () {
  this.timeout(120_000);
  let stack: TestStack;
  const output = async (name: string): Promise<string> => String(await stack.output(name));

  beforeEach(async () => {
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
  });

  it("changes nothing on equal inputs, and stores private keys encrypted, certificates plain", async () => {
    await stack.up(chain({}));
    assert.deepEqual((await stack.up(chain({}))).steps, allSame());
    const [ca, request, leaf] = [await stack.stored("ca"), await stack.stored("request"), await stack.stored("leaf")];
    for (const bag of [ca?.inputs, ca?.outputs, request?.inputs, request?.outputs])
      assert.ok(isSecret(bag?.["privateKeyPem"]));
    for (const bag of [leaf?.inputs, leaf?.outputs]) assert.ok(isSecret(bag?.["caPrivateKeyPem"]));
    assert.match(String(leaf?.outputs?.["certPem"]), /^-----BEGIN CERTIFICATE/);
    assert.match(String(request?.outputs?.["certRequestPem"]), /^-----BEGIN CERTIFICATE REQUEST/);
    assert.equal(leaf?.outputs?.["readyForRenewal"], false);
  });

  function allSame(changed: Record<string, readonly string[]> = {}): Run["steps"] {
    const same = Object.fromEntries(["ca-key", "ca", "leaf-key", "request", "leaf"].map((name) => [name, ["same"]]));
    return { ...same, ...changed } as Run["steps"];
  }
  const replaced = ["create-replacement", "replace"];

  it("replaces on any change that is in the certificate, but not on earlyRenewalHours", async () => {
    await stack.up(chain({}));
    const planned: [Chain, Record<string, string[]>][] = [
      [{ subject: { commonName: "other" } }, { request: replaced, leaf: replaced }],
      [{ names: { dnsNames: ["new"] } }, { request: replaced, leaf: replaced }],
      [{ leaf: { validityPeriodHours: 200 } }, { leaf: replaced }],
      [{ leaf: { allowedUses: ["server_auth"] } }, { leaf: replaced }],
      [{ leaf: { setSubjectKeyId: true } }, { leaf: replaced }],
      [{ leaf: { earlyRenewalHours: 10 } }, { leaf: ["update"] }],
      [{ ca: { subject: { commonName: "newer" } } }, { ca: replaced, leaf: replaced }],
      [{ trigger: "1" }, {}],
    ];
    for (const [options, changed] of planned) {
      const { steps } = await stack.preview(chain(options));
      const without = Object.entries(steps).map(([name, ops]) => [name, ops.filter((op) => op !== "delete-replaced")]);
      assert.deepEqual(Object.fromEntries(without), allSame(changed), JSON.stringify(options));
    }
    const before = await output("leaf");
    await stack.up(chain({ leaf: { earlyRenewalHours: 10 } }));
    assert.equal(await output("leaf"), before, "an update in place keeps the certificate");
    assert.equal((await stack.stored("leaf"))?.outputs?.["earlyRenewalHours"], 10);
  });

  it("is replaced by a changed replacementTrigger, with all that follows from it", async () => {
    await stack.up(chain({ trigger: "1" }));
    const [key, before] = [(await stack.stored("leaf-key"))?.id, await output("leaf")];
    assert.deepEqual((await stack.up(chain({ trigger: "1" }))).steps, allSame());
    const { steps } = await stack.up(chain({ trigger: "2" }));
    const all = [...replaced, "delete-replaced"];
    assert.deepEqual(steps, allSame({ "ca-key": all, ca: all, leaf: all }));
    assert.equal((await stack.stored("leaf-key"))?.id, key);
    assert.notEqual(await output("leaf"), before);
  });

  it("shows outputs to come as unknown in a preview", async () => {
    const { planned } = await stack.preview(chain({}));
    const toCome = [
      planned["ca-key"]?.["publicKeyPem"],
      planned["ca"]?.["certPem"],
      planned["leaf"]?.["validityEndTime"],
    ];
    assert.ok(toCome.every(isUnknown), JSON.stringify(toCome));
    assert.equal(planned["leaf"]?.["readyForRenewal"], false);
  });

  it("renews at plan time, without a refresh, once the early renewal time has come", async () => {
    const options = { leaf: { earlyRenewalHours: 8 } };
    await stack.up(chain(options));
    const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
    await stack.alter("leaf", { validityEndTime: inHours(9) });
    assert.deepEqual((await stack.preview(chain(options))).steps, allSame());
    await stack.alter("leaf", { validityEndTime: inHours(7) });
    const run = await stack.up(chain(options));
    assert.deepEqual(run.steps, allSame({ leaf: [...replaced, "delete-replaced"] }));
    assert.deepEqual(run.replaces["leaf"], ["readyForRenewal"]);
    assert.deepEqual((await stack.preview(chain(options))).steps, allSame());
  });

  it("says on refresh that a certificate is ready for renewal", async () => {
    const options = { leaf: { earlyRenewalHours: 8 } };
    await stack.up(chain(options));
    await stack.alter("leaf", { validityEndTime: new Date(Date.now() + 3_600_000).toISOString() });
    await stack.refresh();
    assert.equal((await stack.stored("leaf"))?.outputs?.["readyForRenewal"], true);
    assert.equal((await stack.up(chain(options))).steps["leaf"]?.[0], "create-replacement");
    assert.equal((await stack.stored("leaf"))?.outputs?.["readyForRenewal"], false);
  });

  it("replaces on every run where earlyRenewalHours is not below the validity", async () => {
    const options = { leaf: { earlyRenewalHours: 100 } };
    await stack.up(chain(options));
    assert.equal((await stack.stored("leaf"))?.outputs?.["readyForRenewal"], true);
    assert.equal((await stack.preview(chain(options))).steps["leaf"]?.[0], "create-replacement");
  });
});
