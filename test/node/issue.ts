import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Api } from "./api";
import { part, payload } from "./payload";
import { authority, leaf, type Pair } from "./pki";
import { Scratch } from "./scratch";

const CONF = "/etc/kubernetes/kubelet.conf";
const PKI = "/var/lib/kubelet/pki";
const CURRENT = `${PKI}/kubelet-client-current.pem`;
const OURS = `${PKI}/kubelet-client-kube-pki.pem`;
const THEIRS = `${PKI}/kubelet-client-2026-01-01-00-00-00.pem`;

/** A worker as kubeadm joined it, its kubelet running, and an API server in front of it. */
class Worker extends Scratch {
  readonly old = authority();
  readonly next = authority();
  port = 0;

  static async make(shell: string, ...signers: ("old" | "next")[]): Promise<{ node: Worker; api: Api }> {
    const node = new Worker(shell);
    const api = await Api.start(
      leaf(node.next, "api"),
      [node.old, node.next],
      ...signers.map((each): Pair => node[each]),
    );
    const client = leaf(node.old, "system:node:w1");
    node.write(THEIRS, client.cert + client.key, 0o600);
    symlinkSync(THEIRS.replace(/.*\//, ""), node.path(CURRENT));
    node.configure(api, [node.old, node.next]);
    const serving = leaf(node.old, "w1");
    node.write("/etc/kubelet.crt", serving.cert);
    node.write("/etc/kubelet.key", serving.key, 0o600);
    node.write("/etc/kubelet.ca", node.old.cert + node.next.cert);
    const files = { cert: "/etc/kubelet.crt", key: "/etc/kubelet.key", ca: "/etc/kubelet.ca" };
    node.port = await node.unit("kubelet", "cold", files);
    await node.start("kubelet");
    return { node, api };
  }

  configure(api: Api, trusted: readonly Pair[], server = `https://127.0.0.1:${String(api.port)}`): void {
    const ca = Buffer.from(trusted.map(({ cert }) => cert).join("")).toString("base64");
    this.write(
      CONF,
      `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${ca}\n    server: ${server}\n  name: k\n` +
        `users:\n- name: n\n  user:\n    client-certificate: ${CURRENT}\n    client-key: ${CURRENT}\n`,
      0o600,
    );
  }

  body(api: Api): string {
    const apply = `node w1
start existing
${part("ca:kubernetes", this.next.cert)}file ${OURS} 0600 root root cert:kubelet,key:kubelet
link ${CURRENT} kubelet-client-kube-pki.pem
use kubelet restart ${OURS}
use kubelet restart ${CURRENT}
consumer kubelet systemd kubelet
health kubelet https 127.0.0.1:${String(this.port)} /readyz -
accepted kubelet 127.0.0.1:${String(api.port)} /api/v1/nodes/w1 kubelet
`;
    return `node w1
kubeconfig ${CONF}
${part("ca:kubernetes", this.next.cert)}leaf kubelet g2-0a1b2c3d ECDSA-P256
cn kubelet system:node:w1
o kubelet system:nodes
${part("apply", apply)}`;
  }

  issue(api: Api, env: Record<string, string> = {}) {
    return this.run("issue", payload("issue", this.body(api)), env);
  }

  isSignedBy(ca: Pair): boolean {
    return new X509Certificate(this.read(CURRENT)).verify(new X509Certificate(ca.cert).publicKey);
  }

  debris(): string[] {
    return this.list("/var/lib/kube-pki").filter((name) => /^(look|run|tx)/.test(name));
  }
}

/** @param shell - what the script is run with */
export function asksForItsCertificate(shell: string): void {
  describe(`node issue (${shell})`, function () {
    this.timeout(60_000);
    let node: Worker;
    let api: Api;
    const made = async (...signers: ("old" | "next")[]): Promise<void> => {
      ({ node, api } = await Worker.make(shell, ...signers));
    };
    afterEach(() => {
      assert.deepEqual(node.debris(), []);
      api.stop();
      node.remove();
    });

    it("asks as the kubelet it is, puts the certificate in its place, restarts the kubelet and proves it", async () => {
      await made("next");
      const done = await node.issue(api);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^proof kubelet accepted kubelet [0-9A-F]+ 127\.0\.0\.1:\d+ yes$/m);
      assert.match(done.stdout, /^issued kubelet changed\ndone [0-9a-f]{8}\n$/m);
      assert.ok(node.isSignedBy(node.next));
      assert.equal(readlinkSync(node.path(CURRENT)), "kubelet-client-kube-pki.pem");
      assert.equal(node.restarts("kubelet"), 2);
      assert.deepEqual([api.csrs.size, [...api.askedBy]], [1, ["CN=system:node:w1"]]);
      const csr = [...api.csrs.values()].at(0);
      assert.ok(csr);
      assert.match(csr.metadata.name, /^kube-pki-w1-[0-9a-f]{8}$/);
      assert.equal(csr.spec.signerName, "kubernetes.io/kube-apiserver-client-kubelet");
      assert.deepEqual(csr.spec.usages, ["digital signature", "client auth"]);
      const request = execFileSync("openssl", ["req", "-noout", "-subject", "-verify", "-nameopt", "RFC2253"], {
        input: Buffer.from(csr.spec.request, "base64"),
        stdio: ["pipe", "pipe", "ignore"],
      }).toString();
      assert.match(request, /CN=system:node:w1,O=system:nodes/);
      assert.doesNotMatch(done.stdout + done.stderr, /PRIVATE/);
    });

    it("does nothing where the CA that signs has signed already", async () => {
      await made("next");
      const client = leaf(node.next, "system:node:w1");
      node.write(THEIRS, client.cert + client.key, 0o600);
      const before = node.stamp(CURRENT) + node.stamp(THEIRS);
      const done = await node.issue(api);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^issued kubelet unchanged\ndone [0-9a-f]{8}\n$/);
      assert.equal(node.stamp(CURRENT) + node.stamp(THEIRS), before);
      assert.deepEqual([node.restarts("kubelet"), api.csrs.size], [1, 0]);
    });

    it("asks again with another key while another CA signs", async () => {
      await made("old", "next");
      const done = await node.issue(api);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /still signs with another CA, asking again/);
      assert.ok(node.isSignedBy(node.next));
      assert.equal(api.csrs.size, 2);
    });

    it("killed in the middle, puts the old set back and goes on with the same request", async () => {
      await made("next");
      await node.issue(api, { KUBE_PKI_KILL_AT: "swapped" });
      assert.ok(node.isSignedBy(node.next), "the renames were done");
      const done = await node.issue(api);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /an earlier run was interrupted/);
      assert.match(done.stdout, /^consumer kubelet restarted$/m);
      assert.ok(node.isSignedBy(node.next));
      assert.equal(api.csrs.size, 1);
    });

