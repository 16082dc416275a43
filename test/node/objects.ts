import assert from "node:assert/strict";
import { OBJECTS_LINES } from "../../core/protocol/objectsGrammar";
import { part, payload } from "./payload";
import { authority, base64 } from "./pki";
import { Scratch, type Result } from "./scratch";

/** Writes down its words, one a line, and what it is given; answers with "answer". */
const KUBECTL = `printf '%s\\n' "$@" >"$ASKED/words"
for word; do
  case $word in --patch-file=*) cp "\${word#*=}" "$ASKED/body" ;; esac
  [ "$last" != -f ] || cp "$word" "$ASKED/body"
  last=$word
done
[ ! -f "$ASKED/fails" ] || { cat "$ASKED/fails" >&2; exit 1; }
cat "$ASKED/answer"`;

const own = authority();
const another = authority();

/** One request of each kind: its line, and the words of kubectl behind those that all have. */
const REQUESTS: readonly (readonly [line: string, words: string])[] = [
  ["get configmaps kube-system it", "get configmaps it -n kube-system --ignore-not-found -o json"],
  [
    "get apiservices.apiregistration.k8s.io - v1.x",
    "get apiservices.apiregistration.k8s.io v1.x --ignore-not-found -o json",
  ],
  [
    "patch clustertrustbundles.certificates.k8s.io - example.com:one:ours json",
    "patch clustertrustbundles.certificates.k8s.io example.com:one:ours --field-manager=kube-pki --type=json BODY -o name",
  ],
  ["list nodes - - -", "get nodes --show-managed-fields -o json -A"],
  ["list pods ops - -", "get pods --show-managed-fields -o json -n ops"],
  [
    "list configmaps - metadata.name=kube-root-ca.crt -",
    "get configmaps --show-managed-fields -o json --field-selector metadata.name=kube-root-ca.crt -A",
  ],
  [
    "list pods ops - kube-pki/workers=kube-pki-workers",
    "get pods --show-managed-fields -o json -l kube-pki/workers=kube-pki-workers -n ops",
  ],
  ["patch secrets app my.one json", "patch secrets my.one -n app --field-manager=kube-pki --type=json BODY -o name"],
  ["remove pods ops it", "delete pods it -n ops --ignore-not-found --wait=false -o name"],
  ["create", "create --field-manager=kube-pki -f BODY -o name"],
  [
    "approve csr-x7k2p",
    "replace --raw /apis/certificates.k8s.io/v1/certificatesigningrequests/csr-x7k2p/approval -f BODY",
  ],
  [
    "list certificatesigningrequests.certificates.k8s.io - spec.signerName=kubernetes.io/kubelet-serving -",
    "get certificatesigningrequests.certificates.k8s.io --show-managed-fields -o json --field-selector spec.signerName=kubernetes.io/kubelet-serving -A",
  ],
  [
    "sync-pods 0a1b2c3d-1795510110",
    "annotate --overwrite --field-manager=kube-pki -f BODY kube-pki/synced=0a1b2c3d-1795510110 -o name",
  ],
  ["apply", "apply --server-side --force-conflicts --field-manager=kube-pki -f BODY -o name"],
];

