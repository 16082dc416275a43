import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { OpenBao } from "../lab/openbao";

describe("OpenBao in the lab", function () {
  this.timeout(120_000);
  let server: OpenBao;

  before(async () => {
    server = await OpenBao.start();
  });
  after(() => server.stop());

  /** As any client: by TCP, with TLS, with its certificate as the only trusted one. */
  const overTls = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${server.address}/v1/${path}`, { ca: readFileSync(server.caFile), agent: false }, (response) => {
        resolve(response.resume().statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });

  it("is initialised, unsealed and active, and serves by TLS", async () => {
    assert.equal(await overTls("sys/health"), 200);
  });

  it("writes every request into its audit log, without secrets", async () => {
    await server.must("POST", "sys/policies/acl/audited", { policy: 'path "x" { capabilities = ["read"] }' });
    const asked = server.audit().flatMap(({ request }) => (request as { path?: string } | undefined)?.path ?? []);
    assert.ok(asked.includes("sys/policies/acl/audited"), asked.join(", "));
    assert.ok(!JSON.stringify(server.audit()).includes(server.rootToken));
  });

  it("gives a token that may do what its policy says and no more", async () => {
    await server.must("POST", "sys/mounts/kept", { type: "kv" });
    await server.must("POST", "kept/one", { value: "1" });
    const token = await server.token('path "kept/one" { capabilities = ["read"] }');
    assert.equal((await server.must("GET", "kept/one", undefined, token))["value"], "1");
    assert.equal((await server.api("POST", "kept/one", { value: "2" }, token)).status, 403);
    assert.equal((await server.api("GET", "kept/two", undefined, token)).status, 403);
  });

  it("keeps what it knows when it is sealed or its process is killed", async () => {
    await server.seal();
    assert.equal((await server.api("GET", "sys/health")).status, 503);
    await server.unseal();
    await server.powerOff();
    await assert.rejects(overTls("sys/health"));
    await server.powerOn();
    assert.equal((await server.must("GET", "kept/one"))["value"], "1");
  });
});
