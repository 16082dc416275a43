import assert from "node:assert/strict";
import { NodeKube } from "../../cli/nodeKube";
import type { Finished } from "../../cli/run";
import { NEW, OLD } from "../core/cluster/fakeKube";

const answer = (stdout: string): Finished => ({ code: 0, stdout, stderr: "" });
const refused: Finished = { code: 3, stdout: "", stderr: "warning\nThe connection to the server was refused\n" };

interface Asked {
  readonly command: string;
  readonly lines: readonly string[];
}

/** A node that gives these answers, the last one for ever. */
const nodeWith = (answers: readonly Finished[], sudo = false) => {
  const asked: Asked[] = [];
  let [now, at] = [0, 0];
  const kube = new NodeKube(
    (command, stdin) => {
      asked.push({ command, lines: stdin.trimEnd().split("\n").slice(1) });
      return Promise.resolve(answers[Math.min(at++, answers.length - 1)]!);
    },
    { node: "cp1", kubeconfig: "/etc/kubernetes/admin.conf", sudo },
    { kubernetes: NEW + OLD },
    { now: () => now, sleep: (milliseconds) => Promise.resolve(void (now += milliseconds)) },
  );
  return { kube, asked, waited: () => now / 1000 };
};

/** Behind the node, its kubeconfig and the CAs. */
const requestOf = (asked: readonly Asked[]): string[] => asked.at(-1)?.lines.slice(9) ?? [];

