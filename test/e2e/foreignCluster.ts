/**
 * Another cluster that the nodes' kubeconfigs lead to as well, as people's files have: a server and a client of a CA that is
 * none of this cluster's. Whatever the product does, that client is let in nowhere here, and the entries go on working.
 */
import assert from "node:assert/strict";
import type { Lab } from "../lab/lab";
import { withRole } from "../lab/topology";
import { mustKubectl } from "./clients/userland";

const FOLDER = "/root/staging";
const PORT = "7443";

/** On the node whose address is $1: a CA, a server that asks for a certificate of it, and a client with all rights. */
const MAKE = (address: string): string => `
mkdir -p ${FOLDER} && cd ${FOLDER}
ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30"
openssl req -x509 $ec -keyout ca.key -out ca.crt -subj "/CN=staging-ca" -addext keyUsage=critical,keyCertSign
leaf() { openssl req -x509 $ec -CA ca.crt -CAkey ca.key -keyout "$1.key" -out "$1.crt" -subj "$2" -addext "$3" -addext basicConstraints=critical,CA:FALSE; }
leaf server /CN=staging subjectAltName=IP:${address}
leaf client /O=system:masters/CN=staging-admin extendedKeyUsage=clientAuth
systemd-run --quiet --unit staging --working-directory ${FOLDER} openssl s_server -quiet -accept ${PORT} \
  -cert server.crt -key server.key -CAfile ca.crt -Verify 1 -verify_return_error -www`;

/** Adds a context to a kubeconfig, as its owner does. */
const ADD = (file: string, address: string): string => `
kubectl config --kubeconfig ${file} set-cluster staging --server https://${address}:${PORT} --certificate-authority ${FOLDER}/ca.crt --embed-certs
kubectl config --kubeconfig ${file} set-credentials staging-admin --client-certificate ${FOLDER}/client.crt --client-key ${FOLDER}/client.key --embed-certs
kubectl config --kubeconfig ${file} set-context staging --cluster staging --user staging-admin`;

const CONTROL_PLANE = ["admin.conf", "kubelet.conf", "controller-manager.conf", "scheduler.conf"];

/** Folders in which a file says whom somebody lets in. */
const TRUST = "/etc/kubernetes/pki /var/lib/kubelet/pki";

/** The status that a server answers to a client certificate; nodes have no curl. */
const codeOf = (cert: string, where: string, path: string): string =>
  `printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' | timeout 10 openssl s_client -quiet -connect ${where} ` +
  `-cert ${cert}.crt -key ${cert}.key 2>/dev/null | sed -n '1s/^HTTP[^ ]* \\([0-9]*\\).*/\\1/p' | tr -d '\\n'`;

export class ForeignCluster {
  private constructor(
    private readonly lab: Lab,
    /** In the middle of its text: what no other certificate has. */
    private readonly line: string,
    private readonly files: readonly { readonly node: string; readonly path: string }[],
  ) {}

  /** Starts it on the last node and writes it into the kubeconfigs of all. */
  public static async start(lab: Lab): Promise<ForeignCluster> {
    const home = lab.nodes.at(-1);
    assert.ok(home);
    await lab.must(home.name, MAKE(home.address));
    const bundle = await lab.must(home.name, `tar -C /root -c staging | base64 -w0`);
    const files = lab.nodes.flatMap(({ name: node, roles }) =>
      (roles.includes("control-plane") ? CONTROL_PLANE : ["kubelet.conf"]).map((file) => ({
        node,
        path: `/etc/kubernetes/${file}`,
      })),
    );
    for (const { name } of lab.nodes)
      if (name !== home.name) await lab.must(name, "base64 -d | tar -C /root -x", { stdin: bundle });
    for (const { node, path } of files) await lab.must(node, ADD(path, home.address));
    const pem = await lab.must(home.name, `cat ${FOLDER}/ca.crt`);
    const foreign = new ForeignCluster(lab, pem.split("\n")[4] ?? "", files);
    assert.ok(foreign.line.length === 64, "a line of the CA's text");
    return foreign;
  }

  /** Asks and looks; gives the number of answers and of places that were looked at. */
  public async assertOutside(): Promise<number> {
    const answers = await this.assertLetInNowhere();
    const places = await this.assertTrustedNowhere();
    await this.assertReached();
    return answers + places;
  }

  /** Its client gets 401 from every API server and kubelet; one of this cluster gets 200 from the same. */
  private async assertLetInNowhere(): Promise<number> {
    const { lab } = this;
    const [controlPlane] = withRole(lab.nodes, "control-plane");
    assert.ok(controlPlane);
    const own = "/etc/kubernetes/pki/apiserver-kubelet-client";
    const api = withRole(lab.nodes, "control-plane").map(
      ({ address }) => [`${address}:6443`, "/api/v1/secrets"] as const,
    );
    const kubelets = lab.nodes.map(({ address }) => [`${address}:10250`, "/pods"] as const);
    const answer = (cert: string, [where, path]: readonly [string, string]): Promise<string> =>
      lab.must(controlPlane.name, codeOf(cert, where, path));
    for (const server of [...api, ...kubelets])
      assert.equal(await answer(`${FOLDER}/client`, server), "401", `${server.join("")}: staging's client`);
    for (const server of kubelets) assert.equal(await answer(own, server), "200", `${server.join("")}: our own client`);
    await mustKubectl(lab, ["get", "secrets", "-A"]);
    return api.length + kubelets.length;
  }

  /** No file that lets somebody in holds its CA, and no ConfigMap. */
  private async assertTrustedNowhere(): Promise<number> {
    const { lab } = this;
    for (const { name } of lab.nodes) {
      const { stdout } = await lab.run(name, `grep -rlF -e '${this.line}' ${TRUST} /etc/etcd 2>/dev/null`);
      assert.equal(stdout, "", `${name}: files that hold staging's CA`);
    }
    const { items } = JSON.parse(await mustKubectl(lab, ["get", "configmaps", "-A", "-o", "json"])) as {
      items: { metadata: { namespace: string; name: string }; data?: Record<string, string> }[];
    };
    for (const { metadata, data = {} } of items)
      for (const text of Object.values(data))
        assert.ok(!plain(text).includes(this.line), `ConfigMap ${metadata.namespace}/${metadata.name}: staging's CA`);
    return lab.nodes.length + items.length;
  }

  /** Every kubeconfig still leads there, with its own client and its own CA. */
  private async assertReached(): Promise<void> {
    for (const { node, path } of this.files)
      await this.lab.must(node, `kubectl --kubeconfig ${path} --context staging get --raw / >/dev/null`);
  }

  /** Each of the files is told of in what nodes said. */
  public assertTold(stdout: readonly string[]): void {
    for (const { path } of this.files)
      assert.ok(
        stdout.some((text) => new RegExp(`^foreign ${path} [0-9a-f]{64} CN=staging-ca$`, "m").test(text)),
        `${path}: nothing is said of staging's CA`,
      );
  }
}

/** With what is in base64 decoded, as CA data of a kubeconfig is. */
const plain = (text: string): string =>
  text + (text.match(/[A-Za-z0-9+/=]{100,}/g) ?? []).map((word) => Buffer.from(word, "base64").toString()).join("\n");
