import assert from "node:assert/strict";
import type { Raw } from "../../../core/init/checked";
import { checkedConfig, isProblems } from "../../../core/init/checked";
import { differencesOf } from "../../../core/init/differences";
import { foundCluster } from "../../../core/init/stack";
import type { Visit } from "../../../core/init/visits";
import type { Survey } from "../../../core/survey/model";
import { made } from "./check";
import { kubeadmCluster, makeCas, visitOf, withCertificates, withoutFiles, withOptions, type Cas } from "./cluster";
import { leafOf, NOW } from "./facts";

let cas: Cas;

/** As after the first run: kubelets serve with certificates of the cluster's CA. */
const managed = (survey: Survey): Survey => ({
  ...survey,
  files: survey.files.map((file) =>
    file.path.endsWith("/kubelet.crt")
      ? {
          ...file,
          certificates: [
            leafOf(cas.kubernetes, {
              subject: `O=system:nodes, CN=system:node:${survey.host.hostname}`,
              usages: ["serverAuth"],
              sans: [`DNS:${survey.host.hostname}`, `IP:${survey.host.addresses[0] ?? ""}`],
            }),
          ],
        }
      : file,
  ),
});
const isControlPlane = ({ components }: Survey): boolean => components.some(({ name }) => name === "kube-apiserver");

const cluster = (change: (survey: Survey) => Survey = (survey) => survey): Visit[] =>
  kubeadmCluster(cas, (survey) => change(managed(survey)));

/** Of a cluster from the stack file that is made for it, changed like this. */
const differences = (visits: readonly Visit[], raw: Raw = {}): string[] => {
  const stack = made(cluster());
  const config = checkedConfig(
    { ...stack.raw, ...raw },
    stack.secrets.map(({ at }) => at),
    NOW,
  );
  assert.ok(!isProblems(config), JSON.stringify(config));
  return differencesOf(config, foundCluster(visits, {}));
};

const on = (hostname: string, change: (survey: Survey) => Survey): Visit[] =>
  cluster((survey) => (survey.host.hostname === hostname ? change(survey) : survey));

const section = (name: string): Raw => made(cluster()).raw[name] as Raw;

