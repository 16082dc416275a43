import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { ANY_NODE, workersJob, workerTemplates, type WorkerStep } from "../../../core/cluster/workers";
import { keyIdOf } from "../../../core/format/publicKey";
import { configWith } from "../fixture";

const IMAGE = "docker.io/library/busybox:1.37.0";
const GENERATIONS = { kubernetes: ["ONE", "TWO"], etcd: [], frontProxy: [], serviceAccount: [] };
const configured = (changes: Readonly<Record<string, unknown>> = {}) =>
  configWith({
    rotation: { generation: 2 },
    rollout: { acceptEtcdDowntime: true },
    inCluster: { workers: { image: IMAGE } },
    ...changes,
  });

/** Lines of each template; its header is checked. */
const templates = (
  step: WorkerStep,
  changes: Readonly<Record<string, unknown>> = {},
  check = "check 1 check 0 0\nnode n\n",
) =>
  workerTemplates(step, configured(changes), GENERATIONS, { check: () => check, serving }).map((text) => {
    const [header = "", ...body] = text.split("\n");
    const sum = createHash("sha256").update(body.join("\n")).digest("hex");
    assert.equal(header, `kube-pki 1 template ${String(Buffer.byteLength(body.join("\n")))} ${sum}`);
    return body.slice(0, -1);
  });

/** What a kubelet is to ask for is of test/core/protocol/serving.test.ts. */
const serving = (): string => "check 1 check 0 0\nserving renew\n";

const CONSUMER = [
  "consumer kubelet systemd kubelet",
  "health kubelet http 127.0.0.1:10248 /healthz -",
  `accepted kubelet api.example.com:6443 /api/v1/nodes/${ANY_NODE} kubelet`,
];
const FILES = ["file /etc/kubernetes/pki/ca.crt 0644 root root ca:kubernetes"];
const CONF = ["kubeconfig-ca /etc/kubernetes/kubelet.conf ca:kubernetes"];
const HAVE = ["have /etc/kubernetes/kubelet.conf cert:kubelet,key:kubelet ca:kubernetes"];

