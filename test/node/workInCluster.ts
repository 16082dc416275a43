import assert from "node:assert/strict";
import { ControlPlane, found, leftBehind, rootCa } from "./controlPlane";
import { payload } from "./payload";
import { Scratch } from "./scratch";

/** @param shell - what the script is run with */
export function worksInCluster(shell: string): void {
  describe(`node cluster, in general (${shell})`, function () {
    this.timeout(120_000);
    let node: ControlPlane;

    beforeEach(() => {
      node = new ControlPlane(shell);
    });
    afterEach(() => {
      assert.deepEqual(leftBehind(node), []);
      node.remove();
    });

    describe("root-ca", () => {
      const published = (...rows: readonly (readonly [namespace: string, pem: string])[]): string => {
        const text = rows.map(([name, pem], index) =>
          rootCa(name, pem, `2026-11-24T08:48:4${String(index)}Z`, "2026-01-01T00:00:00Z"),
        );
        return text.join("");
      };

      it("waits for every namespace that is not about to go, and tells when the last was written", async () => {
        node.answer("get.namespaces", "a Active\nb Active\ngone Terminating\n");
        const [old, stays] = [node.old.cert, node.stays.cert];
        node.answer("get.configmaps", published(["a", old + stays], ["b", old], ["gone", old]));
        node.answerNext("get.configmaps", published(["a", stays], ["b", stays + old]));
        const done = await node.work(["root-ca"]);
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, /^since 1795510121\ntask root-ca done\ndone [0-9a-f]{8}\n$/);
      });

      it("names the namespaces that do not get it, also where nothing is published", async () => {
        node.answer("get.namespaces", "a Active\nb Active\nc Active\n");
        node.answer("get.configmaps", published(["a", node.stays.cert], ["b", node.old.cert]));
        const done = await node.workInVain(["root-ca"]);
        assert.equal(done.code, 1);
        assert.match(done.why, /lacks the new CA after 2 s in b c : check that kube-controller-manager runs/);
      });

      const record = "patched.configmap.kube-root-ca.crt";
      interface Annotated {
        readonly metadata: { readonly annotations: { readonly "kube-pki/since": string } };
      }
      const held = "get.configmap.kube-root-ca.crt";

      it("writes that moment down, and tells the same when what is published is written again", async () => {
        node.answer("get.namespaces", "a Active\n");
        node.answer("get.configmaps", published(["a", node.stays.cert]));
        const first = await node.work(["root-ca"]);
        assert.match(first.stdout, /^since 1795510120\n/, first.stderr);
        const written = JSON.parse(node.read(`/kubectl/${record}`)) as Annotated;
        const text = written.metadata.annotations["kube-pki/since"];
        assert.match(text, /^[0-9a-f]{8}-1795510120$/);
        node.answer(held, text);
        node.answer("get.configmaps", published(["a", node.old.cert], ["a", node.stays.cert]));
        node.answer("get.namespaces", "a Active\nlate Active\n");
        node.answer("get.configmaps", published(["a", node.stays.cert], ["late", node.stays.cert]));
        const again = await node.work(["root-ca"]);
        assert.match(again.stdout, /^since 1795510120\n/, again.stderr);
        assert.equal(node.changes().length, 1);
      });

      it("keeps no record of another CA, and none of before the new CA was taken away", async () => {
        node.answer("get.namespaces", "a Active\n");
        node.answer("get.configmaps", published(["a", node.stays.cert]));
        node.answer(held, "01234567-1795500000");
        assert.match((await node.work(["root-ca"])).stdout, /^since 1795510120\n/);
        const written = JSON.parse(node.read(`/kubectl/${record}`)) as Annotated;
        node.answer(held, written.metadata.annotations["kube-pki/since"].replace(/-.*/, "-1795500000"));
        node.answer("get.configmaps", published(["a", node.old.cert]));
        node.answerNext("get.configmaps", published(["a", node.stays.cert]));
        assert.match((await node.work(["root-ca"])).stdout, /^since 1795510120\n/);
      });
    });

    describe("root-ca-seen", () => {
      it("names each namespace that lacks the new CA, without waiting for it", async () => {
        node.answer("get.namespaces", "a Active\nb Active\ngone Terminating\n");
        node.answer("get.configmaps", rootCa("a", node.stays.cert) + rootCa("gone", node.old.cert));
        const done = await node.work(["root-ca-seen", "tokens"], "token-kid k\n");
        assert.equal(done.code, 1);
        assert.deepEqual(found(done), ["ConfigMap b/kube-root-ca.crt"]);
        assert.match(done.stdout, /task tokens skipped/);
        assert.match(done.why, /lacks the new CA: check that kube-controller-manager runs .*force: \[scan\]/);
        assert.doesNotMatch(done.stderr, /waiting/);
      });

      it("is content when all have it", async () => {
        node.answer("get.namespaces", "a Active\n");
        node.answer("get.configmaps", rootCa("a", node.old.cert + node.stays.cert));
        assert.equal((await node.work(["root-ca-seen"])).code, 0);
      });
    });

    describe("mounted-elsewhere", () => {
      const now = (): number => Math.floor(Date.now() / 1000);

      it("gives kubelets that are not visited the time to bring a fresh CA into their pods", async () => {
        node.answer("get.nodes", "cp1\nfar\n");
        const began = Date.now();
        const ahead = String(now() + 60); // another clock
        const done = await node.workInVain(["mounted-elsewhere"], `visited cp1\nsince ${ahead}\n`);
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stderr, /2 s until kubelets that the stack does not visit \(far\) have brought/);
        assert.ok(Date.now() - began > 1000);
      });

      it("waits for nobody where all are visited, or long after", async () => {
        node.answer("get.nodes", "cp1\nw1\n");
        const visited = "visited cp1\nvisited w1\nvisited gone\n";
        assert.equal((await node.work(["mounted-elsewhere"], `${visited}since ${String(now())}\n`)).stderr, "");
        assert.equal((await node.work(["mounted-elsewhere"], "visited cp1\nsince 1795510120\n")).code, 0);
      });
    });

    describe("nodes", () => {
      it("names those that nobody visits, and nothing else is done", async () => {
        node.answer("get.nodes", "cp1\nfar\nfar2\nds\n");
        node.answer("get.pods", "ds\n");
        const done = await node.work(["nodes", "mounted-elsewhere"], "visited cp1\nvisitors kube-system/workers\n");
        assert.equal(done.code, 1);
        assert.deepEqual(found(done), ["Node far", "Node far2"]);
        assert.match(done.stdout, /task mounted-elsewhere skipped/);
        assert.match(
          done.why,
          /Node far, Node far2: is not in the stack file, so its kubelet and its pods are not brought along: list it under nodes, .*force: \[scan\]/,
        );
      });

      it("lets them through where the gate is off, and finds nothing where all are visited", async () => {
        node.answer("get.nodes", "cp1\nfar\n");
        const forced = await node.work(["nodes"], "visited cp1\ngate scan off\n");
        assert.equal(forced.code, 0, forced.stderr);
        assert.match(forced.stderr, /Node far: .*allowed by 'force: \[scan\]'/);
        assert.deepEqual(found(await node.work(["nodes"], "visited cp1\nvisited far\n")), []);
      });
    });

    it("asks an API server that is away again", async () => {
      node.answer("get.namespaces", "a Active\n");
      node.answer("get.namespaces.fails", "1");
      node.answer("get.configmaps", rootCa("a", node.stays.cert, "2026-01-01T00:00:00Z"));
      assert.equal((await node.work(["root-ca"])).code, 0);
      node.answer("get.namespaces.fails", "99");
      const done = await node.workInVain(["root-ca"]);
      assert.equal(done.code, 1);
      assert.match(
        done.why,
        /'kubectl get namespaces' did not succeed within 2 s: The connection to the server was refused/,
      );
    });

    it("says what to do on a node without kubectl, and without a kubeconfig", async () => {
      const text = payload("cluster", "node n1\nkubeconfig /etc/kubernetes/nobody.conf\n");
      assert.match((await node.run("cluster", text)).why, /nobody\.conf is not on this node/);
      const bare = new Scratch(shell);
      try {
        bare.without("kubectl");
        assert.match((await bare.run("cluster", text)).why, /this node has no kubectl, .* inCluster\.enabled: false/);
      } finally {
        bare.remove();
      }
    });

    for (const [title, line, why] of [
      ["an unknown task", "task format-disk", /task that is not allowed/],
      ["a task twice", "task pods\ntask pods", /stands twice/],
      ["a visited node with a quote", "visited a'b", /name that is not allowed/],
      ["a workload with an option's name", "workload Deployment -A/web", /namespaced that is not allowed/],
      ["a kind of its own", "rewrite Secret x ca:kubernetes", /rewritten that is not allowed/],
      ["a part that is missing", "rewrite APIService x nobody", /does not have: nobody/],
      ["a key id with a quote", "token-kid a'b", /keyId that is not allowed/],
      ["an unknown gate", "gate all off", /gate that is not allowed/],
    ] as const)
      it(`refuses ${title}`, async () => {
        const done = await node.work([], `${line}\n`);
        assert.equal(done.code, 1);
        assert.match(done.why, why);
      });
  });
}