describe("the cluster's objects through a node", () => {
  it("are asked for with its kubeconfig and the CAs of this cluster", async () => {
    const { kube, asked } = nodeWith([answer('{"items":[{"metadata":{"name":"a"}}]}')]);
    assert.deepEqual(await kube.list("nodes"), [{ metadata: { name: "a" } }]);
    const [first] = asked;
    assert.equal(first?.command, "sh /var/lib/kube-pki/node.sh objects");
    assert.deepEqual(first.lines.slice(0, 3), [
      "node cp1",
      "kubeconfig /etc/kubernetes/admin.conf",
      "part ca:kubernetes 6",
    ]);
    assert.deepEqual(requestOf(asked), ["list nodes - - -"]);
  });

  it("are asked for by sudo where the login is not root's", async () => {
    const { kube, asked } = nodeWith([answer('{"items":[]}')], true);
    await kube.list("pods", { namespace: "ops", labels: "kube-pki/workers=kube-pki-workers" });
    assert.equal(asked[0]?.command, "sudo -n sh /var/lib/kube-pki/node.sh objects");
    assert.deepEqual(requestOf(asked), ["list pods ops - kube-pki/workers=kube-pki-workers"]);
  });

  it("may not be there", async () => {
    const { kube, asked } = nodeWith([answer("")]);
    assert.equal(await kube.get("configmaps", { namespace: "a", name: "b" }), undefined);
    assert.deepEqual(requestOf(asked), ["get configmaps a b"]);
  });

  it("are changed by JSON in plain ASCII, whatever it says", async () => {
    const { kube, asked } = nodeWith([answer("")]);
    await kube.patch("configmaps", { namespace: "a", name: "b" }, "merge", { text: "ä\n\u2028'$(id)😀" });
    const request = requestOf(asked);
    assert.equal(request.at(-1), "patch configmaps a b merge");
    assert.deepEqual(JSON.parse(request.slice(1, -1).join("\n")), { text: "ä\n\u2028'$(id)😀" });
    assert.match(request.join("\n"), /^[\n\x20-\x7e]*$/);
    await kube.create({ a: 1 });
    assert.deepEqual(requestOf(asked), ["part body 3", "{", ' "a": 1', "}", "create"]);
    await kube.apply({});
    assert.deepEqual(requestOf(asked), ["part body 1", "{}", "apply"]);
    await kube.remove("pods", { namespace: "a", name: "b" });
    assert.deepEqual(requestOf(asked), ["remove pods a b"]);
  });

  it("are approved as they were read", async () => {
    const { kube, asked } = nodeWith([answer("approved\n"), answer("changed\n")]);
    assert.equal(await kube.approve("csr-1", { a: 1 }), true);
    assert.deepEqual(requestOf(asked), ["part body 3", "{", ' "a": 1', "}", "approve csr-1"]);
    assert.equal(await kube.approve("csr-1", { a: 1 }), false);
  });

  it("tell of tokens only their headers", async () => {
    const { kube, asked } = nodeWith([answer("a/my.one head\na/two \n")]);
    assert.deepEqual(await kube.tokenHeaders(), [
      { namespace: "a", name: "my.one", header: "head" },
      { namespace: "a", name: "two", header: "" },
    ]);
    assert.deepEqual(requestOf(asked), ["token-headers"]);
  });

  it("tell kubelets of pods, some hundreds at a time", async () => {
    const pods = Array.from({ length: 201 }, (_, index) => ({ namespace: "app", name: `web-${String(index)}` }));
    const { kube, asked } = nodeWith([answer(""), answer("")]);
    await kube.syncPods(pods, "0a1b2c3d-1");
    assert.equal(asked.length, 2);
    assert.equal(requestOf(asked).at(-1), "sync-pods 0a1b2c3d-1");
    const named = asked.map(({ lines }) => lines.filter((line) => line.includes('"name"')).length);
    assert.deepEqual(named, [200, 1]);
  });

  it("tell of Secrets only their certificates", async () => {
    const { kube, asked } = nodeWith([answer(`= a/it tls.crt\n${NEW}${OLD}= b/x y\n`)]);
    assert.deepEqual(await kube.heldCertificates(), [
      { namespace: "a", name: "it", key: "tls.crt", pem: NEW + OLD },
      { namespace: "b", name: "x", key: "y", pem: "" },
    ]);
    assert.deepEqual(requestOf(asked), ["held-certificates"]);
  });

  it("tell of one Secret whether it is ours, and its certificates", async () => {
    const at = { namespace: "web", name: "hook" };
    const { kube, asked } = nodeWith([answer(`secret ours\n= web/hook tls.crt\n${NEW}= web/hook ca.crt\n${OLD}`)]);
    assert.deepEqual(await kube.certificatesIn(at), { isOurs: true, entries: { "tls.crt": NEW, "ca.crt": OLD } });
    assert.deepEqual(requestOf(asked), ["certificates-in web hook"]);
    const theirs = nodeWith([answer("secret other\n")]);
    assert.deepEqual(await theirs.kube.certificatesIn(at), { isOurs: false, entries: {} });
    const none = nodeWith([answer("")]);
    assert.equal(await none.kube.certificatesIn(at), undefined);
  });

  it("tell which kubelets are reached, all asked at once", async () => {
    const { kube, asked } = nodeWith([answer("cp1 ok\nw1 Error from server (X): tls: bad certificate \n")]);
    assert.deepEqual(await kube.kubelets(["cp1", "w1"]), [
      ["cp1", "ok"],
      ["w1", "Error from server (X): tls: bad certificate"],
    ]);
    assert.deepEqual(requestOf(asked), ["kubelet cp1", "kubelet w1"]);
  });

  it("tell the CAs that the node knows", async () => {
    const { kube, asked } = nodeWith([answer(OLD)]);
    assert.equal(await kube.ours("frontProxy"), OLD);
    assert.deepEqual(requestOf(asked), ["ours frontproxy"]);
  });

  it("are asked for again while an API server restarts", async () => {
    const { kube, waited } = nodeWith([refused, refused, answer('{"items":[]}')]);
    assert.deepEqual(await kube.list("namespaces"), []);
    assert.equal(waited(), 4);
  });

  it("are none where the API server serves no such kind, unless all serve it", async () => {
    const notServed: Finished = {
      code: 4,
      stdout: "",
      stderr: 'error: the server doesn\'t have a resource type "x"\n',
    };
    const { kube, waited } = nodeWith([notServed]);
    assert.deepEqual(await kube.list("clustertrustbundles.certificates.k8s.io"), []);
    assert.equal(await kube.get("clustertrustbundles.certificates.k8s.io", { name: "a.b:c:d" }), undefined);
    assert.equal(waited(), 0);
    await assert.rejects(kube.list("daemonsets.apps"), /did not succeed within 90 s: error: the server doesn't have/);
  });

  for (const [title, last, why] of [
    [
      "no API server answers for long",
      refused,
      /^'kubectl get nodes' on cp1 did not succeed within 90 s: The connection to the server was refused$/,
    ],
    [
      "the node refuses",
      { code: 1, stdout: "", stderr: "cp1: this node has no kubectl\n" },
      /^cp1: this node has no kubectl$/,
    ],
    ["the node says nothing", { code: 127, stdout: "", stderr: "" }, /^cp1: node\.sh ended with 127$/],
    [
      "the connection ends",
      { code: null, stdout: "", stderr: "" },
      /^cp1: the ssh connection ended while it was asked: run again$/,
    ],
  ] as const)
    it(`say in one sentence that ${title}`, async () => {
      await assert.rejects(nodeWith([last]).kube.list("nodes"), { message: why });
    });

  it("are never asked for by a name that is none", async () => {
    const { kube, asked } = nodeWith([answer("")]);
    for (const name of ["a b", "a;b", "$(id)", "-A", "A", ""])
      await assert.rejects(kube.get("configmaps", { namespace: "a", name }), /must be|takes 3 fields/, name);
    await assert.rejects(kube.get("configmaps", { namespace: "-n x", name: "b" }));
    assert.deepEqual(asked, []);
  });
});
