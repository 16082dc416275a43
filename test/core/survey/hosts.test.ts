/** Machines as users have them: what a visit makes of each. */
import assert from "node:assert/strict";
import type { ComponentFacts, Survey } from "../../../core/survey/model";
import { ORDINARY, surveyOf, unitOf, type Host } from "./host";

const PKI = "/etc/kubernetes/pki";
const LOCKED = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";

const manifest = (command: string): string =>
  [
    "kind: Pod",
    "metadata: { name: x }",
    "spec:",
    `  containers: [{ command: ${command}, volumeMounts: [{ name: pki, mountPath: /certs }] }]`,
    `  volumes: [{ name: pki, hostPath: { path: ${PKI} } }]`,
  ].join("\n");

const kubelet = (...options: readonly string[]) => ({ args: ["kubelet", ...options], cgroup: unitOf("kubelet") });
const MANIFESTS = "/etc/kubernetes/manifests";
const apiServer = { args: ["kube-apiserver", "--client-ca-file=/certs/ca.crt"] };

/** What is looked at: options of the first component of a name, files that it reads, and so on. */
const component = ({ components }: Survey, name: string): ComponentFacts | undefined =>
  components.find((each) => each.name === name);
const valuesOf = (survey: Survey, name: string, option: string): readonly string[] | undefined =>
  component(survey, name)?.options.find((each) => each.name === option)?.values;
const readBy = (survey: Survey, option: string): string[] =>
  survey.files.filter(({ uses }) => uses.some((use) => use.option === option)).map(({ path }) => path);

type Row = readonly [host: Host, look: (survey: Survey) => unknown, found: unknown];

