import assert from "node:assert/strict";
import { servingPlan, type ServingPlan } from "../../../../core/cluster/servingPlan";
import { KUBELET_SERVING } from "../../../../core/cluster/servingRequests";
import { request } from "../../certificates/requests";
import { configWith } from "../../fixture";
import { base64, FakeCluster, NOW } from "../fakeKube";

const REQUESTS = "certificatesigningrequests.certificates.k8s.io";
const WITHOUT = "Error from server (InternalError): error trying to reach service: remote error: tls: internal error";

/** The fixture's cluster, at rest. */
const PLAN = servingPlan(
  configWith({
    inCluster: { approveKubeletServing: true },
    certificates: { profiles: { "kubelet-server": { enabled: false } } },
  }),
);

const node = (name: string, ready = "True") => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status: ready }] },
});

/** @param seconds after which it was made */
const csr = (name: string, from: string, names: string, seconds = 0) => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: {
    name,
    uid: `uid-${name}`,
    resourceVersion: "7",
    creationTimestamp: new Date((NOW + seconds) * 1000).toISOString(),
    labels: { kept: "yes" },
    managedFields: [{ manager: "kubelet" }],
  },
  spec: {
    signerName: KUBELET_SERVING,
    username: `system:node:${from}`,
    groups: ["system:nodes", "system:authenticated"],
    usages: ["digital signature", "server auth"],
    request: base64(request(`/O=system:nodes/CN=system:node:${from}`, `subjectAltName=${names}`)),
  },
});

const job = (changes: Partial<ServingPlan> = {}) =>
  ({ tasks: ["kubelet-serving"], serving: { ...PLAN, ...changes } }) as const;

describe("task kubelet-serving", () => {
  const cluster = (): FakeCluster => new FakeCluster().put("nodes", node("cp1"), node("w1"), node("w2"));
  const conditionsOf = (one: FakeCluster, name: string): unknown =>
    (one.find(REQUESTS, name) as { status?: { conditions?: unknown } }).status?.conditions;

  it("asks nothing else where nothing is pending", async () => {
    const one = cluster();
    one.says["w1"] = WITHOUT;
    const done = await one.work(job());
    assert.deepEqual([done.why, done.seconds, done.said, one.changes], ["", 0, "", []]);
  });

  it("approves what is planned, and that alone", async () => {
    const one = cluster().put(
      REQUESTS,
      csr("csr-1", "w1", "DNS:w1,IP:10.0.0.21"),
      csr("csr-2", "w2", "DNS:w2,IP:10.0.0.11"),
    );
    const done = await one.work(job());
    assert.deepEqual(one.changes, ["approve csr-1"]);
    assert.match(done.reported, /^approved csr-1 w1$/m);
    assert.deepEqual(done.found, ["CertificateSigningRequest csr-2"]);
    assert.equal(
      done.said,
      "CertificateSigningRequest csr-2: is left pending: it asks for IP:10.0.0.11, and w2 has DNS:w2, IP:10.0.0.22; if that is " +
        "a name of this machine, add it to extraSans of the node, else deny it; this stops nothing",
    );
    assert.deepEqual([done.why, conditionsOf(one, "csr-2")], ["", undefined]);
  });

  it("writes the object as it was read, with its uid, its version and one condition more", async () => {
    const one = cluster().put(REQUESTS, csr("csr-1", "w1", "DNS:w1"));
    await one.work(job());
    const { metadata, spec, status } = JSON.parse(JSON.stringify(one.bodies[0])) as ReturnType<typeof csr> & {
      status: unknown;
    };
    assert.deepEqual(Object.keys(metadata).sort(), ["creationTimestamp", "labels", "name", "resourceVersion", "uid"]);
    assert.deepEqual([metadata.uid, metadata.resourceVersion, spec.username], ["uid-csr-1", "7", "system:node:w1"]);
    assert.deepEqual(status, {
      conditions: [
        {
          type: "Approved",
          status: "True",
          reason: "KubePkiPlanned",
          message: "The names are those of the stack file.",
        },
      ],
    });
  });

  it("does not approve another request that has taken the name meanwhile, and judges that one", async () => {
    const one = cluster().put(REQUESTS, csr("csr-1", "w1", "DNS:w1"));
    const approve = one.approve.bind(one);
    one.approve = async (name, body) => {
      one.approve = approve;
      const hostile = csr("csr-1", "w1", "DNS:cp1");
      one.put(REQUESTS, { ...hostile, metadata: { ...hostile.metadata, uid: "another" } });
      return one.approve(name, body);
    };
    const done = await one.work(job());
    assert.deepEqual([one.changes, conditionsOf(one, "csr-1")], [[], undefined]);
    assert.deepEqual(done.found, ["CertificateSigningRequest csr-1"]);
    assert.doesNotMatch(done.reported, /approved/);
  });

  it("leaves what a kubelet has given up", async () => {
    const one = cluster().put(
      REQUESTS,
      csr("csr-2", "w1", "DNS:w1", 900),
      csr("csr-1", "w1", "DNS:w1"),
      csr("csr-3", "w2", "DNS:w2"),
    );
    const done = await one.work(job());
    assert.deepEqual(one.changes, ["approve csr-2", "approve csr-3"]);
    assert.deepEqual([done.found, done.why], [[], ""]);
  });

  it("leaves what somebody has denied", async () => {
    const denied = { ...csr("csr-1", "w1", "DNS:w1"), status: { conditions: [{ type: "Denied", status: "True" }] } };
    const one = cluster().put(REQUESTS, denied);
    assert.deepEqual([(await one.work(job())).said, one.changes], ["", []]);
  });

  it("waits in a rotation for kubelets that have none yet, and approves what they ask for", async () => {
    const one = cluster();
    one.says["w1"] = WITHOUT;
    one.later(20, () => one.put(REQUESTS, csr("csr-1", "w1", "DNS:w1")));
    one.after(/^approve csr-1$/, () => (one.says = {}));
    const done = await one.work(job({ waits: true }));
    assert.deepEqual([one.changes, done.found, done.why], [["approve csr-1"], [], ""]);
    assert.ok(done.seconds >= 20 && done.seconds < 30, String(done.seconds));
  });

  it("names a node whose kubelet asks for nothing, and one that is not ready is not asked", async () => {
    const one = cluster().put("nodes", node("w2", "Unknown"));
    one.says["w1"] = WITHOUT;
    one.says["w2"] = WITHOUT;
    const done = await one.work(job({ waits: true }));
    assert.deepEqual([done.found, done.why], [["Node w1"], ""]);
    assert.match(
      done.said,
      /Node w1: has a kubelet without a serving certificate, so logs, exec and metrics fail there/,
    );
    assert.ok(done.seconds >= 120);
  });

  it("asks of many nodes only those of the stack whether they serve", async () => {
    const one = cluster().put("nodes", ...Array.from({ length: 500 }, (_, index) => node(`x${String(index)}`)));
    one.says["x1"] = WITHOUT;
    assert.deepEqual((await one.work(job({ waits: true }))).found, []);
    one.says["w1"] = WITHOUT;
    assert.deepEqual((await one.work(job({ waits: true }))).found, ["Node w1"]);
  });

  it("cannot be steered by what a tenant calls himself", async () => {
    const hostile = csr("csr-1", "w1", "DNS:w1");
    const one = cluster().put(REQUESTS, {
      ...hostile,
      spec: { ...hostile.spec, username: "x\napproved csr-9 w1\u001b[2J" },
    });
    const done = await one.work(job());
    assert.doesNotMatch(done.reported, /^approved/m);
    assert.doesNotMatch(done.said, /[\u001b\n]/);
  });
});
