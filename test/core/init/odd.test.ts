/** Clusters as users really have them: what is told of each, and what the stack file then says. */
import assert from "node:assert/strict";
import type { Choices } from "../../../core/init/choices";
import type { RemarkKind } from "../../../core/init/remarks";
import type { Visit } from "../../../core/init/visits";
import type { CertificateFacts, FileFacts, KubeconfigFacts, Survey } from "../../../core/survey/model";
import { issue, type Issued } from "../doctor/pki";
import { field, made, told } from "./check";
import {
  kubeadmCluster,
  kubeadmSurvey,
  makeCas,
  NODES,
  PKI,
  visitOf,
  withCertificates,
  withKubeadm,
  withOptions,
  type Cas,
} from "./cluster";
import { fileOf, kubeconfigOf, leafOf, use } from "./facts";

let cas: Cas;
let root: Issued;
let intermediate: Issued;
let crossSigned: Issued;
let again: Issued;
let other: Issued;

const onAll = (change: (survey: Survey) => Survey) => (): Visit[] => kubeadmCluster(cas, change);
const isControlPlane = ({ components }: Survey): boolean => components.some(({ name }) => name === "kube-apiserver");
const onControlPlanes = (change: (survey: Survey) => Survey) =>
  onAll((survey) => (isControlPlane(survey) ? change(survey) : survey));
const withFiles = (survey: Survey, change: (file: FileFacts) => FileFacts): Survey => ({
  ...survey,
  files: survey.files.map(change),
});
const adding = (survey: Survey, files: readonly FileFacts[], kubeconfigs: readonly KubeconfigFacts[] = []): Survey => ({
  ...survey,
  files: [...survey.files, ...files],
  kubeconfigs: [...survey.kubeconfigs, ...kubeconfigs],
});

const CA = `${PKI}/ca.crt`;
/** The cluster's CA file holds these, in this order. */
const caHolds = (certificates: () => readonly CertificateFacts[]) =>
  onAll((survey) => withFiles(survey, (file) => (file.path === CA ? { ...file, certificates: certificates() } : file)));

/** Another CA, from which everything of the cluster is. */
const madeBy = (ca: Issued): Visit[] => {
  const own: Cas = { ...cas, kubernetes: { ...cas.kubernetes, facts: { ...ca.facts, keyId: "ab" } } };
  return NODES.map((node) => visitOf(kubeadmSurvey(node, own)));
};

/** A component that is given another file of a CA than the others. */
const reads = (
  name: "etcd" | "kube-apiserver" | "kube-controller-manager",
  option: string,
  path: string,
  ca: () => CertificateFacts,
) =>
  onControlPlanes((survey) =>
    adding(
      withFiles(survey, (file) => ({
        ...file,
        uses: file.uses.filter((each) => each.component !== name || each.option !== option),
      })),
      [
        fileOf(path, {
          certificates: [ca()],
          uses: [
            use(
              name,
              option,
              option === "root-ca-file"
                ? "kube-controller-manager/root-ca"
                : option === "kubelet-certificate-authority"
                  ? "kube-apiserver/kubelet-ca"
                  : undefined,
              false,
            ),
          ],
        }),
      ],
    ),
  );

const manifestsIn = (folder: string) =>
  onControlPlanes((survey) => ({
    ...survey,
    components: survey.components.map((each) =>
      each.start.by === "static-pod"
        ? {
            ...each,
            start: { ...each.start, manifest: each.start.manifest.replace("/etc/kubernetes/manifests", folder) },
          }
        : each,
    ),
  }));

const server = (url: string) =>
  onAll((survey) =>
    withKubeadm(
      {
        ...survey,
        kubeconfigs: survey.kubeconfigs.map((each) => ({
          ...each,
          clusters: each.clusters.map((one) => ({ ...one, server: url })),
        })),
      },
      { controlPlaneEndpoint: "" },
    ),
  );

