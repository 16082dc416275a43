import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { authority, leaf } from "../../../node/pki";
import { Api } from "./api";

describe("kubernetes plugin's way to the API", () => {
  it("takes a CA that another one signed for a root, and no other", async () => {
    const ca = authority(authority());
    const server = createServer({ ...leaf(ca) }, (_, response) => response.end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const access = (trusted: string) =>
      new Api({
        server: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
        ca: trusted,
        credentials: { token: "t" },
      });
    try {
      assert.deepEqual(await access(ca.cert).get("/api"), {});
      await assert.rejects(access(authority().cert).get("/api"), /unable to/);
    } finally {
      server.close();
    }
  });
});
