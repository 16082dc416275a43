/**
 * A balancer that ends TLS by a certificate of a CA of its own, as companies put it before an API for people and for jobs
 * (kubernetes/kubeadm#1063). No client certificate passes it, so whoever comes through it has a token; it asks API servers
 * itself and checks them by the cluster's CA. Kubelets have certificates and go past it, to the endpoint; that their kubeconfig
 * trusts its CA as well is left of how such nodes join: `kubeadm join` copies whom its discovery file trusts.
 */
import assert from "node:assert/strict";
import type { Lab } from "../lab/lab";
import { withRole } from "../lab/topology";
import { mustKubectl } from "./clients/userland";

const NAME = "api.corp.example";
const PORT = "8443";
const CA = "corp-ca";
const FOLDER = "/etc/haproxy";
const ACCOUNT = "people";
const ADMIN = "/etc/kubernetes/admin.conf";

/** On the balancer's node: its CA, its certificate, and a client of that CA whom nobody is to let in. */
const MAKE = `
mkdir -p ${FOLDER} /root/corp && cd /root/corp
ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30"
openssl req -x509 $ec -keyout ca.key -out ca.crt -subj "/CN=${CA}" -addext keyUsage=critical,keyCertSign
leaf() { openssl req -x509 $ec -CA ca.crt -CAkey ca.key -keyout "$1.key" -out "$1.crt" -subj "$2" -addext "$3" -addext basicConstraints=critical,CA:FALSE; }
leaf server /CN=${NAME} subjectAltName=DNS:${NAME}
leaf client /O=system:masters/CN=corp-admin extendedKeyUsage=clientAuth
cat server.crt server.key >${FOLDER}/balancer.pem`;

const configOf = (lab: Lab): string => `global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 1h
  timeout server 1h
frontend people
  bind *:${PORT} ssl crt ${FOLDER}/balancer.pem
  default_backend api
backend api
  default-server ssl verify required ca-file ${FOLDER}/cluster-ca.crt
${withRole(lab.nodes, "control-plane")
  .map(({ name, address }) => `  server ${name} ${address}:6443`)
  .join("\n")}
`;

/** A kubeconfig that leads through the balancer, or one more way in it: $1 is the file, $2 the token. */
const ADD = `
kubectl config --kubeconfig "$1" set-cluster corp --server https://${NAME}:${PORT} --certificate-authority /root/corp/ca.crt --embed-certs
kubectl config --kubeconfig "$1" set-credentials ${ACCOUNT} --token "$2"
kubectl config --kubeconfig "$1" set-context corp --cluster corp --user ${ACCOUNT}
grep -q '^current-context: .' "$1" || kubectl config --kubeconfig "$1" use-context corp`;

/** The balancer's CA behind what the file trusts already: $1 is the file. */
const ADD_TRUST = `
old=$(sed -n 's/.*certificate-authority-data: //p' "$1")
new=$({ echo "$old" | base64 -d; cat /root/corp/ca.crt; } | base64 -w0)
sed -i "s|certificate-authority-data: .*|certificate-authority-data: $new|" "$1"
systemctl restart kubelet`;

/** Whom the current entry of a kubeconfig trusts, by name: $1 is the file. */
const TRUSTED = `sed -n 's/.*certificate-authority-data: //p' "$1" | base64 -d >/root/trusted
openssl crl2pkcs7 -nocrl -certfile /root/trusted | openssl pkcs7 -print_certs -noout | sed -n 's/^subject=.*CN *= *//p'`;

interface Kubeconfig {
  readonly node: string;
  readonly path: string;
}

export class TlsBalancer {
  private constructor(
    private readonly lab: Lab,
    /** The node that it runs on, as if that were a machine of its own. */
    private readonly home: string,
    /** Who comes through it. */
    private readonly people: readonly Kubeconfig[],
    /** Who goes past it and trusts its CA beside the cluster's. */
    private readonly kubelets: readonly Kubeconfig[],
  ) {}

