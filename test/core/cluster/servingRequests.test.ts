import assert from "node:assert/strict";
import { namesBy, servingPlan } from "../../../core/cluster/servingPlan";
import { isPending, judged, KUBELET_SERVING, type NamesOf } from "../../../core/cluster/servingRequests";
import type { NodeObject } from "../../../core/cluster/kube";
import { request, requestWithTwoLists, tamperedWith } from "../certificates/requests";
import { configWith, RAW } from "../fixture";
import { base64 } from "./fakeKube";

const SUBJECT = "/O=system:nodes/CN=system:node:w1";
const NAMES = "subjectAltName=DNS:w1,IP:10.0.0.21";
const w1 = (names = NAMES, ...more: string[]): string => request(SUBJECT, names, ...more);

const SPEC = {
  signerName: KUBELET_SERVING,
  username: "system:node:w1",
  groups: ["system:nodes", "system:authenticated"],
  usages: ["digital signature", "server auth"],
};

/** The fixture's cluster: cp1 to cp3 and w1 to w3, each with its name and its address. */
const PLAN = servingPlan(
  configWith({
    certificates: { profiles: { "kubelet-server": { enabled: false } } },
    inCluster: { approveKubeletServing: true },
  }),
);
const LISTED = namesBy(PLAN, []);

const asked = (pem: string, changes: Partial<typeof SPEC> = {}, namesOf: NamesOf = LISTED) =>
  judged({ spec: { ...SPEC, request: base64(pem), ...changes } }, namesOf);

const whyNot = async (...given: Parameters<typeof asked>): Promise<string> => {
  const verdict = await asked(...given);
  return verdict.approves ? "approved" : verdict.why;
};

describe("requests for kubelets' serving certificates", () => {
  const fitting: readonly (readonly [what: string, pem: () => string, changes: Partial<typeof SPEC>])[] = [
    ["what is planned", () => w1(), {}],
    ["less than is planned", () => w1("subjectAltName=DNS:w1"), {}],
    [
      "a key that enciphers others, as of RSA",
      () => w1(),
      { usages: ["server auth", "key encipherment", "digital signature"] },
    ],
  ];
  for (const [what, pem, changes] of fitting)
    it(`approves ${what}`, async () => {
      assert.deepEqual(await asked(pem(), changes), { approves: true, node: "w1" });
    });

  const refusals: readonly (readonly [what: string, why: RegExp, pem: () => string, changes?: Partial<typeof SPEC>])[] =
    [
      [
        "the name of another node by a worker's credential",
        /^its CN is system:node:cp1; no kubelet asks so/,
        () => request("/O=system:nodes/CN=system:node:cp1", "subjectAltName=DNS:cp1,IP:10.0.0.11"),
      ],
      [
        "the address of a control plane",
        /^it asks for IP:10\.0\.0\.11, and w1 has DNS:w1, IP:10\.0\.0\.21; if/,
        () => w1("subjectAltName=DNS:w1,IP:10.0.0.11"),
      ],
      [
        "a name more",
        /^it asks for DNS:kubernetes\.default, and w1 has .*; if that is .*, add it to extraSans/,
        () => w1(`${NAMES},DNS:kubernetes.default`),
      ],
      ["a name for all", /^it asks for DNS:\*, and/, () => w1("subjectAltName=DNS:*")],
      ["no name at all", /^its names are none; no kubelet/, () => request(SUBJECT)],
      ["an email address", /^it asks for EMAIL:w1@example\.com, and/, () => w1(`${NAMES},email:w1@example.com`)],
      ["a URI", /^it asks for URL:spiffe:\/\/w1, and/, () => w1(`${NAMES},URI:spiffe://w1`)],
      [
        "the CN of an API server",
        /^its CN is kube-apiserver; no kubelet/,
        () => request("/O=system:nodes/CN=kube-apiserver", NAMES),
      ],
      [
        "the group of administrators",
        /^its O is system:masters; no kubelet/,
        () => request("/O=system:masters/CN=system:node:w1", NAMES),
      ],
      [
        "a group more in the subject",
        /^its O is /,
        () => request("/O=system:nodes/O=system:masters/CN=system:node:w1", NAMES),
      ],
      ["a field more in the subject", /^its subject is /, () => request(`${SUBJECT}/OU=x`, NAMES)],
      [
        "the right to sign",
        /^it asks for the extension 2\.5\.29\.19; no kubelet/,
        () => w1(NAMES, "basicConstraints=critical,CA:TRUE"),
      ],
      ["what its key did not sign", /^its signature does not match its key; no kubelet/, () => tamperedWith(w1())],
      [
        "nothing that can be read",
        /^it cannot be read; no kubelet/,
        () => "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
      ],
      ["two requests in one", /^it holds something else than one signing request; no kubelet/, () => w1() + w1()],
      ["something before the request", /^it holds something else/, () => `Subject: w1\n${w1()}`],
      [
        "another signer's",
        /^its signer is kubernetes\.io\/kube-apiserver-client-kubelet; that/,
        () => w1(),
        {
          signerName: "kubernetes.io/kube-apiserver-client-kubelet",
        },
      ],
      [
        "what another node has sent",
        /^its CN is system:node:w1; no kubelet/,
        () => w1(),
        { username: "system:node:w2" },
      ],
      ["what a user has sent", /^it comes from alice, which is no node; deny it$/, () => w1(), { username: "alice" }],
      [
        "what a user has sent who is called nearly so",
        /^it comes from system:node:W1 , which is no node/,
        () => w1(),
        {
          username: "system:node:W1 ",
        },
      ],
      [
        "what a service account has sent",
        /^it comes from system:serviceaccount:kube-system:node, which is no node/,
        () => w1(),
        { username: "system:serviceaccount:kube-system:node" },
      ],
      [
        "one without the nodes' group",
        /^its groups are system:authenticated, and not /,
        () => w1(),
        {
          groups: ["system:authenticated"],
        },
      ],
      ["one of a group more", /^its groups are /, () => w1(), { groups: [...SPEC.groups, "system:masters"] }],
      [
        "a client's usage more",
        /^its usages are .*client auth; no kubelet/,
        () => w1(),
        {
          usages: [...SPEC.usages, "client auth"],
        },
      ],
      ["a usage less", /^its usages are server auth; no kubelet/, () => w1(), { usages: ["server auth"] }],
      ["no usage", /^its usages are none; no kubelet/, () => w1(), { usages: [] }],
      [
        "a node that is not listed",
        /^w9 is not in the stack file; list it under nodes if it is yours, else deny it$/,
        () => request("/O=system:nodes/CN=system:node:w9", "subjectAltName=DNS:w9"),
        { username: "system:node:w9" },
      ],
    ];
  for (const [what, why, pem, changes] of refusals)
    it(`leaves ${what}`, async () => {
      assert.match(await whyNot(pem(), changes), why);
    });

  it("leaves one with a second list of names, which a signer may read instead", async () => {
    const pem = await requestWithTwoLists("O=system:nodes, CN=system:node:w1", ["w1"], ["cp1"]);
    assert.match(await whyNot(pem), /^it asks for extensions twice; no kubelet/);
  });

  it("leaves those alone that somebody has decided on", () => {
    const condition = (type: string) => ({ conditions: [{ type, status: "True" }] });
    const made = { metadata: { name: "csr-1" }, spec: { ...SPEC, request: "" } };
    assert.equal(isPending(made), true);
    assert.equal(isPending({ ...made, status: {} }), true);
    for (const status of [condition("Approved"), condition("Denied"), condition("Failed"), { certificate: "LS0t" }])
      assert.equal(isPending({ ...made, status }), false);
  });
});

