/** The plan for a control plane next to what kubeadm itself writes for the same one (golden.json, `npm run golden`). */
import assert from "node:assert/strict";
import type { AuthorityName } from "../../../../core/model/authorities";
import { modeOf, profileOf, type Content, type FileRow } from "../../../../core/layouts/layout";
import { planCluster } from "../../../../core/plan";
import { type LeafPlan } from "../../../../core/certificates/leaves";
import { isKnown } from "../../certificates/expected";
import { configWith, NOW } from "../../fixture";
import { readersOf } from "../readers";
import { readGolden, type GoldenCertificate, type GoldenFile } from "./golden";

const golden = readGolden();
const config = configWith();
const planOf = (name: string, of = config) => planCluster(of, NOW).nodes.find(({ node }) => node.name === name)!;
const cp1 = planOf("cp1");
const rowAt = (path: string): FileRow | undefined => cp1.files.find((row) => row.path === path);

/** kubeadm's CAs by their CN. */
const CAS: Readonly<Record<string, AuthorityName>> = {
  kubernetes: "kubernetes",
  "etcd-ca": "etcd",
  "front-proxy-ca": "frontProxy",
};

/** docs/kubeadm-differences.md: nothing that runs reads them. */
const LEFT_OUT = ["/etc/kubernetes/pki/etcd/ca.key", "/etc/kubernetes/pki/front-proxy-ca.key"];

const HOLDS: Readonly<Record<Content["kind"], (content: Content) => GoldenFile["holds"] | undefined>> = {
  certificate: () => "certificate",
  ca: () => "certificate",
  csrSigner: () => "certificate",
  key: () => "private key",
  caKey: () => "private key",
  csrSignerKey: () => "private key",
  serviceAccount: (content) =>
    content.kind === "serviceAccount" && content.half === "public" ? "public key" : "private key",
  kubeconfig: () => "kubeconfig",
  pair: () => undefined,
  link: () => undefined,
};

const leafFacts = ({ authority, commonName, organizations, usages, sans }: LeafPlan) => ({
  authority,
  commonName,
  organizations: [...organizations],
  usages: [...usages].sort(),
  sans: [...sans].sort(),
});

const goldenFacts = (given: GoldenCertificate) => ({
  authority: CAS[given.issuer],
  commonName: given.commonName,
  organizations: given.organizations,
  usages: [...given.extendedKeyUsages].sort(),
  sans: given.sans,
});

const assertSame = ({ path, mode, holds, server, certificate }: GoldenFile): void => {
  const row = rowAt(path);
  assert.ok(row, "no such file in the plan");
  const { content } = row;
  assert.deepEqual([modeOf(row), HOLDS[content.kind](content)], [mode, holds]);
  if (content.kind === "kubeconfig") {
    const local = `${cp1.node.address}:6443`;
    assert.equal(`https://${content.server === "local" ? local : config.cluster.endpoint}`, server);
  }
  if (certificate === undefined) return;
  if (content.kind === "ca") {
    assert.deepEqual([content.authority, certificate.isCa], [CAS[certificate.commonName], true]);
    return;
  }
  const leaf = cp1.leaves.find(({ profile }) => "profile" in content && profile === content.profile);
  assert.ok(leaf, "nobody issues what it holds");
  assert.deepEqual(leafFacts(leaf), goldenFacts(certificate));
};

