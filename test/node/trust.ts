import assert from "node:assert/strict";
import { chmodSync, existsSync, symlinkSync, utimesSync } from "node:fs";
import { files } from "./cluster";
import { sum8 } from "./payload";
import { base64, leaf, serialOf } from "./pki";
import { OPENSSL_1_0_2 } from "./refusals";
import { CA, CONF, kubeconfig, SIGNER, TrustCluster } from "./trustCluster";

const APPLIED = "/var/lib/kube-pki/applied";
const PLAN = "/var/lib/kube-pki/plan";
const CLIENT = "/var/lib/kubelet/pki/client.pem";
const CURRENT = "/var/lib/kubelet/pki/client-current.pem";
const LEAF_CONF = "/etc/kubernetes/kubelet.conf";

const link = ({ node }: TrustCluster): void => {
  if (!existsSync(node.path(CURRENT))) symlinkSync("client.pem", node.path(CURRENT));
};

/** Where a node may have a leaf, and how the payload names it. */
const places: readonly {
  readonly title: string;
  readonly lines: string;
  readonly lay: (at: TrustCluster, pair: { readonly cert: string; readonly key: string }) => void;
}[] = [
  {
    title: "two files",
    lines: "have /etc/kubernetes/a.crt cert:me ca:kubernetes\nhave /etc/kubernetes/a.key key:me -\n",
    lay: ({ node }, { cert, key }) => {
      node.write("/etc/kubernetes/a.crt", cert);
      node.write("/etc/kubernetes/a.key", key, 0o600);
    },
  },
  {
    title: "one file behind a link",
    lines: `have ${CURRENT} cert:me,key:me ca:kubernetes\n`,
    lay: (at, { cert, key }) => {
      at.node.write(CLIENT, cert + key, 0o600);
      link(at);
    },
  },
  {
    title: "a kubeconfig that carries it",
    lines: `have ${LEAF_CONF} cert:me,key:me ca:kubernetes\n`,
    lay: ({ node }, { cert, key }) => {
      node.write(
        LEAF_CONF,
        `users:\n- user:\n    client-certificate-data: ${base64(cert)}\n    client-key-data: "${base64(key)}"\n`,
        0o600,
      );
    },
  },
  {
    title: "a kubeconfig that names its files",
    lines: `have ${LEAF_CONF} cert:me,key:me ca:kubernetes\n`,
    lay: (at, { cert, key }) => {
      at.node.write(CLIENT, cert + key, 0o600);
      link(at);
      at.node.write("/etc/kubernetes/me.key", key, 0o600);
      at.node.write(
        LEAF_CONF,
        `users:\n- user:\n    client-certificate: ${CURRENT}\n    client-key: 'me.key'\n`,
        0o600,
      );
    },
  },
];