describe("steps of nodes without ssh", () => {
  it("trust: the new CA beside what is there, in the kubelet's two files", () => {
    assert.deepEqual(templates("trust"), [
      [
        "trust",
        `node ${ANY_NODE}`,
        "start existing",
        "part ca:kubernetes 1",
        "TWO",
        "part ca:kubernetes:g1 1",
        "ONE",
        "trust ca:kubernetes append",
        "server ca:kubernetes api.example.com:6443",
        ...FILES,
        ...CONF,
        "guard /etc/kubernetes/pki/ca.crt ca:kubernetes,ca:kubernetes:g1",
        ...HAVE,
        "use kubelet reload /etc/kubernetes/pki/ca.crt",
        "reads kubelet --client-ca-file /etc/kubernetes/pki/ca.crt",
        "use kubelet restart /etc/kubernetes/kubelet.conf",
        "reads kubelet --kubeconfig /etc/kubernetes/kubelet.conf",
        ...CONSUMER,
      ],
    ]);
  });

  it("retire: nothing but the new CA, and not while the kubelet presents a certificate of the old one", () => {
    assert.deepEqual(templates("retire"), [
      [
        "trust",
        `node ${ANY_NODE}`,
        "start existing",
        "part ca:kubernetes 1",
        "TWO",
        "part ca:kubernetes:g1 1",
        "ONE",
        "trust ca:kubernetes retire",
        "server ca:kubernetes api.example.com:6443",
        ...FILES,
        ...CONF,
        "retirekey /etc/kubernetes/pki/ca.key ca:kubernetes keep",
        "guard /etc/kubernetes/pki/ca.crt ca:kubernetes",
        ...HAVE,
        "use kubelet reload /etc/kubernetes/pki/ca.crt",
        "reads kubelet --client-ca-file /etc/kubernetes/pki/ca.crt",
        "reads kubelet --kubeconfig /etc/kubernetes/kubelet.conf",
        ...CONSUMER,
      ],
    ]);
  });

  it("issue: the kubelet's client certificate by the CA that signs, then the look before anything is retired", () => {
    const [issue, check, ...more] = templates("issue");
    const pki = "/var/lib/kubelet/pki";
    assert.deepEqual(more, []);
    assert.deepEqual(issue, [
      "issue",
      `node ${ANY_NODE}`,
      "kubeconfig /etc/kubernetes/kubelet.conf",
      "part ca:kubernetes 1",
      "TWO",
      `leaf kubelet g2-${createHash("sha256").update("TWO").digest("hex").slice(0, 8)} ECDSA-P256`,
      `cn kubelet system:node:${ANY_NODE}`,
      "o kubelet system:nodes",
      "part apply 11",
      `node ${ANY_NODE}`,
      "start existing",
      "part ca:kubernetes 1",
      "TWO",
      `file ${pki}/kubelet-client-kube-pki.pem 0600 root root cert:kubelet,key:kubelet`,
      `link ${pki}/kubelet-client-current.pem kubelet-client-kube-pki.pem`,
      `use kubelet restart ${pki}/kubelet-client-kube-pki.pem`,
      `use kubelet restart ${pki}/kubelet-client-current.pem`,
      ...CONSUMER,
    ]);
    assert.deepEqual(check, ["check", "node n"]);
  });

  it("issue: kubelets ask for serving certificates, where the stack approves them", () => {
    const words = (changes: Readonly<Record<string, unknown>>): string[] =>
      templates("issue", changes).map((lines) => lines.slice(0, 2).join(" "));
    const asks = { inCluster: { workers: { image: "busybox:1.37.0" }, approveKubeletServing: true } };
    const certificates = { profiles: { "kubelet-server": { enabled: false } } };
    assert.deepEqual(words({ ...asks, certificates }), [
      `issue node ${ANY_NODE}`,
      "check serving renew",
      "check node n",
    ]);
    assert.deepEqual(words({}), [`issue node ${ANY_NODE}`, "check node n"]);
  });

  it("issue: a kubelet's certificate may lose what the stack file says", () => {
    const [issue] = templates("issue", { certificates: { profiles: { kubelet: { allowLoss: ["DNS:old"] } } } });
    assert.ok(issue?.includes("allow kubelet DNS:old"));
    assert.ok(issue?.includes("part apply 12"));
  });

  it("issue: pods get tokens of a new key, alone or beside the certificate", () => {
    const keys = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" });
    const generations = { ...GENERATIONS, serviceAccount: ["ONE", keys.toString()] };
    const does = (step: WorkerStep, rotation: object) =>
      workerTemplates(step, configured({ rotation }), generations, {
        check: () => "check 1 check 0 0\nnode n\n",
        serving,
      }).map((text) =>
        text
          .split("\n")
          .slice(1, -1)
          .filter((line) => /^(issue|check|trust|token-kid|gate)/.test(line))
          .join(" "),
      );
    const alone = { serviceAccount: { generation: 2 } };
    const tokens = `check token-kid ${keyIdOf(keys.toString())} gate tokens on`;
    assert.deepEqual(does("issue", alone), [tokens, "check"]);
    assert.deepEqual(does("issue", { generation: 2 }), ["issue", tokens, "check"]);
    assert.deepEqual(does("issue", { generation: 2, serviceAccount: { phase: "issue" } }), ["issue", "check"]);
    assert.deepEqual(does("retire", alone), []);
  });

  it("issue goes back with the phase: its issuer then has signed every kubelet's certificate", () => {
    const signer = (phase: string) => templates("issue", { rotation: { generation: 2, phase } }).map((body) => body[4]);
    assert.deepEqual(signer("trust"), ["ONE"]);
    assert.deepEqual(signer("issue"), ["TWO"], "no look while the old may still be in use");
    const adopt = { kubernetes: "ab".repeat(32), etcd: "ab".repeat(32), frontProxy: "ab".repeat(32) };
    assert.deepEqual(templates("issue", { adopt, rotation: { generation: 1, phase: "trust" } }), [], "nobody can sign");
    assert.equal(
      templates("trust", { adopt, rotation: undefined })[0]?.includes(
        `pin /etc/kubernetes/pki/ca.crt ${"ab".repeat(32)}`,
      ),
      true,
    );
  });

  it("retire: where a rotation was aborted as well, with the CA that the cluster has had from the start", () => {
    const config = configured({ rotation: {} });
    const given = { ...config, authority: { ...config.authority, kubernetes: { certificate: "PEM", key: "PEM" } } };
    const made = (of: typeof config) => workerTemplates("retire", of, GENERATIONS, { check: () => "", serving }).length;
    assert.deepEqual([made(given), made(config)], [1, 0]);
  });

  it("names no listed node and no address", () => {
    for (const step of ["trust", "issue", "retire"] as const)
      for (const body of templates(step)) assert.doesNotMatch(body.join("\n"), /10\.0\.0|0\.0\.0\.0|\bw1\b/);
  });

  it("is the same while the stack's own leaf policy changes: the kubelet's is one of its own", () => {
    const profiles = { kubelet: { enabled: false }, "kubelet-server": { enabled: true } };
    assert.deepEqual(templates("trust", { certificates: { profiles } }), templates("trust"));
  });

  it("tells where and how fast", () => {
    const job = (changes: Readonly<Record<string, unknown>> = {}) => {
      const { manifest, ...rest } = workersJob(configured(changes), ["a template"]);
      assert.equal((manifest as { kind: string }).kind, "DaemonSet");
      return rest;
    };
    assert.deepEqual(job(), { namespace: "kube-system", atOnce: "25%", canary: true, steps: ["a template"] });
    const workers = { image: IMAGE, namespace: "pki", maxUnavailable: 7 };
    const rollout = { canary: false, workersAtOnce: 2 };
    const listed = job({ inCluster: { workers }, rollout });
    assert.deepEqual([listed.namespace, listed.atOnce, listed.canary], ["pki", "7", false]);
    assert.equal(job({ rollout }).atOnce, "2");
  });
});
