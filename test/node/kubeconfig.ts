import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { parse } from "yaml";
import {
  ADMIN,
  applyKubeconfig,
  BOTH,
  CA,
  CONF,
  CURRENT,
  inline,
  KUBELET,
  live,
  made,
  NEXT,
  OLD_ADMIN,
  OURS,
  text,
  THEIRS,
} from "./kubeconfigNode";
import { part, payload } from "./payload";
import { base64, fingerprintOf } from "./pki";
import { Scratch, type Result } from "./scratch";

interface Case {
  readonly title: string;
  readonly live: string;
  /** What ca.crt holds. @default the CA that goes */
  readonly ca?: string;
  /** Changes of the parsed live file that are wanted. */
  readonly becomes: (live: ReturnType<typeof parse>) => void;
  readonly credentials?: "file";
  readonly foreign?: number;
}

const renewed = (file: Parsed, n = file.users.length - 1): void => {
  Object.assign(file.users[n]?.user ?? {}, inline(ADMIN));
};

interface Parsed {
  clusters: { name: string; cluster: Record<string, unknown> }[];
  users: { name: string; user: Record<string, unknown> }[];
}

/** The other cluster's user logs in by a program. */
const withPlugin = (file: ReturnType<typeof live>) => {
  const args = ["certificate-authority-data: AAAA", "server: https://elsewhere:6443", "--client-key-data=none"];
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "login", args };
  return { ...file, users: file.users.map((user) => (user.name === "guest" ? { ...user, user: { exec } } : user)) };
};

const cases: readonly Case[] = [
  {
    title: "entries of another cluster stay, this cluster's gets the new CA and the new certificate",
    live: text(live()),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      renewed(file);
    },
    foreign: 1,
  },
  {
    title: "arguments of a credential plugin stay that read like fields of a cluster",
    live: text(withPlugin(live())),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      renewed(file);
    },
    foreign: 1,
  },
  {
    title: "also where the current context leads to the other one",
    live: text(live({ current: "staging" })),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      renewed(file);
    },
    foreign: 1,
  },
  {
    title: "fields that no stack knows stay",
    live: text(
      live({
        staging: false,
        cluster: { "proxy-url": "http://proxy:3128", "tls-server-name": "api.example.com" },
        user: { "as-user": "root" },
      }),
    ),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      renewed(file);
    },
  },
  {
    title: "a balancer's CA stays beside the cluster's",
    live: text(live({ staging: false, cluster: { "certificate-authority-data": base64(THEIRS.cert + OURS.cert) } })),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = base64(THEIRS.cert + OURS.cert + NEXT.cert);
      renewed(file);
    },
    foreign: 1,
  },
  {
    title: "a balancer's CA alone is this cluster's entry by its server",
    live: text(live({ staging: false, cluster: { "certificate-authority-data": base64(THEIRS.cert) } })),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = base64(THEIRS.cert + OURS.cert + NEXT.cert);
      renewed(file);
    },
    foreign: 1,
  },
  {
    title: "another server of the same cluster becomes the stack's",
    live: text(live({ staging: false, cluster: { server: "https://old.example.com:6443" } })),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      file.clusters[0]!.cluster["server"] = "https://10.0.0.1:6443";
      renewed(file);
    },
  },
  {
    title: "a CA file becomes data, and the server is verified from then on",
    live: text(
      live({
        staging: false,
        cluster: {
          "certificate-authority-data": undefined,
          "certificate-authority": CA,
          "insecure-skip-tls-verify": false,
        },
      }),
    ),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster = {
        "certificate-authority-data": BOTH,
        server: "https://10.0.0.1:6443",
      };
      renewed(file);
    },
  },
  {
    title: "also a CA file that holds all that is wanted already",
    ca: OURS.cert + NEXT.cert,
    live: text(
      live({ staging: false, cluster: { "certificate-authority-data": undefined, "certificate-authority": CA } }),
    ),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster = { "certificate-authority-data": BOTH, server: "https://10.0.0.1:6443" };
      renewed(file);
    },
  },
  {
    title: "credentials inside become a file",
    live: text(live({ staging: false })),
    credentials: "file",
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      file.users[0]!.user = { "client-certificate": CURRENT, "client-key": CURRENT };
    },
  },
  {
    title: "entries whose dash stands alone, and users that have nothing",
    live: text(live())
      .replaceAll(/^- (?=cluster|name)(.*)$/gm, "-\n  $1")
      .concat("- name: nobody\n  user: {}\n- name: none\n  user: null\n"),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      renewed(file, 1);
    },
    foreign: 1,
  },
  {
    title: "a user that has nothing, or a value that is only a remark, gets what is to come",
    live: text(live({ staging: false })).replace(/^ {2}user:\n[^]*/m, "  user: {} # none yet\n"),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      file.users[0]!.user = inline(ADMIN);
    },
  },
  {
    title: "a value that is only a remark",
    live: text(live({ staging: false })).replace(/client-key-data: .*/, "client-key-data: # lost"),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      renewed(file);
    },
  },
  {
    title: "names with quotes in them",
    live: text(live())
      .replaceAll(/: kubernetes$/gm, ": 'it''s: ours'")
      .replaceAll(/: staging$/gm, ": 'it''s: theirs'"),
    becomes: (file: Parsed) => {
      file.clusters[0]!.cluster["certificate-authority-data"] = BOTH;
      renewed(file);
    },
    foreign: 1,
  },
];

