import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { ControlPlane, leftBehind } from "./controlPlane";
import { nodeScript } from "./nodeScript";
import { part } from "./payload";
import type { Result } from "./scratch";

const NAME = "kube-pki-workers";
const MANIFEST = `{
 "kind": "DaemonSet",
 "atOnce": "@at-once@",
 "labels": {"kube-pki/revision": "@revision@"},
 "work": "${NAME}-@revision@"
}`;

/** Plays the DaemonSet's controller: every node of "nodes" has a pod of the revision that was applied last. */
const CONTROLLER = `
revision=$(sed -n 's/.*revision": "\\([0-9a-f]*\\)".*/\\1/p' "$sent")
for node in $(cat "$KUBECTL/nodes"); do
  if [ -f "$KUBECTL/says.$node" ]; then
    printf '%s\\n' "$node pod-$node $revision False $(cat "$KUBECTL/says.$node")"
  else
    echo "$node pod-$node $revision True "
  fi
done >"$KUBECTL/get.pods"
echo daemonset.apps/${NAME} >"$KUBECTL/get.daemonset.${NAME}"
if grep -q False "$KUBECTL/get.pods"; then echo Waiting; else echo 'daemon set "x" successfully rolled out'; fi \\
  >"$KUBECTL/rollout.status.DaemonSet.${NAME}"
`;

interface Sent {
  readonly kind: string;
  readonly atOnce?: number | string;
  readonly work?: string;
  readonly metadata?: { readonly name: string };
  readonly binaryData?: Readonly<Record<string, string>>;
}

class Cluster extends ControlPlane {
  constructor(shell: string, nodes: readonly string[]) {
    super(shell);
    this.answer("nodes", nodes.join("\n"));
    this.answer("after.apply.--server-side", CONTROLLER);
  }

  roll(template = "a template", canary = "on", tasks: readonly string[] = ["workers"]): Promise<Result> {
    return this.work(tasks, this.lines(template, canary));
  }

  rollInVain(): Promise<Result> {
    return this.workInVain(["workers"], this.lines("a template", "on"));
  }

  private lines(template: string, canary: string): string {
    return `workers kube-system/${NAME} 25% ${canary}\n${part("manifest", MANIFEST)}${part("step:1", template)}`;
  }

  sent(): Sent[] {
    const names = readdirSync(this.path("/kubectl")).filter((name) => name.startsWith("sent."));
    return names
      .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
      .map((name) => JSON.parse(this.read(`/kubectl/${name}`)) as Sent);
  }

  calls(pattern: RegExp): string[] {
    return this.read("/kubectl/calls")
      .split("\n")
      .filter((line) => pattern.test(line));
  }
}