describe("kubeadm's tree", () => {
  for (const file of golden.files.filter(({ path }) => !LEFT_OUT.includes(path)))
    it(`has ${file.path} as kubeadm ${golden.kubeadm} writes it`, () => {
      assertSame(file);
    });

  it("is told in full: kubeadm wrote what this test goes through", () => {
    assert.deepEqual([golden.files.length, golden.kubeadm], [27, `v${config.cluster.kubernetesVersion}`]);
  });

  it("leaves out the keys that nothing on a node reads", () => {
    const paths = golden.files.map(({ path }) => path);
    for (const path of LEFT_OUT) assert.ok(paths.includes(path) && rowAt(path) === undefined, path);
  });

  it("has beside kubeadm's files the kubelet's own, and while authorities are rotated the signing files", () => {
    const theirs = new Set(golden.files.map(({ path }) => path));
    const more = (plan: typeof cp1) =>
      plan.files
        .filter((row) => profileOf(row).every(isKnown))
        .map(({ path }) => path)
        .filter((path) => !theirs.has(path))
        .sort();
    const kubelet = [
      "/var/lib/kubelet/pki/kubelet-client-current.pem",
      "/var/lib/kubelet/pki/kubelet-client-kube-pki.pem",
      "/var/lib/kubelet/pki/kubelet.crt",
      "/var/lib/kubelet/pki/kubelet.key",
    ];
    assert.deepEqual(more(cp1), kubelet);
    const signing = ["/etc/kubernetes/pki/ca-signing.crt", "/etc/kubernetes/pki/ca-signing.key"];
    assert.deepEqual(more(planOf("cp1", configWith({ rotation: { generation: 2 } }))), [...signing, ...kubelet]);
  });

  it("has the kubelet's client certificate in one file with its key, behind the link that the kubelet makes", () => {
    const [file, link] = ["kubelet-client-kube-pki.pem", "kubelet-client-current.pem"].map((name) =>
      rowAt(`/var/lib/kubelet/pki/${name}`),
    );
    assert.deepEqual(file?.content, { kind: "pair", profile: "kubelet" });
    assert.ok(link !== undefined);
    assert.deepEqual(link.content, { kind: "link", profile: "kubelet", target: "kubelet-client-kube-pki.pem" });
    assert.ok(golden.kubelet.rotateCertificates, "a kubelet that rotates accepts nothing but a link there");
    const conf = rowAt("/etc/kubernetes/kubelet.conf")?.content;
    assert.ok(conf?.kind === "kubeconfig");
    assert.deepEqual(conf.credentials, { file: link.path });
  });

  it("gives every file the readers that kubeadm's manifests name", () => {
    const flags = Object.fromEntries(Object.entries(golden.manifests).map(([name, each]) => [name, each.flags]));
    const theirs = readersOf(flags, (path) => path.startsWith("/etc/kubernetes/"));
    theirs.set(golden.kubelet.clientCaFile, [...(theirs.get(golden.kubelet.clientCaFile) ?? []), "kubelet/client-ca"]);
    const stated: Readonly<Record<string, readonly string[]>> = {
      // before ca.crt changes the flags name the signing files instead
      "/etc/kubernetes/pki/ca.crt": ["kube-controller-manager/signing"],
    };
    const ours = cp1.files.filter(({ path }) => golden.files.some((file) => file.path === path));
    for (const { path, uses } of ours) {
      const notKept = uses.filter((use) => use !== "kube-apiserver/client" && use !== "kubelet/kubeconfig");
      const expected = (theirs.get(path) ?? []).filter((use) => stated[path]?.includes(use) !== true);
      assert.deepEqual([...notKept].sort(), expected.sort(), path);
    }
  });

  it("gives to the kubelet and to the API server what no manifest names", () => {
    const uses = Object.fromEntries(
      cp1.files.map(({ path, uses: all }) => [
        path.replace(/.*\//, ""),
        all.filter((use) => /^kubelet|client$/.test(use)),
      ]),
    );
    assert.deepEqual(uses["admin.conf"], ["kube-apiserver/client"]);
    assert.deepEqual(uses["super-admin.conf"], ["kube-apiserver/client"]);
    assert.deepEqual(uses["kubelet.conf"], ["kubelet/kubeconfig"]);
    assert.deepEqual(uses["kubelet-client-current.pem"], ["kubelet/client"]);
    assert.deepEqual(uses["kubelet-client-kube-pki.pem"], ["kubelet/client"]);
    assert.deepEqual([uses["kubelet.crt"], uses["kubelet.key"]], [["kubelet/serving"], ["kubelet/serving"]]);
  });

  it("takes the signing files from what the controller manager signs with", () => {
    const { flags } = golden.manifests["kube-controller-manager"]!;
    assert.deepEqual(cp1.signing, {
      certificate: "/etc/kubernetes/pki/ca-signing.crt",
      key: "/etc/kubernetes/pki/ca-signing.key",
      from: { certificate: flags["cluster-signing-cert-file"], key: flags["cluster-signing-key-file"] },
    });
    const rotating = planOf("cp1", configWith({ rotation: { generation: 2 } })).files;
    const signing = rotating.filter(({ path }) => path.includes("ca-signing"));
    assert.deepEqual(
      signing.map((row) => [modeOf(row), row.content.kind, ...row.uses]),
      [
        ["0644", "csrSigner", "kube-controller-manager/signing"],
        ["0600", "caKey", "kube-controller-manager/signing"],
      ],
    );
  });
});
