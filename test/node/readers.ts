import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chownSync, copyFileSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { found, kubeconfig } from "./checking";
import { part, payload } from "./payload";
import { authority, leaf } from "./pki";
import { Scratch, type Result } from "./scratch";

const PERSON = 12345;
const isRoot = process.getuid?.() === 0;

/** @param shell - what the script is run with */
export function findsReaders(shell: string): void {
  describe(`node check, readers (${shell})`, function () {
    this.timeout(120_000);
    const [old, stays] = [authority(), authority()];
    const oldClient = leaf(old, "u");
    const both = { cert: old.cert + stays.cert, key: "" };
    let node: Scratch;

    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      node.remove();
    });

    const known = part("ca:kubernetes", stays.cert) + part("old:kubernetes", old.cert);
    const check = (parts = known): Promise<Result> =>
      node.run("check", payload("check", `node n1\n${parts}gate scan on\n`), { KUBE_PKI_LIMITS: "MOUNTS=2" });

    describe("finds the credentials of", () => {
      const places: readonly (readonly [who: string, path: string])[] = [
        ["a webhook of the API server", "/etc/kubernetes/webhook/authn.yaml"],
        ["a network plugin", "/etc/cni/net.d/x-kubeconfig"],
        ["kube-vip", "/etc/kube-vip/config"],
        ["keepalived", "/etc/keepalived/kubeconfig"],
        ["node-problem-detector", "/var/lib/node-problem-detector/kubeconfig"],
        ["kube-proxy", "/var/lib/kube-proxy/kubeconfig.conf"],
        ["an automation, in a file of its own name", "/home/ci/.kube/prod.yaml"],
        ["root", "/root/.kube/config"],
      ];
      for (const [who, path] of places)
        it(`${who}: ${path}`, async () => {
          node.write(path, kubeconfig(both, oldClient));
          const done = await check();
          assert.equal(done.code, 1);
          assert.deepEqual(found(done), [`kubeconfig ${path}`]);
        });

      const named: readonly (readonly [who: string, path: string, by: string])[] = [
        ["a static pod", "/etc/kubernetes/manifests/vip.yaml", "  - hostPath:\n      path: /opt/vip/conf\n"],
        [
          "a unit",
          "/etc/systemd/system/agent.service",
          "[Service]\nExecStart=/usr/bin/agent --kubeconfig=/opt/vip/conf\n",
        ],
        ["a drop-in of one", "/etc/systemd/system/agent.service.d/10.conf", 'Environment="KUBECONFIG=/opt/vip/conf"\n'],
      ];
      for (const [who, path, text] of named)
        it(`${who} that names them anywhere`, async () => {
          node.write("/opt/vip/conf", kubeconfig(both, oldClient));
          assert.deepEqual(found(await check()), []);
          node.write(path, text);
          assert.deepEqual(found(await check()), ["kubeconfig /opt/vip/conf"]);
        });

      it("a process that names them, and its certificate", async () => {
        node.write("/opt/agent/cert.pem", oldClient.cert + oldClient.key);
        const child = spawn("sh", ["-c", "sleep 60; :", "/opt/agent/cert.pem"], { stdio: "ignore" });
        try {
          assert.deepEqual(found(await check()), isRoot ? ["certificate /opt/agent/cert.pem"] : []);
        } finally {
          child.kill("SIGKILL");
        }
      });

      describe("etcd, where its CA alone is rotated", () => {
        const [oldEtcd, newEtcd] = [authority(), authority()];
        const asked = part("ca:etcd", newEtcd.cert) + part("old:etcd", oldEtcd.cert);
        const unit = (path: string): void => {
          node.write("/etc/systemd/system/m.service", `[Service]\nExecStart=/usr/bin/m --cert ${path}\n`);
        };

        it("in files of their own", async () => {
          node.write("/etc/calico/certs/cert.pem", leaf(oldEtcd, "calico").cert);
          node.write("/etc/calico/certs/other.pem", leaf(newEtcd, "calico").cert);
          node.write("/etc/calico/certs/kubernetes.pem", oldClient.cert);
          const done = await check(asked);
          assert.deepEqual(found(done), ["certificate /etc/calico/certs/cert.pem"]);
          assert.match(done.why, /is not signed by the new CA of etcd: issue a new one/);
        });

        it("beside the cluster's own", async () => {
          node.write("/etc/calico/certs/cert.pem", leaf(oldEtcd, "calico").cert);
          node.write("/etc/calico/certs/kubernetes.pem", oldClient.cert);
          node.write("/etc/kube-vip/config", kubeconfig(both, oldClient));
          assert.deepEqual(found(await check(known + asked)).sort(), [
            "certificate /etc/calico/certs/cert.pem",
            "certificate /etc/calico/certs/kubernetes.pem",
            "kubeconfig /etc/kube-vip/config",
          ]);
        });

        it("as far as this node knows the old one", async () => {
          node.write("/etc/calico/certs/cert.pem", leaf(oldEtcd, "calico").cert);
          const parts = part("ca:etcd", newEtcd.cert);
          assert.deepEqual(found(await check(parts)), []);
          const line = (cert: string) => `ca:etcd CERTIFICATE ${cert.replace(/-----[^-]+-----|\s/g, "")}\n`;
          node.write("/var/lib/kube-pki/ours", line(oldEtcd.cert) + line(newEtcd.cert), 0o600);
          assert.deepEqual(found(await check(parts)), ["certificate /etc/calico/certs/cert.pem"]);
        });

        it("by a copy of its CA that a unit names, unless the new one is in it", async () => {
          const path = "/opt/monitoring/etcd-ca.pem";
          node.write(path, oldEtcd.cert);
          assert.deepEqual(found(await check(asked)), []);
          unit(path);
          const done = await check(asked);
          assert.deepEqual(found(done), [`certificate ${path}`]);
          assert.match(done.why, /holds the old CA of etcd and not the new one: add that one/);
          node.write(path, oldEtcd.cert + newEtcd.cert);
          assert.deepEqual(found(await check(asked)), []);
        });
      });

      it("nobody whose certificate is a CA's, or of this cluster's layout, or in a backup of kubeadm", async () => {
        for (const path of ["/etc/kubernetes/x/ca.crt", "/etc/kubernetes/pki/apiserver.crt"])
          node.write(path, old.cert);
        node.write("/etc/kubernetes/tmp/kubeadm-backup/admin.conf", kubeconfig(old, oldClient));
        const done = await check();
        assert.deepEqual(found(done), []);
        assert.equal(done.code, 0, done.stderr);
      });
    });

    (isRoot ? describe : describe.skip)("is stopped by no person of this node", () => {
      const home = "/home/eve";
      const config = `${home}/.kube/config`;
      const own = (path: string): void => {
        chownSync(node.path(path), PERSON, PERSON);
      };
      const names = (path: string): void => {
        node.write(config, `clusters:\n- cluster:\n    certificate-authority: ${path}\n`);
        own(config);
      };

      it("whose kubeconfig needs the old CA: that is told", async () => {
        node.write(config, kubeconfig(old, oldClient));
        own(config);
        const done = await check();
        assert.equal(done.code, 0, done.stderr);
        assert.deepEqual(found(done), [`kubeconfig ${config}`, `kubeconfig ${config}`]);
        assert.match(done.stderr, /does not trust the new CA: .*; this stops nothing/);
      });

      it("whose kubeconfig names a pipe, or a device", async () => {
        mkdirSync(node.path(home), { recursive: true });
        execFileSync("mkfifo", [node.path(`${home}/pipe`)]);
        execFileSync("mknod", [node.path(`${home}/zero`), "c", "1", "5"]);
        for (const path of [`${home}/pipe`, `${home}/zero`]) {
          own(path);
          names(path);
          const done = await check();
          assert.equal(done.code, 0, done.stderr);
        }
      });

      it("whose kubeconfig is a pipe, a link to a device or larger than any", async () => {
        mkdirSync(node.path(`${home}/.kube`), { recursive: true });
        execFileSync("mkfifo", [node.path(config)]);
        symlinkSync("/dev/zero", node.path(`${home}/.kube/zero`));
        writeFileSync(node.path(`${home}/.kube/large`), "certificate-authority: x\n");
        truncateSync(node.path(`${home}/.kube/large`), 2 ** 40);
        const done = await check();
        assert.equal(done.code, 0, done.stderr);
      });

      it("whose kubeconfig names a file of another's", async () => {
        node.write("/etc/kubernetes/x/secret.pem", old.cert);
        names("/etc/kubernetes/x/secret.pem");
        const done = await check();
        assert.equal(done.code, 0, done.stderr);
        assert.deepEqual(found(done), []);
      });

      it("whose file has a name that looks like a line of ours", async () => {
        const path = `${home}/.kube/x\nfound kubeconfig other`;
        node.write(path, kubeconfig(old, oldClient));
        chownSync(node.path(path), PERSON, PERSON);
        assert.ok(!(await check()).stdout.includes("\nfound kubeconfig other"));
      });
    });

    (isRoot ? describe : describe.skip)("sees what a process still has of a file that is mounted by itself", () => {
      const path = "/etc/kubernetes/admin.conf";

      /** As a container does that mounts the file: a mount namespace of its own. */
      const mount = (text: string): { release: () => void } => {
        node.write(path, text);
        writeFileSync(node.path("/seen"), "");
        const script = `mount --bind ${node.path(path)} ${node.path("/seen")} && exec sleep 60`;
        const child = spawn("unshare", ["-m", "sh", "-c", script], { stdio: "ignore" });
        for (let tries = 0; tries < 50; tries++) {
          const mounts = execFileSync("cat", [`/proc/${String(child.pid)}/mountinfo`]).toString();
          if (mounts.includes(node.path("/seen"))) break;
          execFileSync("sleep", ["0.1"]);
        }
        return { release: () => child.kill("SIGKILL") };
      };
      const replace = (text: string): void => {
        node.write(`${path}.new`, text);
        renameSync(node.path(`${path}.new`), node.path(path));
      };

      it("before a server is signed by the new CA: it must trust that one", async () => {
        const reader = mount(kubeconfig(old, oldClient));
        try {
          replace(kubeconfig(both, oldClient));
          const parts = part("mounted:kubernetes", stays.cert) + part("old:kubernetes", old.cert);
          const done = await check(parts);
          assert.equal(done.code, 1, done.stderr);
          assert.match(found(done).join(), /^mount sleep:.*\/seen$/);
          assert.match(
            done.why,
            /is an older file, as it is mounted by itself, and does not trust the new CA: restart/,
          );
        } finally {
          reader.release();
        }
      });

      it("before the old CA is retired: its certificate must be of the CA that stays", async () => {
        const reader = mount(kubeconfig(both, oldClient));
        try {
          replace(kubeconfig(both, leaf(stays, "u")));
          const done = await check();
          assert.equal(done.code, 1, done.stderr);
          assert.match(done.why, /and has a client certificate that the new CA did not sign: restart the pod/);
        } finally {
          reader.release();
        }
      });

      it("and is content where that still works", async () => {
        const reader = mount(kubeconfig(both, leaf(stays, "u")));
        try {
          copyFileSync(node.path(path), node.path("/copy"));
          replace(kubeconfig(stays, leaf(stays, "u")));
          const done = await check();
          assert.equal(done.code, 0, done.stderr);
        } finally {
          reader.release();
        }
      });
    });
  });
}
