import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import { parse, stringify, type ToStringOptions } from "yaml";
import { Answer, END_OF_ANSWER, GREETING, QUESTION, type Question } from "../../core/survey/questions";
import { readStats } from "../../core/survey/fileFacts";
import { recordFacts } from "../../core/survey/record";
import { agentCommand } from "../../cli/agent";
import { authority, leaf } from "./pki";
import { Scratch } from "./scratch";

const certificates = (path: string): Question => QUESTION.certificates([path]);
const stats = (path: string): Question => QUESTION.stats([path]);
const textOf = (path: string): Question => QUESTION.texts([path]);
const kubeconfigOf = (path: string): Question => QUESTION.kubeconfigs([path]);
const keys = (path: string): Question => QUESTION.keys([path]);
const innerKeys = (path: string): Question => QUESTION.innerKeys([path]);

/** Is in every secret, and in nothing else. */
const MARK = "S3CR3T";
const SECRET = `${MARK}abcdef.0123456789`;

/** Places where people keep secrets, by file; each line with the mark is one. */
const TEXTS: Readonly<Record<string, string>> = {
  "/etc/kubernetes/manifests/kube-vip.yaml": [
    "apiVersion: v1",
    "kind: Pod",
    "metadata: { name: kube-vip }",
    "spec:",
    "  containers:",
    "    - name: kube-vip",
    `      args: [manager, "--password=${SECRET}"]`,
    "      command:",
    "        - kube-apiserver",
    "        - --tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
    `        - --etcd-servers=https://root:${SECRET}@10.0.0.1:2379`,
    "      env:",
    "        - name: bgp_peerpass",
    `          value: ${SECRET}`,
    `        - { name: bgp_routerid, value: "${SECRET}" }`,
    `        - { name: X, value: {a: ${SECRET}} }`,
    "        - name: multi",
    "          value: |",
    `            ${SECRET}`,
    `            and ${SECRET}`,
    "      image: ghcr.io/kube-vip",
  ].join("\n"),
  "/etc/etcd.env": [`ETCD_INITIAL_CLUSTER_TOKEN=${SECRET}`, "ETCD_CERT_FILE=/etc/ssl/member.pem", ""].join("\n"),
  "/etc/default/kubelet": `KUBELET_EXTRA_ARGS="--node-ip=10.0.0.1 --bootstrap-token=${SECRET}"\n`,
  "/var/lib/kubelet/config.yaml": [
    "kind: KubeletConfiguration",
    "staticPodURLHeader:",
    "  Authorization:",
    `    - Bearer ${SECRET}`,
    `  X-Token: ["${SECRET}"]`,
    "staticPodPath: /etc/kubernetes/manifests",
    "",
  ].join("\n"),
};

const kubeconfig = (user: readonly string[]): string =>
  [
    "apiVersion: v1",
    "kind: Config",
    "clusters:",
    "- name: lab",
    "  cluster:",
    "    server: https://10.0.0.1:6443",
    `    proxy-url: http://me:${SECRET}@proxy.example.com:3128`,
    "users:",
    "- name: me",
    ...user,
    "contexts:",
    "- name: me@lab",
    "  context: { cluster: lab, user: me }",
    "current-context: me@lab",
    "",
  ].join("\n");

const KUBECONFIGS: Readonly<Record<string, string>> = {
  token: kubeconfig(["  user:", `    token: ${SECRET}`]),
  quoted: kubeconfig(["  user:", `    "token": "${SECRET}"`, `    'password': '${SECRET}'`]),
  flow: kubeconfig([`  user: {token: ${SECRET}, username: admin}`]),
  folded: kubeconfig(["  user:", "    token: >-", `      ${SECRET}`, `      ${SECRET}`]),
  "plain over lines": kubeconfig(["  user:", "    password: a", `      ${SECRET}`]),
  exec: kubeconfig([
    "  user:",
    "    exec:",
    "      command: aws",
    `      args: [get-token, ${SECRET}]`,
    "      args:",
    `      - ${SECRET}`,
    "      env:",
    `      - { name: KEY, value: ${SECRET} }`,
    "      - name: KEY",
    `        value: "${SECRET}"`,
  ]),
  "auth-provider": kubeconfig([
    "  user:",
    "    auth-provider:",
    "      config:",
    `        client-secret: ${SECRET}`,
    `        id-token: ${SECRET}`,
    `        idp-issuer-url: https://x/${SECRET}`,
  ]),
  "a comment": kubeconfig(["  user:", `    # was ${SECRET}`, `    token: ${SECRET} # ${SECRET}`]),
  JSON: JSON.stringify({
    kind: "Config",
    clusters: [{ name: "lab", cluster: { server: "https://10.0.0.1:6443" } }],
    users: [{ name: "me", user: { token: SECRET, "client-key-data": SECRET, exec: { args: [SECRET, SECRET] } } }],
  }),
  "JSON over lines": JSON.stringify(
    { users: [{ name: "me", user: { token: SECRET, exec: { args: [SECRET] } } }] },
    null,
    2,
  ),
};

