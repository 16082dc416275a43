import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { Cluster, files, type Set } from "./cluster";
import { authority } from "./pki";

/** Of a front proxy: what only a server behind is shown. @param shell - what the script is run with */
export function provesBehind(shell: string): void {
  describe(`node proves what is shown to servers behind others (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    let old: Set;
    let api: Server;
    let behind: { groups: readonly string[]; answers: () => number; kubelet: () => number; asked: string[] };
    beforeEach(async () => {
      node = await Cluster.make(shell);
      old = node.live();
      behind = { groups: ["v1beta1.metrics.k8s.io"], answers: () => 200, kubelet: () => 200, asked: [] };
      api = createServer({ ...old.web, requestCert: true, rejectUnauthorized: false }, ({ url = "" }, response) => {
        if (url === "/api/v1/nodes/n1/proxy/healthz") {
          response.writeHead(behind.kubelet());
          response.end("ok");
          return;
        }
        behind.asked.push(url);
        const isList = url.startsWith("/apis/apiregistration.k8s.io/v1/apiservices?labelSelector=!");
        const items = behind.groups.map((name) => ({
          metadata: { name, annotations: { note: '"name":"v1.evil.io"' } },
        }));
        response.writeHead(isList ? 200 : behind.answers());
        response.end(isList ? JSON.stringify({ kind: "PartialObjectMetadataList", items }) : "");
      });
      await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    });
    afterEach(() => {
      api.close();
      node.remove();
    });
    const apply = (set: Set, ca: string = files.ca) => {
      const at = `127.0.0.1:${String((api.address() as AddressInfo).port)}`;
      const more = `aggregated web ${at} store web\nchain web store ${ca}\nreaches web ${at} n1 store\n`;
      return node.run("apply", node.payload(set, { more }), { KUBE_PKI_LIMITS: "BEFORE=2 RELOAD=3 HEALTH=3" });
    };

    it("asks an API server behind, by the first group that answers, and only where something changes", async () => {
      const set = node.set();
      const done = await apply(set);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /proof web aggregated web \w+ 127\.0\.0\.1:\d+\/apis\/metrics\.k8s\.io\/v1beta1 yes\n/);
      assert.ok(!behind.asked.some((url) => url.includes("evil")), behind.asked.join(" "));
      behind.asked.length = 0;
      const again = await apply(set);
      assert.match(again.stdout, /done \w{8} unchanged/);
      assert.deepEqual(behind.asked, []);
    });

    it("claims nothing where there is none, or it is away", async () => {
      behind.groups = [];
      const none = await apply(node.set());
      assert.equal(none.code, 0, none.stderr);
      behind.groups = ["v1beta1.metrics.k8s.io"];
      behind.answers = () => 503;
      const away = await apply(node.set());
      assert.equal(away.code, 0, away.stderr);
      assert.doesNotMatch(none.stdout + away.stdout, /aggregated/);
    });

    it("fails where it took the certificate before and takes it no more", async () => {
      behind.answers = () => (node.read(files.webCert) === old.web.cert ? 200 : 401);
      const failed = await apply(node.set());
      assert.equal(failed.code, 1, failed.stdout);
      assert.match(
        failed.why,
        /the API server behind \S+\/apis\/metrics\.k8s\.io\/v1beta1 answers 401, and 200 before: it does not trust the certificate of web: the old set was put back/,
      );
      assert.ok(node.holds(old));
    });

    for (const code of [401, 503])
      it(`fails where it got through to the kubelet before and gets ${String(code)} now`, async () => {
        behind.kubelet = () => (node.read(files.webCert) === old.web.cert ? 200 : code);
        const failed = await apply(node.set());
        assert.equal(failed.code, 1, failed.stdout);
        assert.match(
          failed.why,
          new RegExp(
            `the API server at \\S+ does not reach the kubelet of n1: it answers ${String(code)} at ` +
              "/api/v1/nodes/n1/proxy/healthz, and 200 before: the old set was put back",
          ),
        );
        assert.ok(node.holds(old));
      });

    it("proves that it gets through to the kubelet, and claims nothing where it never did", async () => {
      const done = await apply(node.set());
      assert.match(done.stdout, /proof web reached - - 127\.0\.0\.1:\d+\/api\/v1\/nodes\/n1\/proxy\/healthz yes\n/);
      behind.kubelet = () => 503;
      const never = await apply(node.set());
      assert.equal(never.code, 0, never.stderr);
      assert.doesNotMatch(never.stdout, /reached/);
    });

    it("proves by the CA file that the server reads what nobody here can be asked about", async () => {
      const set = node.set();
      const done = await apply(set);
      assert.match(done.stdout, new RegExp(`proof web chain store \\w+ ${files.ca} yes\n`));
      assert.match((await apply(set)).stdout, /proof web chain store/); // what nothing changes is proven too
      node.write("/etc/kubernetes/pki/other-ca.crt", authority().cert);
      const failed = await apply(node.set(), "/etc/kubernetes/pki/other-ca.crt");
      assert.match(failed.why, /no CA in \/etc\/kubernetes\/pki\/other-ca\.crt has signed the certificate of store/);
    });
  });
}
