import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { parseAllDocuments } from "yaml";
import { caHash, initConfig } from "./kubeadm";
import { endpoint, topology, type Topology } from "./topology";

function documents(of: Topology): Map<string, Record<string, unknown>> {
  const lab = { endpoint: endpoint(of), kubernetesVersion: "v1.36.3", name: "x", topology: of };
  const text = initConfig(lab, of.nodes[0]!, { token: "abcdef.0123456789abcdef", certificateKey: "00" });
  const values = parseAllDocuments(text).map((each) => each.toJS() as Record<string, unknown>);
  return new Map(values.map((each) => [String(each["kind"]), each]));
}

describe("kubeadm configuration", () => {
  it("leaves all that concerns certificates at kubeadm's defaults", () => {
    const all = documents(topology("ha3"));
    assert.deepEqual(
      [...all.keys()],
      ["InitConfiguration", "ClusterConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"],
    );
    const text = JSON.stringify([...all.values()]);
    for (const field of [
      "certificatesDir",
      "encryptionAlgorithm",
      "rotateCertificates",
      "serverTLSBootstrap",
      "certSANs",
    ]) {
      assert.ok(!text.includes(field), field);
    }
  });

  it("names the members of an etcd on nodes of its own, and how it is reached", () => {
    const etcd = (name: string): unknown => documents(topology(name)).get("ClusterConfiguration")?.["etcd"];
    assert.equal(etcd("ha3"), undefined);
    const external = {
      endpoints: ["11", "12", "13"].map((host) => `https://10.77.0.${host}:2379`),
      caFile: "/etc/kubernetes/pki/etcd/ca.crt",
      certFile: "/etc/kubernetes/pki/apiserver-etcd-client.crt",
      keyFile: "/etc/kubernetes/pki/apiserver-etcd-client.key",
    };
    for (const name of ["etcdadm", "external-etcd"]) assert.deepEqual(etcd(name), { external });
  });

  it("names the balancer as the endpoint where there is one", () => {
    const of = (name: string): unknown =>
      documents(topology(name)).get("ClusterConfiguration")?.["controlPlaneEndpoint"];
    assert.deepEqual([of("ha3"), of("single")], ["10.77.0.1:6443", "10.77.0.11:6443"]);
  });

  it("pins a CA by the same hash as openssl makes of its public key", () => {
    const sh = (script: string): Buffer => execFileSync("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    const options = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kubernetes -days 1 -keyout /dev/null";
    const pem = sh(`openssl req -x509 ${options}`).toString();
    const script = "openssl x509 -pubkey -noout | openssl pkey -pubin -outform der";
    const key = execFileSync("sh", ["-c", script], { input: pem });
    assert.equal(caHash(pem), `sha256:${createHash("sha256").update(key).digest("hex")}`);
  });
});