describe("names of kubelets", () => {
  const node = (name: string, addresses: string[], labels: Record<string, string> = {}): NodeObject => ({
    metadata: { name, labels },
    status: { addresses: [name, ...addresses].map((address) => ({ type: "InternalIP", address })) },
  });
  const plan = (nodeSelector: Record<string, string> = {}) =>
    servingPlan(
      configWith({
        cluster: { ...(RAW["cluster"] as object), endpoint: "api.example.com:6443", extraSans: ["10.0.0.100"] },
        certificates: { profiles: { "kubelet-server": { enabled: false } } },
        inCluster: { approveKubeletServing: true, workers: { image: "busybox:1.37.0", nodeSelector } },
      }),
    );
  const names = (name: string, objects: NodeObject[], nodeSelector: Record<string, string> = {}) =>
    namesBy(plan(nodeSelector), objects)(name);

  it("are the plan's for the nodes of the stack, whatever their objects say", () => {
    assert.deepEqual(names("w1", [node("w1", ["10.0.0.11", "10.9.9.9"])]), { names: ["DNS:w1", "IP:10.0.0.21"] });
  });

  it("are their addresses in the cluster for those that inCluster.workers covers", () => {
    const found = names("w9", [node("w9", ["10.0.0.29", "fd00:0:0::29"])]);
    assert.deepEqual(found, { names: ["DNS:w9", "IP:10.0.0.29", "IP:fd00::29"] });
  });

  for (const [what, address] of [
    ["an API server has", "10.0.0.11"],
    ["all API servers have", "10.0.0.100"],
    ["the endpoint has", "api.example.com"],
    ["the kubernetes service has", "kubernetes.default.svc"],
    ["a worker of the stack has", "10.0.0.22"],
    ["another node has", "10.0.0.28"],
    ["everybody has", "127.0.0.1"],
  ] as const)
    it(`are none that ${what}, though a kubelet writes so into its object`, () => {
      const found = names("w9", [node("w9", [address]), node("w8", ["10.0.0.28"])]);
      assert.deepEqual(found, { names: ["DNS:w9"] });
    });

  it("are none for a node that is covered by nobody", () => {
    const control = node("cp9", ["10.0.0.19"], { "node-role.kubernetes.io/control-plane": "" });
    const why = (name: string, selector: Record<string, string> = {}) =>
      (names(name, [control, node("w9", [], { pool: "b" })], selector) as { why: string }).why;
    assert.match(why("cp9"), /^cp9 is a control plane that is not in the stack file; list it under nodes/);
    assert.match(why("w7"), /^w7 is neither in the stack file nor a node of the cluster; deny it$/);
    assert.match(why("w9", { pool: "a" }), /^w9 is not in the stack file, and inCluster\.workers\.nodeSelector leaves/);
    assert.deepEqual(names("w9", [node("w9", [], { pool: "a" })], { pool: "a" }), { names: ["DNS:w9"] });
  });
});
