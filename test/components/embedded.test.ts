import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { EmbeddedAuthority } from "../../components/authority/embedded";
import { registeredBy } from "./mocks";

/** What becomes of a leaf that ends 2027-11-22 under a CA that ends then. */
const issued = async (caEnds: string): Promise<string> => {
  let end = "";
  await registeredBy(
    () => {
      const ca = new EmbeddedAuthority("ca", { commonName: "g1", algorithm: "ECDSA-P256", validitySeconds: 3600 });
      const request = {
        role: "apiserver" as const,
        commonName: "kube-apiserver",
        requestPem: "REQUEST",
        usages: ["client"] as const,
        validitySeconds: 3600,
        id: "1",
      };
      const { certificatePem } = ca.issue("prod-cp1-apiserver", request, {});
      const text = (certificatePem as unknown as { promise: () => Promise<string> }).promise();
      return pulumi.output(
        text.then(
          () => (end = "issued"),
          (error: unknown) => (end = String(error)),
        ),
      );
    },
    false,
    undefined,
    caEnds,
  );
  return end;
};

describe("EmbeddedAuthority", () => {
  it("gives no leaf away that ends after its CA, and says what to do", async () => {
    assert.equal(await issued("2027-11-22T00:00:00Z"), "issued");
    assert.match(
      await issued("2027-11-21T00:00:00Z"),
      /prod-cp1-apiserver: the certificate would expire 2027-11-22T00:00:00Z, after its CA CN=mock, which expires 2027-11-21T00:00:00Z; no node received it: rotate the CA \(/,
    );
  });
});
