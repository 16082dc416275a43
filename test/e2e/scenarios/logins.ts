/** Nodes that offer less than root and every tool: an account with sudo, no openssl. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureKey } from "../../lab/ssh";
import { assertClusterWorks, assertProven } from "../checks";
import { configureFor, givenAuthorities, labConfig } from "../labConfig";
import { tail, type Run, type Scenario } from "../scenario";
import { notServed, servedNow } from "../servedBy";

/** The account every lab node has beside root: no rights of its own, sudo without a password. */
const ACCOUNT = "ops";

/** `pulumi up` that must fail with this sentence, before a file of the PKI on any node was touched. */
const assertRefused = async ({ lab, stack }: Run, sentence: RegExp): Promise<void> => {
  const everywhere = (text: string) => Promise.all(lab.nodes.map(({ name }) => lab.must(name, text)));
  await everywhere("touch /root/before");
  const { code, stdout, stderr } = await stack.up();
  assert.notEqual(code, 0, "pulumi up succeeded");
  assert.match(stdout + stderr, sentence, tail(stdout + stderr));
  const touched = await everywhere(
    "find /etc/kubernetes /var/lib/kubelet/pki -cnewer /root/before; ls -d /var/lib/kube-pki/applied 2>/dev/null || :",
  );
  assert.equal(touched.join(""), "", "files were touched");
};

const sudoLogin: Scenario = {
  name: "sudo-login",
  proves: "the whole first up by an account that is not root, through sudo",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    // a key that opens this account and not root's
    const key = join(lab.folder, ACCOUNT);
    await ensureKey(key, ACCOUNT);
    for (const { name } of lab.nodes)
      await lab.must(name, `cat >/etc/ssh/authorized_keys.d/${ACCOUNT}`, { stdin: readFileSync(`${key}.pub`, "utf8") });
    const login = { user: ACCOUNT, privateKey: readFileSync(key, "utf8") };
    stack.configure(labConfig(lab));
    await stack.configureSecret("authority", await givenAuthorities(lab));
    await stack.configureSecret("ssh", login);
    await run.step("pulumi up without sudo is refused by a sentence that names it", () =>
      assertRefused(run, /the login is not root .*; ssh\.user: root, or ssh\.sudo: true/),
    );
    await stack.configureSecret("ssh", { ...login, sudo: true });
    await run.up(`pulumi up as ${ACCOUNT}`);
    run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
    await assertClusterWorks(lab);
  },
};

/** The node without openssl. */
const BARE = "w1";

const noOpenssl: Scenario = {
  name: "no-openssl",
  proves: "a node without openssl gets its certificates from the state, and what it could not prove is not claimed",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    await configureFor(stack, lab, "existing");
    await lab.must(BARE, "mv /usr/bin/openssl /root/openssl.away");
    await run.step("pulumi up is refused by a sentence that names the way out", () =>
      assertRefused(run, new RegExp(`${BARE}: it has no openssl.*keyLocation: state`)),
    );
    const { nodes } = labConfig(lab) as { nodes: { name: string }[] };
    stack.configure({ nodes: nodes.map((node) => (node.name === BARE ? { ...node, keyLocation: "state" } : node)) });
    await run.up("pulumi up with the keys of that node in the state");
    const rows = await stack.certificates();
    const ofBare = rows.filter(({ node }) => node === BARE);
    assert.deepEqual(
      ofBare.map(({ certificate, keyLocation, proof }) => [certificate, keyLocation, proof]),
      [
        ["kubelet", "state", "restarted"],
        ["kubelet-server", "state", "restarted"],
      ],
      "what the stack says about the node",
    );
    // asked from outside, where there is an openssl: the node does serve it
    const served = await servedNow(lab, ofBare);
    assert.deepEqual([served.length, notServed(served)], [1, []]);
    await assertProven(
      lab,
      rows.filter(({ node }) => node !== BARE),
    );
    await assertClusterWorks(lab);
    await run.step("pulumi up again: nothing to do", async () => {
      const { code, stdout, stderr } = await stack.up({ expectNoChanges: true });
      assert.equal(code, 0, tail(stdout + stderr));
    });
  },
};

export const loginScenarios: readonly Scenario[] = [sudoLogin, noOpenssl];