/** No service runs here: these are about files alone. @param shell - what the script is run with */
export function editsKubeconfigs(shell: string): void {
  describe(`node applies kubeconfigs (${shell})`, function () {
    this.timeout(120_000);
    let node: Scratch;
    beforeEach(() => {
      node = new Scratch(shell);
      node.write(CA, OURS.cert);
    });
    afterEach(() => {
      node.remove();
    });

    const foreignIn = ({ stdout }: Result): string[] =>
      stdout.split("\n").filter((line) => line.startsWith("foreign "));

    for (const { title, live: before, becomes, credentials, ca, foreign = 0 } of cases)
      it(title, async () => {
        if (ca !== undefined) node.write(CA, ca);
        node.write(CONF, before, 0o640);
        const done = await applyKubeconfig(node, credentials);
        assert.equal(done.code, 0, done.stderr);
        const wanted = parse(before) as Parsed;
        becomes(wanted);
        assert.deepEqual(parse(node.read(CONF)), wanted);
        assert.equal(node.read(CA), OURS.cert + NEXT.cert);
        assert.equal(foreignIn(done).length, foreign, done.stdout);
        const stamp = node.stamp(CONF);
        const again = await applyKubeconfig(node, credentials);
        assert.match(again.stdout, /^file \/etc\/kubernetes\/admin\.conf unchanged$/m);
        assert.equal(node.stamp(CONF), stamp);
        assert.deepEqual(foreignIn(again), foreignIn(done));
      });

    it("every byte that is not this cluster's stays", async () => {
      const odd = `# ours\n${text(live())}`
        .replace("kind: Config", "kind:   'Config'  # kept")
        .replaceAll("\n", "\r\n");
      node.write(CONF, odd);
      assert.equal((await applyKubeconfig(node)).code, 0);
      const edited = odd
        .replace(base64(OURS.cert), BOTH)
        .replace(base64(OLD_ADMIN.cert), base64(ADMIN.cert))
        .replace(base64(OLD_ADMIN.key), base64(ADMIN.key));
      assert.ok(node.read(CONF) === edited);
    });

    it("tells what stays that is not this cluster's, by name, and a server that changes", async () => {
      node.write(CONF, text(live({ cluster: { server: "https://old.example.com:6443" } })));
      const done = await applyKubeconfig(node);
      const name = new X509Certificate(THEIRS.cert).subject;
      assert.ok(
        done.stdout.includes(`\nforeign ${CONF} ${fingerprintOf(THEIRS.cert)} ${name.replaceAll(" ", "%20")}\n`),
        done.stdout,
      );
      assert.ok(
        done.stderr.includes(
          `${CONF}: keeps ${name} (sha256 ${fingerprintOf(THEIRS.cert)}), which is not of this cluster\n`,
        ),
        done.stderr,
      );
      assert.match(
        done.stderr,
        /admin\.conf: server https:\/\/old\.example\.com:6443 becomes https:\/\/10\.0\.0\.1:6443/,
      );
    });

    it("a file that is none, or is not there, is written whole", async () => {
      for (const before of [undefined, "", "hello\n"]) {
        if (before !== undefined) node.write(CONF, before);
        const done = await applyKubeconfig(node);
        assert.equal(done.code, 0, done.stderr);
        const file = parse(node.read(CONF)) as Parsed & { "current-context": string };
        assert.equal(file["current-context"], "kubernetes-admin@prod");
        assert.deepEqual(file.users[0]?.user, inline(ADMIN));
        assert.equal(file.clusters[0]?.cluster["certificate-authority-data"], BOTH);
      }
    });

    it("brings the CA where no CA file is merged", async () => {
      node.write(CONF, text(live({ staging: false })));
      const now = Math.floor(Date.now() / 1000);
      const body = `node n1\n${part("ca:kubernetes", NEXT.cert)}${part("cert:admin", ADMIN.cert)}${part("key:admin", ADMIN.key)}${part("kubeconfig:admin", made("inline"))}leaf admin e1 ${String(now - 60)} ${String(now + 86_400)} ca:kubernetes
server ca:kubernetes 10.0.0.1:6443\nfile ${CONF} 0600 root root kubeconfig:admin\nkeep ${CONF} ca:kubernetes\n`;
      const done = await node.run("apply", payload("apply", body));
      assert.equal(done.code, 0, done.stderr);
      const file = parse(node.read(CONF)) as Parsed;
      assert.equal(file.clusters[0]?.cluster["certificate-authority-data"], BOTH);
    });

    it("takes the certificate of this cluster's user for what a node has", async () => {
      node.write(KUBELET, text(live({ current: "staging" })));
      const sent = `node n1\n${part("ca:kubernetes", OURS.cert)}${part("ca:kubernetes:g2", NEXT.cert)}trust ca:kubernetes retire
file ${CA} 0644 root root ca:kubernetes\nhave ${KUBELET} cert:admin,key:admin ca:kubernetes\n`;
      const done = await node.run("trust", payload("trust", sent));
      assert.equal(done.code, 0, done.stderr); // the guest's is of another CA, and nobody's business
    });
  });
}
