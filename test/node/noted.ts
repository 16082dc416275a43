import assert from "node:assert/strict";
import * as fs from "node:fs";
import { recordFacts, type RecordFacts } from "../../core/survey/record";
import { Answer, END_OF_ANSWER, GREETING, QUESTION } from "../../core/survey/questions";
import { agentCommand } from "../../cli/agent";
import { Cluster, files } from "./cluster";
import { payload } from "./payload";
import { aclFor, attach, attached, give, NOBODY, rights } from "./rights";

const LINK = "/etc/kubernetes/pki/current.crt";
const STATE = "/var/lib/kube-pki";
/** Programs that end for want of what they read. */
const SHORT = { KUBE_PKI_LIMITS: "BACK=20 HEALTH=20 RELOAD=20" };

/** @param shell - what the script is run with */
export function notesFiles(shell: string): void {
  describe(`node notes its files (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    let set: ReturnType<Cluster["set"]>;
    beforeEach(async () => {
      node = await Cluster.make(shell);
      const now = Math.floor(Date.now() / 1000);
      set = { ...node.set(), issued: now - 3600, expires: now + 30 * 86400 }; // the same payload each time
      assert.equal((await node.run("apply", node.payload(set, LINKED))).code, 0);
    });
    afterEach(() => {
      node.remove();
    });
    const LINKED = { more: `link ${LINK} web.crt\n` };

    const noted = async (): Promise<NonNullable<RecordFacts["noted"]>> => {
      const command = agentCommand(false).replace(/^sh /, `${shell} `);
      const { stdout } = await node.spawn("sh", ["-c", command], `${QUESTION.record()}\n`);
      const lines = stdout.split("\n");
      assert.equal(lines[0], GREETING);
      const found = recordFacts(Answer.of(lines.slice(1, lines.indexOf(END_OF_ANSWER))))?.noted;
      assert.ok(found, stdout);
      return found;
    };
    /** Brings back what was noted, as the step of a run that has seen drift. */
    const bringBack = async (name?: string) => {
      const [command = "sh", ...args] = node.shell.split(" ");
      const told = name ?? (await noted()).name;
      return node.spawn(
        command,
        [...args, node.path(`${STATE}/node.sh`), "apply", told],
        node.payload(set, LINKED),
        SHORT,
      );
    };
    const changed = async (): Promise<string[]> =>
      (await noted()).files.filter(({ isSame }) => !isSame).map(({ path }) => path);

    it("with rights and a name, and tells no sum of them", async () => {
      const note = await noted();
      assert.match(note.name, /^\d+-\d+$/);
      assert.deepEqual(note.told, {});
      assert.deepEqual(
        note.files.find(({ path }) => path === files.storeKey),
        { path: files.storeKey, mode: "0600", uid: 0, gid: 0, isSame: true },
      );
      assert.equal(note.files.length, 5);
      assert.deepEqual(note.links, [{ path: LINK, target: "web.crt" }]);
      assert.deepEqual(await changed(), []);
      assert.equal((await node.run("apply", node.payload(set, LINKED))).code, 0);
      assert.equal((await noted()).name, note.name, "a run that changes nothing notes nothing");
    });

    it("and brings back a text, with the restart that it needs", async () => {
      const other = node.set();
      node.write(files.storeCert, other.store.cert);
      node.write(files.storeKey, other.store.key, 0o600);
      assert.deepEqual((await changed()).sort(), [files.storeCert, files.storeKey]);
      const { name } = await noted();
      const restarts = node.restarts("store");
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, new RegExp(`file ${files.storeKey} replaced\nfile ${files.storeCert} replaced\n`));
      assert.ok(node.holds(set));
      assert.equal(node.restarts("store"), restarts + 1);
      assert.match(done.stdout, /consumer web untouched\n/);
      assert.deepEqual(await changed(), []);
      const after = await noted();
      assert.notEqual(after.name, name);
      assert.deepEqual(after.told, { apply: name });
      // as long as its command is the same, and told the same, nothing else is noted
      assert.equal((await bringBack(name)).code, 0);
      assert.deepEqual(await noted(), after);
      assert.equal((await bringBack("")).code, 0);
      assert.deepEqual(await noted(), { ...after, told: {} });
    });

    it("a text that no service could begin with", async () => {
      node.write(files.webCert, "broken\n");
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
    });

    it("a text that only stands around the blocks, and restarts nothing", async () => {
      fs.appendFileSync(node.path(files.storeCert), "# by hand\n");
      assert.deepEqual(await changed(), [files.storeCert]);
      const restarts = node.restarts("store");
      const done = await bringBack();
      assert.match(
        done.stdout,
        new RegExp(`file ${files.storeCert} fixed\n[^]*consumer store untouched\n`),
        done.stderr,
      );
      assert.ok(node.holds(set));
      assert.equal(node.restarts("store"), restarts);
      assert.deepEqual(await changed(), []);
    });

    it("mode and owner, narrower ones too", async () => {
      const had = [files.storeKey, files.webCert, files.ca].map((path) => rights(node, path));
      give(node, files.storeKey, NOBODY, NOBODY, 0o640);
      fs.chmodSync(node.path(files.webCert), 0o600);
      fs.chownSync(node.path(files.ca), NOBODY, 0);
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      for (const path of [files.storeKey, files.webCert, files.ca])
        assert.match(done.stdout, new RegExp(`file ${path} fixed\n`));
      assert.doesNotMatch(done.stdout, /replaced|restarted/);
      assert.deepEqual(
        [files.storeKey, files.webCert, files.ca].map((path) => rights(node, path)),
        had,
      );
    });

    it("but leaves them to whoever gave them in a run that was not told to, or was told of an earlier note", async () => {
      give(node, files.storeKey, NOBODY, NOBODY, 0o640);
      const given = rights(node, files.storeKey);
      for (const name of ["", "1-1", "unknown"]) {
        const done = await bringBack(name);
        assert.match(done.stdout, new RegExp(`file ${files.storeKey} unchanged\n`), done.stderr);
        assert.equal(rights(node, files.storeKey), given);
      }
      // from then on that is how they are
      assert.equal((await noted()).files.find(({ path }) => path === files.storeKey)?.uid, NOBODY);
    });

    it("and forgets no file that a restore leaves as it is", async () => {
      const earlier = node.list(`${STATE}/backup`).filter((name) => !name.includes("/"));
      assert.equal((await node.run("apply", node.payload(node.set(), LINKED))).code, 0);
      const before = await noted();
      const of = node.list(`${STATE}/backup`).find((name) => !name.includes("/") && !earlier.includes(name)) ?? "";
      const copies = [files.webCert, files.webKey].map((path) => {
        const [, at = ""] =
          new RegExp(`^file (\\d+) ${path}$`, "m").exec(node.read(`${STATE}/backup/${of}/list`)) ?? [];
        return `copy ${path} ${of} ${at}\n`;
      });
      const done = await node.run("restore", payload("restore", `node n1\nrestored ${of}\n${copies.join("")}`));
      assert.equal(done.code, 0, done.stderr);
      const after = await noted();
      const paths = (note: typeof after): string[] => note.files.map(({ path }) => path).sort();
      assert.deepEqual(paths(after), paths(before));
      assert.deepEqual(after.links, before.links);
      assert.deepEqual(await changed(), []);
      // and what somebody does to one of those is seen
      fs.appendFileSync(node.path(files.ca), "# by hand\n");
      assert.deepEqual(await changed(), [files.ca]);
    });

    const PKI = "/etc/kubernetes/pki";
    const folderNow = async (path = PKI) => (await noted()).folders?.find((each) => each.path === path);
    const marks = async () => (await noted()).marks;
    /** busybox knows neither ACLs nor their tools. */
    const real = (...tools: readonly string[]) => {
      for (const tool of tools) node.tool(tool, `exec /bin/${tool} "$@"`);
    };
    const settled = async (): Promise<void> => {
      const { name } = await noted();
      for (const told of [(await noted()).told.apply ?? "", ""]) {
        const again = await bringBack(told);
        assert.match(again.stdout, /done \w{8} unchanged\n$/, again.stderr);
        assert.equal((await noted()).name, name);
      }
    };

    it("folders with mode and owner, and brings those back before anything is written in them", async () => {
      const was = { mode: "0755", uid: 0, gid: 0, real: PKI };
      assert.deepEqual(await folderNow(), { path: PKI, was, is: was });
      give(node, PKI, 0, NOBODY, 0o2777);
      assert.deepEqual(await folderNow(), { path: PKI, was, is: { ...was, mode: "02777", gid: NOBODY } });
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.match(
        done.stderr,
        /\/pki has mode 0755 and belongs to 0:0 again, as was noted; before that 02777 0 65534\n/,
      );
      assert.doesNotMatch(done.stdout, /replaced|fixed|restarted/);
      assert.equal(rights(node, PKI), "0:0 755");
      assert.deepEqual(await folderNow(), { path: PKI, was, is: was });
      await settled();
    });

    it("folders, which a run that was not told to leaves as they are, and notes", async () => {
      give(node, PKI, 0, 0, 0o750);
      assert.equal((await bringBack("1-1")).code, 0);
      assert.equal(rights(node, PKI), "0:0 750");
      assert.equal((await folderNow())?.was.mode, "0750");
    });

    it("a folder that is made anew as it was", async () => {
      give(node, PKI, 0, 0, 0o711);
      assert.equal((await bringBack("")).code, 0);
      fs.renameSync(node.path(PKI), node.path("/etc/kubernetes/moved"));
      assert.deepEqual(await folderNow(), { path: PKI, was: { mode: "0711", uid: 0, gid: 0, real: PKI } });
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.equal(rights(node, PKI), "0:0 711");
    });

    it("where a folder leads, and leaves a link in its place to people", async () => {
      fs.renameSync(node.path(PKI), node.path("/etc/kubernetes/moved"));
      fs.symlinkSync("moved", node.path(PKI));
      fs.chmodSync(node.path("/etc/kubernetes/moved"), 0o700);
      assert.deepEqual((await folderNow())?.is, { mode: "0700", uid: 0, gid: 0, real: "/etc/kubernetes/moved" });
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.equal(rights(node, "/etc/kubernetes/moved"), "0:0 700");
      assert.equal((await folderNow())?.was.real, "/etc/kubernetes/moved");
    });

    it("that a file has no ACL, and takes one away without tools of its own, attributes staying", async () => {
      real("cp", "ls");
      assert.deepEqual(await marks(), []);
      attach(node, files.storeKey, { "user.note": Buffer.from("x"), "system.posix_acl_access": aclFor(NOBODY) });
      assert.deepEqual(await marks(), [{ path: files.storeKey, kind: "acl", is: "+" }]);
      const done = await bringBack();
      assert.match(done.stdout, new RegExp(`file ${files.storeKey} fixed\n`), done.stderr);
      assert.equal(attached(node, files.storeKey), "user.note=x");
      assert.equal(rights(node, files.storeKey), "0:0 600");
      assert.deepEqual(await marks(), []);
      await settled();
    });

    /** ACLs as these tools tell and set them: in files beside their files. */
    const withTools = () => {
      node.tool("ls", 'shift; for each; do f=${each%/.}; [ ! -f "$f.acl" ] || echo "-rw-r-----+ $each"; done');
      node.tool("getfacl", 'for last; do :; done; cat "${last%/.}.acl"');
      node.tool(
        "setfacl",
        'echo "$*" >>"$(dirname "$0")/setfacl.log"; for last; do :; done\n' +
          'case $1 in -bk) rm -f "$last.acl" ;; --set) echo "$2" | tr , "\\n" >"$last.acl" ;; esac',
      );
    };
    const WORDS = "user::rwx,user:1000:r-x,group::r-x,mask::r-x,other::r-x";
    const textOf = (words: string) => `${words.replaceAll(",", "\n")}\n\n`;

    it("the ACL of a folder in words, and brings it back", async () => {
      withTools();
      node.write(`${PKI}.acl`, textOf(WORDS));
      assert.deepEqual(await marks(), [{ path: PKI, kind: "acl", is: WORDS }]);
      assert.equal((await bringBack("")).code, 0);
      assert.deepEqual(await marks(), []);
      fs.rmSync(node.path(`${PKI}.acl`));
      assert.deepEqual(await marks(), [{ path: PKI, kind: "acl", was: WORDS }]);
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(`${PKI}.acl`).trim(), textOf(WORDS).trim());
      assert.deepEqual(await marks(), []);
      await settled();
    });

    it("that a folder has none, and takes one away", async () => {
      withTools();
      node.write(`${PKI}.acl`, textOf(WORDS));
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.ok(!fs.existsSync(node.path(`${PKI}.acl`)));
      await settled();
    });

    it("the ACL of a file, and refuses to lose it where setfacl is gone since", async () => {
      withTools();
      node.write(`${files.webCert}.acl`, textOf(WORDS));
      assert.equal((await bringBack("")).code, 0);
      fs.rmSync(node.path(`${files.webCert}.acl`));
      node.tool("setfacl", "exit 1");
      const done = await bringBack();
      assert.notEqual(done.code, 0);
      assert.match(
        done.stderr,
        /web\.crt had an ACL \(user::rwx,\S+\) that cannot be given back here: install setfacl; nothing was touched/,
      );
    });

    it("what chattr has made immutable, and changes nothing there", async function () {
      const chattr = (flag: string) => node.spawn("chattr", [flag, node.path(files.webCert)], "");
      if ((await chattr("+i")).code !== 0) return this.skip();
      const found = await marks();
      const done = await bringBack();
      await chattr("-i");
      assert.deepEqual(found, [{ path: files.webCert, kind: "flags", is: "i" }]);
      assert.match(done.stdout, /done \w{8} unchanged\n$/, done.stderr);
    });

    it("what is gone, and a link where a file was", async () => {
      fs.rmSync(node.path(files.webCert));
      fs.renameSync(node.path(files.storeKey), node.path("/etc/kubernetes/pki/elsewhere.key"));
      fs.symlinkSync("elsewhere.key", node.path(files.storeKey));
      fs.rmSync(node.path(LINK));
      fs.symlinkSync("store.crt", node.path(LINK));
      const done = await bringBack();
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
      assert.ok(fs.lstatSync(node.path(files.storeKey)).isFile());
      assert.equal(rights(node, files.storeKey), "0:0 600");
      assert.equal(fs.readlinkSync(node.path(LINK)), "web.crt");
    });
  });
}
