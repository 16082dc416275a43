import assert from "node:assert/strict";
import type { Config } from "../../../core/schema/config";
import { fileOn, modeOf, profileOf, type Content, type FileRow, type Layout } from "../../../core/layouts/layout";
import { LAYOUT_NAMES, LAYOUTS, type LayoutName } from "../../../core/layouts";
import { planCluster } from "../../../core/plan";
import { memberFiles } from "../../lab/etcdadm";
import { units } from "../../lab/hardwayUnits";
import { schedulerPod, services as fleetServices } from "../../lab/fleetFiles";
import { etcdEnvironment } from "../../lab/kubesprayFiles";
import type { NodeSpec } from "../../lab/topology";
import { isKnown } from "../certificates/expected";
import { configWith, ETCDADM, HARDWAY, hardwayConfig, NOW } from "../fixture";
import { withOneCa } from "../../../core/layouts/oneCa";
import { readersOf } from "../nodes/readers";

/** A layout as it is for one version and one node. */
type LayoutAt = Omit<Layout, "files"> & { readonly files: readonly FileRow[] };

const layoutAt = (name: LayoutName, minor: number): LayoutAt => ({
  ...LAYOUTS[name],
  files: LAYOUTS[name].files(minor).map((row) => fileOn(row, "cp1")),
});

/** The versions that a layout differs for, and the oldest and newest. */
const MINORS = [30, 32, 33, 36, 37];
const ALL: readonly (readonly [name: string, layout: LayoutAt])[] = LAYOUT_NAMES.flatMap((name) =>
  MINORS.map((minor) => [`${name} 1.${String(minor)}`, layoutAt(name, minor)] as const),
);

/** Whether the reader of the file could use another identity, or sign. */
const IS_SECRET: Readonly<Record<Content["kind"], (content: Content) => boolean>> = {
  certificate: () => false,
  ca: () => false,
  csrSigner: () => false,
  key: () => true,
  pair: () => true,
  link: () => true, // to a pair
  caKey: () => true,
  csrSignerKey: () => true,
  serviceAccount: (content) => content.kind !== "serviceAccount" || content.half === "private",
  kubeconfig: () => true,
};

const onOf = ({ on }: Pick<FileRow, "on">): string => (typeof on === "string" ? on : on.join("+"));

const whatOf = (content: Content): string => {
  switch (content.kind) {
    case "ca":
    case "caKey":
    case "csrSigner":
      return `${content.kind} ${content.authority}`;
    case "serviceAccount":
      return `${content.kind} ${content.half}`;
    case "csrSignerKey":
      return content.kind;
    case "kubeconfig":
      return `${content.kind} ${content.profile} ${content.server} ${content.credentials === "inline" ? "inline" : "file"}`;
    default:
      return `${content.kind} ${content.profile}`;
  }
};

const planOf = (config: Config, name: string) => planCluster(config, NOW).nodes.find(({ node }) => node.name === name)!;

/** A row of a table below: path, where, what it holds. */
type Expected = readonly [path: string, on: string, holds: string];

const pem = (base: string, on: string, profile: string): readonly Expected[] => [
  [`${base}.crt`, on, `certificate ${profile}`],
  [`${base}.key`, on, `key ${profile}`],
];

/** kubeadm's and Hightower's names, and those of kubespray's openssl. */
const keyBeside = (path: string): string => path.replace(/\.crt$/, ".key").replace(/\.pem$/, "-key.pem");

const knownFiles = ({ files }: LayoutAt): readonly FileRow[] => files.filter((row) => profileOf(row).every(isKnown));
const rowsOf = (layout: LayoutAt): string[] =>
  knownFiles(layout).map((row) => [row.path, onOf(row), whatOf(row.content)].join(" | "));
const joined = (rows: readonly Expected[]): string[] => rows.map((row) => row.join(" | "));

const K = "/etc/kubernetes";
const CONTROL_PLANE = "control-plane";
const KUBELETS = "control-plane+worker";

