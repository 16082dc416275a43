import assert from "node:assert/strict";
import type { LeafPlan } from "../../../core/certificates/leaves";
import { parseRequests, requestFor, requestProblem } from "../../../core/certificates/signingRequests";
import { request, requestWithTwoLists, tamperedWith } from "./requests";

const LEAF = {
  profile: "kubelet",
  id: "4-aaaa",
  commonName: "system:node:w1",
  organizations: ["system:nodes"],
  sans: ["DNS:w1", "IP:10.0.0.21", "IP:::1"],
} as unknown as LeafPlan;

const SUBJECT = "/O=system:nodes/CN=system:node:w1";
const NAMES = "subjectAltName=DNS:w1,IP:10.0.0.21,IP:::1";

describe("signing requests", () => {
  it("accepts what was asked for", async () => {
    assert.equal(await requestProblem(request(SUBJECT, NAMES), LEAF), undefined);
  });

  const refusals: readonly (readonly [what: string, problem: RegExp, subject: string, extensions: string[]])[] = [
    ["another node's name", /its CN is system:node:w2/, "/O=system:nodes/CN=system:node:w2", [NAMES]],
    ["a group more", /its O is/, "/O=system:nodes/O=system:masters/CN=system:node:w1", [NAMES]],
    ["another group", /its O is system:masters/, "/O=system:masters/CN=system:node:w1", [NAMES]],
    ["a second CN", /its CN is/, `${SUBJECT}/CN=kubernetes-admin`, [NAMES]],
    ["a field that was not asked for", /its subject is/, `${SUBJECT}/OU=x`, [NAMES]],
    ["a name more", /its names are/, SUBJECT, [`${NAMES},DNS:kubernetes`]],
    ["a name less", /its names are/, SUBJECT, ["subjectAltName=DNS:w1"]],
    ["the right to sign", /the extension 2\.5\.29\.19/, SUBJECT, [NAMES, "basicConstraints=critical,CA:TRUE"]],
  ];
  for (const [what, problem, subject, extensions] of refusals)
    it(`refuses ${what}`, async () => {
      assert.match((await requestProblem(request(subject, ...extensions), LEAF)) ?? "accepted", problem);
    });

  it("refuses a second list of extensions, which it would not read", async () => {
    const pem = await requestWithTwoLists("O=system:nodes, CN=system:node:w1", ["w1"], ["kubernetes"]);
    const leaf = { ...LEAF, sans: ["DNS:w1"] } as LeafPlan;
    assert.match((await requestProblem(pem, leaf)) ?? "accepted", /it asks for extensions twice/);
  });

  it("refuses a request whose signature was tampered with", async () => {
    const forged = tamperedWith(request(SUBJECT, NAMES));
    assert.match((await requestProblem(forged, LEAF)) ?? "accepted", /signature/);
  });

  it("finds each request in a node's output, and refuses one for an older id", async () => {
    const pem = request(SUBJECT, NAMES);
    const stdout = `csr kubelet 4-aaaa\n${pem}csr kubelet-server 4-bbbb\n${pem}`;
    assert.deepEqual([...parseRequests(stdout).keys()], ["kubelet", "kubelet-server"]);
    assert.equal((await requestFor(stdout, "w1", LEAF)).trim(), pem.trim());
    await assert.rejects(
      requestFor(stdout, "w1", { ...LEAF, id: "5-aaaa" }),
      /w1: no signing request for kubelet 5-aaaa/,
    );
    await assert.rejects(
      requestFor(stdout, "w1", { ...LEAF, commonName: "x" }),
      /not what was asked for .*nothing was signed/,
    );
  });

  it("takes lines that a login's shell prints before, and names a prompt without an end", async () => {
    const stdout = `csr kubelet 4-aaaa\n${request(SUBJECT, NAMES)}`;
    assert.equal(await requestFor(`Welcome to w1\n\n${stdout}`, "w1", LEAF), await requestFor(stdout, "w1", LEAF));
    await assert.rejects(requestFor(`Welcome\n[root@w1 ~]# ${stdout}`, "w1", LEAF), {
      message:
        "w1: the signing request for kubelet cannot be read, because something else was printed before it: " +
        '"[root@w1 ~]# "; let the shell of the login print nothing where there is no terminal (~/.bashrc, ~/.profile, ' +
        "/etc/profile.d); then run `pulumi up --replace '**w1-request*'`",
    });
  });
});