/** One pair on every control plane. */
const sharedPair = onControlPlanes((survey) => {
  const shared = leafOf(cas.kubernetes, {
    subject: "CN=kube-apiserver",
    usages: ["serverAuth"],
    sans: [
      "DNS:api.example.com",
      ...NODES.slice(0, 3).flatMap(({ name, address }) => [`DNS:${name}`, `IP:${address}`]),
    ],
  });
  return withFiles(survey, (file) =>
    file.path === `${PKI}/apiserver.crt`
      ? { ...file, certificates: [shared] }
      : file.path === `${PKI}/apiserver.key`
        ? { ...file, keys: [shared.publicKey] }
        : file,
  );
});

interface Expected {
  /** What the stack file says, by path. */
  readonly raw?: Readonly<Record<string, unknown>>;
  /** Sentences, of which each has to be there. */
  readonly says?: readonly (readonly [kind: RemarkKind, sentence: string])[];
  /** Kinds of which nothing is said. */
  readonly silent?: readonly RemarkKind[];
  readonly problems?: readonly string[];
  readonly choices?: Partial<Choices>;
}

const until = (facts: CertificateFacts): string => facts.notAfter.slice(0, 10);
const pem = (facts: () => CertificateFacts) => () => `${facts().pem.trim()}\n`;