/** Where kubeadm has what: its own tree is test/core/nodes/kubeadm/tree.test.ts; here is on which nodes. */
const KUBEADM: readonly Expected[] = [
  [`${K}/pki/ca.crt`, KUBELETS, "ca kubernetes"],
  [`${K}/pki/ca.key`, CONTROL_PLANE, "caKey kubernetes"],
  [`${K}/pki/ca-signing.crt`, CONTROL_PLANE, "csrSigner kubernetes"],
  [`${K}/pki/ca-signing.key`, CONTROL_PLANE, "caKey kubernetes"],
  [`${K}/pki/front-proxy-ca.crt`, CONTROL_PLANE, "ca frontProxy"],
  [`${K}/pki/etcd/ca.crt`, "control-plane+etcd", "ca etcd"],
  [`${K}/pki/sa.key`, CONTROL_PLANE, "serviceAccount private"],
  [`${K}/pki/sa.pub`, CONTROL_PLANE, "serviceAccount public"],
  ...pem(`${K}/pki/etcd/server`, "etcd", "etcd-server"),
  ...pem(`${K}/pki/etcd/peer`, "etcd", "etcd-peer"),
  ...pem(`${K}/pki/etcd/healthcheck-client`, "etcd", "etcd-healthcheck-client"),
  ...pem(`${K}/pki/apiserver`, CONTROL_PLANE, "apiserver"),
  ...pem(`${K}/pki/apiserver-etcd-client`, "control-plane+etcd", "apiserver-etcd-client"),
  ...pem(`${K}/pki/apiserver-kubelet-client`, CONTROL_PLANE, "apiserver-kubelet-client"),
  ...pem(`${K}/pki/front-proxy-client`, CONTROL_PLANE, "front-proxy-client"),
  [`${K}/admin.conf`, CONTROL_PLANE, "kubeconfig admin endpoint inline"],
  [`${K}/super-admin.conf`, "first-control-plane", "kubeconfig super-admin endpoint inline"],
  [`${K}/controller-manager.conf`, CONTROL_PLANE, "kubeconfig controller-manager local inline"],
  [`${K}/scheduler.conf`, CONTROL_PLANE, "kubeconfig scheduler local inline"],
  ["/var/lib/kubelet/pki/kubelet-client-kube-pki.pem", KUBELETS, "pair kubelet"],
  ["/var/lib/kubelet/pki/kubelet-client-current.pem", KUBELETS, "link kubelet"],
  // ControlPlaneKubeletLocalMode is on from 1.33: changelog of Kubernetes 1.33, kubeadm
  [`${K}/kubelet.conf`, CONTROL_PLANE, "kubeconfig kubelet local file"],
  [`${K}/kubelet.conf`, "worker", "kubeconfig kubelet endpoint file"],
  ...pem("/var/lib/kubelet/pki/kubelet", KUBELETS, "kubelet-server"),
];

const pemOf = (base: string): string[] => ["crt", "key"].map((suffix) => `${K}/pki/${base}.${suffix}`);

const E = "/etc/etcd/pki";

/** kubernetes-sigs/etcdadm constants/constants.go and certs/certs.go, but for the key of its CA. */
const MEMBERS: readonly Expected[] = [
  [`${E}/ca.crt`, "etcd", "ca etcd"],
  ...pem(`${E}/server`, "etcd", "etcd-server"),
  ...pem(`${E}/peer`, "etcd", "etcd-peer"),
  ...pem(`${E}/etcdctl-etcd-client`, "etcd", "etcdctl-etcd-client"),
  ...pem(`${E}/apiserver-etcd-client`, "etcd", "apiserver-etcd-client"),
];

/** What kubeadm makes with `etcd.external`: all but the members' own, and no kubelet but on its own nodes. */
const ETCD_APART: readonly Expected[] = [
  ...MEMBERS,
  ...KUBEADM.filter(([, on]) => on !== "etcd").map(([path, on, holds]): Expected => [
    path,
    on === "control-plane+etcd" ? CONTROL_PLANE : on,
    holds,
  ]),
];

const S = "/etc/ssl/etcd/ssl";

