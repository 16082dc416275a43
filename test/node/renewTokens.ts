import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { payload } from "./payload";
import { Scratch, type Result } from "./scratch";
import { tokenOf } from "./tokens";

const UID = "01234567-89ab-cdef-0123-456789abcdef";
const VOLUME = `/var/lib/kubelet/pods/${UID}/volumes/kubernetes.io~projected/kube-api-access`;
const TOKEN = `${VOLUME}/..2026/token`;
const PLAN = "token-kid new\ngate tokens on\nconsumer kubelet systemd kubelet\n";

/** @param shell - what the script is run with */
export function renewsTokens(shell: string): void {
  describe(`node renews tokens (${shell})`, function () {
    this.timeout(60_000);
    let node: Scratch;

    beforeEach(() => {
      node = new Scratch(shell);
      node.write(TOKEN, tokenOf("old"), 0o600);
      symlinkSync("..2026", join(node.path(VOLUME), "..data"));
      mkdirSync(node.path(`/var/log/pods/app_web-0_${UID}`), { recursive: true });
    });
    afterEach(() => {
      node.remove();
    });

    /** A kubelet that does this at its start; the first start does not count. */
    const kubelet = async (atStart: string): Promise<void> => {
      node.tool("fake-kubelet", `: >"${node.path("/units/kubelet/listening")}"\nexec sleep 600`);
      node.write("/units/kubelet/command", node.path("/tools/fake-kubelet"));
      await node.start("kubelet");
      node.tool("fake-kubelet", `${atStart}\n: >"${node.path("/units/kubelet/listening")}"\nexec sleep 600`);
    };
    const projects = (kid: string) => `printf %s "${tokenOf(kid)}" >"${node.path(TOKEN)}"`;
    /** What is waited for in vain is waited for a short time. */
    const check = (lines: string, limits = "PROJECT=1 TOKENS=2"): Promise<Result> =>
      node.run("check", payload("check", `node n1\n${lines}`), { KUBE_PKI_LIMITS: limits });
    const restarts = () => node.restarts("kubelet") - 1;

    it("by a restart of the kubelet, which it tells as any other", async () => {
      await kubelet(projects("new"));
      const done = await check(PLAN, "PROJECT=1");
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^consumer kubelet restarted\nproof kubelet restarted - - - yes\ndone \w{8}\n$/);
      assert.match(done.stderr, /n1: restarting kubelet\nn1: kubelet restarted in \d+ s\n/);
      assert.equal(restarts(), 1);
      assert.match((await check(PLAN, "PROJECT=1")).stdout, /^done/);
      assert.equal(restarts(), 1);
    });

    it("without a restart where the kubelet has begun just now and is about to renew them", async () => {
      await kubelet("");
      const later = setTimeout(() => {
        node.write(TOKEN, tokenOf("new"), 0o600);
      }, 1200);
      const done = await check(PLAN, "");
      clearTimeout(later);
      assert.match(done.stdout, /^done/, done.stderr);
      assert.equal(restarts(), 0);
    });

    it("and names the pod whose kubelet still gets old ones", async () => {
      await kubelet(projects("old"));
      const refused = await check(PLAN);
      assert.equal(refused.code, 1);
      assert.match(refused.stdout, /^consumer kubelet restarted\n[^]*found token app\/web-0 /);
      assert.match(refused.why, /token app\/web-0: is still of the old service account key/);
      assert.equal(restarts(), 1);
    });

    it("and says so where the kubelet does not come back", async () => {
      await kubelet("exit 1");
      const failed = await check(PLAN, "PROJECT=1 BACK=3");
      assert.equal(failed.code, 1);
      assert.match(failed.why, /kubelet.*: look at the kubelet before you run again$/);
    });

    it("never where no kubelet is named, or the gate is given up", async () => {
      await kubelet(projects("new"));
      assert.equal((await check("token-kid new\ngate tokens on\n")).code, 1);
      assert.equal((await check(PLAN.replace("tokens on", "tokens off"))).code, 0);
      assert.equal(restarts(), 0);
    });
  });
}