const ROWS: Readonly<Record<string, Row>> = {
  "an etcd of an application in a pod, which is none of the cluster's": [
    { processes: [kubelet(), { args: ["etcd", "--cert-file=/etc/app/tls.crt"], cgroup: ORDINARY }], files: {} },
    ({ components }) => components.map(({ name }) => name),
    ["kubelet"],
  ],
  "a control plane of a cluster in the cluster": [
    {
      processes: [{ ...apiServer, cgroup: ORDINARY.replace("01234567_89ab_cdef_0123", "01234567-89ab-cdef-0123") }],
      files: {},
    },
    ({ components }) => components.length,
    0,
  ],
  "kube-proxy, which is in an ordinary pod in most clusters": [
    {
      processes: [{ args: ["kube-proxy", "--kubeconfig=/var/lib/kube-proxy/kubeconfig.conf"], cgroup: ORDINARY }],
      files: {},
    },
    (survey) => component(survey, "kube-proxy")?.start,
    { by: "pod" },
  ],
  "a static pod whose shell starts the program": [
    {
      processes: [apiServer],
      files: { [`${MANIFESTS}/kube-apiserver.yaml`]: manifest('[sh, -c, "ulimit -n 9; exec kube-apiserver --x"]') },
    },
    (survey) => [component(survey, "kube-apiserver")?.start, readBy(survey, "client-ca-file")],
    [{ by: "static-pod", manifest: `${MANIFESTS}/kube-apiserver.yaml` }, [`${PKI}/ca.crt`]],
  ],
  "a static pod whose launcher starts the program": [
    {
      processes: [apiServer],
      files: {
        [`${MANIFESTS}/kube-apiserver.yaml`]: manifest("[/go-runner, --log-file=/x, /usr/local/bin/kube-apiserver]"),
      },
    },
    (survey) => component(survey, "kube-apiserver")?.start.by,
    "static-pod",
  ],
  "a static pod that waits for a component and is none": [
    { processes: [], files: { [`${MANIFESTS}/wait.yaml`]: manifest('[sh, -c, "nc etcd 2379; sleep 1"]') } },
    ({ staticPods }) => staticPods.map((pod) => pod.component),
    [undefined],
  ],
  "a manifest in JSON": [
    {
      processes: [apiServer],
      files: {
        [`${MANIFESTS}/kube-apiserver.json`]: JSON.stringify({
          kind: "Pod",
          spec: { containers: [{ command: ["kube-apiserver"] }] },
        }),
      },
    },
    (survey) => component(survey, "kube-apiserver")?.start,
    { by: "static-pod", manifest: `${MANIFESTS}/kube-apiserver.json` },
  ],
  "manifests in another folder": [
    {
      processes: [kubelet("--pod-manifest-path=/etc/kubelet.d"), apiServer],
      files: { "/etc/kubelet.d/kube-apiserver.yaml": manifest("[kube-apiserver]") },
    },
    (survey) => component(survey, "kube-apiserver")?.start,
    { by: "static-pod", manifest: "/etc/kubelet.d/kube-apiserver.yaml" },
  ],
  "manifests in another folder that kubeadm's is a link to": [
    {
      processes: [kubelet("--pod-manifest-path=/etc/kubelet.d"), apiServer],
      files: { "/etc/kubelet.d/kube-apiserver.yaml": manifest("[kube-apiserver]") },
      links: { [MANIFESTS]: "/etc/kubelet.d" },
    },
    (survey) => component(survey, "kube-apiserver")?.start,
    { by: "static-pod", manifest: `${MANIFESTS}/kube-apiserver.yaml` },
  ],
  "a kubelet whose configuration is changed by files in a folder, the last of which counts": [
    {
      processes: [kubelet("--config=/var/lib/kubelet/config.yaml", "--config-dir=/etc/kubelet.conf.d"), apiServer],
      files: {
        "/var/lib/kubelet/config.yaml": `authentication: { x509: { clientCAFile: ${PKI}/ca.crt } }\nstaticPodPath: /a\nclusterDomain: k8s.corp\n`,
        "/etc/kubelet.conf.d/20-last.conf": "staticPodPath: /etc/pods\n",
        "/etc/kubelet.conf.d/10-first.conf": "staticPodPath: /b\ntlsCertFile: /etc/tls.crt\n",
        "/etc/kubelet.conf.d/30-note.txt": "staticPodPath: /c\n",
        "/etc/pods/kube-apiserver.yaml": manifest("[kube-apiserver]"),
      },
    },
    (survey) => [
      ...["client-ca-file", "tls-cert-file", "pod-manifest-path", "cluster-domain"].map((option) =>
        valuesOf(survey, "kubelet", option),
      ),
      component(survey, "kube-apiserver")?.start.by,
    ],
    [[`${PKI}/ca.crt`], ["/etc/tls.crt"], ["/etc/pods"], ["k8s.corp"], "static-pod"],
  ],
  "a kubelet that is told by an option to ask for its serving certificate": [
    {
      processes: [kubelet("--rotate-server-certificates=true")],
      files: { "/var/lib/kubelet/pki/kubelet-server-current.pem": "" },
    },
    (survey) => [valuesOf(survey, "kubelet", "server-tls-bootstrap"), readBy(survey, "cert-dir")],
    [["true"], ["/var/lib/kubelet/pki/kubelet-server-current.pem"]],
  ],
  "a scheduler whose configuration file goes before its command line": [
    {
      processes: [{ args: ["kube-scheduler", "--config=/etc/scheduler.yaml", "--kubeconfig=/old.conf"] }],
      files: { "/etc/scheduler.yaml": "clientConnection: { kubeconfig: /new.conf }\n" },
    },
    (survey) => readBy(survey, "kubeconfig"),
    ["/new.conf"],
  ],
  "an option that a drop-in gives again": [
    { processes: [kubelet(`--client-ca-file=${PKI}/ca.crt`, "--client-ca-file=/etc/corp/bundle.crt")], files: {} },
    (survey) => readBy(survey, "client-ca-file"),
    ["/etc/corp/bundle.crt"],
  ],
  "two token keys, each of which counts": [
    {
      processes: [
        { args: ["kube-apiserver", "--service-account-key-file=/old.pub", "--service-account-key-file=/new.pub"] },
      ],
      files: {},
    },
    (survey) => readBy(survey, "service-account-key-file"),
    ["/old.pub", "/new.pub"],
  ],
  "a certificate for one name": [
    { processes: [{ args: ["kube-apiserver", "--tls-sni-cert-key=/sni.crt,/sni.key:api.corp,*.corp"] }], files: {} },
    ({ files }) => files.filter(({ uses }) => uses.length > 0).map(({ path, uses: [use] }) => [path, use?.secret]),
    [
      ["/sni.crt", false],
      ["/sni.key", true],
    ],
  ],
  "a path that begins where the process was started": [
    {
      processes: [
        {
          args: ["etcd", "--cert-file=certs/etcd.pem", "--client-cert-auth=true", "--key-file="],
          cgroup: unitOf("etcd"),
        },
      ],
      files: {},
    },
    ({ unread }) => unread.filter((text) => text.startsWith("etcd")),
    ["etcd was given --cert-file=certs/etcd.pem, which is no absolute path, so that file could not be looked at"],
  ],
  "a key that needs a passphrase": [
    {
      processes: [apiServer],
      files: { [`${PKI}/ca.key`]: LOCKED },
    },
    ({ files }) => files.filter(({ isLocked }) => isLocked === true).map(({ path }) => path),
    [`${PKI}/ca.key`],
  ],
  "distributions that renew by themselves, while they run": [
    {
      processes: [],
      files: {},
      units: [
        "k3s.service loaded active running Lightweight Kubernetes",
        "rke2-agent.service loaded inactive dead x",
        "k0scontroller.service loaded active running x",
        "snap.microk8s.daemon-kubelite.service loaded active running x",
      ],
    },
    ({ renewers }) => renewers,
    ["k3s.service", "k0scontroller.service", "snap.microk8s.daemon-kubelite.service"],
  ],
};

describe("a visit to a machine", () => {
  for (const [what, [host, look, found]] of Object.entries(ROWS))
    it(`tells of ${what}`, async () => {
      assert.deepEqual(look(await surveyOf(host)), found);
    });
});
