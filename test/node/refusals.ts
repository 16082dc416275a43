import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { Cluster, files, type Set } from "./cluster";
import { payload } from "./payload";
import { authority, leaf } from "./pki";

/** As CentOS 7 has it. */
export const OPENSSL_1_0_2 = `[ "$1" != version ] || { echo "OpenSSL 1.0.2k-fips  26 Jan 2017"; exit; }
for word; do
  case $word in
    -no_check_time | -cert_chain)
      echo "usage: $1 [-verbose] [-CApath path] [-CAfile file]" >&2
      exit 1
      ;;
  esac
done
exec /usr/bin/openssl "$@"`;

interface Refusal {
  readonly title: string;
  /** What is sent; may prepare the node. */
  readonly send: (node: Cluster, set: Set) => string;
  readonly why: RegExp;
  /** `send` changes the node, so it is thrown away afterwards. */
  readonly spoils?: true;
}

const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset;
const line = (text: string) => (node: Cluster, set: Set) => node.payload(set, { more: `${text}\n` });

const refusals: readonly Refusal[] = [
  { title: "a line cut in the middle", send: (n, s) => n.payload(s).slice(0, -100), why: /truncated/ },
  {
    title: "a line cut before the header's end",
    send: (n, s) => n.payload(s).slice(0, 20),
    why: /no kube-pki payload/,
  },
  { title: "nothing at all", send: () => "", why: /no kube-pki payload/ },
  { title: "an altered byte", send: (n, s) => n.payload(s).replace("node n1", "node n2"), why: /altered/ },
  { title: "a newer protocol", send: (n, s) => n.payload(s).replace("kube-pki 1", "kube-pki 2"), why: /version 2/ },
  {
    title: "a payload for another verb",
    send: (n, s) => n.payload(s).replace(" apply ", " request "),
    why: /is for 'request'/,
  },
  {
    title: "a key that does not fit",
    send: (n, s) => n.payload({ ...s, web: { cert: s.web.cert, key: s.store.key } }),
    why: /key of leaf web does not fit/,
  },
  {
    title: "a leaf of another CA",
    send: (n, s) => n.payload({ ...s, web: leaf(authority(), "web") }),
    why: /leaf web is not signed by the CA of the payload \(unable to get local issuer certificate\)/,
  },
  {
    title: "a leaf that its CA may not sign, and tells openssl's reason",
    send: (n) => {
      const ca = authority(undefined, ["nameConstraints=critical,permitted;IP:10.0.0.0/255.0.0.0"]);
      return n.payload(n.set(ca));
    },
    why: /leaf web is refused by OpenSSL \S+ here \(permitted subtree violation\): .*check what its CA may sign/,
  },
  {
    spoils: true,
    title: "a leaf of another CA that the machine trusts",
    send: (n, s) => {
      const other = authority();
      n.write("/trusted/ca.crt", other.cert);
      execFileSync("openssl", ["rehash", n.path("/trusted")]);
      n.tool("openssl", `: "\${SSL_CERT_DIR=${n.path("/trusted")}}"\nexport SSL_CERT_DIR\nexec /usr/bin/openssl "$@"`);
      return n.payload({ ...s, web: leaf(other, "web") });
    },
    why: /leaf web is not signed by the CA/,
  },
  {
    spoils: true,
    title: "an openssl that knows no -no_check_time",
    send: (n, s) => {
      n.tool("openssl", OPENSSL_1_0_2);
      return n.payload(s);
    },
    why: /^n1: the openssl of this node \(OpenSSL 1\.0\.2k-fips\) knows no 'verify -no_check_time' .*: install OpenSSL 1\.1\.1 or later/,
  },
  {
    title: "a leaf expired by this clock",
    send: (n, s) => n.payload({ ...s, expires: seconds(-60) }),
    why: /leaf web expired 6\d s ago by this node's clock: set the clock .* run pulumi up, which renews it/,
  },
  {
    title: "a certificate expired whatever the line says",
    send: (n, s) => n.payload({ ...s, web: leaf(n.ca, "web", { days: -1 }) }),
    why: /leaf web or its CA is expired/,
  },
  {
    title: "a clock far behind",
    send: (n, s) => n.payload({ ...s, issued: seconds(500) }),
    why: /clock is (49\d|500) s behind/,
  },
  {
    title: "an empty part",
    send: (n, s) => n.payload({ ...s, web: { cert: s.web.cert, key: "\n" } }),
    why: /line \d+: part key:web is empty/,
  },
  {
    title: "an unreadable certificate",
    send: (n, s) => n.payload({ ...s, web: { cert: "hello", key: s.web.key } }),
    why: /certificate of leaf web cannot be read: run pulumi up --replace '\*\*n1-web', which signs it again/,
  },
  {
    title: "a path out of the roots",
    send: line("file /tmp/x 0644 root root ca"),
    why: /path that is not allowed: \/tmp\/x/,
  },
  { title: "a path with ..", send: line("file /etc/../root/x 0644 root root ca"), why: /path that is not allowed/ },
  {
    title: "a path that ends as a folder",
    send: line("file /etc/x/. 0644 root root ca"),
    why: /path that is not allowed/,
  },
  {
    title: "a path of our own state",
    send: line("file /var/lib/kube-pki/applied 0644 root root ca"),
    why: /path that is not allowed/,
  },
  { title: "a path with a quote", send: line("file /etc/x'y 0644 root root ca"), why: /path that is not allowed/ },
  {
    title: "a path that is a command",
    send: line("file /etc/$(id) 0644 root root ca"),
    why: /path that is not allowed/,
  },
  {
    title: "a link out of its folder",
    send: line("link /etc/kubernetes/x ../web.crt"),
    why: /file that is not allowed/,
  },
  {
    title: "a link to no file of the payload",
    send: line("link /etc/kubernetes/pki/x nobody.crt"),
    why: /does not have: .*nobody\.crt/,
  },
  { title: "a mode with setuid", send: line("file /etc/x 4755 root root ca"), why: /mode that is not allowed/ },
  { title: "a consumer with an option's name", send: line("consumer x systemd -H"), why: /unit that is not allowed/ },
  {
    title: "a host with blanks and more",
    send: line("served web 127.0.0.1:1;id web"),
    why: /hostPort that is not allowed/,
  },
  { title: "an unknown line", send: line("delete /etc/passwd"), why: /no line of this kind/ },
  { title: "two blanks", send: line("guard  /etc/x ca"), why: /one space/ },
  { title: "a part that is missing", send: line("file /etc/x 0644 root root nobody"), why: /does not have: nobody/ },
  { title: "a part that is short", send: line("part last 5\none"), why: /last part is \d lines short/ },
  { title: "a file twice", send: line(`file ${files.ca} 0644 root root ca`), why: /stands twice/ },
  {
    title: "bytes that are no text",
    send: (n, s) => payload("apply", n.body(s, { more: "\u0000\n" })),
    why: /not plain text/,
  },
  {
    title: "an owner nobody knows",
    send: line("file /etc/x 0644 nobodyknows root ca"),
    why: /owner or group nobodyknows:root of \/etc\/x/,
  },
  {
    title: "a group nobody knows",
    send: line("file /etc/x 0644 root nobodyknows ca"),
    why: /owner or group root:nobodyknows/,
  },
  {
    title: "a unit that does not exist",
    send: line("consumer ghost systemd ghost"),
    why: /unit ghost does not exist; nothing was touched/,
  },
  {
    title: "a static pod without manifest",
    send: line("consumer ghost static-pod ghost"),
    why: /no \/etc\/kubernetes\/manifests\/ghost\.yaml/,
  },
  {
    spoils: true,
    title: "a masked unit",
    send: (n, s) => {
      n.write("/units/web/load", "masked\n");
      return n.payload(s);
    },
    why: /unit web is masked \(systemctl unmask web\)/,
  },
  {
    spoils: true,
    title: "a foreign CA in place",
    send: (n, s) => {
      n.write("/etc/kubernetes/other.crt", authority().cert);
      return n.payload(s, { more: "guard /etc/kubernetes/other.crt ca\n" });
    },
    why: /other\.crt holds another CA/,
  },
  {
    spoils: true,
    title: "a folder everybody can write in",
    send: (n, s) => {
      chmodSync(n.path("/etc/kubernetes"), 0o777);
      return n.payload(s);
    },
    why: /\/etc\/kubernetes can be written by everybody/,
  },
  {
    spoils: true,
    title: "a folder of another user",
    send: (n, s) => {
      chownSync(n.path("/etc/kubernetes/pki"), 12345, 0);
      return n.payload(s);
    },
    why: /\/pki does not belong to root/,
  },
  {
    spoils: true,
    title: "a folder that is a link to no place for certificates",
    send: (n, s) => {
      mkdirSync(n.path("/home"));
      renameSync(n.path("/etc/kubernetes/pki"), n.path("/home/pki"));
      symlinkSync(n.path("/home/pki"), n.path("/etc/kubernetes/pki"));
      return n.payload(s);
    },
    why: /is a symbolic link to .*\/home\/pki/,
  },
  {
    spoils: true,
    title: "a file that is a link",
    send: (n, s) => {
      renameSync(n.path(files.ca), n.path("/etc/kubernetes/real.crt"));
      symlinkSync("../real.crt", n.path(files.ca));
      return n.payload(s);
    },
    why: /ca\.crt is a symbolic link/,
  },
  {
    spoils: true,
    title: "a folder where a file belongs",
    send: (n, s) => {
      mkdirSync(n.path("/etc/x"));
      return n.payload(s, { more: "file /etc/x 0644 root root ca\n" });
    },
    why: /\/etc\/x is a folder/,
  },
  {
    spoils: true,
    title: "a parent that is a file",
    send: (n, s) => n.payload(s, { more: `file ${files.ca}/x 0644 root root ca\n` }),
    why: /ca\.crt is not a folder/,
  },
];

