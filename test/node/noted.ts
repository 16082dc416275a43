import assert from "node:assert/strict";
import * as fs from "node:fs";
import { recordFacts, type RecordFacts } from "../../core/survey/record";
import { Answer, END_OF_ANSWER, GREETING, QUESTION } from "../../core/survey/questions";
import { agentCommand } from "../../cli/agent";
import { Cluster, files } from "./cluster";
import { payload } from "./payload";
import { give, NOBODY, rights } from "./rights";

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
