import assert from "node:assert/strict";
import { parse } from "yaml";
import { base64, ControlPlane, leftBehind } from "./controlPlane";

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

    it("is let be where it has what it should, and where there is none", async () => {
      node.answer(key, kubeconfig(node.old.cert + node.stays.cert));
      assert.equal((await node.work(["cluster-info-add"])).code, 0);
      node.answer(key, "");
      assert.equal((await node.work(["cluster-info-exact"])).code, 0);
      assert.deepEqual(node.changes(), []);
    });
  });
}
