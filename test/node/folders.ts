import assert from "node:assert/strict";
import { lchownSync, mkdirSync, renameSync, symlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { give, NOBODY, rights, runsAs } from "./rights";

const PKI = "/etc/kubernetes/pki";
const KUBERNETES = "/etc/kubernetes";
const HUMAN = 4321;

/** @param shell - what the script is run with */
export function judgesFolders(shell: string): void {
  describe(`node judges who could swap keys (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    const keyOf = (uid: number) => {
      give(node, files.storeKey, uid, uid, 0o600);
    };
    const manifestsOf = (uid: number) => {
      mkdirSync(node.path(`${KUBERNETES}/manifests`));
      give(node, `${KUBERNETES}/manifests`, uid, 0, 0o755);
    };
    /** Users and groups as this machine does not have them. */
    const accounts = (passwd: readonly string[], group: readonly string[]) => {
      const table = (lines: readonly string[]) => lines.map((line) => `echo '${line}'`).join("\n");
      node.tool(
        "getent",
        `{ case $1 in passwd)\n${table(passwd)};; group)\n${table(group)};; esac; } | awk -F: -v k="\${2:-}" 'k == "" || $1 == k || $3 == k'`,
      );
      const ids = passwd
        .map((line) => line.split(":"))
        .map(([name = "", , uid = ""]) => `${name}) echo ${uid}; exit ;;`);
      node.tool("id", `case "$2" in ${ids.join(" ")} esac\nexec /usr/bin/id "$@"`);
    };
    const human = (shell = "/bin/sh") => {
      accounts([`alice:x:${String(HUMAN)}:${String(HUMAN)}::/home/alice:${shell}`], [`alice:x:${String(HUMAN)}:`]);
    };

    for (const { title, lay, owner, told } of [
      {
        title: "the owner of the keys in it",
        lay: keyOf,
        owner: NOBODY,
        told: /\/pki belongs to nobody, who owns keys in it: left so\n/,
      },
      {
        title: "an account without a name that owns the keys",
        lay: keyOf,
        owner: 12345,
        told: /\/pki belongs to 12345, who owns keys in it: left so\n/,
      },
      {
        title: "whoever owns what the kubelet runs",
        lay: manifestsOf,
        owner: 1,
        told: /\/pki belongs to daemon, who owns \/etc\/kubernetes\/manifests: left so\n/,
      },
    ])
      it(`leaves a folder to ${title}, and says so once`, async () => {
        lay(owner);
        give(node, PKI, owner, 0, 0o755);
        const set = node.set();
        const done = await node.run("apply", node.payload(set));
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stderr, told);
        assert.equal(done.stderr.split("left so").length, 2);
        assert.ok(node.holds(set));
        assert.equal(rights(node, PKI), `${String(owner)}:0 755`);
      });

    it("leaves a folder to whom the payload gives a file in it, whoever owns the keys", async () => {
      give(node, PKI, 1, 0, 0o700);
      const more = `file ${PKI}/more.crt 0644 daemon root ca\n`;
      const done = await node.run("apply", node.payload(node.set(), { more }));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /\/pki belongs to daemon, who is to own files in it: left so\n/);
      assert.equal(rights(node, `${PKI}/more.crt`), "1:0 644");
    });

    it("leaves a folder to the user of a service that reads it", async () => {
      runsAs(node, "store", NOBODY);
      give(node, files.storeKey, 0, NOBODY, 0o640);
      await node.start("store");
      give(node, PKI, NOBODY, 0, 0o755);
      const done = await node.run("apply", node.payload(node.set()));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /\/pki belongs to nobody, who runs store: left so\n/);
    });

    it("leaves one that a group can write in which is all the keys' owner's", async () => {
      const uid = 1;
      accounts(["etcd:x:1:1::/:/usr/sbin/nologin", "root:x:0:0::/root:/bin/sh"], ["etcd:x:1:etcd,root"]);
      keyOf(uid);
      give(node, PKI, 0, uid, 0o770);
      const done = await node.run("apply", node.payload(node.set()));
      assert.equal(done.code, 0, done.stderr);
    });

    for (const { title, lay, why } of [
      {
        title: "of an account that has no keys there",
        lay: () => {
          give(node, PKI, 1, 0, 0o755);
        },
        why: /\/pki does not belong to root: chown root it, or its owner daemon could swap the keys$/,
      },
      {
        title: "of a person who has keys there",
        lay: () => {
          human();
          keyOf(HUMAN);
          give(node, PKI, HUMAN, 0, 0o755);
        },
        why: /\/pki does not belong to root: chown root it, or its owner alice could swap the keys$/,
      },
      {
        title: "that a group of persons can write in",
        lay: () => {
          human();
          give(node, PKI, 0, HUMAN, 0o775);
        },
        why: /\/pki can be written by its group, and so by alice: chmod g-w it, or that one could swap the keys$/,
      },
      {
        title: "that an account's group can write in which a person is in",
        lay: () => {
          accounts(
            [`alice:x:${String(HUMAN)}:0::/home/alice:/bin/bash`, "etcd:x:1:1::/:/usr/sbin/nologin"],
            ["etcd:x:1:alice"],
          );
          keyOf(1);
          give(node, PKI, 1, 1, 0o770);
        },
        why: /\/pki can be written by its group, and so by alice: chmod g-w it/,
      },
      {
        title: "that everybody can write in, though it is the keys' owner's",
        lay: () => {
          keyOf(NOBODY);
          give(node, PKI, NOBODY, 0, 0o1777);
        },
        why: /\/pki can be written by everybody/,
      },
      {
        title: "that an account has made a link of",
        lay: () => {
          keyOf(NOBODY);
          renameSync(node.path(PKI), node.path("/etc/elsewhere"));
          symlinkSync(node.path("/etc/elsewhere"), node.path(PKI));
          lchownSync(node.path(PKI), NOBODY, NOBODY);
          give(node, KUBERNETES, NOBODY, 0, 0o755);
        },
        why: /\/pki is a symbolic link that root did not make: remove it$/,
      },
    ])
      it(`refuses a folder ${title}`, async () => {
        lay();
        const [before, stamp] = [node.live(), node.stamp(PKI)];
        const refused = await node.run("apply", node.payload(node.set()));
        assert.equal(refused.code, 1, refused.stdout);
        assert.match(refused.why, why);
        assert.ok(node.holds(before));
        assert.equal(node.stamp(PKI), stamp);
      });

    it("follows a folder that root has put on another disk", async () => {
      mkdirSync(node.path("/data"));
      renameSync(node.path(PKI), node.path("/data/pki"));
      symlinkSync(node.path("/data/pki"), node.path(PKI));
      const set = node.set();
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
      give(node, "/data", 0, 0, 0o777);
      assert.match((await node.run("apply", node.payload(node.set()))).why, /\/data can be written by everybody/);
    });

    it("says how a file that is a link becomes one", async () => {
      renameSync(node.path(files.ca), node.path("/etc/real.crt"));
      symlinkSync(join(node.root, "/etc/real.crt"), node.path(files.ca));
      const refused = await node.run("apply", node.payload(node.set()));
      assert.match(
        refused.why,
        /pki\/ca\.crt is a symbolic link to \S+\/etc\/real\.crt: put the file itself there \((cp -p (\S+) (\S+)\.real && mv \S+\.real \S+)\), then run again$/,
      );
      rmSync(node.path("/etc/real.crt"));
      const dangling = await node.run("apply", node.payload(node.set()));
      assert.match(dangling.why, /pki\/ca\.crt is a symbolic link to nowhere: remove it, then run again$/);
    });
  });
}