/** @param shell - what the script is run with */
export function asksForObjects(shell: string): void {
  describe(`node objects (${shell})`, function () {
    this.timeout(60_000);
    let node: Scratch;

    beforeEach(() => {
      node = new Scratch(shell);
      node.env["ASKED"] = node.path("/asked");
      node.write("/asked/answer", '{"items":[]}\n');
      node.tool("kubectl", KUBECTL);
      node.write("/etc/kubernetes/admin.conf", "");
    });
    afterEach(() => {
      assert.deepEqual(
        node.list("/var/lib/kube-pki").filter((name) => name.startsWith("look")),
        [],
      );
      node.remove();
    });

    const ask = (lines: string, kubeconfig = "/etc/kubernetes/admin.conf"): Promise<Result> =>
      node.run(
        "objects",
        payload("objects", `node n1\nkubeconfig ${kubeconfig}\n${part("ca:kubernetes", own.cert)}${lines}\n`),
      );
    const BODY = part("body", '{"a":"\\u00e4"}');

    for (const [line, words] of REQUESTS)
      it(`asks kubectl to ${words}`, async () => {
        const hasBody = words.includes("BODY");
        const done = await ask(`${hasBody ? BODY : ""}${line}`);
        const says = line.startsWith("approve ") ? "approved\n" : '{"items":[]}\n';
        assert.deepEqual([done.code, done.stdout, done.stderr], [0, says, ""]);
        const asked = node.read("/asked/words").trimEnd().split("\n").join(" ");
        const [, common = "", rest = ""] = /^(.* --request-timeout=30s) (.*)$/.exec(asked) ?? [];
        assert.match(common, /^--kubeconfig \S+\/etc\/kubernetes\/admin\.conf --cache-dir /);
        assert.equal(rest.replace(/(--patch-file=)?\S*\/parts\/body/, "BODY"), words);
        if (hasBody) assert.equal(node.read("/asked/body"), '{"a":"\\u00e4"}\n');
      });

    it("knows a request of each line of the list", () => {
      const words = REQUESTS.map(([line]) => line.split(" ")[0]);
      for (const { word } of OBJECTS_LINES)
        if (
          ![
            "node",
            "kubeconfig",
            "part",
            "ours",
            "kubelet",
            "token-headers",
            "held-certificates",
            "certificates-in",
          ].includes(word)
        )
          assert.ok(words.includes(word), word);
    });

    it("says by its exit code that there was no answer, and why", async () => {
      node.write("/asked/fails", "E1 something\nThe connection to the server was refused\n");
      const done = await ask("list nodes - - -");
      assert.deepEqual([done.code, done.stdout, done.stderr], [3, "", "The connection to the server was refused\n"]);
      assert.equal((await ask("token-headers")).code, 3);
    });

    for (const [why, says, code] of [
      [
        'Error from server (Conflict): Operation cannot be fulfilled on certificatesigningrequests "csr-x"',
        "changed\n",
        0,
      ],
      ['Error from server (NotFound): certificatesigningrequests "csr-x" not found', "changed\n", 0],
      ["Error from server (Forbidden): no permission to approve", "", 3],
      ["The connection to the server was refused", "", 3],
    ] as const)
      it(`approves nothing where the API server says: ${why.slice(0, 40)}`, async () => {
        node.write("/asked/fails", `${why}\n`);
        const done = await ask(`${BODY}approve csr-x`);
        assert.deepEqual([done.code, done.stdout, done.stderr], [code, says, code === 0 ? "" : `${why}\n`]);
      });

    it("leaves a pod that cannot be changed to its kubelet", async () => {
      node.write("/asked/fails", 'Error from server (NotFound): pods "web" not found\n');
      const done = await ask(`${BODY}sync-pods 0a1b2c3d-1`);
      assert.deepEqual([done.code, done.stderr], [0, ""]);
      node.write("/asked/fails", "The connection to the server was refused\n");
      assert.equal((await ask(`${BODY}sync-pods 0a1b2c3d-1`)).code, 3);
    });

    it("tells by another one that there is no such kind", async () => {
      node.write("/asked/fails", 'error: the server doesn\'t have a resource type "clustertrustbundles"\n');
      const done = await ask("list clustertrustbundles.certificates.k8s.io - - -");
      assert.deepEqual([done.code, done.stdout], [4, ""]);
      assert.match(done.stderr, /^error: the server doesn't have a resource type "clustertrustbundles"\n$/);
    });

    it("tells of each kubelet whether it is reached, and what is in the way", async () => {
      const reached = await ask("kubelet cp1\nkubelet w1");
      assert.deepEqual([reached.code, reached.stdout], [0, "cp1 ok\nw1 ok\n"]);
      assert.match(node.read("/asked/words"), /^get\n--raw\n\/api\/v1\/nodes\/w1\/proxy\/healthz$/m);
      node.write(
        "/asked/fails",
        "Error from server (ServiceUnavailable): error trying to reach service: x509: unknown\n",
      );
      const failed = await ask("kubelet w1");
      assert.match(failed.stdout, /^w1 Error from server .* x509: unknown \n$/);
      node.write("/asked/fails", "The connection to the server 10.0.0.1:6443 was refused\n");
      assert.equal((await ask("kubelet w1")).code, 3);
    });

    it("lets no more of a token leave than its header, and no part of a list that was cut", async () => {
      node.write("/asked/answer", "a/my.one head.claims.signature\na/two \nend \n");
      const done = await ask("token-headers");
      assert.deepEqual([done.code, done.stdout], [0, "a/my.one head\na/two \n"]);
      node.write("/asked/answer", "a/my.one head.claims.signature\n");
      const cut = await ask("token-headers");
      assert.deepEqual([cut.code, cut.stdout], [3, ""]);
    });

    it("lets no more of a Secret leave than its certificates", async () => {
      const entry = (text: string): string => `kube-system/it tls.crt ${base64(text)}\n`;
      node.write("/asked/answer", `${entry(own.cert + own.key + another.cert)}a/b x ${base64("no PEM")}\nend\n`);
      const done = await ask("held-certificates");
      assert.deepEqual([done.code, done.stdout], [0, `= kube-system/it tls.crt\n${own.cert}${another.cert}= a/b x\n`]);
      node.write("/asked/answer", entry(own.cert));
      const cut = await ask("held-certificates");
      assert.deepEqual([cut.code, cut.stdout], [3, ""]);
    });

    it("tells of one Secret whether a run has written it, and its certificates", async () => {
      node.write("/asked/answer", `secret ours\nweb/hook tls.crt ${base64(own.cert + own.key)}\nend\n`);
      const done = await ask("certificates-in web hook");
      assert.deepEqual([done.code, done.stdout], [0, `secret ours\n= web/hook tls.crt\n${own.cert}`]);
      const asked = node.read("/asked/words");
      assert.match(asked, /^get\nsecrets\n-n\nweb\n--field-selector\nmetadata\.name=hook\n-o\ngo-template=/m);
      assert.match(asked, /"kube-pki\/certificate"/);
      node.write("/asked/answer", "end\n");
      assert.equal((await ask("certificates-in web hook")).stdout, "");
    });

    it("tells the CAs of this cluster, those that earlier runs knew too", async () => {
      const body = another.cert.replace(/-----[^-]+-----|\s/g, "");
      node.write("/var/lib/kube-pki/ours", `ca:kubernetes CERTIFICATE ${body}\nca:etcd CERTIFICATE ${body}\n`, 0o600);
      const done = await ask("ours kubernetes");
      const told = done.stdout.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
      assert.deepEqual([...told].sort(), [own.cert, another.cert].sort());
      assert.equal((await ask("ours etcd")).stdout, another.cert);
      assert.equal((await ask("ours frontproxy")).stdout, "");
    });

    it("asks this cluster where the kubeconfig's current context leads to another one", async () => {
      const cluster = (name: string, ca: string): string =>
        `- cluster:\n    certificate-authority-data: ${base64(ca)}\n    server: https://${name}:6443\n  name: ${name}\n`;
      const context = (name: string, of: string): string =>
        `- context:\n    cluster: ${of}\n    user: admin\n  name: ${name}\n`;
      node.write(
        "/etc/kubernetes/admin.conf",
        `apiVersion: v1\nclusters:\n${cluster("staging", another.cert)}${cluster("prod", own.cert)}contexts:\n` +
          `${context("admin@staging", "staging")}${context("admin@prod one", "prod")}current-context: admin@staging\n`,
      );
      assert.equal((await ask("list nodes - - -")).code, 0);
      assert.match(node.read("/asked/words"), /^--context=admin@prod one$/m);
    });

    it("says what to do on a node without kubectl, and without a kubeconfig", async () => {
      assert.match(
        (await ask("list nodes - - -", "/etc/kubernetes/nobody.conf")).why,
        /nobody\.conf is not on this node/,
      );
      const bare = new Scratch(shell);
      try {
        bare.without("kubectl");
        const done = await bare.run(
          "objects",
          payload("objects", "node n1\nkubeconfig /etc/kubernetes/admin.conf\nlist nodes - - -\n"),
        );
        assert.match(done.why, /this node has no kubectl, .* inCluster\.enabled: false/);
      } finally {
        bare.remove();
      }
    });

    for (const [title, line, why] of [
      ["a kind that is not of the list", "list secrets - - -", /read that is not allowed: secrets/],
      ["a kind that may only be read", "remove nodes - cp1", /deleted that is not allowed: nodes/],
      ["a namespace with an option's name", "list pods -A - -", /namespace\? that is not allowed/],
      ["a name with a quote", "get configmaps a b'c", /object that is not allowed/],
      ["a selector of its own", "list pods - spec.nodeName=a -", /fields\? that is not allowed/],
      ["a patch of another type", `${BODY}patch configmaps a b strategic`, /patch that is not allowed/],
      ["a patch without its text", "patch configmaps a b merge", /patch needs part body/],
      ["no request at all", "part ca:frontproxy 1\nX", /the payload asks for nothing/],
    ] as const)
      it(`refuses ${title}`, async () => {
        const done = await ask(line);
        assert.equal(done.code, 1, done.stdout);
        assert.match(done.why, why);
        assert.ok(!node.has("/asked/words"));
      });
  });
}