/** Ways in which a program may write one and the same thing. */
const STYLES: readonly ToStringOptions[] = [
  {},
  { collectionStyle: "flow" },
  { collectionStyle: "flow", lineWidth: 20 },
  { lineWidth: 20 },
  { indentSeq: false },
  ...(["QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL", "BLOCK_FOLDED"] as const).flatMap((defaultStringType) => [
    { defaultStringType, defaultKeyType: "PLAIN" as const },
    { defaultStringType, lineWidth: 20, indentSeq: false },
  ]),
];
const SECRETIVE = {
  apiVersion: "v1",
  clusters: [{ name: "lab", cluster: { server: "https://10.0.0.1:6443" } }],
  users: [
    { name: "a", user: { token: SECRET } },
    { name: "b", user: { username: "b", password: `${SECRET} with ${SECRET} words`, "client-key-data": SECRET } },
    {
      name: "c",
      user: { exec: { command: "x", args: [SECRET, `--y=${SECRET}`], env: [{ name: "K", value: SECRET }] } },
    },
    { name: "d", user: { "auth-provider": { name: "oidc", config: { "refresh-token": SECRET, "idp-url": SECRET } } } },
  ],
};

/** The command lines of processes. */
const COMMANDS: readonly (readonly string[])[] = [
  ["kube-apiserver", "--token-auth-file=/etc/tokens", `--oidc-client-secret=${SECRET}`],
  ["kubelet", "--token", SECRET, "--kubeconfig=/etc/kubernetes/kubelet.conf"],
  ["etcd", "--initial-cluster-token", SECRET, `--listen-client-urls=https://u:${SECRET}@10.0.0.1:2379`],
];

/** The node of a test: its agent is asked, and its answers come decoded. */
class Asked extends Scratch {
  async ask(...questions: readonly Question[]): Promise<readonly Answer[]> {
    const { stdout } = await this.raw(questions);
    const [greeting, ...lines] = stdout.split("\n");
    assert.equal(greeting, GREETING);
    return lines
      .join("\n")
      .split(new RegExp(`^\\${END_OF_ANSWER}$`, "m"))
      .slice(0, -1)
      .map((text) => Answer.of(text.split("\n")));
  }

  raw(questions: readonly Question[]) {
    const [command = "sh", ...args] = this.shell.split(" ");
    const [, text = ""] = /^sh -c '([\s\S]*)'$/.exec(agentCommand(false)) ?? [];
    return this.spawn(
      command,
      [...args, "-c", text.replaceAll(`'\\''`, "'")],
      questions.map((line) => `${line}\n`).join(""),
      {
        KUBE_PKI_PROC: this.path("/proc"),
      },
    );
  }

  process(pid: number, args: readonly string[], environment: readonly string[] = []): void {
    const folder = `/proc/${String(pid)}`;
    this.write(`${folder}/comm`, `${(args[0] ?? "").slice(0, 15)}\n`);
    this.write(`${folder}/cmdline`, args.map((arg) => `${arg}\0`).join(""));
    this.write(`${folder}/environ`, environment.map((each) => `${each}\0`).join(""));
    this.write(`${folder}/stat`, `${String(pid)} (x) S ${"0 ".repeat(18)}4200 0\n`);
    fs.mkdirSync(this.path(`${folder}/fd`), { recursive: true });
  }
}

