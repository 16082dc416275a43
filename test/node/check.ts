import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { kubeconfig } from "./checking";
import { part, payload } from "./payload";
import { authority, base64, leaf, type Pair } from "./pki";
import { Scratch, type Result } from "./scratch";
import { tokenOf } from "./tokens";

const both = (a: Pair, b: Pair): Pair => ({ cert: a.cert + b.cert, key: "" });

/** @param shell - what the script is run with */
export function checksNodes(shell: string): void {
  describe(`node check (${shell})`, function () {
    this.timeout(120_000);
    const [old, stays, foreign] = [authority(), authority(), authority()];
    const [oldClient, newClient] = [leaf(old, "u"), leaf(stays, "u")];
    const uid = "01234567-89ab-cdef-0123-456789abcdef";
    const volume = `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~projected/kube-api-access`;
    let node: Scratch;

    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      assert.deepEqual(
        node.list("/var/lib/kube-pki").filter((name) => name.startsWith("look")),
        [],
      );
      node.remove();
    });

    const check = (lines: string, parts = part("ca:kubernetes", stays.cert), limits = ""): Promise<Result> =>
      node.run("check", payload("check", `node n1\n${parts}${lines}`), { KUBE_PKI_LIMITS: limits });
    const withOld = part("ca:kubernetes", stays.cert) + part("old:kubernetes", old.cert);
    const foundBy = ({ stdout }: Result): string[] => stdout.split("\n").filter((line) => line.startsWith("found "));
    const token = (text: string): void => {
      node.write(`${volume}/..2026/token`, text, 0o600);
      node.write(`${volume}/..2026/namespace`, "app");
      symlinkSync("..2026", join(node.path(volume), "..data"));
    };

    it("has nothing against a node where nobody needs what goes", async () => {
      node.write("/etc/kubernetes/admin.conf", kubeconfig(both(old, stays), newClient));
      node.write("/etc/kubernetes/other.conf", "nothing: of ours\n");
      const done = await check("gate scan on\n");
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^done [0-9a-f]{8}\n$/);
    });

    describe("the kubelet's serving certificate", () => {
      const current = "/var/lib/kubelet/pki/kubelet-server-current.pem";

      it("is named where a CA that goes has signed it", async () => {
        node.write(current, oldClient.cert + oldClient.key, 0o600);
        const done = await check("gate scan on\n", withOld);
        assert.equal(done.code, 1);
        assert.deepEqual(foundBy(done).length, 1);
        assert.match(
          done.why,
          /certificate \/var\/lib\/kubelet\/pki\/kubelet-server-current\.pem: is the kubelet's serving/,
        );
        assert.match(
          done.why,
          /: set inCluster\.approveKubeletServing: true, or remove it, restart the kubelet and approve its signing request/,
        );
      });

      it("is no matter where it is of the CA that stays, of none, or of one that is not known", async () => {
        for (const [pem, parts] of [
          [newClient.cert, withOld],
          [foreign.cert, withOld],
          [oldClient.cert, undefined],
        ] as const) {
          node.write(current, pem, 0o600);
          node.write("/var/lib/kubelet/pki/kubelet.crt", pem);
          const done = await check("gate scan on\n", parts);
          assert.equal(done.code, 0, done.stderr);
          assert.deepEqual(foundBy(done), []);
        }
      });
    });

    const needy: readonly (readonly [title: string, path: string, text: () => string, why: RegExp])[] = [
      ["trusts only the old CA", "/root/.kube/config", () => kubeconfig(old, newClient), /does not trust the new CA/],
      [
        "is signed by the old CA",
        "/home/ann/.kube/config",
        () => kubeconfig(both(old, stays), oldClient),
        /did not sign/,
      ],
      [
        "is JSON on one line",
        "/etc/cni/net.d/x-kubeconfig",
        () =>
          JSON.stringify({ clusters: [{ cluster: { "certificate-authority-data": base64(old.cert), server: "x" } }] }),
        /does not trust the new CA/,
      ],
      [
        "has several clusters",
        "/root/.kube/config",
        () => kubeconfig(stays, newClient) + kubeconfig(old, newClient),
        /does not trust the new CA/,
      ],
      [
        "has its CA where it cannot be read",
        "/root/.kube/config",
        () => "clusters:\n- cluster:\n    certificate-authority-data: |\n      LS0t\n",
        /does not trust the new CA/,
      ],
      [
        "names a file beside it",
        "/etc/kubernetes/x.conf",
        () => {
          node.write("/etc/kubernetes/client.pem", oldClient.cert);
          return "users:\n- user: {client-certificate: client.pem}\n";
        },
        /did not sign/,
      ],
    ];
    for (const [title, path, text, why] of needy)
      it(`names a kubeconfig that ${title}`, async () => {
        node.write(path, text());
        const done = await check("gate scan on\n");
        assert.equal(done.code, 1, done.stdout);
        assert.equal(foundBy(done).length, 1, done.stdout);
        assert.ok(foundBy(done)[0]?.startsWith(`found kubeconfig ${path} `));
        assert.match(done.why, why);
        assert.match(done.why, /run again, or override it with 'force: \[scan\]'/);
      });

    it("takes no argument of a credential plugin for a field", async () => {
      const plugin = `      args: ['--x', "client-certificate-data: |"]\n      command: aws\n`;
      const more = `- name: v\n  user:\n    exec:\n      args:\n      - "certificate-authority-data: |"\n`;
      node.write("/root/.kube/config", `${kubeconfig(stays, newClient)}${more}${plugin}`);
      const done = await check("gate scan on\n");
      assert.equal(done.code, 0, done.stderr);
    });

    it("lets those of other clusters be where the old CA is known, and those that have expired", async () => {
      const expired = leaf(old, "u", { days: -1 });
      node.write("/root/.kube/config", kubeconfig(foreign, leaf(foreign, "u")));
      node.write("/home/ann/.kube/config", kubeconfig(stays, expired));
      const done = await check("gate scan on\n", withOld);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(foundBy(await check("gate scan on\n")).length, 2); // the foreign one, for CA and client
    });

    it("names what the old CA signed where the old CA is known", async () => {
      node.write("/root/.kube/config", kubeconfig(old, oldClient));
      assert.equal(foundBy(await check("gate scan on\n", withOld)).length, 2);
    });

    it("tells what a gate that is given up would have refused", async () => {
      node.write("/root/.kube/config", kubeconfig(old, newClient));
      const done = await check("gate scan off\n");
      assert.equal(done.code, 0);
      assert.equal(foundBy(done).length, 1);
      assert.match(done.stderr, /allowed by 'force: \[scan\]'/);
      assert.match(done.stdout, /\ndone /);
    });

    it("waits for a pod's new token, and names the pod that gets none", async () => {
      token(tokenOf("old-kid"));
      mkdirSync(node.path(`/var/log/pods/app_web-0_${uid}`), { recursive: true });
      const refused = await check("token-kid new_kid\ngate tokens on\n", "", "TOKENS=2");
      assert.equal(refused.code, 1);
      assert.deepEqual(foundBy(refused).length, 1);
      assert.match(refused.why, /token app\/web-0: is still of the old service account key: .*force: \[tokens\]/);
      const later = setTimeout(() => {
        node.write(`${volume}/..2026/token`, tokenOf("new_kid"), 0o600);
      }, 1500);
      const done = await check("token-kid new_kid\ngate tokens on\n", "");
      clearTimeout(later);
      assert.equal(done.code, 0, done.stderr);
    });

    it("waits for nothing that is let through", async () => {
      token(tokenOf("old-kid"));
      const done = await check("token-kid new_kid\ngate tokens off\n", "");
      assert.equal(done.code, 0);
      assert.deepEqual(foundBy(done).length, 1);
      assert.doesNotMatch(done.stderr, /waiting/);
    });

    describe("the CA in pods", () => {
      const mounted = part("mounted:kubernetes", stays.cert);
      const withOldKnown = mounted + part("old:kubernetes", old.cert);
      const pods = "/var/lib/kubelet/pods";
      const api = (file = "ca.crt", volume = "kubernetes.io~projected/kube-api-access-x"): string =>
        `${pods}/${uid}/volumes/${volume}/..data/${file}`;

      it("is awaited, in every kind of volume, and the pod named that does not get it", async () => {
        mkdirSync(node.path(`/var/log/pods/app_web-0_${uid}`), { recursive: true });
        for (const [volume, token, why] of [
          [
            "kubernetes.io~projected/any",
            true,
            /pod app\/web-0: still has a ca\.crt without the new CA: look at the kubelet/,
          ],
          ["kubernetes.io~projected/own", false, undefined],
          ["kubernetes.io~configmap/ca", false, undefined],
          ["kubernetes.io~secret/legacy-token", true, undefined],
        ] as const) {
          node.write(api("ca.crt", volume), old.cert);
          if (token) node.write(api("token", volume), "t");
          const done = await check("gate scan on\n", withOldKnown, "MOUNTS=2");
          assert.deepEqual(foundBy(done).length, 1);
          assert.match(done.stderr, /waiting for the new CA/);
          assert.equal(done.code, why === undefined ? 0 : 1, volume);
          assert.match(
            done.stderr,
            why ??
              /pod app\/web-0: has a (token from a Secret with a )?ca\.crt without the new CA.*; this stops nothing/,
          );
          node.write(api("ca.crt", volume), old.cert + stays.cert);
        }
        node.write(api(), old.cert);
        const later = setTimeout(() => {
          node.write(api(), stays.cert + old.cert);
        }, 1500);
        const done = await check("gate scan on\n", withOldKnown);
        clearTimeout(later);
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stderr, /waiting for the new CA in the pods of this node/);
      });

      it("is no matter in a Secret without a token, which is not the cluster's", async () => {
        node.write(api("ca.crt", "kubernetes.io~secret/tls"), old.cert);
        const done = await check("gate scan on\n", withOldKnown, "MOUNTS=2");
        assert.deepEqual([done.code, foundBy(done)], [0, []]);
        assert.doesNotMatch(done.stderr, /waiting/);
      });

      it("is no matter in the ca.crt of somebody else", async () => {
        node.write(api("ca.crt", "kubernetes.io~projected/theirs"), foreign.cert);
        assert.equal((await check("", withOldKnown)).code, 0);
        assert.equal((await check("", mounted)).code, 0);
      });

      it("is known by the token beside it where the old CA is not known", async () => {
        node.write(api(), old.cert);
        node.write(api("token"), "t");
        const done = await check("gate scan off\n", mounted);
        assert.equal(done.code, 0);
        assert.equal(foundBy(done).length, 1);
        assert.doesNotMatch(done.stderr, /waiting/);
      });
    });

    it("leaves tokens of other issuers alone", async () => {
      token(tokenOf("vendor", { sub: "licence" }));
      assert.equal((await check("token-kid new_kid\n", "")).code, 0);
    });

    it("names a kubeconfig that holds a token of the old key, without the token", async () => {
      const text = tokenOf("old-kid");
      node.write("/etc/cni/net.d/calico-kubeconfig", `users:\n- name: calico\n  user:\n    token: "${text}"\n`);
      const done = await check("token-kid new_kid\n", "");
      assert.equal(done.code, 1);
      assert.match(done.why, /calico-kubeconfig: holds a token of the old service account key/);
      for (const piece of text.split(".")) assert.ok(!`${done.stdout}${done.stderr}`.includes(piece));
    });

    it("sweeps the folder of a run that was killed", async () => {
      mkdirSync(node.path("/var/lib/kube-pki/look.999999"));
      await check("");
    });
  });
}