const ROWS: Readonly<Record<string, readonly [visits: () => Visit[], expected: () => Expected]>> = {
  "k3s, which no stack can have": [
    () =>
      NODES.slice(0, 1).map((node) => {
        const { cluster, ...survey } = kubeadmSurvey(node, cas);
        assert.ok(cluster);
        return visitOf({
          ...survey,
          components: [],
          staticPods: [],
          files: [],
          kubeconfigs: [],
          renewers: ["k3s.service"],
        });
      }),
    () => ({
      says: [
        [
          "refused",
          "cp1: k3s runs there (k3s.service), which makes and renews the certificates of its cluster itself: no stack can have this node; its certificates are renewed by `k3s certificate rotate`",
        ],
      ],
      silent: ["missing", "unfound", "left", "changed"],
      problems: ["nodes: none of these hosts is one that a stack can have"],
    }),
  ],
  "a CA whose key is encrypted": [
    onAll((survey) =>
      withFiles(survey, (file) => (file.path === `${PKI}/ca.key` ? { ...file, keys: [], isLocked: true } : file)),
    ),
    () => ({
      raw: { "authority.kubernetes": undefined },
      says: [
        [
          "changed",
          `its key is encrypted (cp1:${PKI}/ca.key; to keep the CA, decrypt it there with openssl pkey, and init again), so the cluster's CA (CN=kubernetes) is replaced by a new one, phase by phase (adopt.kubernetes, docs/rotation.md)`,
        ],
      ],
    }),
  ],
  "a root that an older one has signed too": [
    () => {
      const visits = madeBy(root);
      return visits.map(({ survey, ...visit }) => ({
        ...visit,
        survey: withFiles(survey, (file) =>
          file.path === CA ? { ...file, certificates: [crossSigned.facts, ...file.certificates] } : file,
        ),
      }));
    },
    () => ({
      raw: { "authority.kubernetes.certificate": pem(() => root.facts) },
      says: [
        [
          "left",
          `cp1, cp2, cp3, w1, w2: ${CA} also holds the same CA (CN=new-root) as CN=old-root has signed it, which stays there`,
        ],
      ],
      silent: ["refused"],
    }),
  ],
  "a CA that was signed anew with its key": [
    () => {
      const visits = madeBy(root);
      return visits.map(({ survey, ...visit }) => ({
        ...visit,
        survey: withFiles(survey, (file) =>
          file.path === CA ? { ...file, certificates: [...file.certificates, again.facts] } : file,
        ),
      }));
    },
    () => ({
      raw: { "authority.kubernetes.certificate": pem(() => again.facts) },
      says: [
        [
          "left",
          `cp1, cp2, cp3, w1, w2: ${CA} also holds the same CA (CN=new-root) in a certificate until ${until(root.facts)}, which stays there`,
        ],
      ],
      silent: ["refused"],
    }),
  ],
  "an intermediate CA with its root behind it": [
    () => {
      const visits = madeBy(intermediate);
      return visits.map(({ survey, ...visit }) => ({
        ...visit,
        survey: withFiles(survey, (file) =>
          file.path === CA ? { ...file, certificates: [...file.certificates, root.facts] } : file,
        ),
      }));
    },
    () => ({
      raw: { "authority.kubernetes.certificate": pem(() => intermediate.facts) },
      says: [
        [
          "left",
          `cp1, cp2, cp3, w1, w2: ${CA} also trusts CN=new-root, which has signed CN=intermediate: it stays there, with all that it has signed beside`,
        ],
      ],
      silent: ["refused"],
    }),
  ],
  "kubeconfigs that trust the root of an intermediate CA alone": [
    () =>
      madeBy(intermediate).map(({ survey, ...visit }) => ({
        ...visit,
        survey: {
          ...survey,
          kubeconfigs: survey.kubeconfigs.map((each) => ({
            ...each,
            clusters: each.clusters.map((one) => ({ ...one, authorities: [root.facts] })),
          })),
        },
      })),
    () => ({
      says: [
        [
          "refused",
          "cp1, cp2, cp3, w1, w2: /etc/kubernetes/kubelet.conf trusts CN=new-root, which has signed the cluster's CA (CN=intermediate), and the stack's servers send no chain: add that CA to its certificate-authority-data first",
        ],
      ],
    }),
  ],
  "an expired CA in the bundle": [
    caHolds(() => [{ ...other.facts, notAfter: "2026-01-01T00:00:00Z" }, cas.kubernetes.facts]),
    () => ({
      raw: { "authority.kubernetes.certificate": pem(() => cas.kubernetes.facts) },
      says: [
        ["left", `cp1, cp2, cp3, w1, w2: ${CA} also trusts CN=kubernetes, which stays there and is no CA of the stack`],
      ],
      silent: ["refused"],
    }),
  ],
  "pods that are given another CA than clients are asked for": [
    reads("kube-controller-manager", "root-ca-file", "/etc/kubernetes/server-ca.crt", () => other.facts),
    () => ({
      says: [
        [
          "refused",
          "cp1, cp2, cp3: /etc/kubernetes/server-ca.crt holds CN=kubernetes and not the cluster's CA (CN=kubernetes), which signs all that its readers are shown from now on: add that CA to the file, beside what is there, and restart its readers first",
        ],
      ],
    }),
  ],
  "kubelets that the API servers verify by another CA": [
    reads("kube-apiserver", "kubelet-certificate-authority", "/etc/kubernetes/kubelet-ca.crt", () => other.facts),
    () => ({
      says: [
        [
          "refused",
          "cp1, cp2, cp3: /etc/kubernetes/kubelet-ca.crt holds CN=kubernetes and not the cluster's CA (CN=kubernetes), which signs all that its readers are shown from now on: add that CA to the file, beside what is there, and restart its readers first",
        ],
      ],
    }),
  ],
  "peers of etcd with a CA of their own": [
    reads("etcd", "peer-trusted-ca-file", "/etc/etcd/peer-ca.crt", () => other.facts),
    () => ({
      says: [
        [
          "refused",
          `cp1, cp2, cp3: etcd reads /etc/etcd/peer-ca.crt (--peer-trusted-ca-file), and the stack writes ${PKI}/etcd/ca.crt: start it with that path`,
        ],
      ],
    }),
  ],
  "a certificate for one name": [
    onControlPlanes((survey) =>
      adding(survey, [
        fileOf("/etc/kubernetes/sni.crt", {
          certificates: [leafOf(cas.etcd, { subject: "CN=api.corp" })],
          uses: [use("kube-apiserver", "tls-sni-cert-key", undefined, false)],
        }),
      ]),
    ),
    () => ({
      says: [
        [
          "left",
          "cp1, cp2, cp3: kube-apiserver reads /etc/kubernetes/sni.crt (--tls-sni-cert-key), which no layout has",
        ],
      ],
    }),
  ],
  "a cloud controller manager and konnectivity, whose kubeconfigs nobody renews": [
    onControlPlanes((survey) =>
      adding(
        survey,
        [],
        ["cloud-controller-manager", "konnectivity-server"].map((name, index) =>
          kubeconfigOf(
            `/etc/kubernetes/${name}.conf`,
            "api.example.com:6443",
            cas.kubernetes.facts,
            leafOf(cas.kubernetes, {
              subject: `CN=system:${name}`,
              notAfter: `2027-0${String(index + 2)}-01T00:00:00Z`,
            }),
          ),
        ),
      ),
    ),
    () => ({
      says: [
        ["/etc/kubernetes/cloud-controller-manager.conf", "2027-02-01"],
        ["/etc/kubernetes/konnectivity-server.conf", "2027-03-01"],
      ].map(([path = "", day = ""]) => [
        "left",
        `cp1, cp2, cp3: ${path} holds a certificate of the cluster's CA, until ${day}, which the stack does not renew: list it under certificates.own (docs/certificates.md), or see that who made it renews it, also in a rotation`,
      ]),
    }),
  ],
  "etcd clients of a network plugin, one for each node": [
    onAll((survey) => {
      const { hostname } = survey.host;
      return adding(survey, [
        fileOf(`/etc/calico/certs/${hostname}.crt`, {
          certificates: [leafOf(cas.etcd, { subject: `CN=calico-${hostname}` })],
        }),
        // a kubelet renews its own, and what has ended is used by nobody
        fileOf("/var/lib/kubelet/pki/kubelet-client-2026-05-02-00-00-00.pem", {
          certificates: [leafOf(cas.kubernetes, { subject: `CN=system:node:${hostname}` })],
        }),
        fileOf("/etc/calico/certs/old.crt", {
          certificates: [leafOf(cas.etcd, { subject: "CN=old", notAfter: "2026-01-01T00:00:00Z" })],
        }),
      ]);
    }),
    () => ({
      says: [
        [
          "left",
          "cp1, cp2, cp3, w1, w2: /etc/calico/certs/{node}.crt holds a certificate of etcd's CA, until 2027-05-01, which the stack does not renew: list it under certificates.own (docs/certificates.md), or see that who made it renews it, also in a rotation",
        ],
      ],
    }),
  ],
  "one pair for all API servers": [
    sharedPair,
    () => ({
      says: [
        [
          "changed",
          `cp1, cp2, cp3: one pair is the apiserver of all of them (${PKI}/apiserver.crt): each gets one with a key of its own, and every name of this one (docs/fleet.md)`,
        ],
      ],
      raw: {
        "cluster.extraSans": ["cp2", "10.0.0.12", "cp3", "10.0.0.13", "cp1", "10.0.0.11", "10.0.0.9"],
        "nodes.0.extraSans": undefined,
      },
      silent: ["refused"],
    }),
  ],
  "manifests of static pods in another folder": [
    manifestsIn("/etc/kubelet.d"),
    () => ({
      says: [
        [
          "left",
          "cp1, cp2, cp3: the manifest of etcd is /etc/kubelet.d/etcd.yaml, and the stack looks for /etc/kubernetes/manifests/etcd.yaml, where a rotation sets flags: move it there (staticPodPath of the kubelet), or make one a link to the other",
        ],
      ],
      silent: ["refused"],
    }),
  ],
  "manifests in another folder, and a rotation to come": [
    manifestsIn("/etc/kubelet.d"),
    () => ({
      choices: { ca: "adopt" },
      says: [
        [
          "refused",
          "cp1, cp2, cp3: the manifest of kube-apiserver is /etc/kubelet.d/kube-apiserver.yaml, and the stack looks for /etc/kubernetes/manifests/kube-apiserver.yaml, where a rotation sets flags: move it there (staticPodPath of the kubelet), or make one a link to the other",
        ],
      ],
    }),
  ],
  "signers that have a CA each": [
    onControlPlanes((survey) =>
      withOptions(survey, "kube-controller-manager", {
        "cluster-signing-cert-file": undefined,
        "cluster-signing-key-file": undefined,
        "cluster-signing-kubelet-client-cert-file": CA,
        "cluster-signing-kubelet-client-key-file": `${PKI}/ca.key`,
        "cluster-signing-duration": "8760h",
      }),
    ),
    () => ({
      choices: { ca: "adopt" },
      says: [
        [
          "refused",
          "cp1, cp2, cp3: kube-controller-manager has options of single signers (--cluster-signing-kubelet-client-cert-file, --cluster-signing-kubelet-client-key-file), beside which no rotation can give it --cluster-signing-cert-file: start it with --cluster-signing-cert-file and --cluster-signing-key-file in their place",
        ],
      ],
    }),
  ],
  "certificates for a hundred years, from a CA of a hundred years": [
    () => {
      const long = "2125-05-01T00:00:00Z";
      const own: Cas = {
        ...cas,
        ...Object.fromEntries(
          (["kubernetes", "etcd", "frontProxy"] as const).map((name) => [
            name,
            { ...cas[name], facts: { ...cas[name].facts, notAfter: long } },
          ]),
        ),
      };
      return NODES.map((node) =>
        visitOf(withCertificates(kubeadmSurvey(node, own), () => ({ notAfter: "2125-04-01T00:00:00Z" }))),
      );
    },
    () => ({
      raw: { "certificates.validity": "365d" },
      says: [
        [
          "changed",
          "certificates are valid for 365d, and no longer for 36129d: CAs that the stack makes are valid for 3650d (authority.validity), and none may end before its certificates",
        ],
      ],
      silent: ["refused"],
    }),
  ],
  "an endpoint with a dot at its end": [
    server("https://api.example.com.:6443"),
    () => ({ raw: { "cluster.endpoint": "api.example.com:6443" }, silent: ["refused"] }),
  ],
  "an endpoint behind a path": [
    server("https://rancher.example.com/k8s/clusters/c-1"),
    () => ({
      says: [
        [
          "refused",
          "the endpoint is rancher.example.com:443/k8s/clusters/c-1 (/etc/kubernetes/admin.conf), which cluster.endpoint cannot hold: it takes host:port",
        ],
      ],
      problems: ['cluster.endpoint: "rancher.example.com:443/k8s/clusters/c-1"; must be "host:port", without https://'],
    }),
  ],
  "an endpoint that is an IPv6 address": [
    server("https://[FD00::9]:6443"),
    () => ({ raw: { "cluster.endpoint": "[fd00::9]:6443" }, silent: ["refused"] }),
  ],
  "a name with a dot at its end, which no client ever matches": [
    onControlPlanes((survey) =>
      withCertificates(survey, ({ subject, sans }) =>
        subject === "CN=kube-apiserver" ? { sans: [...sans, "DNS:api.corp."] } : {},
      ),
    ),
    () => ({
      says: [
        [
          "refused",
          `cp1, cp2, cp3: apiserver (${PKI}/apiserver.crt) would lose DNS:api.corp.: no field of the stack file keeps that; if nobody needs it, allow the loss (certificates.profiles.apiserver.allowLoss)`,
        ],
      ],
    }),
  ],
  "machines with names in capitals": [
    onAll((survey) => ({ ...survey, host: { ...survey.host, hostname: survey.host.hostname.toUpperCase() } })),
    () => ({ raw: { "nodes.0.name": "cp1", "nodes.4.name": "w2" }, silent: ["refused", "missing"] }),
  ],
  "CAs of ECDSA P-384, and leaves with them": [
    onAll((survey) => withCertificates(survey, () => ({ algorithm: "ECDSA-P384" }))),
    () => ({
      raw: { "certificates.algorithm": "ECDSA-P384", "certificates.profiles": undefined },
      silent: ["refused"],
    }),
  ],
  "leaves of Ed25519": [
    onAll((survey) => withCertificates(survey, () => ({ algorithm: "ED25519" }))),
    () => ({
      says: [
        [
          "changed",
          "certificates with keys of ED25519 get ECDSA-P256: the stack makes keys of ECDSA-P256, ECDSA-P384, RSA-2048, RSA-3072, RSA-4096",
        ],
      ],
      silent: ["refused"],
    }),
  ],
  "an etcd with one pair for clients and peers": [
    onControlPlanes((survey) => ({
      ...withOptions(survey, "etcd", {
        "peer-cert-file": `${PKI}/etcd/server.crt`,
        "peer-key-file": `${PKI}/etcd/server.key`,
      }),
      files: survey.files
        .filter(({ path }) => !path.includes("/etcd/peer."))
        .map((file) =>
          file.path.includes("/etcd/server.")
            ? {
                ...file,
                uses: [
                  ...file.uses,
                  use(
                    "etcd",
                    file.path.endsWith("key") ? "peer-key-file" : "peer-cert-file",
                    "etcd/peer",
                    file.path.endsWith("key"),
                  ),
                ],
              }
            : file,
        ),
    })),
    () => ({
      raw: { files: undefined, "certificates.profiles.etcd-peer": { enabled: false } },
      says: [
        [
          "left",
          `etcd-peer is the pair of etcd-server (${PKI}/etcd/server.crt), so the stack renews it as that and makes none of its own (certificates.profiles)`,
        ],
      ],
      silent: ["refused"],
    }),
  ],
  "a client of kubelets that is the API server's own pair": [
    onControlPlanes((survey) => ({
      ...withOptions(survey, "kube-apiserver", {
        "kubelet-client-certificate": `${PKI}/apiserver.crt`,
        "kubelet-client-key": `${PKI}/apiserver.key`,
      }),
      files: survey.files
        .filter(({ path }) => !path.includes("/apiserver-kubelet-client."))
        .map((file) => {
          const isKey = file.path.endsWith(".key");
          return /\/apiserver\.(?:crt|key)$/.test(file.path)
            ? {
                ...file,
                uses: [
                  ...file.uses,
                  use(
                    "kube-apiserver",
                    isKey ? "kubelet-client-key" : "kubelet-client-certificate",
                    "kube-apiserver/kubelet-client",
                    isKey,
                  ),
                ],
              }
            : file;
        }),
    })),
    () => ({
      raw: { files: undefined, "certificates.profiles.apiserver-kubelet-client.enabled": undefined },
      says: [
        [
          "refused",
          `cp1, cp2, cp3: kube-apiserver reads ${PKI}/apiserver.crt (--kubelet-client-certificate), and the stack writes ${PKI}/apiserver-kubelet-client.crt: start it with that path`,
        ],
      ],
    }),
  ],
};

