import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { nodeScript } from "./nodeScript";
import { part, payload } from "./payload";
import { authority } from "./pki";
import { Scratch } from "./scratch";

const CA = "/etc/kubernetes/pki/ca.crt";

/** @param shell - what the script is run with */
export function fillsInItsName(shell: string): void {
  describe(`node template and place (${shell})`, function () {
    this.timeout(60_000);
    let node: Scratch;
    const ca = authority();
    const [sh = "sh", ...args] = shell.split(" ");
    const run = (name: string, stdin: string) =>
      node.spawn(sh, [...args, node.path("/var/lib/kube-pki/node.sh"), "template", name], stdin);
    const body = `trust
node node.kube-pki.invalid
start existing
${part("ca:kubernetes", ca.cert)}trust ca:kubernetes append
file ${CA} 0644 root root ca:kubernetes
`;

    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      assert.deepEqual(
        node.list("/var/lib/kube-pki").filter((name) => /^(look|run|tx|in)/.test(name)),
        [],
      );
      node.remove();
    });

    it("does what the template is for, under the node's own name", async () => {
      const done = await run("w1.example.com", payload("template", body));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^file \/etc\/kubernetes\/pki\/ca\.crt created\ntrusted ca:kubernetes\n/);
      assert.equal(node.read(CA), ca.cert);
      const again = await run("w1.example.com", payload("template", body));
      assert.match(again.stdout, /^done [0-9a-f]{8} unchanged$/m);
    });

    it("passes on what that verb refuses, as the last line", async () => {
      const failed = await run("w1", payload("template", body.replace("root root", "root nobody-here")));
      assert.equal(failed.code, 1);
      assert.match(failed.why, /^w1: owner or group root:nobody-here of \/etc\/kubernetes\/pki\/ca\.crt is not known/);
      const odd = await run("w1", payload("template", `${body}task pods\n`));
      assert.match(odd.why, /^node: payload line \d+: no line of this kind is known .*; run the install step first/);
    });

    for (const [title, name, text, why] of [
      ["a name for a shell", "w1;id", payload("template", body), /'w1;id' is not a node name/],
      ["a name for sed", "w/1", payload("template", body), /is not a node name/],
      ["no name", "", payload("template", body), /'' is not a node name/],
      ["a verb that is not for it", "w1", payload("template", body.replace("trust", "objects")), /must be trust,/],
      ["a payload cut short", "w1", payload("template", body).slice(0, -9), /truncated/],
      ["a payload of another verb", "w1", payload("trust", body), /the payload is for 'trust'/],
    ] as const)
      it(`refuses ${title}`, async () => {
        const failed = await run(name, text);
        assert.equal(failed.code, 1);
        assert.match(failed.why, why);
        assert.equal(node.has(CA), false);
      });

    it("does not touch a control plane", async () => {
      node.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "");
      const failed = await run("cp2", payload("template", body));
      assert.match(failed.why, /^cp2: this node is a control plane, .*: list it under 'nodes' of the stack file$/);
      assert.equal(node.has(CA), false);
    });

    it("puts itself in place whole or not at all", async () => {
      const place = (text: string) => {
        node.write("/run/new.sh", text);
        return node.spawn(sh, [...args, node.path("/run/new.sh"), "place"], "");
      };
      const script = nodeScript();
      const other = script.replace("set -eu\n", "set -eu\n# newer\n");
      const done = await place(other);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^placed [0-9a-f]{64}\n$/);
      assert.equal(readFileSync(node.path("/var/lib/kube-pki/node.sh"), "utf8"), other);
      const cut = await place(script.replace("# end of node.sh\n", ""));
      assert.match(cut.why, /arrived cut short/);
      assert.equal(node.read("/var/lib/kube-pki/node.sh"), other);
      assert.deepEqual(node.list("/var/lib/kube-pki"), ["node.sh"]);
    });
  });
}
