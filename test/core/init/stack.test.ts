import assert from "node:assert/strict";
import type { Choices } from "../../../core/init/choices";
import type { Visit } from "../../../core/init/visits";
import type { Survey } from "../../../core/survey/model";
import { field, isLossless, made, parsesBack, told } from "./check";
import {
  kubeadmCluster,
  makeCas,
  PKI,
  withCertificates,
  withKubeadm,
  withoutFiles,
  withOptions,
  type Cas,
} from "./cluster";
import { use } from "./facts";
import { etcdadmCluster, externalEtcdCluster } from "./externalEtcd";
import { fleetCluster } from "./fleet";
import { hardwayCluster } from "./hardway";
import { asUnit, kubesprayCluster, movedTo } from "./kubespray";

let cas: Cas;
let oldCas: Cas;

const onAll = (change: (survey: Survey) => Survey) => (): Visit[] => kubeadmCluster(cas, change);

const v6Of = (address: string): string => address.replace("10.0.0.", "fd00::");

const dualStack = (survey: Survey): Survey => {
  const [address = ""] = survey.host.addresses;
  const { cluster } = survey;
  const own: Survey = {
    ...survey,
    host: { ...survey.host, addresses: [address, v6Of(address), "fd11::7"] },
    ...(cluster && {
      cluster: {
        ...cluster,
        nodes: cluster.nodes.map((node) => ({
          ...node,
          addresses: node.addresses.flatMap((each) => (each.startsWith("10.") ? [each, v6Of(each)] : [each])),
        })),
      },
    }),
  };
  const networks = "10.96.0.0/16,fd00:96::/112";
  const ranged = withOptions(own, "kube-apiserver", { "service-cluster-ip-range": networks });
  return withKubeadm(withOptions(ranged, "kubelet", { "node-ip": `${address},${v6Of(address)}` }), {
    serviceSubnet: networks,
  });
};

/** A kubelet with these options, whose certificates are below a folder. */
const keptBy = (survey: Survey, folder: string, options: Readonly<Record<string, string>>): Survey => {
  const to = (path: string): string => path.replace("/var/lib/kubelet/pki", `${folder}/pki`);
  const own = movedTo(withOptions(survey, "kubelet", options), to);
  return {
    ...own,
    files: own.files.map((file) =>
      /\/kubelet\.(?:crt|key)$/.test(file.path)
        ? { ...file, uses: [use("kubelet", "cert-dir", "kubelet/serving", file.path.endsWith(".key"))] }
        : file,
    ),
    kubeconfigs: own.kubeconfigs.map((config) => ({
      ...config,
      users: config.users.map((user) => ({
        ...user,
        ...(user.certificateFile === undefined ? {} : { certificateFile: to(user.certificateFile) }),
        ...(user.keyFile === undefined ? {} : { keyFile: to(user.keyFile) }),
      })),
    })),
  };
};

/** Clusters that differ from kubeadm's defaults, and what the stack file then says: path -> value; undefined: nothing. */
const CLUSTERS: Readonly<
  Record<string, readonly [visits: () => Visit[], expected: Readonly<Record<string, unknown>>, ca?: Choices["ca"]]>
