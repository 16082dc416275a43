import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { base64, ControlPlane, found, leftBehind } from "./controlPlane";
import { part, payload } from "./payload";
import { authority } from "./pki";
import { tokenOf } from "./tokens";

/** @param shell - what the script is run with */
export function keepsCopies(shell: string): void {
  describe(`node cluster, copies of CAs and tokens (${shell})`, function () {
    this.timeout(120_000);
    let node: ControlPlane;

    beforeEach(() => {
      node = new ControlPlane(shell);
    });
    afterEach(() => {
      assert.deepEqual(leftBehind(node), []);
      node.remove();
    });

    describe("CA bundles", () => {
      const rows = (): string =>
        [
          "= none",
          "/webhooks/0/clientConfig/caBundle ",
          "= old",
          `/webhooks/0/clientConfig/caBundle ${base64(node.stays.cert)}`,
          `/webhooks/1/clientConfig/caBundle ${base64(node.old.cert)}`,
          "= both",
          `/webhooks/0/clientConfig/caBundle ${base64(node.old.cert + node.stays.cert)}`,
          "= other",
          `/webhooks/0/clientConfig/caBundle ${base64(authority().cert)}`,
          "",
        ].join("|");

      it("names those that know only what goes", async () => {
        node.answer("get.MutatingWebhookConfiguration", rows());
        assert.deepEqual(found(await node.work(["ca-bundles"])), ["MutatingWebhookConfiguration old"]);
      });

      it("learns what goes from the cluster where the stack does not know it, and takes no other CA for it", async () => {
        node.answer("get.MutatingWebhookConfiguration", rows());
        const another = authority().cert;
        const theirs = `/webhooks/0/clientConfig/caBundle ${base64(another)}|`;
        node.answer("get.ValidatingWebhookConfiguration", `= theirs|${theirs}`);
        node.remember("ca:kubernetes", node.old.cert);
        node.answer("get.configmap.kube-root-ca.crt", node.stays.cert + node.old.cert + another);
        const lines = `node n1\nkubeconfig /etc/kubernetes/admin.conf\n${part("ca:kubernetes", node.stays.cert)}task ca-bundles\n`;
        const done = await node.run("cluster", payload("cluster", lines));
        assert.deepEqual(found(done), ["MutatingWebhookConfiguration old"]);
      });

      it("rewrites all of an object that is named, and once only", async () => {
        const wanted = base64(node.stays.cert);
        const lines = "rewrite ValidatingWebhookConfiguration hook ca:kubernetes\n";
        const text = (a: string, b: string) =>
          `/webhooks/0/clientConfig/caBundle ${a}|/webhooks/1/clientConfig/caBundle ${b}|`;
        node.answer("get.ValidatingWebhookConfiguration.hook", text(wanted, base64(node.old.cert)));
        assert.equal((await node.work(["rewrite"], lines)).code, 0);
        assert.deepEqual(JSON.parse(node.patched("ValidatingWebhookConfiguration.hook") ?? ""), [
          { op: "add", path: "/webhooks/1/clientConfig/caBundle", value: wanted },
        ]);
        node.answer("get.ValidatingWebhookConfiguration.hook", text(wanted, wanted));
        assert.equal((await node.work(["rewrite"], lines)).code, 0);
        assert.equal(node.changes().length, 1);
      });

      it("names an object that has none", async () => {
        const done = await node.work(["rewrite"], "rewrite CustomResourceDefinition foos.example.com ca:kubernetes\n");
        assert.equal(done.code, 1);
        assert.match(
          done.why,
          /foos\.example\.com under inCluster\.caBundles is not in the cluster or calls no service/,
        );
      });
    });

    describe("token Secrets", () => {
      const old = tokenOf("old-kid");
      const lines = "token-kid new-kid\n";

      it("are emptied where their key goes, and awaited", async () => {
        node.answer("get.secrets", `a/my.one ${old}\na/two ${tokenOf("new-kid")}\na/three \nend \n`);
        node.answer(
          "after.patch.secret.my.one",
          `printf 'a/my.one ${tokenOf("new-kid")}\\na/two ${tokenOf("new-kid")}\\na/three ${tokenOf("new-kid")}\\nend \\n' >"$KUBECTL/get.secrets"`,
        );
        const done = await node.work(["tokens"], lines);
        assert.equal(done.code, 0, done.stderr);
        assert.deepEqual(node.changes(), ["patch.secret.my.one"]);
        assert.equal(node.patched("secret.my.one"), '[{"op":"remove","path":"/data/token"}]');
        for (const piece of old.split(".")) assert.ok(!`${done.stdout}${done.stderr}`.includes(piece));
      });

      it("are named if nobody writes a new one", async () => {
        node.answer("get.secrets", `a/one ${old}\nend \n`);
        const done = await node.workInVain(["tokens"], lines);
        assert.equal(done.code, 1);
        assert.deepEqual(found(done), ["Secret a/one"]);
        assert.match(done.why, /check kube-controller-manager, .*force: \[tokens\]/);
      });

      it("are asked for again where the list is cut", async () => {
        node.answer("get.secrets", `a/one ${old}\n`);
        const done = await node.workInVain(["tokens"], lines);
        assert.match(done.why, /'kubectl get secrets' did not succeed within 2 s/);
        assert.deepEqual(node.changes(), []);
      });
    });

    describe("authentication-clean", () => {
      const key = "get.configmap.extension-apiserver-authentication";
      const [front, oldFront] = [authority(), authority()];
      const lines = part("ca:frontproxy", front.cert);
      const clean = () => node.work(["authentication-clean"], lines);
      const cleanInVain = () => node.workInVain(["authentication-clean"], lines);
      const holds = (kubernetes: string, frontProxy: string): string =>
        `= kubernetes\n${kubernetes}\n= frontproxy\n${frontProxy}\n`;
      const deleted = ["delete.configmap.extension-apiserver-authentication"];

      it("lets be what holds only what stays", async () => {
        node.answer(key, holds(node.stays.cert, front.cert));
        assert.equal((await clean()).code, 0);
        assert.deepEqual(node.changes(), []);
      });

      it("deletes what holds more, and waits for it to come back", async () => {
        node.answer(key, holds(node.stays.cert, front.cert + oldFront.cert));
        writeFileSync(node.path("/kubectl/clean"), holds(node.stays.cert, front.cert));
        node.answer(
          `after.${deleted[0] ?? ""}`,
          `: >"$KUBECTL/${key}"; (sleep 1; cp "$KUBECTL/clean" "$KUBECTL/${key}") >/dev/null 2>&1 &`,
        );
        node.remember("ca:frontproxy", oldFront.cert);
        const done = await clean();
        assert.equal(done.code, 0, done.stderr);
        assert.deepEqual(node.changes(), deleted);
      });

      it("lets be what also holds a CA that is not this cluster's", async () => {
        node.answer(key, holds(oldFront.cert + node.stays.cert, front.cert));
        assert.equal((await clean()).code, 0);
        assert.deepEqual(node.changes(), []);
      });

      it("deletes once, and says whom to look at if the rest comes back", async () => {
        node.answer(key, holds(node.stays.cert + node.old.cert, front.cert));
        const done = await cleanInVain();
        assert.equal(done.code, 1);
        assert.deepEqual(node.changes(), deleted);
        assert.match(done.why, /still holds an old CA of kubernetes after 2 s: an API server has other CA files/);
      });

      it("deletes nothing that only lacks what stays", async () => {
        node.answer(key, holds("", front.cert));
        const done = await cleanInVain();
        assert.equal(done.code, 1);
        assert.deepEqual(node.changes(), []);
        assert.match(done.why, /lacks the new CA/);
      });
    });
  });
}
