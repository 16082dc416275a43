import assert from "node:assert/strict";
import { readLog, REFUSED_AGAIN } from "./podClients";

/** What kubectl 1.36 says in a pod, word for word. */
const UNAUTHORIZED = "error: You must be logged in to the server (Unauthorized)";
const UNTRUSTED =
  "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority";
const GONE = "The connection to the server 10.96.0.1:443 was refused - did you specify the right host or port?";

const factsOf = (...lines: string[]) =>
  readLog("pod", lines.map((said, index) => `${String(1000 * (index + 1))} ${said} \n`).join(""), 0, 9000).facts;

describe("log of a pod", () => {
  it("tells a refused identity from a server that was not reached", () => {
    assert.deepEqual(factsOf("ok", UNAUTHORIZED, "ok", UNTRUSTED, GONE, GONE), {
      failures: 4,
      "token refused": 1,
      "server not trusted": 1,
      "not reached": 2,
    });
  });

  it("counts a refusal that lasts", () => {
    assert.equal(factsOf("ok", UNTRUSTED, UNTRUSTED, UNTRUSTED)[REFUSED_AGAIN], 2);
    assert.equal(factsOf(UNAUTHORIZED, UNAUTHORIZED)[REFUSED_AGAIN], 1);
  });

  it("passes over what was before and after the run", () => {
    assert.equal(readLog("pod", `500 ${GONE}\n1500 ok\n9500 ${GONE}\n`, 1000, 2000).facts["failures"], undefined);
  });
});