/** @param shell - what the script is run with */
export function refuses(shell: string): void {
  describe(`node apply refuses (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    let before: Set;
    // Spoilers last: what refuses without a trace leaves the node for the next.
    let usable = false;
    beforeEach(async () => {
      if (usable) return;
      node = await Cluster.make(shell);
      before = node.live();
      usable = true;
    });
    after(() => {
      if (usable) node.remove();
    });
    for (const { title, send, why, spoils } of refusals) {
      it(title, async () => {
        const stdin = send(node, node.set());
        const stamps = Object.values(files).map((path) => node.stamp(path));
        const units = [node.pid("web"), node.pid("store"), node.restarts("store")];
        const { code, stdout, stderr, why: sentence } = await node.run("apply", stdin);
        assert.equal(code, 1, stdout + stderr);
        assert.match(sentence, why);
        assert.equal(stdout, "");
        assert.ok(node.holds(before));
        assert.deepEqual(
          Object.values(files).map((path) => node.stamp(path)),
          stamps,
        );
        assert.deepEqual([node.pid("web"), node.pid("store"), node.restarts("store")], units);
        assert.deepEqual(
          node.list("/etc").filter((name) => name.includes(".kube-pki.")),
          [],
        );
        assert.equal(node.has("/etc/x/"), title.startsWith("a folder where"));
        assert.doesNotMatch(stderr, /BEGIN|PRIVATE/);
        if (spoils) {
          node.remove();
          usable = false;
        }
      });
    }
  });
}