  /** Starts it on the last worker. */
  public static async start(lab: Lab): Promise<TlsBalancer> {
    const workers = withRole(lab.nodes, "worker");
    const home = workers.at(-1);
    assert.ok(home);
    await lab.must(home.name, MAKE);
    await lab.must(home.name, `cat >${FOLDER}/balancer.cfg`, { stdin: configOf(lab) });
    const bundle = await lab.must(home.name, "tar -C /root -c corp | base64 -w0");
    for (const { name } of lab.nodes) {
      if (name !== home.name) await lab.must(name, "base64 -d | tar -C /root -x", { stdin: bundle });
      await lab.must(name, `echo '${home.address} ${NAME}' >>/etc/hosts`);
    }
    const people = [
      // the file of a person, and one more way in that of the cluster's admin
      ...withRole(lab.nodes, "control-plane").map(({ name: node }) => ({ node, path: ADMIN })),
      ...workers.flatMap(({ name: node }) => [
        { node, path: "/root/.kube/config" },
        { node, path: "/etc/kubernetes/agent.conf" },
      ]),
    ];
    const kubelets = workers.map(({ name: node }) => ({ node, path: "/etc/kubernetes/kubelet.conf" }));
    const balancer = new TlsBalancer(lab, home.name, people, kubelets);
    await balancer.learnCas();
    await mustKubectl(lab, ["-n", "kube-system", "create", "serviceaccount", ACCOUNT]);
    const binding = ["create", "clusterrolebinding", ACCOUNT, "--clusterrole=cluster-admin"];
    await mustKubectl(lab, [...binding, `--serviceaccount=kube-system:${ACCOUNT}`]);
    await balancer.newTokens();
    for (const { node, path } of kubelets) await lab.must(node, `set -eu; set -- ${path}${ADD_TRUST}`);
    return balancer;
  }

  /** Its owner gives it the CAs that the cluster has now, as for every client of his. */
  public async learnCas(): Promise<void> {
    const [controlPlane] = withRole(this.lab.nodes, "control-plane");
    const cas = await this.lab.must(controlPlane?.name ?? "", "cat /etc/kubernetes/pki/ca.crt");
    await this.lab.must(this.home, `cat >${FOLDER}/cluster-ca.crt`, { stdin: cas });
    const run = `systemd-run --quiet --collect --unit balancer /usr/sbin/haproxy -db -f ${FOLDER}/balancer.cfg`;
    await this.lab.must(this.home, `systemctl stop balancer 2>/dev/null; ${run}`);
  }

  /** Everybody who comes through it gets a token of the key that signs now. */
  public async newTokens(): Promise<void> {
    const create = ["-n", "kube-system", "create", "token", ACCOUNT, "--duration", "24h"];
    const token = (await mustKubectl(this.lab, create)).trim();
    for (const { node, path } of this.people)
      await this.lab.must(node, `set -eu; read -r token; mkdir -p /root/.kube; set -- ${path} "$token"${ADD}`, {
        stdin: `${token}\n`,
      });
  }

  /**
   * Everybody gets through, trusting its CA alone; kubelets trust it beside these; nobody lets a client of it in.
   *
   * @returns how many answers there were
   */
  public async assertTrusted(trusted: readonly string[]): Promise<number> {
    const { lab } = this;
    for (const { node, path } of this.people) {
      const ask = (what: string): Promise<string> =>
        lab.must(node, `kubectl --kubeconfig ${path} --context corp ${what}`);
      assert.match(await ask("auth whoami"), new RegExp(`system:serviceaccount:kube-system:${ACCOUNT}`), path);
      const only = `config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}'`;
      assert.equal(
        Buffer.from(await ask(only), "base64").toString(),
        await lab.must(node, "cat /root/corp/ca.crt"),
        `${node}: whom ${path} trusts`,
      );
    }
    for (const { node, path } of this.kubelets) {
      const names = (await lab.must(node, `set -- ${path}; ${TRUSTED}`)).trim().split("\n");
      assert.deepEqual(names.sort(), [...trusted, CA].sort(), `${node}: whom ${path} trusts`);
    }
    return this.people.length + this.kubelets.length + (await this.assertLetInNowhere());
  }

  private async assertLetInNowhere(): Promise<number> {
    const { lab, home } = this;
    const servers = [
      ...withRole(lab.nodes, "control-plane").map(({ address }) => [`${address}:6443`, "/api/v1/secrets"] as const),
      ...lab.nodes.map(({ address }) => [`${address}:10250`, "/pods"] as const),
    ];
    for (const [where, path] of servers) {
      const ask =
        `printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' | timeout 10 openssl s_client -quiet -connect ${where} ` +
        "-cert /root/corp/client.crt -key /root/corp/client.key 2>/dev/null | sed -n 1p";
      assert.match(await lab.must(home, ask), /^HTTP\S* 401\b/, `${where}: a client of ${CA}`);
    }
    return servers.length;
  }

  /** The run says of each file that holds its CA and is the stack's, in one line, that it is foreign and stays. */
  public assertTold(said: string): void {
    const files = [...this.kubelets, ...this.people.filter(({ path }) => path === ADMIN)];
    for (const { node, path } of files) {
      const line = new RegExp(
        `\\b${node}: ${path}: keeps CN=${CA} \\(sha256 [0-9a-f]{64}\\), which is not of this cluster`,
      );
      assert.match(said, line, `${node}: what is said of ${path}`);
    }
  }
}
