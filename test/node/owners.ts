import assert from "node:assert/strict";
import { chmodSync, rmSync } from "node:fs";
import fc from "fast-check";
import { Cluster, files } from "./cluster";
import { part, payload } from "./payload";
import { leaf } from "./pki";
import { aclFor, attach, attached, give, NOBODY, rights, runsAs } from "./rights";
import { TrustCluster } from "./trustCluster";

const KEY = files.storeKey;
const SHORT = { KUBE_PKI_LIMITS: "BACK=5 HEALTH=5 RELOAD=5" };
/** Files alone: nothing is asked of services. */
const ALONE = { drop: /^(consumer|use|served|accepted|health) / };

/** @param shell - what the script is run with */
export function keepsOwners(shell: string): void {
  describe(`node keeps who may read a file (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    for (const [title, owner, mode] of [
      ["of a service that runs as a user of its own", NOBODY, 0o600],
      ["of root that a service may read by its group", 0, 0o640],
    ] as const)
      it(`a key ${title}`, async () => {
        runsAs(node, "store", NOBODY);
        give(node, KEY, owner, NOBODY, mode);
        await node.start("store");
        const [had, set] = [rights(node, KEY), node.set()];
        const done = await node.run("apply", node.payload(set), SHORT);
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, new RegExp(`file ${KEY} replaced\n[^]*consumer store restarted\n`));
        assert.equal(rights(node, KEY), had);
        assert.ok(node.holds(set));
        const again = await node.run("apply", node.payload(set), SHORT);
        assert.match(again.stdout, new RegExp(`file ${KEY} unchanged\n[^]*done \\w{8} unchanged\n$`));
        assert.equal(rights(node, KEY), had);
      });

    it("by an ACL, and its extended attributes", async () => {
      for (const tool of ["cp", "ls"]) node.tool(tool, `exec /bin/${tool} "$@"`); // busybox knows none of them
      const all = { "user.note": Buffer.from("x"), "system.posix_acl_access": aclFor(NOBODY) };
      attach(node, KEY, all);
      const [had, shown, set] = [attached(node, KEY), rights(node, KEY), node.set()];
      assert.match(had, /user\.note=x\nsystem\.posix_acl_access=/);
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
      assert.deepEqual([attached(node, KEY), rights(node, KEY)], [had, shown]);
      const again = await node.run("apply", node.payload(set));
      assert.match(again.stdout, /done \w{8} unchanged\n$/);
      // a world-readable one is closed, and the ACL goes on to let in whom it lets in
      chmodSync(node.path(KEY), 0o644);
      assert.match((await node.run("apply", node.payload(set))).stdout, new RegExp(`file ${KEY} fixed\n`));
      assert.deepEqual([attached(node, KEY), rights(node, KEY)], [had, shown]);
    });

    /** A node whose cp knows owner and mode only, with ACLs in files beside their files. */
    const withPlainCp = (...tools: readonly ("getfacl" | "setfacl")[]) => {
      node.tool(
        "cp",
        `case "$*" in *attributes-only*) echo "cp: unrecognized option '--attributes-only'" >&2; exit 1 ;; esac\nexec /bin/cp "$@"`,
      );
      const stubs = {
        getfacl: 'for last; do :; done\ncat "$last.acl" 2>/dev/null || echo user::rw-',
        setfacl: 'cat "$2" >"$3.acl"',
      };
      for (const tool of tools) node.tool(tool, stubs[tool]);
    };
    const ACL = "user::rw-\nuser:etcd:r--\ngroup::---\nmask::r--\nother::---\n";

    it("by an ACL, with getfacl and setfacl where cp does not know it", async () => {
      withPlainCp("getfacl", "setfacl");
      give(node, KEY, NOBODY, NOBODY, 0o640);
      node.write(`${KEY}.acl`, ACL);
      const done = await node.run("apply", node.payload(node.set()));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(rights(node, KEY), `${String(NOBODY)}:${String(NOBODY)} 640`);
      assert.equal(node.read("/etc/kubernetes/pki/.kube-pki.store.key.new.acl"), ACL);
    });

    it("by a label of its own: the policy's is given to new files alone", async () => {
      node.tool("restorecon", `echo "$@" >>${node.path("/labelled")}`);
      const added = "/etc/kubernetes/pki/copy.crt";
      const done = await node.run("apply", node.payload(node.set(), { more: `file ${added} 0644 root root ca\n` }));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read("/labelled"), `${node.path(added)}\n`);
    });

    it("or refuses where an ACL is there and cannot be kept", async () => {
      withPlainCp("getfacl");
      node.write(`${KEY}.acl`, ACL);
      const [before, stamp] = [node.live(), node.stamp(KEY)];
      const refused = await node.run("apply", node.payload(node.set()));
      assert.match(
        refused.why,
        /store\.key has an ACL that cannot be given to the new file here: install setfacl, or take it away \(setfacl -b \S+store\.key\); nothing was touched$/,
      );
      assert.ok(node.holds(before));
      assert.equal(node.stamp(KEY), stamp);
    });

    for (const { title, uid = 0, gid, mode, becomes } of [
      { title: "closes a key that everybody could read, and says so", gid: 0, mode: 0o644, becomes: 0o600 },
      { title: "and leaves it to the group that it belongs to", gid: NOBODY, mode: 0o664, becomes: 0o640 },
      { title: "and to its own user", uid: NOBODY, gid: 0, mode: 0o604, becomes: 0o600 },
      { title: "keeps a mode that gives less than the layout's", gid: 0, mode: 0o400, becomes: undefined },
    ])
      it(title, async () => {
        const set = node.set();
        node.lay(set);
        give(node, KEY, uid, gid, mode);
        const done = await node.run("apply", node.payload(set, ALONE));
        assert.equal(done.code, 0, done.stderr);
        assert.equal(rights(node, KEY), `${String(uid)}:${String(gid)} ${(becomes ?? mode).toString(8)}`);
        assert.match(done.stdout, new RegExp(`file ${KEY} ${becomes === undefined ? "unchanged" : "fixed"}\n`));
        const told = `store.key: mode 0${mode.toString(8)} becomes 0${(becomes ?? mode).toString(8)}, as it let in more`;
        assert.equal(done.stderr.includes(told), becomes !== undefined, done.stderr);
      });

    it("gives a new key to who reads the ones beside it", async () => {
      runsAs(node, "store", NOBODY);
      give(node, KEY, NOBODY, NOBODY, 0o600);
      await node.start("store");
      const peer = "/etc/kubernetes/pki/peer.key";
      const other = "/etc/kubernetes/pki/other.key";
      const set = node.set();
      const more = `file ${other} 0600 root root key:web\nfile ${peer} 0600 root root key:store\nuse store restart ${peer}\nuse web reload ${other}\n`;
      const done = await node.run("apply", node.payload(set, { more }), SHORT);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, new RegExp(`file ${peer} created\n`));
      assert.equal(rights(node, peer), `${String(NOBODY)}:${String(NOBODY)} 600`);
      assert.equal(rights(node, other), "0:0 600");
    });

    it("gives a new file to whom the layout names, and leaves one that is there to its owner", async () => {
      const set = node.set();
      node.lay(set);
      give(node, KEY, 12345, 0, 0o640);
      const named = payload(
        "apply",
        node.body(set, ALONE).replace(`${KEY} 0600 root root`, `${KEY} 0600 nobody daemon`),
      );
      const done = await node.run("apply", named);
      assert.match(done.stdout, new RegExp(`file ${KEY} unchanged\n`), done.stderr);
      assert.equal(rights(node, KEY), "12345:0 640");
      rmSync(node.path(KEY));
      assert.match((await node.run("apply", named)).stdout, new RegExp(`file ${KEY} created\n`));
      assert.match(rights(node, KEY), new RegExp(`^${String(NOBODY)}:[1-9]\\d* 600$`));
      assert.match((await node.run("apply", named)).stdout, new RegExp(`file ${KEY} unchanged\n`));
    });

    describe("refuses", () => {
      const refuses = async (send: string, why: RegExp) => {
        const [before, stamp, pids] = [node.live(), node.stamp(KEY), [node.pid("web"), node.pid("store")]];
        const refused = await node.run("apply", send, SHORT);
        assert.equal(refused.code, 1, refused.stdout);
        assert.match(refused.why, why);
        assert.ok(node.holds(before));
        assert.deepEqual([node.stamp(KEY), [node.pid("web"), node.pid("store")]], [stamp, pids]);
        assert.deepEqual(
          node.list("/etc").filter((name) => name.includes(".kube-pki.")),
          [],
        );
      };
      const PEER = "/etc/kubernetes/pki/store/peer.key";
      const withPeer = (set = node.set()) =>
        node.payload(set, { more: `file ${PEER} 0600 root root key:store\nuse store restart ${PEER}\n` });
      const sentence = (name: string) =>
        new RegExp(
          `store/peer\\.key would belong to root:root with mode 0600, so that store, which runs as ${name}, could not read it: 'install -o ${name} -m 0600 /dev/null ${PEER}', then run again; nothing was touched$`,
        );

      it("a new key that its reader could not read, and does what it says", async () => {
        runsAs(node, "store", NOBODY);
        give(node, KEY, NOBODY, NOBODY, 0o600);
        await node.start("store");
        await refuses(withPeer(), sentence("nobody"));
        node.write(PEER, "", 0o600);
        give(node, PEER, NOBODY, NOBODY, 0o600);
        const done = await node.run("apply", withPeer(), SHORT);
        assert.equal(done.code, 0, done.stderr);
        assert.equal(rights(node, PEER), `${String(NOBODY)}:${String(NOBODY)} 600`);
      });

      it("one of a service that does not run, by the user of its unit", async () => {
        node.write("/units/store/user", "nobody");
        process.kill(node.pid("store"), "SIGKILL");
        await refuses(withPeer(), sentence("nobody"));
      });

      it("to close a key to the service that reads it as everybody could", async () => {
        runsAs(node, "store", NOBODY);
        give(node, KEY, 0, 0, 0o644);
        await node.start("store");
        await refuses(
          node.payload(node.set()),
          /store\.key would belong to root:root with mode 0600, so that store, which runs as nobody, could not read it: 'chown nobody \S+store\.key', then run again; nothing was touched$/,
        );
        give(node, KEY, NOBODY, 0, 0o644);
        const done = await node.run("apply", node.payload(node.set()), SHORT);
        assert.equal(done.code, 0, done.stderr);
        assert.equal(rights(node, KEY), `${String(NOBODY)}:0 600`);
      });

      it("nothing of a service that root's rights let read", async () => {
        const done = await node.run("apply", withPeer());
        assert.equal(done.code, 0, done.stderr);
        assert.equal(rights(node, PEER), "0:0 600");
      });
    });

    it("in a trust step too: of a kubeconfig, and of a copy as of what it is made from", async () => {
      const at = await TrustCluster.make(shell);
      try {
        const [conf, signer, from] = [
          "/etc/kubernetes/admin.conf",
          "/etc/kubernetes/pki/sign.key",
          "/etc/kubernetes/pki/ca.key",
        ];
        give(at.node, conf, 0, NOBODY, 0o640);
        at.node.write(from, at.node.ca.key);
        give(at.node, from, NOBODY, NOBODY, 0o640);
        const done = await at.node.run("trust", at.payload(at.next.cert, { more: `seed ${signer} 0600 ${from} -\n` }));
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, new RegExp(`file ${conf} replaced\n[^]*file ${signer} created\n`));
        assert.equal(rights(at.node, conf), `0:${String(NOBODY)} 640`);
        assert.equal(rights(at.node, signer), `${String(NOBODY)}:${String(NOBODY)} 640`);
      } finally {
        at.node.remove();
      }
    });

    it("whatever they are: nobody gets more, no reader by owner or group gets less", async () => {
      const layout = { [files.ca]: 0o644, [files.webCert]: 0o644, [files.webKey]: 0o600, [KEY]: 0o600 };
      const paths = Object.keys(layout) as (keyof typeof layout)[];
      const id = fc.constantFrom(0, 1, NOBODY, 12345);
      const each = fc.tuple(id, id, fc.integer({ min: 0, max: 0o7777 }));
      let set = node.live();
      await fc.assert(
        fc.asyncProperty(fc.tuple(each, each, each, each), fc.boolean(), async (given, renew) => {
          if (renew) set = { ...set, store: leaf(node.ca, "store") };
          paths.forEach((path, at) => {
            const [uid, gid, mode] = given[at] ?? [0, 0, 0];
            give(node, path, uid, gid, mode);
          });
          const done = await node.run("apply", node.payload(set, ALONE));
          assert.equal(done.code, 0, done.stderr);
          paths.forEach((path, at) => {
            const [uid, gid, mode] = given[at] ?? [0, 0, 0];
            const now = parseInt(rights(node, path).split(" ")[1] ?? "", 8);
            const allowed = layout[path] | 0o040;
            assert.ok(rights(node, path).startsWith(`${String(uid)}:${String(gid)} `), path);
            assert.equal(
              now & ~(mode & allowed),
              0,
              "no wider than it was, or than the layout but for the group's reading",
            );
            assert.equal(now & 0o600, mode & 0o600, "its owner's as it was");
            if ((mode & ~allowed) === 0 || gid !== 0) assert.equal(now & 0o040, mode & 0o040, "its group's too");
          });
        }),
        { numRuns: 6 },
      );
    });

    it("leaves a CA file alone that says the same in other words", async () => {
      const [a, b] = [node.ca.cert, leaf(node.ca, "another").cert];
      const file = "/etc/kubernetes/pki/several.crt";
      const more = `${part("ca:several", a + b)}file ${file} 0644 root root ca:several\nuse web restart ${file}\n`;
      const sent = node.payload(node.live(), { more });
      node.write(file, a + b);
      await node.run("apply", sent);
      const comment = (text: string) => `# the CA\r\n${text.replaceAll("\n", "\r\n")}\r\n`;
      for (const same of [a + b, comment(a) + b, b + comment(a)]) {
        node.write(file, same);
        const done = await node.run("apply", sent);
        assert.match(done.stdout, new RegExp(`file ${file} unchanged\n[^]*consumer web untouched\n`), done.stderr);
        assert.equal(node.read(file), same);
      }
      for (const other of [a, a + b + a, b, `${a}${b.replace("M", "N")}`]) {
        node.write(file, other);
        const done = await node.run("apply", sent);
        assert.match(done.stdout, new RegExp(`file ${file} replaced\n`), done.stderr);
        assert.equal(node.read(file), a + b);
      }
    });

    it("takes a leaf for another one where its chain stands in another order", async () => {
      const set = node.set();
      const chained = { ...set, web: { ...set.web, cert: set.web.cert + node.ca.cert } };
      node.lay({ ...chained, web: { ...set.web, cert: node.ca.cert + set.web.cert } });
      const done = await node.run("apply", node.payload(chained, ALONE));
      assert.match(done.stdout, new RegExp(`file ${files.webCert} replaced\n`), done.stderr);
    });
  });
}