> = {
  "that kubeadm has made": [
    onAll((survey) => survey),
    {
      "cluster.name": "prod",
      "cluster.kubernetesVersion": "1.36.3",
      "cluster.endpoint": "api.example.com:6443",
      "cluster.serviceCidrs": ["10.96.0.0/12"],
      "cluster.dnsDomain": "cluster.local",
      "cluster.extraSans": ["10.0.0.9"],
      "cluster.listeners": undefined,
      "nodes.0.name": "cp1",
      "nodes.0.roles": ["control-plane"],
      "nodes.3.roles": ["worker"],
      "nodes.0.extraSans": undefined,
      layout: "kubeadm",
      certificates: { validity: "365d", algorithm: "RSA-2048", profiles: { kubelet: { algorithm: "ECDSA-P256" } } },
      rollout: undefined,
      adopt: undefined,
    },
  ],
  "of systemd units": [
    () => hardwayCluster(cas),
    {
      layout: "hardway",
      "cluster.name": "hard",
      "cluster.endpoint": "api.hard.example.com:6443",
      "cluster.serviceCidrs": ["10.32.0.0/24"],
      "cluster.dnsDomain": "hard.local",
      "cluster.extraSans": ["localhost", "127.0.0.1"],
      "nodes.0.roles": ["control-plane"],
      "nodes.2.roles": ["etcd"],
      "nodes.5.roles": ["worker"],
      certificates: { validity: "365d", algorithm: "ECDSA-P256" },
    },
  ],
  "whose etcd is etcdadm's": [
    () => etcdadmCluster(cas),
    {
      layout: "etcdadm",
      files: undefined,
      "nodes.0.roles": ["control-plane"],
      "nodes.3.roles": ["etcd"],
      "nodes.6.roles": ["worker"],
      "certificates.profiles.apiserver-etcd-client.organizations": ["system:masters"],
      "certificates.profiles.apiserver-etcd-client.commonName": {
        "control-plane": "e1-kube-apiserver-etcd-client",
        etcd: "{node}-kube-apiserver-etcd-client",
      },
      "certificates.profiles.etcdctl-etcd-client.commonName": undefined,
      "certificates.profiles.etcdctl-etcd-client.organizations": ["system:masters"],
    },
  ],
  "whose members of etcd are static pods of kubelets that stand alone": [
    () => externalEtcdCluster(cas),
    {
      layout: "kubeadm",
      files: undefined,
      services: undefined,
      "nodes.0.roles": ["control-plane"],
      "nodes.3.roles": ["etcd"],
      "nodes.6.roles": ["worker"],
      "certificates.profiles.apiserver-etcd-client": undefined,
    },
  ],
  "that kubespray has made": [
    () => kubesprayCluster(cas),
    {
      layout: "kubespray",
      files: undefined,
      services: undefined,
      "cluster.workerProxyPort": undefined,
      "cluster.listeners": undefined,
      "nodes.0.roles": ["control-plane"],
      "cluster.extraSans": ["10.0.0.9", "cp2", "cp3", "10.0.0.12", "10.0.0.13", "cp1", "10.0.0.11"],
      "nodes.0.extraSans": undefined,
      "nodes.3.roles": ["worker"],
      certificates: { validity: "365d", algorithm: "RSA-2048", profiles: { kubelet: { algorithm: "ECDSA-P256" } } },
    },
  ],
  "that kubespray has made, with proxies at another port": [
    () => kubesprayCluster(cas, "https://127.0.0.1:8383"),
    { layout: "kubespray", "cluster.workerProxyPort": 8383 },
  ],
  "that kubespray has made, with a load balancer": [
    () => kubesprayCluster(cas, "https://api.example.com:6443"),
    { layout: "kubespray", "cluster.workerProxyPort": 0 },
  ],
  "of a team's own playbooks, with one CA": [
    () => fleetCluster(cas),
    {
      layout: "fleet",
      files: undefined,
      services: { "kube-scheduler": { kind: "static-pod" } },
      "authority.oneCa": true,
      "authority.kubernetes.certificate": () => `${cas.kubernetes.facts.pem.trim()}\n`,
      "authority.etcd": undefined,
      "authority.frontProxy": undefined,
      adopt: undefined,
      "nodes.0.roles": ["control-plane"],
      "nodes.2.roles": ["etcd"],
      "nodes.5.roles": ["worker"],
      certificates: { validity: "365d", algorithm: "ECDSA-P256" },
    },
  ],
  "of a team's own playbooks, with one CA whose key is not theirs to give": [
    () => fleetCluster(cas),
    {
      authority: { oneCa: true, algorithm: "RSA-2048" },
      adopt: () => ({ kubernetes: cas.kubernetes.facts.fingerprint }),
    },
    "adopt",
  ],
  "with other names, networks and domains": [
    () =>
      kubeadmCluster(cas, (survey) => {
        const { hostname } = survey.host;
        const own = withCertificates(
          withOptions(survey, "kube-apiserver", { "service-cluster-ip-range": "172.20.0.0/16,fd00:20::/112" }),
          ({ subject, sans }) => {
            if (subject === "CN=kube-apiserver")
              return {
                sans: [
                  ...sans.filter((san) => san !== "IP:10.96.0.1" && !san.endsWith("cluster.local")),
                  "IP:172.20.0.1",
                  "DNS:kubernetes.default.svc.k8s.corp",
                  "DNS:API.internal",
                  "DNS:*.vip.example.com",
                  "IP:FD00:0:0:0:0:0:0:9",
                  ...(hostname === "cp2" ? ["DNS:old-cp2.example.com"] : []),
                ],
              };
            return subject === "CN=cp3" ? { sans: [...sans, "DNS:etcd3.example.com", "IP:192.0.2.3"] } : {};
          },
        );
        return withKubeadm(own, {
          certSans: ["10.0.0.9", "wished.example.com"],
          serviceSubnet: "172.20.0.0/16,fd00:20::/112",
          dnsDomain: "k8s.corp",
        });
      }),
    {
      "cluster.serviceCidrs": ["172.20.0.0/16", "fd00:20::/112"],
      "cluster.dnsDomain": "k8s.corp",
      "cluster.extraSans": ["10.0.0.9", "api.internal", "*.vip.example.com", "fd00::9", "wished.example.com"],
      "nodes.0.extraSans": undefined,
      "nodes.1.extraSans": ["old-cp2.example.com"],
      "nodes.2.extraSans": ["etcd3.example.com", "192.0.2.3"],
    },
  ],
  "with two networks of services and two addresses a node": [
    () => kubeadmCluster(cas, dualStack),
    {
      "cluster.serviceCidrs": ["10.96.0.0/16", "fd00:96::/112"],
      "nodes.0.address": "10.0.0.11",
      "nodes.0.extraSans": ["fd00::11"],
      "nodes.4.extraSans": ["fd00::22"],
      "cluster.extraSans": ["10.0.0.9"],
    },
  ],
  "whose kubelets keep their certificates elsewhere": [
    onAll((survey) => keptBy(survey, "/srv/kubelet", { "root-dir": "/srv/kubelet", "cert-dir": "/srv/kubelet/pki" })),
    { files: { "/var/lib/kubelet/pki/": { path: "/srv/kubelet/pki/" } } },
  ],
  "whose kubelets keep nothing but pods elsewhere": [
    onAll((survey) => keptBy(survey, "/var/lib/kubelet", { "root-dir": "/srv/kubelet" })),
    { files: undefined },
  ],
  "with other ports and addresses": [
    onAll((survey) => {
      const [address = ""] = survey.host.addresses;
      const api = withOptions(survey, "kube-apiserver", { "secure-port": "8443" }, [{ address: "::", port: 8443 }]);
      const manager = withOptions(api, "kube-controller-manager", { "secure-port": "10357", "bind-address": address }, [
        { address, port: 10_357 },
      ]);
      const etcd = withOptions(
        manager,
        "etcd",
        { "listen-client-urls": `https://${address}:4001`, "listen-peer-urls": `https://${address}:7001` },
        [4001, 7001].map((port) => ({ address, port })),
      );
      return withOptions(etcd, "kubelet", { "healthz-bind-address": "0.0.0.0" }, [
        { address: "::", port: 10_250 },
        { address: "0.0.0.0", port: 10_248 },
      ]);
    }),
    {
      "cluster.listeners": {
        apiServer: { port: 8443 },
        etcdClient: { port: 4001 },
        etcdPeer: { port: 7001 },
        controllerManagerHealth: { port: 10_357, on: "node" },
      },
    },
  ],
  "that has no key of a CA": [
    onAll((survey) => withoutFiles(survey, (path) => path.endsWith("ca.key"))),
    {
      "authority.kubernetes": undefined,
      "adopt.kubernetes": () => cas.kubernetes.facts.fingerprint,
      "adopt.etcd": () => cas.etcd.facts.fingerprint,
      "adopt.frontProxy": () => cas.frontProxy.facts.fingerprint,
    },
  ],
  "that has no front proxy": [
    onAll((survey) =>
      withoutFiles(
        withOptions(survey, "kube-apiserver", {
          "requestheader-client-ca-file": undefined,
          "proxy-client-cert-file": undefined,
          "proxy-client-key-file": undefined,
        }),
        (path) => path.includes("front-proxy"),
      ),
    ),
    {
      "authority.frontProxy": undefined,
      "authority.etcd": () => ({ certificate: cas.etcd.certificate }),
      "certificates.profiles.front-proxy-client": { enabled: false },
      adopt: undefined,
    },
  ],
  "that is to be taken over": [
    onAll((survey) => survey),
    {
      authority: { algorithm: "RSA-2048" },
      "adopt.kubernetes": () => cas.kubernetes.facts.fingerprint,
      rollout: undefined,
    },
    "adopt",
  ],
  "that is to move into Vault": [
    onAll((survey) => survey),
    {
      authority: { kind: "vault", vault: { address: "https://vault.example.com:8200" }, algorithm: "RSA-2048" },
      "adopt.etcd": () => cas.etcd.facts.fingerprint,
    },
    "vault",
  ],
  "whose kubelets ask it for serving certificates": [
    onAll((survey) => withOptions(survey, "kubelet", { "server-tls-bootstrap": "true" })),
    { "certificates.profiles.kubelet-server": { enabled: false } },
  ],
  "that an older kubeadm has made": [
    onAll((survey) =>
      withCertificates(survey, ({ subject }) => {
        const name = subject.replace(/^O=[^,]*, /, "");
        // dated back to the beginning of its CA, and in groups of the time
        const old = { notBefore: cas.kubernetes.facts.notBefore, notAfter: "2027-05-01T00:00:00Z" };
        return /apiserver-|healthcheck/.test(name)
          ? { ...old, subject: `O=system:masters, ${name}` }
          : subject.includes("@")
            ? {}
            : old;
      }),
    ),
    {
      "certificates.validity": "365d",
      "certificates.profiles.apiserver-kubelet-client": { organizations: ["system:masters"] },
      "certificates.profiles.apiserver-etcd-client": { organizations: ["system:masters"] },
      "certificates.profiles.etcd-healthcheck-client": { organizations: ["system:masters"] },
      "certificates.profiles.admin": undefined,
    },
  ],
  "with names of its own in certificates": [
    onAll((survey) => {
      const { hostname } = survey.host;
      const names: Readonly<Record<string, string>> = {
        "CN=kube-apiserver": "CN=kubernetes",
        "CN=front-proxy-client": "CN=aggregator",
        "CN=kube-apiserver-kubelet-client": "O=Kubernetes, CN=kubernetes",
        [`CN=${hostname}`]: `CN=${hostname}.example.com`,
        "O=kubeadm:cluster-admins, CN=kubernetes-admin": "O=system:masters, CN=root",
        "CN=kube-etcd-healthcheck-client": hostname === "cp2" ? "CN=second" : `CN=of-${hostname.replace("cp", "")}`,
        "CN=system:kube-controller-manager": "O=system:masters, CN=system:kube-controller-manager",
        "CN=system:kube-scheduler": "O=system:kube-scheduler, CN=system:kube-scheduler",
      };
      const own = withOptions(survey, "kube-apiserver", { "requestheader-allowed-names": "aggregator,other" });
      return withCertificates(own, ({ subject }) => ({ subject: names[subject] ?? subject }));
    }),
    {
      "certificates.profiles": {
        apiserver: { commonName: "kubernetes" },
        "apiserver-kubelet-client": { commonName: "kubernetes", organizations: ["Kubernetes"], privileged: true },
        "front-proxy-client": { commonName: "aggregator" },
        "etcd-server": { commonName: "{node}.example.com" },
        "etcd-peer": { commonName: "{node}.example.com" },
        "etcd-healthcheck-client": { commonName: { cp1: "of-1", cp2: "second", cp3: "of-3" } },
        admin: { commonName: "root", organizations: ["system:masters"] },
        "controller-manager": { organizations: ["system:masters"], privileged: true },
        scheduler: { organizations: ["system:kube-scheduler"] },
        kubelet: { algorithm: "ECDSA-P256" },
      },
    },
  ],
  "whose certificates live as long as kubeadm was told": [
    onAll((survey) => withKubeadm(survey, { certificateValidity: "2160h0m0s" })),
    { "certificates.validity": "90d", "certificates.profiles.kubelet": { algorithm: "ECDSA-P256" } },
  ],
  "with a short-lived administrator and an ECDSA key here and there": [
    onAll((survey) =>
      withCertificates(survey, ({ subject }) =>
        subject.endsWith("kubernetes-admin")
          ? { notAfter: "2026-05-15T00:00:00Z" }
          : subject === "CN=front-proxy-client"
            ? { algorithm: "ECDSA-P384" }
            : {},
      ),
    ),
    {
      "certificates.validity": "365d",
      "certificates.profiles.admin": { validity: "14d" },
      "certificates.profiles.front-proxy-client": { algorithm: "ECDSA-P384" },
    },
  ],
  "whose CAs end in a month": [() => kubeadmCluster(oldCas), { "certificates.validity": "15d" }],
  "without openssl on a worker": [
    onAll((survey) => {
      const { openssl, ...host } = survey.host;
      return survey.host.hostname === "w1"
        ? { ...survey, host }
        : { ...survey, host: { ...host, openssl: openssl ?? "" } };
    }),
    { "nodes.3.keyLocation": "state", "nodes.4.keyLocation": undefined, "certificates.keyLocation": undefined },
  ],
  "without any openssl, so that no node knows what its keys are": [
    onAll((survey) => {
      const { openssl, ...host } = survey.host;
      assert.ok(openssl);
      return { ...survey, host, files: survey.files.map((file) => ({ ...file, keys: [] })) };
    }),
    { "certificates.keyLocation": "state", adopt: undefined },
  ],
  "with an openssl everywhere that is too old": [
    onAll((survey) => ({ ...survey, host: { ...survey.host, openssl: "1.0.2k" } })),
    { "nodes.3.keyLocation": undefined, "certificates.keyLocation": "state" },
  ],
  "whose super-admin.conf is on another control plane": [
    onAll((survey) => {
      const conf = "/etc/kubernetes/super-admin.conf";
      const first = kubeadmCluster(cas)[0]?.survey.kubeconfigs.find(({ path }) => path === conf);
      const own = withoutFiles(survey, (path) => path === conf);
      return survey.host.hostname === "cp3" && first ? { ...own, kubeconfigs: [...own.kubeconfigs, first] } : own;
    }),
    { "nodes.0.name": "cp3", "nodes.1.name": "cp1", "certificates.profiles.super-admin": undefined },
  ],
  "without kubeconfigs of administrators": [
    onAll((survey) => withoutFiles(survey, (path) => path.endsWith("admin.conf"))),
    { "certificates.profiles.admin": { enabled: false }, "certificates.profiles.super-admin": { enabled: false } },
  ],
  "with kube-vip": [
    onAll((survey) =>
      survey.components.some(({ name }) => name === "etcd")
        ? {
            ...survey,
            staticPods: [
              ...survey.staticPods,
              {
                manifest: "/etc/kubernetes/manifests/kube-vip.yaml",
                name: "kube-vip",
                images: ["ghcr.io/kube-vip/kube-vip:v1"],
                modifiedAt: "2026-05-01T00:00:00Z",
                hostPaths: ["/etc/kubernetes/admin.conf", "/etc/hosts"],
              },
            ],
            readers: [{ pid: 7, name: "kube-vip", path: "/etc/kubernetes", how: "mount" }],
          }
        : survey,
    ),
    { "rollout.readers": [{ kind: "static-pod", name: "kube-vip", reads: ["/etc/kubernetes/admin.conf"] }] },
  ],
  "whose files were copied after they had been made": [
    onAll((survey) => ({
      ...survey,
      files: survey.files.map((file) => ({ ...file, modifiedAt: "2026-05-29T00:00:00Z" })),
    })),
    { "certificates.validity": "365d", "certificates.profiles": { kubelet: { algorithm: "ECDSA-P256" } } },
  ],
  "of which one certificate is in another folder": [
    onAll((survey) => movedTo(survey, (path) => path.replace(`${PKI}/apiserver.`, "/etc/kubernetes/ssl/apiserver."))),
    {
      files: Object.fromEntries(
        ["crt", "key"].map((end) => [`${PKI}/apiserver.${end}`, { path: `/etc/kubernetes/ssl/apiserver.${end}` }]),
      ),
    },
  ],
  "whose PKI is in another folder": [
    onAll((survey) => movedTo(survey, (path) => path.replace(PKI, "/etc/kubernetes/ssl"))),
    { layout: "kubeadm", files: { [`${PKI}/`]: { path: "/etc/kubernetes/ssl/" } }, services: undefined },
  ],
  "whose etcd is a unit, with files that are called after the node": [
    onAll((survey) => {
      const { hostname } = survey.host;
      const own = movedTo(survey, (path) =>
        path
          .replace(`${PKI}/etcd/server`, `/etc/ssl/etcd/ssl/member-${hostname}`)
          .replace(`${PKI}/etcd/peer`, `/etc/ssl/etcd/ssl/peer-${hostname}`),
      );
      return {
        ...own,
        components: own.components.map((each) => (each.name === "etcd" ? asUnit(each, "etcd3") : each)),
      };
    }),
    {
      layout: "kubeadm",
      files: {
        [`${PKI}/etcd/server.crt`]: { path: "/etc/ssl/etcd/ssl/member-{node}.crt" },
        [`${PKI}/etcd/server.key`]: { path: "/etc/ssl/etcd/ssl/member-{node}.key" },
        [`${PKI}/etcd/peer.crt`]: { path: "/etc/ssl/etcd/ssl/peer-{node}.crt" },
        [`${PKI}/etcd/peer.key`]: { path: "/etc/ssl/etcd/ssl/peer-{node}.key" },
      },
      services: { etcd: { kind: "systemd", unit: "etcd3" } },
    },
  ],
  "with kubelets of another name than their machine's": [
    onAll((survey) => ({ ...survey, host: { ...survey.host, hostname: `ip-${survey.host.hostname}` } })),
    { "nodes.0.name": "cp1", "nodes.4.name": "w2" },
  ],
};