    it("puts the old certificate back where the kubelet does not come up with the new one", async () => {
      await made("next");
      writeFileSync(join(node.units, "kubelet", "broken"), "");
      const failed = await node.issue(api);
      assert.equal(failed.code, 1);
      assert.match(failed.why, /^w1: .*kubelet.*the old set was put back/);
      assert.ok(node.isSignedBy(node.old));
      assert.equal(readlinkSync(node.path(CURRENT)), THEIRS.replace(/.*\//, ""));
    });

    const refusals: readonly (readonly [string, (of: { node: Worker; api: Api }) => void, RegExp])[] = [
      [
        "a server that its kubelet does not trust",
        ({ node: at, api: of }) => {
          at.configure(of, [at.old]);
        },
        /did not answer within 4 s \(.*verif.*check that this node reaches it and that .*kubelet\.conf trusts it/i,
      ],
      [
        "a server under another name",
        ({ node: at, api: of }) => {
          at.configure(of, [at.old, at.next], `https://localhost:${String(of.port)}`);
        },
        /localhost:\d+ did not answer within 4 s \(.*verif/i,
      ],
      [
        "a server that is no URL",
        ({ node: at, api: of }) => {
          at.configure(of, [at.old, at.next], "https://a;b:1");
        },
        /names a server that is not understood: write it as https:\/\/host:port/,
      ],
      [
        "to be refused",
        ({ api: of }) => {
          of.postCode = 403;
        },
        /refused the signing request \(403\): nodes may not do that; let nodes create certificatesigningrequests there \(.*\), then run again$/,
      ],
      [
        "to be denied",
        ({ api: of }) => {
          of.condition = "Denied";
        },
        /signing request kube-pki-w1-[0-9a-f]{8} was denied: see 'kubectl get csr/,
      ],
      [
        "not to be signed",
        ({ api: of }) => {
          of.signers.splice(0);
        },
        /was not approved and signed within 4 s: check kube-controller-manager .*kubectl certificate approve kube-pki-w1/,
      ],
      [
        "another CA for ever",
        ({ node: at, api: of }) => {
          of.signers.splice(0, 1, at.old);
        },
        /still signs with another CA than ca:kubernetes after 4 s: check its --cluster-signing-cert-file/,
      ],
      [
        "to be unknown to the API server",
        ({ node: at }) => {
          const client = leaf(authority(), "system:node:w1");
          at.write(THEIRS, client.cert + client.key, 0o600);
        },
        /does not take this node's client certificate any more: join it again/,
      ],
      [
        "a kubeconfig without a certificate",
        ({ node: at }) => {
          at.write(CONF, "users: []\n", 0o600);
        },
        /kubelet\.conf has no client certificate with its key: join this node again/,
      ],
    ];
    for (const [title, prepare, why] of refusals)
      it(`says what it needs: ${title}`, async () => {
        await made("next");
        prepare({ node, api });
        const before = node.stamp(CURRENT);
        const failed = await node.issue(api, { KUBE_PKI_LIMIT: "4" });
        assert.equal(failed.code, 1);
        assert.match(failed.why, why);
        assert.equal(node.stamp(CURRENT), before);
        assert.equal(node.restarts("kubelet"), 1);
      });
  });
}