describe("a cluster beside its stack file", () => {
  before(async () => {
    cas = await makeCas();
  });

  it("does not differ where the stack file was made for it", () => {
    assert.deepEqual(differences(cluster()), []);
  });

  it("does not differ by what a stack says in another way", () => {
    const nodes = (made(cluster()).raw["nodes"] as readonly Raw[]).map((node, index) =>
      index < 3 ? { ...node, roles: ["control-plane", "etcd"] } : node,
    );
    assert.deepEqual(differences(cluster(), { nodes, cluster: { ...section("cluster"), name: "eu1" } }), []);
  });

  const ROWS: Readonly<Record<string, readonly [visits: () => Visit[], raw: () => Raw, expected: readonly string[]]>> =
    {
      "an upgrade": [
        () =>
          cluster((survey) => ({
            ...survey,
            components: survey.components.map((each) => ({ ...each, version: "1.36.5" })),
          })),
        () => ({}),
        ["cluster.kubernetesVersion: 1.36.3 in the stack file, 1.36.5 in the cluster"],
      ],
      "another endpoint, which kubeconfigs have too": [
        () => cluster(),
        () => ({ cluster: { ...section("cluster"), endpoint: "10.0.0.9:6443" } }),
        [
          "cluster.endpoint: 10.0.0.9:6443 in the stack file, api.example.com:6443 in the cluster",
          "cp1, cp2, cp3: apiserver: has DNS:api.example.com, which the stack file does not ask for",
          "cp1, cp2, cp3: /etc/kubernetes/admin.conf: server https://api.example.com:6443 becomes https://10.0.0.9:6443",
          "cp1: /etc/kubernetes/super-admin.conf: server https://api.example.com:6443 becomes https://10.0.0.9:6443",
          "w1, w2: /etc/kubernetes/kubelet.conf: server https://api.example.com:6443 becomes https://10.0.0.9:6443",
        ],
      ],
      "a port": [
        () =>
          cluster((survey) =>
            withOptions(survey, "kube-scheduler", { "secure-port": "1" }, [{ address: "127.0.0.1", port: 1 }]),
          ),
        () => ({}),
        [
          "cluster.listeners.schedulerHealth: port 10259 (loopback) in the stack file, port 1 (loopback) in the cluster",
        ],
      ],
      "a node that is not listed": [
        () => cluster(),
        () => ({ nodes: (made(cluster()).raw["nodes"] as readonly Raw[]).slice(0, 4) }),
        ["nodes: w2 (10.0.0.22) is not in the stack file"],
      ],
      "a node that is gone": [
        () => cluster().slice(0, 4),
        () => ({}),
        ["nodes: w2 (10.0.0.22) is in the stack file, and nobody has read it"],
      ],
      "a role": [
        () => cluster(),
        () => ({
          nodes: (made(cluster()).raw["nodes"] as readonly Raw[]).map((node, index) =>
            index === 4
              ? { ...node, roles: ["etcd"] }
              : index < 3
                ? { ...node, roles: ["control-plane", "etcd"] }
                : node,
          ),
        }),
        [
          "w2: etcd does not run, and the stack has it as a static pod",
          "nodes: roles of w2: etcd in the stack file, worker in the cluster",
          ...["apiserver-etcd-client", "etcd-server", "etcd-peer", "etcd-healthcheck-client"].map(
            (profile) => `w2: ${profile}: not there`,
          ),
        ],
      ],
      "names, one way and the other": [
        () =>
          on("cp2", (survey) =>
            withCertificates(survey, ({ subject, sans }) =>
              subject === "CN=kube-apiserver"
                ? { sans: [...sans.filter((san) => san !== "IP:10.0.0.9"), "DNS:new.example.com"] }
                : {},
            ),
          ),
        () => ({}),
        [
          "cp2: apiserver: has DNS:new.example.com, which the stack file does not ask for",
          "cp2: apiserver: lacks IP:10.0.0.9, which the stack file asks for",
        ],
      ],
      "subject, key and validity": [
        () =>
          on("cp1", (survey) =>
            withCertificates(survey, ({ subject }) =>
              subject === "CN=front-proxy-client"
                ? { subject: "O=x, CN=front-proxy-client", algorithm: "RSA-4096", notAfter: "2026-12-01T00:00:00Z" }
                : {},
            ),
          ),
        () => ({}),
        [
          "cp1: front-proxy-client: O x becomes (none); whatever was granted to the old name is not granted to the new one",
          'cp1: front-proxy-client: key RSA-4096 becomes RSA-2048: certificates.profiles["front-proxy-client"].algorithm: RSA-4096 keeps it',
          "cp1: front-proxy-client: valid for 214d, 365d in the stack file",
        ],
      ],
      "a certificate that is not there": [
        () => on("cp3", (survey) => withoutFiles(survey, (path) => path.endsWith("/scheduler.conf"))),
        () => ({}),
        ["cp3: scheduler: not there"],
      ],
      "a program that reads files": [
        () =>
          cluster((survey) =>
            isControlPlane(survey)
              ? {
                  ...survey,
                  staticPods: [
                    ...survey.staticPods,
                    {
                      manifest: "/etc/kubernetes/manifests/kube-vip.yaml",
                      name: "kube-vip",
                      images: [],
                      modifiedAt: "",
                      hostPaths: ["/etc/kubernetes/admin.conf"],
                    },
                  ],
                  readers: [{ pid: 7, name: "kube-vip", path: "/etc/kubernetes", how: "mount" }],
                }
              : survey,
          ),
        () => ({}),
        ["rollout.readers: kube-vip reads /etc/kubernetes/admin.conf and is not listed"],
      ],
    };
  for (const [what, [visits, raw, expected]] of Object.entries(ROWS))
    it(`differs by ${what}`, () => {
      assert.deepEqual(differences(visits(), raw()), expected);
    });

  it("differs by its CA, which the stack file was given", async () => {
    const other = await makeCas();
    const visits = kubeadmCluster(other).map(({ survey }) => visitOf(survey));
    const found = differences(visits);
    assert.ok(
      found.includes("authority.etcd: etcd's CA (CN=etcd-ca) is another one than the stack file's"),
      found.join("\n"),
    );
  });
});