/** @param shell - what the script is run with */
export function rollsWorkers(shell: string): void {
  describe(`node cluster, nodes without ssh (${shell})`, function () {
    this.timeout(60_000);
    let node: Cluster;

    beforeEach(() => {
      node = new Cluster(shell, ["w1", "w2"]);
    });
    afterEach(() => {
      assert.deepEqual(leftBehind(node), []);
      node.remove();
    });

    it("begins with pods that change nothing, then one node alone, then the rest", async () => {
      const done = await node.roll();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^workers 2\ntask workers done\ndone [0-9a-f]{8}\n$/);
      const [placing, placed, working, ...rolled] = node.sent();
      assert.ok(placing && placed && working);
      assert.deepEqual(Object.keys(placing.binaryData ?? {}), ["node.sh.gz"]);
      assert.equal(placed.atOnce, "100%");
      assert.equal(placed.work, placing.metadata?.name);
      const { "node.sh.gz": script = "", "step-1": step = "", ...more } = working.binaryData ?? {};
      assert.equal(gunzipSync(Buffer.from(script, "base64")).toString(), nodeScript());
      assert.equal(Buffer.from(step, "base64").toString(), "a template\n");
      assert.deepEqual(more, {});
      assert.deepEqual(
        rolled.map(({ atOnce, work }) => [atOnce, work]),
        [
          [1, working.metadata?.name],
          ["25%", working.metadata?.name],
        ],
      );
      assert.notEqual(placing.metadata?.name, working.metadata?.name);
    });

    it("goes on with a DaemonSet that is there, without a canary where none is wanted", async () => {
      await node.roll();
      const before = node.sent();
      const old = before[2]?.metadata?.name ?? "";
      node.answer("get.configmaps", `configmap/${old}\n`);
      assert.equal((await node.roll("another template", "off")).code, 0);
      const later = node.sent().slice(before.length);
      assert.deepEqual(
        later.map(({ kind, atOnce }) => atOnce ?? kind),
        ["ConfigMap", "25%"],
      );
      assert.notEqual(later[0]?.metadata?.name, old);
      assert.deepEqual(node.calls(/^delete/), [`delete.configmap.${old}`]);
      node.answer("get.configmaps", `configmap/${later[0]?.metadata?.name ?? ""}\n`);
      assert.equal((await node.roll("another template", "off")).code, 0);
      assert.equal(node.calls(/^delete/).length, 1, "the ConfigMap in use stays");
    });

    it("stops the wave where a node fails, with its sentence, and lets it try again in the next run", async () => {
      node.answer("says.w2", `failed "w2: /etc/kubernetes/kubelet.conf: \\"none\\"\\n"`);
      const began = Date.now();
      const failed = await node.roll();
      assert.equal(failed.code, 1);
      assert.equal(
        failed.why,
        "n1: w2: /etc/kubernetes/kubelet.conf: none; 1 of 2 nodes without ssh are done and no other one begins: " +
          "repair this, then run again",
      );
      assert.ok(Date.now() - began < 20_000);
      assert.equal(
        node.patched(`daemonset.${NAME}`),
        '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}',
      );
      node.answer("after.delete.pod.pod-w2", `rm -f "$KUBECTL/says.w2"; sed -i '/^w2/d' "$KUBECTL/get.pods"`);
      const again = await node.roll();
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stderr, /w2 tries again/);
    });

    it("lets nothing but pods that change nothing begin where pods of before are not ready", async () => {
      await node.roll();
      const before = node.sent().length;
      const [, second = ""] = node.read("/kubectl/get.pods").split("\n");
      node.answer("get.pods", `w1 pod-w1 0a1b2c3d False  waits: ImagePullBackOff\n${second}\n`);
      assert.equal((await node.roll("another template")).code, 0);
      assert.deepEqual(
        node
          .sent()
          .slice(before)
          .map(({ kind, atOnce }) => atOnce ?? kind),
        ["ConfigMap", "100%", "ConfigMap", 1, "25%"],
      );
    });

    it("names nodes that are waited for in vain, and why their pods do", async () => {
      node.answer("nodes", ["w1", "w2", "w3", "w4", "w5", "w6", "w7"].join("\n"));
      for (const name of ["w2", "w4", "w5", "w6", "w7"]) node.answer(`says.${name}`, "");
      node.answer("says.w3", " waits: ImagePullBackOff");
      const failed = await node.rollInVain();
      assert.equal(failed.code, 1);
      assert.equal(
        failed.why,
        "n1: w2 (pod pod-w2), w3 (pod pod-w3, waits: ImagePullBackOff), w4 (pod pod-w4), w5 (pod pod-w5), " +
          "w6 (pod pod-w6) and 1 more were not done within 2 s (1 of 7 nodes without ssh are): " +
          "repair that, or remove the node from the cluster (kubectl delete node), then run again",
      );
    });

    it("is done where there is no such node", async () => {
      node.answer("nodes", "");
      const done = await node.roll();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^workers 0$/m);
    });

    it("takes everything out of the cluster at the end", async () => {
      node.answer("get.configmaps", `configmap/${NAME}-a\nconfigmap/${NAME}-b\n`);
      const done = await node.roll("a template", "on", ["workers-remove"]);
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(node.calls(/^delete/), [
        `delete.daemonset.${NAME}`,
        `delete.configmap.${NAME}-a`,
        `delete.configmap.${NAME}-b`,
      ]);
    });

    it("refuses a payload without its lines, and a share that is none", async () => {
      assert.match((await node.work(["workers"])).why, /task workers needs a workers line/);
      assert.match((await node.work(["workers"], "workers a/b 10 on\n")).why, /task workers needs part manifest/);
      assert.match((await node.work(["workers"], "workers a/b 0% on\n")).why, /share that is not allowed: 0%/);
    });
  });
}
