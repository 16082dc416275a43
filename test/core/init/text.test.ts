import assert from "node:assert/strict";
import { LAYOUT_NAMES } from "../../../core/layouts";
import { stackText } from "../../../core/init/text";
import { made, parsesBack } from "./check";
import { kubeadmCluster, makeCas, withOptions, type Cas } from "./cluster";

const lineOf = (text: string, start: string): string =>
  text
    .split("\n")
    .find((line) => line.trim().startsWith(start))
    ?.trim() ?? "";

describe("the text of a stack file that is made", () => {
  let cas: Cas;
  before(async () => {
    cas = await makeCas();
  });

  it("says where the fields of the cluster were found", () => {
    const text = stackText(made(kubeadmCluster(cas)));
    assert.equal(lineOf(text, "name:"), "name: prod # kubeadm's ClusterConfiguration");
    assert.equal(lineOf(text, "kubernetesVersion:"), 'kubernetesVersion: "1.36.3" # kube-apiserver');
    assert.equal(
      lineOf(text, "serviceCidrs:"),
      "serviceCidrs: [10.96.0.0/12] # kube-apiserver, --service-cluster-ip-range",
    );
    assert.ok(text.startsWith("# yaml-language-server: $schema=kube-pki.schema.json\n"));
  });

  it("says it of each section that has something to say", () => {
    const text = stackText(made(kubeadmCluster(cas)));
    for (const section of ["nodes", "ssh", "layout", "authority", "certificates"])
      assert.match(text, new RegExp(`\n\n(?:  # .*\n)+  kube-pki:${section}:`));
    assert.match(text, /\n {2}# {3}authority\.etcd\.key from cp1:\/etc\/kubernetes\/pki\/etcd\/ca\.key\n/);
  });

  it("offers to approve what kubelets ask for, where they ask", () => {
    const asking = kubeadmCluster(cas).map((visit) => ({
      ...visit,
      survey: withOptions(visit.survey, "kubelet", { "server-tls-bootstrap": "true" }),
    }));
    const offered = /\n {2}# kube-pki:inCluster: \{approveKubeletServing: true\}\n/;
    assert.match(stackText(made(asking)), offered);
    assert.doesNotMatch(stackText(made(kubeadmCluster(cas))), offered);
    parsesBack(made(asking));
  });

  it("is the same for the same surveys, in whichever order", () => {
    const visits = kubeadmCluster(cas);
    assert.equal(stackText(made([...visits].reverse())), stackText(made(visits)));
  });

  it("has no private key in it, and what is public as it is", () => {
    const text = stackText(made(kubeadmCluster(cas)));
    assert.doesNotMatch(text, /PRIVATE/);
    assert.equal(text.match(/-----BEGIN CERTIFICATE-----/g)?.length, 3);
  });

  it("parses back whatever becomes of the CAs", () => {
    for (const ca of ["existing", "adopt", "vault"] as const) parsesBack(made(kubeadmCluster(cas), { ca }));
  });

  it("names a layout that there is", () => {
    assert.ok(
      LAYOUT_NAMES.some((name) =>
        lineOf(stackText(made(kubeadmCluster(cas))), "kube-pki:layout:").endsWith(` ${name}`),
      ),
    );
  });
});
