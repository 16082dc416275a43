import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { EXIT, Failure, type Exit } from "../../cli/failure";
import { command } from "../../cli/init";
import { schemaOf } from "../../cli/init/stackFile";
import type { World } from "../../cli/init/world";
import type { Host, Surveyed } from "../../cli/surveyHosts";
import { stackText } from "../../core/init/text";
import type { Visit } from "../../core/init/visits";
import { HOST_KEY, makeKey } from "../core/config/fixtures";
import { made } from "../core/init/check";
import { kubeadmCluster, makeCas, PKI, type Cas } from "../core/init/cluster";
import { NOW } from "../core/init/facts";
import { Harness } from "./harness";

const OTHER_KEY = HOST_KEY.replace("BwcH", "BwcI");

interface Run {
  readonly exit: Exit | string;
  readonly printed: string;
  readonly said: string;
}

describe("kube-pki init", function () {
  this.timeout(30_000);
  const path = process.env["PATH"];
  let harness: Harness;
  let cas: Cas;
  let visits: readonly Visit[];
  let surveyed: string[];
  before(async () => {
    cas = await makeCas();
    visits = kubeadmCluster(cas);
  });

  const file = (...names: string[]) => join(harness.folder, ...names);
  const stackFile = () => file("stacks", "Pulumi.prod.yaml");
  /** What pulumi was asked, a line for each call. */
  const asked = () => (existsSync(file("asked")) ? readFileSync(file("asked"), "utf8").trim().split("\n") : []);

  /** What ssh says of the key that a host has accepted. */
  const loginBy = (key: string) => {
    writeFileSync(file("debug"), `debug1: Server accepts key: ${key}\nAuthenticated to x using "publickey".\n`);
  };

  beforeEach(() => {
    harness = new Harness();
    surveyed = [];
    process.env["PATH"] = `${harness.folder}:${path ?? ""}`;
    mkdirSync(file("stacks"));
    mkdirSync(file("keys"));
    writeFileSync(file("Pulumi.yaml"), "name: kube-pki\nruntime: nodejs\nstackConfigDir: stacks\n");
    writeFileSync(file("known"), `10.0.0.11 ${HOST_KEY}\n`);
    // what a node has at a path, by the last word of that path
    const keys = {
      "ca.key": cas.kubernetes.key,
      "etcd-ca.key": cas.etcd.key,
      "front-proxy-ca.key": cas.frontProxy.key,
      "sa.key": cas.tokenKey,
    };
    for (const [name, text] of Object.entries(keys)) writeFileSync(file("keys", name), text);
    harness.program(
      "ssh",
      'echo "$@" >>"$here/ssh.asked"',
      "port=22",
      "user=root",
      "jump=none",
      'for word in "$@"; do',
      "  case $was in -p) port=$word ;; -l) user=$word ;; -J) jump=$word ;; --) host=$word ;; esac",
      "  was=$word",
      "done",
      'case $1 in -G) printf "host %s\\nhostname %s\\nport %s\\nuser %s\\nproxyjump %s\\nuserknownhostsfile $here/known\\n" "$host" "$host" "$port" "$user" "$jump"; exit ;; esac',
      'case $1 in -v) cat "$here/debug" >&2; exit ;; esac',
      "case $was in",
      '  "ssh-keyscan "*) cat "$here/scanned"; exit ;;',
      '  *etcd/ca.key) cat "$here/keys/etcd-ca.key" ;;',
      '  *) cat "$here/keys/${was##*/}" ;;',
      "esac",
    );
    loginBy("ann@laptop ED25519 SHA256:abc agent");
    harness.program("ssh-keyscan", 'cat "$here/scanned"');
    writeFileSync(file("scanned"), `host ${HOST_KEY}\n`);
    harness.program("ssh-keygen", 'grep -F -- "$2 " "$here/known" || exit 1');
    harness.program(
      "pulumi",
      'echo "$@" >>"$here/asked"',
      'case "$1 $2" in',
      '  "config --json") [ -f "$here/has-stack" ] || { echo "error: no stack named \'prod\' found" >&2; exit 255; } ;;',
      '  "stack init") : >"$here/has-stack" ;;',
      '  "config set") cat >"$here/secret.${5##*:}" ;;',
      "esac",
    );
  });
  afterEach(() => {
    process.env["PATH"] = path;
    harness.remove();
  });

  const answer = (host: Host): Surveyed => {
    surveyed.push(host.target.host);
    const found = visits.find(({ survey }) => survey.host.addresses.includes(host.target.host));
    return found?.survey ?? { unreachable: "it refused the login" };
  };

  const run = async (args: readonly string[], answers?: readonly string[]): Promise<Run> => {
    let printed = "";
    let said = "";
    const waiting = [...(answers ?? [])];
    const world: World = {
      surveyHosts: (hosts) => Promise.resolve(new Map(hosts.map((host) => [host, answer(host)]))),
      ask:
        answers &&
        ((question) => {
          said += question;
          return Promise.resolve(waiting.shift() ?? "");
        }),
      print: (text) => (printed += text),
      tell: (text) => (said += text),
      now: () => NOW,
    };
    try {
      return { exit: await command(["--cwd", harness.folder, ...args], world), printed, said };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { exit: error.message, printed, said };
    }
  };
  const accepted = (...args: string[]) => run(["root@10.0.0.11", "--accept-host-keys", ...args]);

  it("prints the stack file of all nodes, which one of them knows, and changes nothing", async () => {
    const { exit, printed, said } = await accepted("--ca", "existing", "--dry-run");
    assert.equal(exit, EXIT.fine);
    assert.equal(printed, stackText(made(visits)));
    assert.deepEqual(surveyed, ["10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.21", "10.0.0.22"]);
    assert.match(said, /^also reading root@10\.0\.0\.12\n/m);
    assert.match(said, /the first `pulumi up` changes:\n {2}every certificate is issued anew/);
    assert.deepEqual([readdirSync(file("stacks")), asked()], [[], []]);
  });

  it("writes the stack file, makes the stack and sets the keys, which are nowhere else", async () => {
    const { exit, printed, said } = await accepted("--ca", "existing");
    assert.equal(exit, EXIT.fine);
    assert.equal(readFileSync(stackFile(), "utf8"), stackText(made(visits)));
    const set = (at: string) => `config set --secret --path kube-pki:${at} --stack prod --non-interactive`;
    assert.deepEqual(asked(), [
      "config --json --stack prod --non-interactive",
      "stack init prod --non-interactive",
      ...["kubernetes.key", "etcd.key", "frontProxy.key", "serviceAccount.key"].map((at) => set(`authority.${at}`)),
    ]);
    assert.equal(readFileSync(file("secret.authority.etcd.key"), "utf8"), cas.etcd.key);
    assert.equal(readFileSync(file("secret.authority.serviceAccount.key"), "utf8"), cas.tokenKey);
    for (const text of [printed, said, readFileSync(stackFile(), "utf8"), readFileSync(file("ssh.asked"), "utf8")])
      assert.doesNotMatch(text, /PRIVATE KEY/);
    assert.match(
      printed,
      /^wrote \S*Pulumi\.prod\.yaml: nodes cp1, cp2, cp3, w1, w2\nset kube-pki:authority\.kubernetes\.key from cp1:\/etc\/kubernetes\/pki\/ca\.key, as a secret\n/,
    );
    assert.match(printed, /\nnext:\n {2}pulumi preview --stack prod\n {2}pulumi up --stack prod\n$/);
  });

  it("goes into the file that `pulumi stack init` has left, with what other programs have there", async () => {
    const left =
      "secretsprovider: passphrase\nencryptionsalt: v1:abc=:v1:def\nconfig:\n  vault:address: https://vault.lab\n";
    writeFileSync(stackFile(), left);
    const { exit, printed } = await accepted("--ca", "existing");
    assert.equal(exit, EXIT.fine);
    assert.match(printed, /^wrote /);
    const text = readFileSync(stackFile(), "utf8");
    const file = parse(text) as { readonly config: object };
    const own = (parse(stackText(made(visits))) as { readonly config: object }).config;
    assert.deepEqual(file, {
      secretsprovider: "passphrase",
      encryptionsalt: "v1:abc=:v1:def",
      config: { "vault:address": "https://vault.lab", ...own },
    });
    assert.match(text, /^# yaml-language-server: /);
    assert.match(text, /\n {2}# By the files that components read\.\n/);
    assert.match((await accepted("--ca", "existing")).printed, /is there already/);
  });

  it("makes the folder of stack files, which git does not keep while it is empty", async () => {
    rmSync(file("stacks"), { recursive: true });
    assert.equal((await accepted("--ca", "adopt")).exit, EXIT.fine);
    assert.deepEqual(readdirSync(file("stacks")), ["Pulumi.prod.yaml"]);
  });

  it("names the schema by where the project has it, and nothing outside the project", () => {
    const schema = (path: string, from: string) => schemaOf({ project: "/home/ann/pki", path }, from);
    const installed = "/home/ann/pki/node_modules/kube-pki/dist/stacks/kube-pki.schema.json";
    const relative = "node_modules/kube-pki/dist/stacks/kube-pki.schema.json";
    assert.equal(schema("/home/ann/pki/Pulumi.prod.yaml", installed), relative);
    assert.equal(schema("/home/ann/pki/stacks/Pulumi.prod.yaml", installed), `../${relative}`);
    assert.equal(
      schema("/home/ann/pki/stacks/Pulumi.prod.yaml", "/home/ann/pki/stacks/kube-pki.schema.json"),
      "kube-pki.schema.json",
    );
    assert.equal(
      schema("/home/ann/pki/stacks/Pulumi.prod.yaml", "/opt/kube-pki/stacks/kube-pki.schema.json"),
      "kube-pki.schema.json",
    );
  });

  it("makes no stack that is there", async () => {
    writeFileSync(file("has-stack"), "");
    assert.equal((await accepted("--ca", "existing")).exit, EXIT.fine);
    assert.ok(!asked().some((line) => line.startsWith("stack init")));
  });

  it("writes nothing where pulumi does not know where its state is, and says what to set", async () => {
    harness.program("pulumi", 'echo "error: PULUMI_ACCESS_TOKEN must be set for login" >&2', "exit 255");
    const { exit } = await accepted("--ca", "existing");
    assert.equal(
      exit,
      "pulumi: PULUMI_ACCESS_TOKEN must be set for login; nothing was written: let pulumi reach the place of its state (pulumi login, or PULUMI_BACKEND_URL with PULUMI_CONFIG_PASSPHRASE), then run again",
    );
    assert.ok(!existsSync(stackFile()));
  });

  it("needs neither keys nor pulumi to take a cluster over", async () => {
    const { exit, printed } = await accepted("--ca", "adopt", "--name", "eu1");
    assert.equal(exit, EXIT.fine);
    assert.deepEqual(asked(), []);
    assert.equal(readFileSync(file("stacks", "Pulumi.eu1.yaml"), "utf8"), stackText(made(visits, { ca: "adopt" })));
    assert.match(printed, /\nnext:\n {2}pulumi stack init eu1\n {2}pulumi preview --stack eu1\n/);
  });

  it("reads and scans by sudo, through a bastion, on another port", async () => {
    const { exit } = await run([
      "ops@10.0.0.11:2222",
      "--jump",
      "ann@bastion.example.com",
      "--accept-host-keys",
      "--ca",
      "existing",
    ]);
    assert.equal(exit, EXIT.fine);
    const { config } = parse(readFileSync(stackFile(), "utf8")) as { config: Record<string, unknown> };
    assert.deepEqual(config["kube-pki:ssh"], {
      user: "ops",
      port: 2222,
      sudo: true,
      agent: true,
      bastion: { host: "bastion.example.com", user: "ann", hostKey: HOST_KEY },
    });
    const ssh = readFileSync(file("ssh.asked"), "utf8");
    assert.match(ssh, new RegExp(`-J ann@bastion.example.com -p 2222 -l ops -- 10.0.0.11 sudo -n cat ${PKI}/ca.key\n`));
    assert.match(ssh, / -- ann@bastion\.example\.com ssh-keyscan -T 10 -t ed25519,ecdsa -p 2222 10\.0\.0\.12\n/);
  });

  const sshSection = () =>
    (parse(readFileSync(stackFile(), "utf8")) as { config: Record<string, unknown> }).config["kube-pki:ssh"];

  it("sets the key that it was given for the login, and no agent", async () => {
    const key = makeKey();
    writeFileSync(file("login key"), key);
    loginBy(`${file("login key")} ED25519 SHA256:abc explicit`);
    const { exit, printed, said } = await accepted("--ca", "adopt", "--identity", file("login key"));
    assert.equal(exit, EXIT.fine);
    assert.deepEqual(sshSection(), { user: "root" });
    assert.equal(readFileSync(file("secret.ssh.privateKey"), "utf8"), key);
    assert.match(printed, /\nset kube-pki:ssh\.privateKey from \S*\/login key, as a secret\n/);
    for (const text of [printed, said, readFileSync(stackFile(), "utf8")]) assert.doesNotMatch(text, /PRIVATE KEY/);
    assert.doesNotMatch(readFileSync(stackFile(), "utf8"), /agent/);
  });

  it("says how to set a key that nobody has given it, and leaves it where it is", async () => {
    loginBy("/home/ann/.ssh/id ed25519 ED25519 SHA256:abc");
    const { exit, printed } = await accepted("--ca", "adopt");
    assert.equal(exit, EXIT.attention);
    assert.deepEqual(sshSection(), { user: "root" });
    assert.deepEqual(asked(), []);
    assert.match(
      printed,
      /\n {2}ssh\.privateKey: hosts let you in by \/home\/ann\/\.ssh\/id ed25519, which no agent has: set it as below, or load it into your agent \(ssh-add\) and write ssh\.agent: true\n/,
    );
    assert.match(
      printed,
      /\n {2}pulumi config set --secret --path kube-pki:ssh\.privateKey --stack prod < '\/home\/ann\/\.ssh\/id ed25519'\n/,
    );
  });

  it("refuses a login key with a passphrase, before it is set", async () => {
    writeFileSync(file("login"), makeKey("secret"));
    loginBy(`${file("login")} ED25519 SHA256:abc explicit`);
    const { exit } = await accepted("--ca", "adopt", "--identity", file("login"));
    assert.match(String(exit), /^not all keys are set: \S*login: ssh\.privateKey: protected by a passphrase; must be/);
    assert.ok(!existsSync(file("secret.ssh.privateKey")));
  });

  it("says it where pulumi has no such login", async () => {
    loginBy("PIV AUTH ECDSA SHA256:abc token");
    const { exit, printed } = await accepted("--ca", "adopt");
    assert.equal(exit, EXIT.attention);
    assert.deepEqual(sshSection(), { user: "root", agent: true });
    assert.match(printed, /ssh: hosts let you in by a key on a token, which pulumi cannot do/);
  });

  it("leaves a key alone that is not the one it has seen, and says how to set it", async () => {
    writeFileSync(file("keys", "etcd-ca.key"), makeKey());
    const { exit, printed } = await accepted("--ca", "existing");
    assert.equal(
      exit,
      "not all keys are set: cp1:/etc/kubernetes/pki/etcd/ca.key: not the key that the survey found, or one with a passphrase",
    );
    assert.ok(existsSync(stackFile()));
    assert.ok(!existsSync(file("secret.authority.etcd.key")));
    assert.match(
      printed,
      /\n {2}ssh root@10\.0\.0\.11 cat \/etc\/kubernetes\/pki\/etcd\/ca\.key \| pulumi config set --secret --path kube-pki:authority\.etcd\.key --stack prod\n/,
    );
  });

  describe("host keys", () => {
    it("are taken without a word where known_hosts has them", async () => {
      const { exit, said } = await run(["root@10.0.0.11", "--only", "--ca", "adopt", "--dry-run"]);
      assert.equal(exit, EXIT.attention); // four nodes are not in the file
      assert.doesNotMatch(said, /SHA256/);
    });

    it("are shown, and taken once somebody has confirmed them", async () => {
      const { exit, said } = await run(["root@10.0.0.11", "--ca", "adopt", "--dry-run"], ["y"]);
      assert.equal(exit, EXIT.fine);
      assert.match(said, /host keys that no known_hosts has:\n {2}root@10\.0\.0\.12 {2}ssh-ed25519 {2}SHA256:\S{43}\n/);
    });

    it("stop the command where nobody confirms them, or nobody is there", async () => {
      assert.equal((await run(["root@10.0.0.12", "--ca", "adopt"], ["n"])).exit, "the host keys were not confirmed");
      assert.match(
        String((await run(["root@10.0.0.12", "--ca", "adopt"])).exit),
        /^no known_hosts has the host keys of\n {2}root@10\.0\.0\.12 {2}ssh-ed25519 {2}SHA256:\S+\ncompare them/,
      );
      assert.deepEqual(surveyed, []);
    });

    it("stop it where they are other ones than known", async () => {
      writeFileSync(file("known"), `10.0.0.11 ${OTHER_KEY}\n`);
      assert.match(
        String((await accepted("--ca", "adopt")).exit),
        /^root@10\.0\.0\.11 has another host key \(SHA256:\S+\) than your known_hosts/,
      );
      assert.deepEqual(surveyed, []);
    });

    it("are those that are known where nobody can scan", async () => {
      writeFileSync(file("scanned"), "");
      const { printed, said } = await run(["root@10.0.0.11", "--ca", "adopt", "--dry-run"]);
      assert.match(printed, new RegExp(`hostKey: ${HOST_KEY}`));
      assert.match(said, /cp2 \(10\.0\.0\.12, cp2\): no answer to ssh-keyscan; it is not in the stack file/);
    });
  });

  describe("a stack file that is there", () => {
    const KEYS = ["kubernetes", "etcd", "frontProxy"];
    /** As pulumi leaves it once the keys are set. */
    const withKeys = (text: string): string =>
      KEYS.reduce(
        (all, name) => all.replace(`\n    ${name}:\n`, `\n    ${name}:\n      key:\n        secure: v1:abc\n`),
        `${text}encryptionsalt: v1:x\n`,
      );

    it("is compared and stays", async () => {
      const text = withKeys(stackText(made(visits)));
      writeFileSync(stackFile(), text);
      const { exit, printed } = await accepted();
      assert.equal(exit, EXIT.attention);
      assert.deepEqual(printed.split("\n").slice(1), [
        "  cp1, cp2, cp3, w1, w2: kubelet-server: the one in place is not from the cluster's CA, the new one is",
        "",
      ]);
      assert.equal(readFileSync(stackFile(), "utf8"), text);
    });

    it("is as the cluster is where nothing differs", async () => {
      const text = withKeys(stackText(made(visits))).replace(
        "profiles:\n",
        "profiles:\n      kubelet-server: { enabled: false }\n",
      );
      writeFileSync(stackFile(), text);
      const { exit, printed } = await accepted();
      assert.equal(exit, EXIT.fine);
      assert.match(printed, /is there already, and the cluster is as it says\n$/);
    });

    it("gets the keys that are not set, where it was not finished", async () => {
      writeFileSync(
        stackFile(),
        stackText(made(visits)).replace(/\n {4}etcd:\n/, "$&      key:\n        secure: v1:abc\n"),
      );
      const { printed } = await accepted();
      assert.match(
        printed,
        /^set kube-pki:authority\.kubernetes\.key from cp1:\S+, as a secret\nset kube-pki:authority\.frontProxy\.key from .*\nset kube-pki:authority\.serviceAccount\.key from .*\n.* is there already/,
      );
      assert.equal(readFileSync(file("secret.authority.frontProxy.key"), "utf8"), cas.frontProxy.key);
      assert.ok(!existsSync(file("secret.authority.etcd.key")));
    });

    it("says which keys are not set, and why, where they cannot be", async () => {
      writeFileSync(stackFile(), stackText(made(visits)));
      writeFileSync(file("keys", "ca.key"), makeKey());
      assert.match(
        String((await accepted()).exit),
        /is there already, and not all keys are set: cp1:\S+ca\.key: not the key that the survey found/,
      );
    });

    it("is refused where it is not valid", async () => {
      writeFileSync(stackFile(), withKeys(stackText(made(visits))).replace("validity: 365d", "validity: soon"));
      assert.match(
        String((await accepted()).exit),
        /is there already, and it is not valid:\n {2}certificates\.validity: "soon"; must be/,
      );
    });

    it("is refused where a section is encrypted as a whole", async () => {
      writeFileSync(stackFile(), "config:\n  kube-pki:cluster:\n    secure: v1:abc\n");
      assert.match(String((await accepted()).exit), /kube-pki:cluster is encrypted as a whole/);
    });
  });

  describe("surveys that were saved", () => {
    it("do for a cluster that cannot be reached", async () => {
      writeFileSync(file("saved.json"), JSON.stringify(visits.map(({ survey }) => survey)));
      const { exit, printed } = await run(["--from", file("saved.json"), "--ca", "existing"]);
      assert.equal(exit, EXIT.attention);
      assert.deepEqual([surveyed, asked(), existsSync(file("ssh.asked"))], [[], [], false]);
      assert.match(printed, /no host key, since the survey was saved/);
      assert.match(
        printed,
        /\nnext:\n {2}pulumi stack init prod\n {2}ssh root@10\.0\.0\.11 cat \/etc\/kubernetes\/pki\/ca\.key \| pulumi config set/,
      );
    });

    it("of a cluster that no stack can have make none", async () => {
      const { cluster, ...own } = visits[0]?.survey ?? {};
      assert.ok(cluster);
      writeFileSync(
        file("saved.json"),
        JSON.stringify({
          ...own,
          components: [],
          staticPods: [],
          files: [],
          kubeconfigs: [],
          renewers: ["k3s.service"],
        }),
      );
      const { exit } = await run(["--from", file("saved.json"), "--ca", "existing", "--name", "prod"]);
      assert.match(
        String(exit),
        /none of these hosts is one that a stack can have\n[\s\S]*k3s runs there \(k3s\.service\)/,
      );
      assert.ok(!existsSync(stackFile()));
    });

    it("leave pulumi alone where keys are not set: nobody can read them", async () => {
      writeFileSync(stackFile(), stackText(made(visits)));
      writeFileSync(file("saved.json"), JSON.stringify(visits.map(({ survey }) => survey)));
      const { exit, printed } = await run(["--from", file("saved.json")]);
      assert.equal(exit, EXIT.attention);
      assert.match(printed, /\n {2}authority\.kubernetes\.key: not set\n/);
      assert.deepEqual(asked(), []);
    });

    it("are of this version, and JSON", async () => {
      const refused = [
        ["hello", /: no JSON \(.*\); must be what `kube-pki survey` writes$/],
        ["[]", /: there is no survey in it$/],
        ['{"version":0}', /: version: 0; must be 1; use the kube-pki that wrote it, or survey the node again$/],
      ] as const;
      for (const [text, sentence] of refused) {
        writeFileSync(file("saved.json"), text);
        const { exit } = await run(["--from", file("saved.json")]);
        assert.match(String(exit), sentence);
        assert.ok(String(exit).startsWith(`--from ${file("saved.json")}: `));
      }
    });
  });

  describe("what becomes of the CAs", () => {
    it("is asked at a terminal", async () => {
      const { exit, said, printed } = await run(["root@10.0.0.11", "--accept-host-keys", "--dry-run"], ["adopt"]);
      assert.equal(exit, EXIT.fine);
      assert.match(said, /what becomes of the cluster's CAs\?\n {2}existing {2}keep the cluster's CAs/);
      assert.match(printed, /kube-pki:adopt:/);
    });

    it("has to be said where there is none, and be one that there is", async () => {
      assert.equal(
        (await accepted()).exit,
        "--ca: missing, and there is no terminal to ask at; must be one of existing, adopt, vault",
      );
      assert.equal((await accepted("--ca", "keep")).exit, '--ca: "keep"; must be one of existing, adopt, vault');
      assert.ok(!existsSync(stackFile()));
    });

    it("is Vault with its address", async () => {
      assert.equal(
        (await accepted("--ca", "vault")).exit,
        "--vault-address: missing; give the address of the server, or set VAULT_ADDR",
      );
      const { printed } = await accepted(
        "--ca",
        "vault",
        "--vault-address",
        "https://vault.example.com:8200",
        "--dry-run",
      );
      assert.match(printed, /kind: vault\n {4}vault:\n {6}address: https:\/\/vault\.example\.com:8200\n/);
    });
  });

  it("says who could not be read, and exits 1 where somebody has to act", async () => {
    visits = kubeadmCluster(cas).slice(0, 4);
    const { said } = await accepted("--ca", "existing", "--dry-run");
    visits = kubeadmCluster(cas);
    assert.match(
      said,
      /the stack file lacks:\n {2}w2 \(10\.0\.0\.22, w2\): it refused the login; it is not in the stack file/,
    );
  });

  it("fails with a sentence where nothing can be read, and where there is no project", async () => {
    assert.equal(
      (await run(["root@10.9.9.9", "--accept-host-keys", "--ca", "adopt"])).exit,
      "10.9.9.9: it refused the login",
    );
    assert.equal((await run([])).exit, "no host; give at least one [user@]host[:port]");
    assert.match(String((await accepted("--ca", "adopt", "--name", "a/b")).exit), /^--name: "a\/b"; must be letters/);
    rmSync(file("Pulumi.yaml"));
    assert.match(String((await accepted("--ca", "adopt")).exit), /^no Pulumi\.yaml in /);
  });
});
