import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { part, payload } from "./payload";
import { authority, leaf } from "./pki";
import { Scratch, type Result } from "./scratch";
import { tokenOf } from "./tokens";

const UID = "01234567-89ab-cdef-0123-456789abcdef";
const VOLUME = `pods/${UID}/volumes/kubernetes.io~projected/kube-api-access`;

/** @param shell - what the script is run with */
export function knowsKubeletFolders(shell: string): void {
  describe(`node knows where its kubelet keeps what (${shell})`, function () {
    this.timeout(60_000);
    const [old, stays] = [authority(), authority()];
    let node: Scratch;

    beforeEach(() => {
      node = new Scratch(shell);
      mkdirSync(node.path("/proc"));
      mkdirSync(node.path(`/var/log/pods/app_web-0_${UID}`), { recursive: true });
    });
    afterEach(() => {
      node.remove();
    });

    const process = (pid: number, options: readonly string[], cgroup = "0::/system.slice/kubelet.service") => {
      node.write(`/proc/${String(pid)}/comm`, "kubelet\n");
      node.write(`/proc/${String(pid)}/cmdline`, ["/usr/bin/kubelet", ...options, ""].join("\0"));
      node.write(`/proc/${String(pid)}/cgroup`, `${cgroup}\n`);
    };
    const check = (lines: string, parts: string): Promise<Result> =>
      node.run("check", payload("check", `node n1\n${parts}${lines}`), {
        KUBE_PKI_PROC: node.path("/proc"),
        KUBE_PKI_LIMITS: "MOUNTS=1 TOKENS=1",
      });
    const volume = (root: string, caPem: string, token: string): void => {
      node.write(`${root}/${VOLUME}/..2026/ca.crt`, caPem);
      node.write(`${root}/${VOLUME}/..2026/token`, token, 0o600);
      symlinkSync("..2026", join(node.path(`${root}/${VOLUME}`), "..data"));
    };
    const mounted = part("mounted:kubernetes", stays.cert) + part("old:kubernetes", old.cert);

    for (const options of [["--root-dir=/data/kubelet/"], ["--root-dir", "/data/kubelet"]])
      it(`pods: ${options.join(" ")}`, async () => {
        process(77, options);
        volume("/data/kubelet", old.cert, tokenOf("old"));
        assert.match(
          (await check("gate scan on\n", mounted)).why,
          /pod app\/web-0: still has a ca\.crt without the new CA/,
        );
        assert.match((await check("token-kid new\ngate tokens on\n", "")).why, /token app\/web-0: is still of the old/);
        // what is left where it was before is of no pod
        volume("/var/lib/kubelet", old.cert, tokenOf("old"));
        node.write(`/data/kubelet/${VOLUME}/..2026/ca.crt`, stays.cert);
        node.write(`/data/kubelet/${VOLUME}/..2026/token`, tokenOf("new"));
        assert.equal((await check("gate scan on\n", mounted)).code, 0);
        assert.equal((await check("token-kid new\ngate tokens on\n", "")).code, 0);
      });

    it("certificates that it was issued: --cert-dir", async () => {
      process(77, ["--root-dir=/data/kubelet", "--cert-dir=/data/pki"]);
      node.write("/data/pki/kubelet-server-current.pem", leaf(old, "u").cert);
      const done = await check("gate scan on\n", part("ca:kubernetes", stays.cert) + part("old:kubernetes", old.cert));
      assert.match(done.why, /certificate \/data\/pki\/kubelet-server-current\.pem: is the kubelet's serving/);
    });

    it("and takes no pod's word for it", async () => {
      process(33, ["--root-dir=/nowhere"], "0::/kubepods.slice/kubepods-pod0123.slice/cri-x.scope");
      volume("/var/lib/kubelet", old.cert, "t");
      assert.match((await check("gate scan on\n", mounted)).why, /pod app\/web-0/);
    });
  });
}
