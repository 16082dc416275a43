import assert from "node:assert/strict";
import { Cluster, files, type Set } from "./cluster";
import { kubeconfigText } from "../../core/certificates/kubeconfig";
import { part, payload } from "./payload";
import { authority, base64, leaf, serialOf, type Pair } from "./pki";

const STATE = "/var/lib/kube-pki";
const CONF = "/etc/kubernetes/admin.conf";

/** A kubeconfig as the stack sends it. */
const SENT = kubeconfigText({
  cluster: "prod",
  user: "kubernetes-admin",
  server: "127.0.0.1:1",
  caData: "@b64:ca@",
  credentials: { certificateData: "@b64:cert:admin@", keyData: "@b64:key:admin@" },
});

/** As it lies on the node. */
const laid = (admin: Pair, ca: Pair): string =>
  SENT.replace("@b64:ca@", base64(ca.cert))
    .replace("@b64:cert:admin@", base64(admin.cert))
    .replace("@b64:key:admin@", base64(admin.key));

/** @param shell - what the script is run with */
export function restores(shell: string): void {
  describe(`node puts an earlier set back (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    const apply = async (set: Set, more = "", extra = ""): Promise<void> => {
      const done = await node.run("apply", payload("apply", `${node.body(set, { more })}${extra}`));
      assert.equal(done.code, 0, done.stderr);
    };
    const backups = (): string[] =>
      node
        .list(`${STATE}/backup`)
        .filter((name) => !name.includes("/"))
        .sort();
    const copiesOf = (backup: string): string =>
      node
        .read(`${STATE}/backup/${backup}/list`)
        .split("\n")
        .flatMap((line) => {
          const [kind, n = "", path = ""] = line.split(" ");
          return kind === "file" ? [`copy ${path} ${backup} ${n}\n`] : [];
        })
        .join("");
    const restore = (backup: string, copies = copiesOf(backup), more = "") =>
      node.run("restore", payload("restore", `node n1\nrestored ${backup}\n${copies}${more}`));
    /** What is true of any test's node: no transaction is left, and no working folder. */
    const assertClean = (): void => {
      const left = node.list(STATE).filter((name) => /^(tx|run|look)/.test(name));
      assert.deepEqual(left, []);
    };

    it("by the same transaction: swapped, restarted, proven, what it replaces backed up", async () => {
      const [first, second] = [node.set(), node.set()];
      await apply(first);
      await apply(second);
      const plan = node.read(`${STATE}/plan`);
      const [, of] = backups();
      assert.ok(of);
      const [web, store] = [node.pid("web"), node.pid("store")];
      const done = await restore(of);
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(first));
      assert.match(done.stdout, new RegExp(`^proof store served store ${serialOf(first.store.cert)} `, "m"));
      assert.match(done.stdout, new RegExp(`^proof web served web ${serialOf(first.web.cert)} `, "m"));
      assert.match(done.stdout, /^done [0-9a-f]{8} changed$/m);
      assert.equal(node.pid("web"), web, "it reloads");
      assert.notEqual(node.pid("store"), store, "it reads its certificate at its start");
      const now = backups().at(-1) ?? "";
      assert.equal(node.read(`${STATE}/backup/${now}/why`), `restore ${of}\n`);
      assert.equal(node.read(`${STATE}/backup/${of}/why`), "apply\n");
      assert.equal(node.read(`${STATE}/plan`), plan, "what the stack asks for stays what it was");
      assertClean();
      // what was put back can be put back in turn, and the stack's own set comes with the next apply
      assert.equal((await restore(now)).code, 0);
      assert.ok(node.holds(second));
      await apply(first);
      assert.ok(node.holds(first));
    });

    it("in whatever text people have put there, and says so where it is no text", async () => {
      const [first, second] = [node.set(), node.set()];
      await apply(first);
      const people = `\ufeff# Zertifikat für web\r\n${node.read(files.webCert).replaceAll("\n", "\r\n")}`;
      node.write(files.webCert, people);
      await apply(second);
      const of = backups().at(-1) ?? "";
      const done = await restore(of);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(files.webCert), people);
      const [, n = ""] = new RegExp(`copy ${files.webCert} \\S+ (\\S+)`).exec(copiesOf(of)) ?? [];
      node.write(`${STATE}/backup/${of}/${n}`, `\u0000${people}`);
      const refused = await restore(of);
      assert.equal(refused.code, 1);
      assert.match(
        refused.why,
        /^n1: \S+\/backup\/\S+ holds bytes that are not plain text: put it back by hand \(cp -p /,
      );
    });

    it("beside a file that is no text and has no copy, only after an up has written that one", async () => {
      const [first, second] = [node.set(), node.set()];
      await apply(first);
      const sent = node.payload(second);
      assert.equal((await node.run("apply", sent)).code, 0);
      const of = backups().at(-1) ?? "";
      const copies = `${copiesOf(of)
        .split("\n")
        .filter((line) => line.includes("web"))
        .join("\n")}\n`;
      node.write(files.storeCert, "\u0000");
      assert.match(
        (await restore(of, copies)).why,
        /^n1: \S+ holds bytes that are not plain text and has no copy in this backup: run pulumi up, which writes it; nothing was touched$/,
      );
      assert.equal((await node.run("apply", sent)).code, 0);
      assert.equal((await restore(of, copies)).code, 0);
      assert.ok(node.holds({ ...second, web: first.web }));
    });

    it("a second time changes nothing", async () => {
      const [first, second] = [node.set(), node.set()];
      await apply(first);
      await apply(second);
      const [, of = ""] = backups();
      await restore(of);
      const [web, store] = [node.pid("web"), node.pid("store")];
      const again = await restore(of);
      assert.match(again.stdout, /^done [0-9a-f]{8} unchanged$/m, again.stderr);
      assert.deepEqual([node.pid("web"), node.pid("store")], [web, store]);
    });

    it("the next apply of the same payload lays the stack's set again", async () => {
      const [first, second] = [node.set(), node.set()];
      await apply(first);
      const sent = node.payload(second);
      assert.equal((await node.run("apply", sent)).code, 0);
      const [, of = ""] = backups();
      assert.equal((await restore(of)).code, 0);
      const done = await node.run("apply", sent);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^done [0-9a-f]{8} changed$/m);
      assert.ok(node.holds(second));
    });

    it("a state of the stack that is older than the set it replaced is refused as before", async () => {
      const hour = 3600;
      const issued = Math.floor(Date.now() / 1000) - hour;
      const older = { ...node.set(), issued: issued - hour };
      await apply(older);
      await apply({ ...node.set(), issued });
      const [, of = ""] = backups();
      assert.equal((await restore(of)).code, 0);
      const done = await node.run("apply", node.payload({ ...node.set(), issued: issued - hour }));
      assert.match(done.why, /the payload comes from an older state of the stack/);
    });

    it("of a part of the set: what has no copy stays", async () => {
      const [first, second] = [node.set(), node.set()];
      await apply(first);
      await apply(second);
      const [, of = ""] = backups();
      const copies = copiesOf(of)
        .split("\n")
        .filter((line) => line.includes("web"))
        .join("\n");
      const done = await restore(of, `${copies}\n`);
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds({ ...second, web: first.web }));
    });

    it("a kubeconfig byte for byte, its certificate proven", async () => {
      const web = `https 127.0.0.1:${String(node.webPort)}`;
      const more = (admin: Pair): string =>
        `${part("cert:admin", admin.cert)}${part("key:admin", admin.key)}${part("kubeconfig:admin", SENT)}` +
        `leaf admin e1 ${String(Math.floor(Date.now() / 1000) - 60)} 9999999999 ca\n` +
        `server ca 127.0.0.1:1\nfile ${CONF} 0600 root root kubeconfig:admin\naccepted web ${web.slice(6)} /whoami admin\n`;
      const [one, other] = [leaf(node.ca, "admin1"), leaf(node.ca, "admin2")];
      const set = node.set();
      await apply(set, more(one));
      const remark = `# of an administrator\n${laid(one, node.ca)}`;
      node.write(CONF, remark, 0o600);
      await apply(set, more(other));
      assert.equal(node.read(CONF), laid(other, node.ca));
      const of = backups().at(-1) ?? "";
      const done = await restore(of);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(CONF), remark);
      assert.match(done.stdout, new RegExp(`^proof web accepted admin ${serialOf(one.cert)} `, "m"));
    });

    it("is undone where its proof fails", async () => {
      const [first, second] = [node.set(), node.set()];
      await apply(first);
      await apply(second);
      const [, of = ""] = backups();
      // of another CA, which node.sh is told to be of this one
      const other = authority();
      const bad = leaf(other, "store");
      const list = node.read(`${STATE}/backup/${of}/list`);
      const n = (path: string): string => new RegExp(`^file (\\d+) ${path}$`, "m").exec(list)?.[1] ?? "";
      node.write(`${STATE}/backup/${of}/${n(files.storeCert)}`, bad.cert);
      const pair = await restore(of);
      assert.match(pair.why, /the key of leaf store does not fit its certificate: nothing was touched/);
      node.write(`${STATE}/backup/${of}/${n(files.storeKey)}`, bad.key, 0o600);
      const ca = await restore(of);
      assert.match(ca.why, /leaf store is not signed by the CA of the payload/);
      assert.ok(node.holds(second));
      node.write(`${STATE}/backup/${of}/${n(files.storeCert)}`, first.store.cert);
      node.write(`${STATE}/backup/${of}/${n(files.storeKey)}`, first.store.key, 0o600);
      // it starts no more with any other set
      node.write("/units/store/command", "exit 1");
      const failed = await node.run("restore", payload("restore", `node n1\nrestored ${of}\n${copiesOf(of)}`), {
        KUBE_PKI_LIMITS: "BACK=3 HEALTH=3 RELOAD=3",
      });
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /putting the old set back/);
      assert.ok(node.holds(second));
      assertClean();
    });

    it("one whose certificates have ended is refused, and laid where nothing is to be proven", async () => {
      const gone = { ...node.set(), store: leaf(node.ca, "store", { days: 0 }) };
      node.lay(gone);
      const second = node.set();
      await apply(second);
      const [of = ""] = backups();
      const refused = await restore(of);
      assert.match(refused.why, /leaf store expired \d+ s ago by this node's clock/);
      assert.ok(node.holds(second));
      const [web, store] = [node.pid("web"), node.pid("store")];
      const done = await restore(of, copiesOf(of), "proof off\n");
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(gone));
      assert.doesNotMatch(done.stdout, /^(consumer|proof) /m);
      assert.deepEqual([node.pid("web"), node.pid("store")], [web, store]);
      // and the next apply goes on from there
      await apply(second);
      assert.ok(node.holds(second));
    });

    it("nothing else: a text whose last line has no end stays without", async () => {
      const at = "/etc/kubernetes/other.conf";
      const more = `${part("other", "a: 1\nb: 2\n")}file ${at} 0644 root root other\n`;
      const first = node.set();
      node.write(at, "a: 1\nb: 2");
      await apply(first, more);
      assert.equal(node.read(at), "a: 1\nb: 2");
      await apply(node.set(), more);
      const [, of = ""] = backups();
      const done = await restore(of);
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(first));
      assert.equal(node.read(at), "a: 1\nb: 2");
    });

    it("CAs in the order of then: the key of the first one may lie beside them", async () => {
      const [a, b, c] = [authority().cert, authority().cert, authority().cert];
      const at = "/etc/kubernetes/pki/bundle.crt";
      const more = (text: string): string => `${part("ca:kubernetes", text)}file ${at} 0644 root root ca:kubernetes\n`;
      const set = node.set();
      await apply(set, more(a + b));
      await apply(set, more(a + b + c));
      const of = backups().at(-1) ?? "";
      node.write(at, b + a);
      const done = await restore(of, copiesOf(of), "proof off\n");
      assert.equal(done.code, 0, done.stderr);
      assert.equal(node.read(at), a + b);
    });

    it("says what cannot be put back", async () => {
      const none = await restore("20200101T000000Z-aaaaaaaa", "");
      assert.match(none.why, /nothing was applied on this node yet/);
      await apply(node.set());
      await apply(node.set());
      const [, of = ""] = backups();
      const cases: readonly (readonly [string, RegExp])[] = [
        [`copy /etc/kubernetes/pki/x.crt ${of} 1\n`, /x\.crt is no file of the last payload/],
        [`copy ${files.webCert} ${of} 99\n`, /web\.crt is not there any more in .*\/99: run pulumi up/],
        [`copy ${files.webCert} ../../x 1\n`, /copy has a backup that is not allowed/],
      ];
      for (const [copies, why] of cases) assert.match((await restore(of, copies)).why, why);
    });

    it("tells what there is: before what, which files, which leaves, whether a CA in place has signed them", async () => {
      const [first, second] = [node.set(), node.set()];
      // as a kubelet makes its own: its CA is of no use to anybody else
      const [other, own] = [leaf(authority(), "web"), authority()];
      const store = leaf(own, "store");
      node.lay({ ...node.set(), web: other, store: { ...store, cert: store.cert + own.cert } });
      await apply(first);
      await apply(second);
      const [before = "", of = ""] = backups();
      node.write(`${STATE}/backup/${before}/ca-key`, "");
      const { code, stdout, stderr } = await node.run("backups");
      assert.equal(code, 0, stderr);
      const lines = stdout.split("\n");
      const has = (pattern: string): void => {
        assert.ok(
          lines.some((line) => new RegExp(`^${pattern}$`).test(line)),
          `${pattern}\n${stdout}`,
        );
      };
      has(`backup ${before} yes yes apply`);
      has(`backup ${of} no no apply`);
      has(`copy ${of} \\d+ cert:web ${files.webCert}`);
      has(`leaf ${of} \\d+ web ${serialOf(first.web.cert)} \\d+ yes CN=test%20ca\\d+`);
      has(`leaf ${before} \\d+ web ${serialOf(other.cert)} \\d+ no CN=test%20ca\\d+`);
      has(`leaf ${before} \\d+ store ${serialOf(store.cert)} \\d+ own CN=test%20ca\\d+`);
      assert.equal(lines.at(-2), "done");
      assertClean();
    });
  });
}
