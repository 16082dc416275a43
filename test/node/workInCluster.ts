import assert from "node:assert/strict";
import { ControlPlane, leftBehind } from "./controlPlane";
import { payload } from "./payload";
import { Scratch } from "./scratch";

/** @param shell - what the script is run with */
export function worksInCluster(shell: string): void {
  describe(`node cluster, in general (${shell})`, function () {
    this.timeout(60_000);
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
        const text = rows.map(
          ([name, pem], index) =>
            `configmap ${name} 2026-11-24T08:48:4${String(index)}Z 2026-01-01T00:00:00Z\n${pem}\n`,
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
        assert.match(done.stderr, /waiting for the new CA in kube-root-ca\.crt/);
      });

      it("names the namespaces that do not get it, also where nothing is published", async () => {
        node.answer("get.namespaces", "a Active\nb Active\nc Active\n");
        node.answer("get.configmaps", published(["a", node.stays.cert], ["b", node.old.cert]));
        const done = await node.work(["root-ca"]);
        assert.equal(done.code, 1);
        assert.match(done.why, /lacks the new CA after 2 s in b c : check that kube-controller-manager runs/);
      });

      it("gives kubelets the time to bring a fresh one into their pods", async () => {
        node.answer("get.namespaces", "a Active\n");
        const ahead = new Date(Date.now() + 60_000).toISOString().replace(/\.\d+/, ""); // another clock
        node.answer("get.configmaps", `configmap a ${ahead}\n${node.stays.cert}`);
        const began = Date.now();
        const done = await node.work(["root-ca"]);
        assert.match(done.stderr, /; 2 s until every kubelet has brought it into its pods/);
        assert.ok(Date.now() - began > 1000);
      });
    });

    it("asks an API server that is away again", async () => {
      node.answer("get.namespaces", "a Active\n");
      node.answer("get.namespaces.fails", "1");
      node.answer("get.configmaps", `configmap a 2026-01-01T00:00:00Z\n${node.stays.cert}`);
      assert.equal((await node.work(["root-ca"])).code, 0);
      node.answer("get.namespaces.fails", "99");
      const done = await node.work(["root-ca"]);
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
      ["a workload with an option's name", "workload Deployment -A/web", /namespaced that is not allowed/],
      ["a kind of its own", "rewrite Secret x ca:kubernetes", /rewritten that is not allowed/],
      ["a part that is missing", "rewrite APIService x nobody", /does not have: nobody/],
      ["a key id with a quote", "token-kid a'b", /kid that is not allowed/],
      ["an unknown gate", "gate all off", /gate that is not allowed/],
    ] as const)
      it(`refuses ${title}`, async () => {
        const done = await node.work([], `${line}\n`);
        assert.equal(done.code, 1);
        assert.match(done.why, why);
      });
  });
}