describe("a cluster of a user", () => {
  before(async () => {
    const [from, until] = ["2025-06-01", "2035-06-01"];
    cas = await makeCas();
    root = await issue({ cn: "new-root", isCa: true, from, until });
    const older = await issue({ cn: "old-root", isCa: true, from, until: "2028-06-01" });
    crossSigned = await issue({ cn: "new-root", isCa: true, by: older, keys: root.keys, from, until: "2028-06-01" });
    again = await issue({ cn: "new-root", isCa: true, keys: root.keys, from: "2026-01-01", until: "2036-01-01" });
    intermediate = await issue({ cn: "intermediate", isCa: true, by: root, from, until: "2034-06-01" });
    other = await issue({ cn: "kubernetes", isCa: true, from, until });
  });
  for (const [what, [visits, expected]] of Object.entries(ROWS))
    it(`is told in one right sentence: ${what}`, () => {
      const { raw = {}, says = [], silent = [], problems = [], choices = {} } = expected();
      const stack = made(visits(), choices);
      const all = [...stack.remarks.map(({ kind, text }) => `${kind}: ${text}`), ...stack.problems].join("\n");
      for (const [kind, sentence] of says) assert.ok(told(stack, kind).includes(sentence), `${sentence}\n\n${all}`);
      for (const kind of silent)
        assert.deepEqual(
          told(stack, kind),
          says.flatMap(([each, sentence]) => (each === kind ? [sentence] : [])),
          all,
        );
      assert.deepEqual(stack.problems, problems);
      for (const [path, value] of Object.entries(raw))
        assert.deepEqual(
          field(stack.raw, path),
          typeof value === "function" ? (value as () => unknown)() : value,
          path,
        );
    });
});