/** All free text of an output. */
const decoded = (stdout: string): string =>
  stdout.replace(/[A-Za-z0-9+/=]{8,}/g, (word) => `${word} ${Buffer.from(word, "base64").toString("latin1")}`);

/** Each file and its times: what a reader must leave as it is. */
const stamps = (node: Scratch): string =>
  node
    .list("/")
    .filter((name) => !name.startsWith("applets"))
    .map((name) => `${name} ${node.stamp(name)}`)
    .join("\n");

export const answersQuestions = (shell: string): void => {
  describe(`the reader of a node (${shell})`, function () {
    this.timeout(60_000);
    let node: Asked;
    beforeEach(() => {
      node = new Asked(shell);
    });
    afterEach(() => {
      fs.rmSync(node.root, { recursive: true, force: true });
    });

    for (const [path, text] of Object.entries(TEXTS))
      it(`says nothing secret of ${path}`, async () => {
        node.write(path, text);
        const { stdout } = await node.raw([textOf(path), kubeconfigOf(path), certificates(path)]);
        assert.doesNotMatch(decoded(stdout), new RegExp(MARK));
        assert.match(decoded(text === "" ? "" : stdout), /REDACTED/);
      });

    for (const [what, text] of Object.entries(KUBECONFIGS))
      it(`says nothing secret of a kubeconfig: ${what}`, async () => {
        node.write("/etc/kubernetes/admin.conf", text);
        const { stdout } = await node.raw(
          [kubeconfigOf, innerKeys, certificates, keys].map((ask) => ask("/etc/kubernetes/admin.conf")),
        );
        assert.doesNotMatch(decoded(stdout), new RegExp(MARK));
      });

    it("says nothing secret of a kubeconfig, in whatever style it is written", async () => {
      const texts = [0, 2, 8].map((indent) => JSON.stringify(SECRETIVE, null, indent));
      texts.push(...STYLES.map((style) => stringify(SECRETIVE, style)));
      texts.forEach((text, index) => {
        node.write(`/etc/kubernetes/${String(index)}.conf`, text);
      });
      const paths = texts.map((_, index) => `/etc/kubernetes/${String(index)}.conf`);
      const [answer] = await node.ask(QUESTION.kubeconfigs(paths));
      const shown = answer?.byPath();
      paths.forEach((path, index) => {
        const own = shown?.get(path)?.plain("text") ?? "";
        assert.doesNotMatch(decoded(own), new RegExp(MARK), texts[index]);
        const server = /server["']?: *["']?https:\/\/10\.0\.0\.1:6443/; // what begins on another line is not read
        assert.equal(server.test(own), server.test(texts[index] ?? ""), texts[index]);
      });
    });

    it("says nothing secret of processes", async () => {
      COMMANDS.forEach((args, index) => {
        node.process(index + 10, args, [`ETCD_AUTH_TOKEN=${SECRET}`, `HOME=${SECRET}`, "ETCD_NAME=cp1"]);
      });
      const { stdout } = await node.raw([QUESTION.process(COMMANDS.map((_, index) => index + 10))]);
      const text = decoded(stdout);
      assert.doesNotMatch(text, new RegExp(MARK));
      for (const shown of [
        "--token-auth-file=/etc/tokens",
        "--kubeconfig=/etc/kubernetes/kubelet.conf",
        "ETCD_NAME=cp1",
      ])
        assert.ok(stdout.includes(shown), shown);
    });

    it("leaves a manifest readable, whatever it leaves out of it", async () => {
      const pod = {
        kind: "Pod",
        spec: {
          containers: [
            {
              command: ["kube-apiserver", "--authorization-mode=Node,RBAC", "--enable-bootstrap-token-auth=true"],
              env: [{ name: "A", value: SECRET }],
            },
            { command: ["x", `--password=${SECRET}`, "--y"], env: [{ name: "A", value: `{${SECRET}` }] },
          ],
          volumes: [{ name: "pki", hostPath: { path: "/etc/kubernetes/pki" } }],
        },
      };
      const texts = [
        JSON.stringify(pod, null, 2),
        stringify(pod),
        stringify(pod, { collectionStyle: "flow" }),
        "kind: Pod\nspec:\n  env:\n    - { name: A, value: x }\n    - { name: B, value: {a: [b]} }\n  volumes: []\n",
      ];
      const paths = texts.map((_, index) => `/etc/kubernetes/manifests/${String(index)}.yaml`);
      paths.forEach((path, index) => {
        node.write(path, texts[index] ?? "");
      });
      const [answer] = await node.ask(QUESTION.texts(paths));
      const shown = paths.map((path) => answer?.byPath().get(path)?.plain("text") ?? "");
      for (const each of shown) {
        assert.doesNotMatch(each, new RegExp(MARK));
        const read = parse(each) as typeof pod;
        assert.equal(read.kind, "Pod", each);
        assert.ok("volumes" in read.spec, each);
      }
      assert.match(shown[0] ?? "", /--authorization-mode=Node,RBAC/);
    });

    it("runs the program of a component for its version, and none of a user or of a tenant", async () => {
      const digest = "0123456789abcdef0123456789abcdef";
      const inPod = (uid: string): string => `0::/kubepods.slice/kubepods-pod${uid}.slice/cri-containerd-1.scope\n`;
      const programs: Readonly<Record<number, { mode?: number; uid?: number; namespace?: number; cgroup?: string }>> = {
        10: {},
        11: { uid: 1000 },
        12: { mode: 0o777 },
        13: { namespace: 2, cgroup: inPod("01234567_89ab_cdef_0123_456789abcdef") },
        14: { namespace: 2, cgroup: inPod(digest) },
        15: { namespace: 2, cgroup: "0::/docker/1\n" },
      };
      const namespaceOf = (pid: string, namespace: number): void => {
        fs.mkdirSync(node.path(`/proc/${pid}/ns`), { recursive: true });
        fs.symlinkSync(`mnt:[${String(namespace)}]`, node.path(`/proc/${pid}/ns/mnt`));
      };
      namespaceOf("self", 1);
      for (const [
        pid,
        { mode = 0o755, uid = 0, namespace = 1, cgroup = "0::/system.slice/x.service\n" },
      ] of Object.entries(programs)) {
        node.process(Number(pid), ["etcd"]);
        node.write(
          `/bin/${pid}`,
          `#!/bin/sh\ntouch ${node.path(`/ran-${pid}`)}\necho etcd Version: 3.6.${pid}\n`,
          mode,
        );
        fs.chownSync(node.path(`/bin/${pid}`), uid, uid);
        fs.symlinkSync(node.path(`/bin/${pid}`), node.path(`/proc/${pid}/exe`));
        node.write(`/proc/${pid}/cgroup`, cgroup);
        namespaceOf(pid, namespace);
      }
      const [answer] = await node.ask(QUESTION.version(Object.keys(programs).map(Number)));
      assert.deepEqual(
        [...(answer?.byPath() ?? [])].map(([pid, own]) => [pid, own.plain("version")]),
        ["10", "14"].map((pid) => [pid, `etcd Version: 3.6.${pid}\n`]),
      );
      assert.deepEqual(
        Object.keys(programs).filter((pid) => node.has(`/ran-${pid}`)),
        ["10", "14"],
      );
    });

    it("tells which key needs a passphrase", async () => {
      const { key } = leaf(authority(), "x");
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      node.write("/etc/plain.key", key, 0o600);
      node.write(
        "/etc/locked.key",
        privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString(),
        0o600,
      );
      const [answer] = await node.ask(QUESTION.keys(["/etc/plain.key", "/etc/locked.key", "/etc/none.key"]));
      const shown = [...(answer?.byPath() ?? [])].map(([path, own]) => [path, own.plain("pem").slice(0, 26)]);
      assert.deepEqual(shown, [
        ["/etc/plain.key", "-----BEGIN PUBLIC KEY-----"],
        ["/etc/locked.key", ""],
      ]);
    });

    it("starts as many programs for many files as for one, but for each key", async () => {
      const { cert, key } = leaf(authority(), "x");
      const log = node.path("/started");
      for (const name of [
        "awk",
        "sed",
        "base64",
        "find",
        "head",
        "openssl",
        "readlink",
        "stat",
        "timeout",
        "tr",
        "grep",
      ]) {
        node.write(
          `/tools/${name}`,
          `#!/bin/sh\necho ${name} >>${log}\nIFS=:\nfor at in \${PATH#*:}; do [ ! -x "$at/${name}" ] || exec "$at/${name}" "$@"; done\n`,
          0o755,
        );
      }
      const all = Array.from({ length: 12 }, (_, index) => `/etc/pki/${String(index)}`);
      for (const path of all) {
        node.write(`${path}.crt`, cert);
        node.write(`${path}.key`, key, 0o600);
        node.write(`${path}.conf`, kubeconfig(["  user: {}"]));
      }
      const startedFor = async (paths: readonly string[]): Promise<string[]> => {
        const [certs, secrets, configs] = ["crt", "key", "conf"].map((end) => paths.map((path) => `${path}.${end}`));
        fs.rmSync(log, { force: true });
        await node.ask(
          QUESTION.stats([...(certs ?? []), ...(secrets ?? [])]),
          QUESTION.certificates(certs ?? []),
          QUESTION.keys(secrets ?? []),
          QUESTION.texts(configs ?? []),
          QUESTION.kubeconfigs(configs ?? []),
          QUESTION.folders(
            paths.map((path) => `${path}.d`),
            3,
          ),
        );
        return fs.readFileSync(log, "utf8").trim().split("\n");
      };
      const [one, many] = [await startedFor(all.slice(0, 1)), await startedFor(all)];
      assert.ok(one.length > 5, one.join());
      const keysIn = (names: readonly string[]): number => names.filter((name) => name === "openssl").length;
      assert.deepEqual([keysIn(one), keysIn(many)], [1, 12]);
      assert.equal(many.length - keysIn(many), one.length - keysIn(one), many.join());
    });

    it("tells who mounts a folder somewhere else, and does not read the mounts that are this shell's own", async () => {
      const mount = "22 1 0:5 /pods /var/lib/kubelet/pods rw - tmpfs tmpfs rw\n";
      for (const [pid, namespace] of [
        ["self", 1],
        ["20", 1],
        ["21", 2],
      ] as const) {
        node.write(`/proc/${pid}/comm`, "reader\n");
        node.write(`/proc/${pid}/mountinfo`, mount);
        fs.mkdirSync(node.path(`/proc/${pid}/ns`));
        fs.symlinkSync(`mnt:[${String(namespace)}]`, node.path(`/proc/${pid}/ns/mnt`));
      }
      const [answer] = await node.ask(QUESTION.naming(["/var/lib/kubelet"]));
      assert.deepEqual(answer?.all("mountinfo"), [["21", "/pods", "/var/lib/kubelet/pods"]]);
    });

    it("shows certificates and the public half of a key, and never the key", async () => {
      const { cert, key } = leaf(authority(), "kube-apiserver");
      node.write("/etc/both.pem", `${key}${cert}`, 0o600);
      const questions = [certificates, keys, textOf, kubeconfigOf, innerKeys].map((ask) => ask("/etc/both.pem"));
      const { stdout } = await node.raw(questions);
      const middle = key.split("\n")[1] ?? "";
      assert.ok(middle.length > 40 && !decoded(stdout).includes(middle.slice(0, 30)), "the key is in the answer");
      const [blocks, half] = await node.ask(...questions.slice(0, 2));
      const own = blocks?.byPath().get("/etc/both.pem");
      assert.match(own?.all("other").join() ?? "", /PRIVATE,KEY$/);
      assert.match(own?.plain("pem") ?? "", /^-----BEGIN CERTIFICATE-----\n[\s\S]*\n-----END CERTIFICATE-----\n$/);
      assert.match(half?.byPath().get("/etc/both.pem")?.plain("pem") ?? "", /^-----BEGIN PUBLIC KEY-----/);
    });

    it("tells what a link is and leads to, and what is not there", async () => {
      node.write("/etc/pki/ca.crt", "x", 0o640);
      fs.symlinkSync("pki", node.path("/etc/ssl"));
      fs.symlinkSync("ca.crt", node.path("/etc/pki/link.crt"));
      fs.symlinkSync("none", node.path("/etc/pki/broken link.crt"));
      const stats = await readStats(
        (questions) => node.ask(...questions),
        ["/etc/ssl/ca.crt", "/etc/pki/none", "/etc/pki/link.crt", "/etc/pki/broken link.crt"],
      );
      assert.deepEqual([...stats.keys()], ["/etc/ssl/ca.crt", "/etc/pki/link.crt", "/etc/pki/broken link.crt"]);
      const [file, link, broken] = [...stats.values()];
      assert.deepEqual([file?.here?.type, file?.here?.mode, file?.there?.mode], ["file", "0640", "0640"]);
      assert.deepEqual(
        [link?.here?.type, link?.there?.type, link?.link, link?.real],
        ["link", "file", "ca.crt", "/etc/pki/ca.crt"],
      );
      assert.deepEqual([broken?.here?.type, broken?.there, broken?.link], ["link", undefined, "none"]);
    });

    it("tells what kube-pki has noted, and no text of a part", async () => {
      node.write(
        "/var/lib/kube-pki/applied",
        "sum 0123456789abcdef\nleaf apiserver 12-ab-g1 1700000000 0A1B\nseen etcd\n",
      );
      node.write("/var/lib/kube-pki/ours", "ca:kubernetes CERTIFICATE YWJj\nserviceaccount:public PUBLIC_KEY YWJj\n");
      node.write(
        "/var/lib/kube-pki/plan",
        `node cp1\nfile /etc/pki/api.crt 0644 root root cert:apiserver\nlink /etc/pki/l.pem api.crt\nserved kube-apiserver 10.0.0.1:6443 apiserver\n${SECRET}\n`,
      );
      node.write("/var/lib/kube-pki/tx/journal", "");
      const { stdout } = await node.raw([QUESTION.record()]);
      assert.doesNotMatch(decoded(stdout), new RegExp(MARK));
      const [answer] = await node.ask(QUESTION.record());
      assert.deepEqual(answer && recordFacts(answer), {
        applied: "01234567",
        leaves: [{ profile: "apiserver", id: "12-ab-g1", serial: "a1b" }],
        cas: ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
        files: ["/etc/pki/api.crt", "/etc/pki/l.pem"],
        served: [{ component: "kube-apiserver", at: "10.0.0.1:6443" }],
        interrupted: true,
      });
    });

    it("changes nothing, whatever it is asked", async () => {
      for (const [path, text] of Object.entries(TEXTS)) node.write(path, text);
      node.process(7, ["kubelet"]);
      fs.rmSync(node.path("/var/lib/kube-pki"), { recursive: true });
      await node.ask(); // makes busybox's applets
      const before = stamps(node);
      const path = "/etc/etcd.env";
      await node.ask(
        QUESTION.host(),
        QUESTION.processes(["kubelet"]),
        QUESTION.process([7]),
        QUESTION.listeners(),
        QUESTION.naming(["/etc"]),
        QUESTION.record(),
        QUESTION.folders(["/etc"], 3),
        ...[stats, certificates, keys, textOf, kubeconfigOf].map((ask) => ask(path)),
      );
      assert.equal(stamps(node), before);
    });

    it("runs nothing that a question holds", async () => {
      const evil = "/etc/$(touch /etc/owned)";
      const [answer, ...others] = await node.ask(
        "process 1\n1;touch$IFS/etc/owned",
        stats(evil),
        certificates(evil),
        QUESTION.naming([evil, "-f /etc/passwd"]),
        QUESTION.folders(["-delete", evil], 3),
        "stats 1;touch$IFS/etc/owned",
      );
      assert.deepEqual(answer?.words("stat"), undefined);
      assert.equal(others.length, 5);
      assert.ok(!fs.existsSync("/etc/owned") && !node.has("/etc/owned"));
      const [unknown] = await node.ask("rm /etc/passwd");
      assert.deepEqual(unknown?.words("unknown"), []);
    });

    it("shows no key that lies in another text", async () => {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const pem = privateKey.export({ type: "sec1", format: "pem" }).toString();
      node.write("/etc/x", `some text\n  ${pem.replaceAll("\n", "\n  ")}\nmore`);
      const { stdout } = await node.raw([textOf, kubeconfigOf, certificates].map((ask) => ask("/etc/x")));
      for (const line of pem.split("\n").filter((each) => each !== "" && !each.startsWith("-")))
        assert.ok(!decoded(stdout).includes(line), `the key is in the answer: ${line}`);
    });
  });
};
