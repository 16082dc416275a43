import assert from "node:assert/strict";
import { parse } from "yaml";
import { base64, ControlPlane, leftBehind } from "./controlPlane";
import { authority } from "./pki";

/** @param shell - what the script is run with */
export function tellsWhoJoins(shell: string): void {
  describe(`node cluster, cluster-info (${shell})`, function () {
    this.timeout(60_000);
    let node: ControlPlane;

    beforeEach(() => {
      node = new ControlPlane(shell);
    });
    afterEach(() => {
      assert.deepEqual(leftBehind(node), []);
      node.remove();
    });

    const key = "get.configmap.cluster-info";
    const kubeconfig = (ca: string, server = "https://10.0.0.1:6443"): string =>
      `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${base64(ca)}\n    server: ${server}\n  name: ""\n`;
    /** The text that the patch puts in place of the one that is there. */
    const put = (): string => {
      const patch = parse(node.patched("configmap.cluster-info") ?? "") as { data: { kubeconfig: string } };
      return patch.data.kubeconfig;
    };
    const casIn = (text: string): string[] => {
      const [, data = ""] = /authority-data: (\S+)/.exec(text) ?? [];
      const all = Buffer.from(data, "base64").toString();
      return [node.old, node.stays].flatMap(({ cert }, index) => {
        const body = cert.replace(/-----[^-]+-----|\s/g, "");
        return all.replace(/\s/g, "").includes(body) ? [["old", "stays"][index] ?? ""] : [];
      });
    };

    it("gets the new CA beside what it has, and every other byte stays", async () => {
      // quotes, tabs and backslashes in a row: what tools escape in their own ways
      const odd = kubeconfig(node.old.cert, String.raw`"https:\\\"h\x"`) + "# \\ \\\\ \t \"'& end\n";
      node.answer(key, odd);
      const done = await node.work(["cluster-info-add"]);
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(casIn(put()), ["old", "stays"]);
      const rest = (text: string) => text.replace(/authority-data: \S+/, "");
      assert.equal(rest(put()), rest(odd));
    });

    it("is left to the CA that stays, at the end", async () => {
      node.answer(key, kubeconfig(node.old.cert + node.stays.cert));
      assert.equal((await node.work(["cluster-info-exact"])).code, 0);
      assert.deepEqual(casIn(put()), ["stays"]);
    });

    it("is refused where it is written in another way, and not cut short", async () => {
      node.answer(key, `${kubeconfig(node.old.cert)}users: [ ]\nkind: Config\n`);
      const done = await node.work(["cluster-info-add"]);
      assert.equal(done.code, 1);
      assert.match(
        done.why,
        /cluster-info in kube-public is not written as kubectl writes a kubeconfig \(all of users/,
      );
      assert.deepEqual(node.changes(), []);
    });

    it("keeps a CA that is not this cluster's, such as a balancer's", async () => {
      const another = authority().cert;
      node.answer(key, kubeconfig(another + node.old.cert));
      assert.equal((await node.work(["cluster-info-exact"])).code, 0);
      const [, data = ""] = /authority-data: (\S+)/.exec(put()) ?? [];
      assert.equal(Buffer.from(data, "base64").toString(), node.stays.cert + another);
    });

    it("is asked of this cluster where the kubeconfig's current context leads to another one", async () => {
      node.write(
        "/etc/kubernetes/admin.conf",
        `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(authority().cert)}
    server: https://staging:6443
  name: staging
- cluster:
    certificate-authority-data: ${base64(node.old.cert)}
    server: https://prod:6443
  name: prod
contexts:
- context:
    cluster: staging
    user: admin
  name: admin@staging
- context:
    cluster: prod
    user: admin
  name: admin@prod one
current-context: admin@staging
`,
      );
      node.answer(key, kubeconfig(node.old.cert));
      assert.equal((await node.work(["cluster-info-add"])).code, 0);
      const calls = node.read("/kubectl/argv").trimEnd().split("\n");
      assert.ok(
        calls.length > 0 && calls.every((line) => line.includes("--context=admin@prod one ")),
        calls.join("\n"),
      );
    });

    it("is let be where it has what it should, and where there is none", async () => {
      node.answer(key, kubeconfig(node.old.cert + node.stays.cert));
      assert.equal((await node.work(["cluster-info-add"])).code, 0);
      node.answer(key, "");
      assert.equal((await node.work(["cluster-info-exact"])).code, 0);
      assert.deepEqual(node.changes(), []);
    });
  });
}