const sprayed = (name: string, on: string, profile: string): readonly Expected[] => [
  [`${S}/${name}-cp1.pem`, on, `certificate ${profile}`],
  [`${S}/${name}-cp1-key.pem`, on, `key ${profile}`],
];

/** kubernetes-sigs/kubespray roles/etcd and roles/kubernetes, with etcd_deployment_type=host, its default. */
const KUBESPRAY: readonly Expected[] = [
  [`${S}/ca.pem`, "control-plane+etcd", "ca etcd"],
  ...sprayed("member", "etcd", "etcd-server"),
  ...sprayed("admin", "etcd", "etcdctl-etcd-client"),
  ...sprayed("node", CONTROL_PLANE, "apiserver-etcd-client"),
  ...KUBEADM.filter(([path, on]) => on !== "etcd" && !/\/(?:etcd\/ca|apiserver-etcd-client)\./.test(path)).map(
    ([path, on, holds]): Expected => [
      path.replace(/^\/etc\/kubernetes\/pki\//, `${K}/ssl/`),
      on === "any" ? KUBELETS : on,
      holds,
    ],
  ),
];

const named = (name: string, on: string, profile: string): readonly Expected[] => [
  [`${K}/pki/${name}.pem`, on, `certificate ${profile}`],
  [`${K}/pki/${name}-key.pem`, on, `key ${profile}`],
];

/** As the account says that docs/procedures/deezer-ca-rotation.md follows, by cfssl's names. */
const FLEET: readonly Expected[] = [
  [`${K}/pki/ca.pem`, KUBELETS, "ca kubernetes"],
  [`${K}/pki/ca-key.pem`, CONTROL_PLANE, "caKey kubernetes"],
  [`${K}/pki/ca-signing.pem`, CONTROL_PLANE, "csrSigner kubernetes"],
  [`${K}/pki/ca-signing-key.pem`, CONTROL_PLANE, "caKey kubernetes"],
  [`${K}/pki/etcd-ca.pem`, "control-plane+etcd", "ca etcd"],
  [`${K}/pki/front-proxy-ca.pem`, CONTROL_PLANE, "ca frontProxy"],
  [`${K}/pki/service-account-key.pem`, CONTROL_PLANE, "serviceAccount private"],
  [`${K}/pki/service-account.pem`, CONTROL_PLANE, "serviceAccount public"],
  ...named("etcd", "etcd", "etcd-server"),
  ...["apiserver", "apiserver-etcd-client", "apiserver-kubelet-client", "front-proxy-client"].flatMap((name) =>
    named(name, CONTROL_PLANE, name),
  ),
  ...pem("/var/lib/kubelet/pki/kubelet", KUBELETS, "kubelet-server"),
  [`${K}/admin.kubeconfig`, CONTROL_PLANE, "kubeconfig admin endpoint inline"],
  [`${K}/kube-controller-manager.kubeconfig`, CONTROL_PLANE, "kubeconfig controller-manager local inline"],
  [`${K}/kube-scheduler.kubeconfig`, CONTROL_PLANE, "kubeconfig scheduler local inline"],
  [`${K}/kubelet.kubeconfig`, KUBELETS, "kubeconfig kubelet endpoint inline"],
  [`${K}/kube-proxy.kubeconfig`, KUBELETS, "kubeconfig kube-proxy endpoint inline"],
];

const H = "/var/lib/kubernetes";

/** As kelseyhightower/kubernetes-the-hard-way has it, with three authorities; readers are held by the lab's units below. */
const HARD_WAY: readonly Expected[] = [
  ["/etc/etcd/ca.crt", "etcd", "ca etcd"],
  ...pem("/etc/etcd/server", "etcd", "etcd-server"),
  ...pem("/etc/etcd/peer", "etcd", "etcd-peer"),
  [`${H}/ca.crt`, CONTROL_PLANE, "ca kubernetes"],
  [`${H}/ca.key`, CONTROL_PLANE, "caKey kubernetes"],
  [`${H}/ca-signing.crt`, CONTROL_PLANE, "csrSigner kubernetes"],
  [`${H}/ca-signing.key`, CONTROL_PLANE, "caKey kubernetes"],
  [`${H}/etcd-ca.crt`, CONTROL_PLANE, "ca etcd"],
  [`${H}/front-proxy-ca.crt`, CONTROL_PLANE, "ca frontProxy"],
  [`${H}/service-accounts.key`, CONTROL_PLANE, "serviceAccount private"],
  [`${H}/service-accounts.pub`, CONTROL_PLANE, "serviceAccount public"],
  ...pem(`${H}/kube-apiserver`, CONTROL_PLANE, "apiserver"),
  ...pem(`${H}/apiserver-etcd-client`, CONTROL_PLANE, "apiserver-etcd-client"),
  ...pem(`${H}/apiserver-kubelet-client`, CONTROL_PLANE, "apiserver-kubelet-client"),
  ...pem(`${H}/front-proxy-client`, CONTROL_PLANE, "front-proxy-client"),
  [`${H}/admin.kubeconfig`, CONTROL_PLANE, "kubeconfig admin endpoint inline"],
  [`${H}/kube-controller-manager.kubeconfig`, CONTROL_PLANE, "kubeconfig controller-manager local inline"],
  [`${H}/kube-scheduler.kubeconfig`, CONTROL_PLANE, "kubeconfig scheduler local inline"],
  ["/var/lib/kubelet/ca.crt", "worker", "ca kubernetes"],
  ...pem("/var/lib/kubelet/kubelet", "worker", "kubelet-server"),
  ["/var/lib/kubelet/kubeconfig", "worker", "kubeconfig kubelet endpoint inline"],
  ["/var/lib/kube-proxy/kubeconfig", "worker", "kubeconfig kube-proxy endpoint inline"],
];

describe("layouts", () => {
  for (const [name, layout] of ALL) {
    it(`${name}: every secret is 0600, all else 0644 but for the sa.pub of kubeadm`, () => {
      for (const row of layout.files) {
        const { path, content } = row;
        const asKubeadmDoes = /^\/etc\/kubernetes\/(?:pki|ssl)\/sa\.pub$/.test(path);
        assert.equal(modeOf(row), IS_SECRET[content.kind](content) || asKubeadmDoes ? "0600" : "0644", path);
      }
    });

    it(`${name}: every certificate lies beside its key, and no path is named twice for one node`, () => {
      const holds = new Map(layout.files.map(({ path, content }) => [path, content]));
      for (const { path, content } of layout.files.filter((row) => row.content.kind === "certificate"))
        assert.deepEqual(holds.get(keyBeside(path)), { ...content, kind: "key" }, path);
      const places = layout.files.map((row) => `${row.path} ${onOf(row)}`);
      assert.deepEqual([...new Set(places)], places);
    });

    it(`${name}: the signing files, and they alone, wait for a rotation`, () => {
      const { certificate, key, from } = layout.signing;
      const waiting = layout.files.filter(({ rotationOnly }) => rotationOnly === true).map(({ path }) => path);
      assert.deepEqual(waiting, [certificate, key]);
      const contents = [from.certificate, from.key].map(
        (path) => layout.files.find((row) => row.path === path)?.content,
      );
      assert.deepEqual(contents, [
        { kind: "ca", authority: "kubernetes" },
        { kind: "caKey", authority: "kubernetes" },
      ]);
    });
  }

  it("say what kubeadm does in a cluster beside its files, and the hard way does not", () => {
    const done = (name: LayoutName) => {
      const { publishesClusterInfo, hasKubeadmBindings, signsForKubelets, stacksEtcd } = LAYOUTS[name];
      return { publishesClusterInfo, hasKubeadmBindings, signsForKubelets, stacksEtcd };
    };
    const kubeadm = {
      publishesClusterInfo: true, // kubeadm/app/phases/bootstraptoken/clusterinfo
      hasKubeadmBindings: true, // kubeadm/app/phases/kubeconfig, EnsureAdminClusterRoleBinding
      signsForKubelets: true, // the controller manager has the CA's key
      stacksEtcd: true, // unless it is told of an external one
    };
    assert.deepEqual(done("kubeadm"), kubeadm);
    assert.deepEqual(done("etcdadm"), { ...kubeadm, stacksEtcd: false });
    assert.deepEqual(done("kubespray"), kubeadm);
    // its kubelets get certificates from whoever makes the cluster, and no node joins by a token
    const none = { publishesClusterInfo: false, hasKubeadmBindings: false, signsForKubelets: false, stacksEtcd: true };
    assert.deepEqual(done("hardway"), none);
    assert.deepEqual(done("fleet"), none);
  });

  it("kubeadm: has each file where it belongs", () => {
    assert.deepEqual(rowsOf(layoutAt("kubeadm", 36)).sort(), joined(KUBEADM).sort());
    assert.deepEqual(rowsOf(layoutAt("kubeadm", 33)).sort(), joined(KUBEADM).sort());
    const before = KUBEADM.map(([path, on, holds]): Expected => [
      path,
      on,
      holds.replace("kubelet local", "kubelet endpoint"),
    ]);
    assert.deepEqual(rowsOf(layoutAt("kubeadm", 32)).sort(), joined(before).sort());
  });

  it("kubeadm: gives a member that is nothing else what its kubelet, which stands alone, runs etcd with", () => {
    const { files, consumers } = planOf(configWith({ ...HARDWAY, layout: "kubeadm" }), "e1");
    const members = [`${K}/pki/etcd/ca.crt`, ...["etcd/server", "etcd/peer", "etcd/healthcheck-client"].flatMap(pemOf)];
    assert.deepEqual(files.map(({ path }) => path).sort(), [...members, ...pemOf("apiserver-etcd-client")].sort());
    assert.deepEqual(
      consumers.map(({ name, kind }) => `${name} ${kind}`),
      ["etcd static-pod"],
    );
  });

  it("etcdadm: has each file where it belongs, and gives a member nothing of kubernetes", () => {
    assert.deepEqual(rowsOf(layoutAt("etcdadm", 36)).sort(), joined(ETCD_APART).sort());
    const { files, consumers } = planOf(configWith(ETCDADM), "e1");
    assert.deepEqual(files.map(({ path }) => path).sort(), MEMBERS.map(([path]) => path).sort());
    assert.deepEqual(
      consumers.map(({ name }) => name),
      ["etcd"],
    );
  });

  it("etcdadm: gives files the readers of the members' environment file and of kubeadm's manifests", () => {
    const member: NodeSpec = { name: "e1", address: "10.0.0.31", roles: ["etcd"] };
    const environment = Object.fromEntries(
      [...(memberFiles(member, [member])["/etc/etcd/etcd.env"] ?? "").matchAll(/^ETCD_(\w+)=(.*)$/gm)].map(
        ([, name = "", value = ""]) => [name.toLowerCase().replaceAll("_", "-"), value],
      ),
    );
    const theirs = readersOf({ etcd: environment }, (path) => path.startsWith(E));
    const kubeadm = new Map(layoutAt("kubeadm", 36).files.map(({ path, uses }) => [path, uses]));
    for (const { path, uses } of layoutAt("etcdadm", 36).files) {
      const shared = (kubeadm.get(path) ?? []).filter((use) => !use.startsWith("etcd/"));
      assert.deepEqual([...uses].sort(), theirs.get(path) ?? [...shared].sort(), path);
    }
  });

  it("kubespray: has each file where it belongs, those of etcd as etcd's", () => {
    assert.deepEqual(rowsOf(layoutAt("kubespray", 36)).sort(), joined(KUBESPRAY).sort());
    for (const { path, owner = "root", group = "root" } of layoutAt("kubespray", 36).files)
      assert.equal(`${owner}:${group}`, path.startsWith(S) ? "etcd:root" : "root:root", path);
    const { files, consumers } = planOf(configWith({ ...HARDWAY, layout: "kubespray" }), "e1");
    assert.deepEqual(files.map(({ path }) => path).sort(), [
      `${S}/admin-e1-key.pem`,
      `${S}/admin-e1.pem`,
      `${S}/ca.pem`,
      `${S}/member-e1-key.pem`,
      `${S}/member-e1.pem`,
    ]);
    assert.deepEqual(
      consumers.map(({ name }) => name),
      ["etcd"],
    );
  });

  it("kubespray: gives etcd's files the readers of the members' environment file", () => {
    const member: NodeSpec = { name: "cp1", address: "10.0.0.11", roles: ["control-plane", "etcd"] };
    const environment = Object.fromEntries(
      [...etcdEnvironment(member, [member]).matchAll(/^ETCD_(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [
        name.toLowerCase().replaceAll("_", "-"),
        value,
      ]),
    );
    const theirs = readersOf({ etcd: environment }, (path) => path.startsWith(S));
    for (const { path, uses } of layoutAt("kubespray", 36).files) {
      const ours = uses.filter((use) => use.startsWith("etcd/"));
      assert.deepEqual([...ours].sort(), theirs.get(path) ?? [], path);
    }
  });

  it("kubeadm: gives a worker the CA and the kubelet's own, and super-admin.conf to the first control plane", () => {
    const pathsOf = (name: string) => planOf(configWith(), name).files.map(({ path }) => path);
    assert.deepEqual(pathsOf("w1").sort(), [
      `${K}/kubelet.conf`,
      `${K}/pki/ca.crt`,
      "/var/lib/kubelet/pki/kubelet-client-current.pem",
      "/var/lib/kubelet/pki/kubelet-client-kube-pki.pem",
      "/var/lib/kubelet/pki/kubelet.crt",
      "/var/lib/kubelet/pki/kubelet.key",
    ]);
    const readers = planOf(configWith(), "w1").files.map(({ path, uses }) =>
      [path.replace(/.*\//, ""), ...uses].join(" "),
    );
    assert.deepEqual(readers.sort(), [
      "ca.crt kube-apiserver/client-ca kube-controller-manager/root-ca kube-controller-manager/client-ca kubelet/client-ca",
      "kubelet-client-current.pem kubelet/client",
      "kubelet-client-kube-pki.pem kubelet/client",
      "kubelet.conf kubelet/kubeconfig",
      "kubelet.crt kubelet/serving",
      "kubelet.key kubelet/serving",
    ]);
    const second = new Set(pathsOf("cp2"));
    assert.deepEqual(
      pathsOf("cp1").filter((path) => !second.has(path)),
      [`${K}/super-admin.conf`],
    );
  });

  it("fleet: has each file where it belongs", () => {
    assert.deepEqual(rowsOf(layoutAt("fleet", 36)).sort(), joined(FLEET).sort());
  });

  it("fleet: gives every file the readers that the units' environment files name", () => {
    const node: NodeSpec = { name: "cp1", address: "10.0.0.11", roles: ["control-plane", "etcd"] };
    const flags = Object.fromEntries(
      Object.entries(fleetServices).map(([name, service]) => [name, service.flags(node, [node])] as const),
    );
    const ca = `${K}/pki/ca.pem`;
    const theirs = readersOf(flags, (path) => path.startsWith(K) && !path.endsWith(".yaml"));
    const pod = schedulerPod("v1.36.3")[`${K}/manifests/kube-scheduler.yaml`] ?? "";
    assert.match(pod, /--kubeconfig=\/etc\/kubernetes\/kube-scheduler\.kubeconfig/);
    const { files } = withOneCa(LAYOUTS.fleet);
    for (const { path, uses } of files(36)) {
      const own = uses.filter(
        (use) =>
          // of the kubelet's configuration file, of what it finds in its own folder, and what no lab's flags name
          !["kubelet/client-ca", "kubelet/serving", "kube-apiserver/kubelet-ca", "kube-apiserver/client"].includes(
            use,
          ) &&
          !use.endsWith("/signing") &&
          use !== "kube-scheduler/kubeconfig",
      );
      const named = (theirs.get(path) ?? []).filter((use) => !use.endsWith("/signing"));
      assert.deepEqual([...own].sort(), named, path);
    }
    assert.ok(theirs.get(ca)?.includes("kube-apiserver/requestheader-ca"));
  });

  it("hardway: has each file where it belongs", () => {
    assert.deepEqual(rowsOf(layoutAt("hardway", 36)).sort(), joined(HARD_WAY).sort());
  });

  it("hardway: gives every file the readers that the units' flags name", () => {
    const nodes: NodeSpec[] = hardwayConfig().nodes.map(({ name, address, roles }) => ({
      name,
      address,
      roles: [...roles],
    }));
    const flags = Object.fromEntries(Object.entries(units).map(([name, unit]) => [name, unit.flags(nodes[0]!, nodes)]));
    const isPki = (path: string) =>
      /^\/(etc\/etcd|var\/lib\/kube[a-z-]*)\/\S+\.(crt|key|pub|kubeconfig)$|\/kubeconfig$/.test(path);
    const theirs = readersOf(flags, isPki);
    // of the kubelet's configuration file (unitFiles), and what no program holds
    theirs.set("/var/lib/kubelet/ca.crt", ["kubelet/client-ca"]);
    for (const suffix of ["crt", "key"]) theirs.set(`/var/lib/kubelet/kubelet.${suffix}`, ["kubelet/serving"]);
    theirs.set(`${H}/admin.kubeconfig`, ["kube-apiserver/client"]);
    for (const suffix of ["crt", "key"]) theirs.set(`${H}/ca-signing.${suffix}`, ["kube-controller-manager/signing"]);
    // before ca.crt changes the flags name the signing files instead
    theirs.set(
      `${H}/ca.crt`,
      (theirs.get(`${H}/ca.crt`) ?? []).filter((use) => !use.endsWith("/signing")),
    );
    const ours = new Map(knownFiles(layoutAt("hardway", 36)).map(({ path, uses }) => [path, [...uses].sort()]));
    const sorted = (readers: ReadonlyMap<string, string[]>) => [...readers].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sorted(ours), sorted(theirs));
  });

  it("knows where each service runs, and restarts them in this order", () => {
    const consumersOf = (layout: LayoutAt) =>
      layout.consumers.map((row) => [row.name, onOf(row), row.kind, row.unit].join(" "));
    assert.deepEqual(consumersOf(layoutAt("kubeadm", 36)), [
      "etcd etcd static-pod etcd",
      "kube-apiserver control-plane static-pod kube-apiserver",
      // a kubelet that has just started knows no crash back-off for the pods that restart after it
      "kubelet control-plane+worker systemd kubelet",
      "kube-controller-manager control-plane static-pod kube-controller-manager",
      "kube-scheduler control-plane static-pod kube-scheduler",
    ]);
    assert.deepEqual(consumersOf(layoutAt("etcdadm", 36)), [
      "etcd etcd systemd etcd",
      "kube-apiserver control-plane static-pod kube-apiserver",
      `kubelet ${KUBELETS} systemd kubelet`,
      "kube-controller-manager control-plane static-pod kube-controller-manager",
      "kube-scheduler control-plane static-pod kube-scheduler",
    ]);
    assert.deepEqual(consumersOf(layoutAt("kubespray", 36)), consumersOf(layoutAt("etcdadm", 36)));
    assert.deepEqual(consumersOf(layoutAt("fleet", 36)), [
      "etcd etcd systemd etcd",
      "kube-apiserver control-plane systemd kube-apiserver",
      `kubelet ${KUBELETS} systemd kubelet`,
      "kube-controller-manager control-plane systemd kube-controller-manager",
      "kube-scheduler control-plane systemd kube-scheduler",
      `kube-proxy ${KUBELETS} systemd kube-proxy`,
    ]);
    const hard = Object.entries(units).map(([name, { on }]) => `${name} ${on} systemd ${name}`);
    assert.deepEqual(consumersOf(layoutAt("hardway", 36)), hard);
  });

  it("hardway: gives nodes that are etcd members alone nothing of kubernetes", () => {
    const paths = planOf(configWith(HARDWAY), "e1").files.map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => !path.startsWith("/etc/etcd/")),
      [],
    );
  });
});