describe("a stack file for a running cluster", () => {
  before(async () => {
    const old = { from: "2016-07-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
    [cas, oldCas] = await Promise.all([makeCas(), makeCas(old)]);
  });
  for (const [what, [visits, expected, ca]] of Object.entries(CLUSTERS))
    it(`${what} holds what it has`, () => {
      const stack = made(visits(), ca === undefined ? {} : { ca });
      for (const [path, value] of Object.entries(expected))
        assert.deepEqual(
          field(stack.raw, path),
          typeof value === "function" ? (value as () => unknown)() : value,
          path,
        );
      assert.deepEqual(told(stack, "refused"), []);
      isLossless(stack);
      parsesBack(stack);
    });

  it("has the addresses and services of both families in every server's certificate", () => {
    const { planned } = made(kubeadmCluster(cas, dualStack));
    const [cp1] = planned?.cluster.nodes ?? [];
    const sansOf = (profile: string) => cp1?.leaves.find((leaf) => leaf.profile === profile)?.sans ?? [];
    for (const name of ["IP:10.96.0.1", "IP:fd00:96::1", "IP:10.0.0.11", "IP:fd00::11"] as const)
      assert.ok(sansOf("apiserver").includes(name), name);
    for (const profile of ["kubelet-server", "etcd-server"])
      assert.ok(sansOf(profile).includes("IP:fd00::11"), profile);
    assert.ok(!sansOf("apiserver").includes("IP:fd11::7"));
  });
});