/** @param shell - what the script is run with */
export function changesTrust(shell: string): void {
  describe(`node applies trust (${shell})`, function () {
    this.timeout(120_000);
    let at: TrustCluster;
    beforeEach(async () => {
      at = await TrustCluster.make(shell);
    });
    afterEach(() => {
      at.node.remove();
    });

    it("adds a CA, restarts and reloads what reads it, proves it with the leafs that are there", async () => {
      const { node } = at;
      const applied = node.payload(node.live());
      assert.equal((await node.run("apply", applied)).code, 0);
      const [plan, leafs] = [node.read(PLAN), node.read(APPLIED).split("\n").slice(1).join("\n")];
      const sent = at.payload();
      const [web, store] = [node.pid("web"), node.pid("store")];
      const done = await node.run("trust", sent);
      assert.equal(done.code, 0, done.stderr);
      const [serial, storeSerial] = [serialOf(node.live().web.cert), serialOf(node.live().store.cert)];
      assert.equal(
        done.stdout,
        `file ${CA} replaced
file ${CONF} replaced
file ${SIGNER} created
consumer store restarted
proof store restarted - - - yes
proof store health - - 127.0.0.1:${String(node.storePort)} yes
proof store served store ${storeSerial} 127.0.0.1:${String(node.storePort)} yes
consumer web reloaded
proof web served web ${serial} 127.0.0.1:${String(node.webPort)} yes
proof web accepted web ${serial} 127.0.0.1:${String(node.webPort)} yes
trusted ca:kubernetes
${node.ca.cert}${at.next.cert}done ${sum8(sent)} changed
`,
      );
      assert.equal(at.live(), at.wanted());
      assert.notEqual(node.pid("store"), store);
      assert.equal(node.pid("web"), web);
      // what apply wrote stays: status and the check for an older state go by it
      assert.equal(node.read(PLAN), plan);
      assert.match(leafs, /^leaf web e1 \d+ \w+\nleaf store [^]*seen store\nseen web\n$/);
      const sums = [applied, sent].map((text) => text.split("\n")[0]?.split(" ")[4]);
      assert.equal(node.read(APPLIED), `sum ${String(sums[0])}\ntrust ${String(sums[1])}\n${leafs}`);
    });

    it("touches nothing the second time, and neither does the apply before it", async () => {
      const { node } = at;
      const set = node.live();
      assert.equal((await node.run("trust", at.payload())).code, 0);
      const applied = node.payload({ ...set, ca: { cert: node.read(CA), key: "" } });
      assert.equal((await node.run("apply", applied)).code, 0);
      // what was proven stays so when somebody touches a file without changing it
      utimesSync(node.path(CA), new Date(), new Date());
      const watched = [CA, CONF, SIGNER, APPLIED, PLAN];
      const before = [watched.map((path) => node.stamp(path)), node.restarts("store"), node.pid("web")];
      for (const [verb, sent] of [["trust", at.payload()] as const, ["apply", applied] as const]) {
        const again = await node.run(verb, sent);
        assert.equal(again.code, 0, again.stderr);
        assert.doesNotMatch(again.stdout, /replaced|created|fixed|restarted|reloaded/);
        assert.match(again.stdout, /consumer store untouched[^]*done \w{8} unchanged\n$/);
      }
      assert.deepEqual([watched.map((path) => node.stamp(path)), node.restarts("store"), node.pid("web")], before);
    });

    it("takes what an earlier run has proven for read, and what changed since for unread", async () => {
      const { node } = at;
      assert.equal((await node.run("trust", at.payload())).code, 0);
      const store = node.pid("store");
      const later = async (round: string, proven: number): Promise<string> => {
        // as where a process began in the very second in which its file was put in place
        chmodSync(node.path(CA), 0o644);
        utimesSync(node.path(APPLIED), new Date(), new Date(Date.now() + proven * 1000));
        const done = await node.run("trust", at.payload(undefined, { more: `round ${round}\n` }));
        assert.equal(done.code, 0, done.stderr);
        return done.stdout;
      };
      assert.match(await later("a", 60), /consumer store untouched[^]*done \w{8} unchanged\n$/);
      assert.equal(node.pid("store"), store);
      assert.match(await later("b", -60), /consumer store restarted/);
    });

    it("puts everything back when a service does not start with it", async () => {
      const { node } = at;
      assert.equal((await node.run("apply", node.payload(node.live()))).code, 0);
      const [before, applied] = [at.live(), node.read(APPLIED)];
      const command = node.read("/units/store/command");
      node.write("/units/store/command", `sh -c '[ $(grep -c BEGIN ${node.path(CA)}) -lt 2 ] && exec ${command}'`);
      const failed = await node.run("trust", at.payload());
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*the old set was put back, look at store before you run again$/);
      assert.equal(at.live(), before);
      assert.equal(node.has(SIGNER), false);
      assert.match(failed.stderr, /restarting store[^]*restarting store/);
      assert.equal(node.read(APPLIED), applied);
      assert.doesNotMatch(failed.stdout, /trusted/);
    });

    it("keeps in doubt what does not start with the old set either", async () => {
      const { node } = at;
      assert.equal((await node.run("apply", node.payload(node.live()))).code, 0);
      const applied = node.read(APPLIED);
      node.write("/units/store/refuses", node.live().store.cert);
      const failed = await node.run("trust", at.payload());
      assert.match(failed.why, /store failed .*with the old set too/);
      assert.equal(node.read(APPLIED), `trust none\n${applied}`);
    });

    it("leaves out what it would prove with a leaf that is not there", async () => {
      const { node } = at;
      const more = `have /etc/kubernetes/none.crt cert:none -
have ${files.webKey} key:half -\nhave /etc/kubernetes/none.crt cert:half -
have ${files.webCert} cert:keyless -\nhave /etc/kubernetes/none.key key:keyless -
served web 127.0.0.1:1 none\naccepted web 127.0.0.1:1 / half\nserved web 127.0.0.1:1 keyless\n`;
      const done = await node.run("trust", at.payload(undefined, { more }));
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stdout, / (none|half|keyless) /);
    });

    for (const { title, lines, lay } of places) {
      it(`asks with a leaf of ${title}`, async () => {
        const { node } = at;
        const pair = at.leaf("old", "me");
        lay(at, pair);
        const more = `${lines}accepted web 127.0.0.1:${String(node.webPort)} /whoami me\n`;
        const done = await node.run("trust", at.payload(undefined, { more }));
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, new RegExp(`proof web accepted me ${serialOf(pair.cert)} \\S+ yes\n`));
      });

      it(`lets no CA go that signed a leaf of ${title}`, async () => {
        const { node } = at;
        lay(at, at.leaf("old", "me"));
        node.lay(node.set(at.next));
        node.write(CA, node.ca.cert + at.next.cert);
        node.write(SIGNER, at.next.cert);
        const before = at.live();
        const failed = await node.run("trust", at.payload(at.next.cert, { how: "retire", more: lines }));
        assert.equal(failed.code, 1);
        assert.match(
          failed.why,
          /the old CAs of ca:kubernetes cannot be dropped yet: \/\S+ is signed by another CA than .*; if somebody has renewed it since .*'detectDrift: true' .*; else run pulumi up with 'phase: issue' first/,
        );
        assert.equal(at.live(), before);
        lay(at, at.leaf("next", "me"));
        const done = await node.run("trust", at.payload(at.next.cert, { how: "retire", more: lines }));
        assert.equal(done.code, 0, done.stderr);
        assert.equal(node.read(CA), at.next.cert);
        assert.equal(node.read(CONF), kubeconfig(at.next.cert));
      });
    }

    it("says of an openssl that is too old that it is, and of no good leaf that another CA has signed it", async () => {
      const { node } = at;
      node.lay(node.set(at.next));
      node.tool("openssl", OPENSSL_1_0_2);
      const done = await node.run("trust", at.payload(at.next.cert, { how: "retire" }));
      assert.equal(done.code, 1);
      assert.match(
        done.why,
        /^n1: the openssl of this node .* install OpenSSL 1\.1\.1 or later, .*; nothing was touched$/,
      );
    });

    it("lets a CA go whatever has expired, and says what it cannot check without openssl", async () => {
      const { node } = at;
      node.lay(node.set(at.next));
      node.write("/etc/kubernetes/old.crt", leaf(at.next, "old", { days: -1 }).cert);
      const more = "have /etc/kubernetes/old.crt cert:old ca:kubernetes\n";
      const done = await node.run("trust", at.payload(at.next.cert, { how: "retire", more }));
      assert.equal(done.code, 0, done.stderr);
      node.without("openssl");
      const blind = await node.run("trust", at.payload(at.next.cert, { how: "retire", more }));
      assert.match(blind.stderr, /n1: no openssl here: who signed \/etc\/kubernetes\/old\.crt cannot be checked\n/);
    });
  });
}
