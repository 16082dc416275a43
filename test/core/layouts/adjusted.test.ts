import assert from "node:assert/strict";
import { layoutOf, LAYOUT_NAMES } from "../../../core/layouts";
import { placeOf, type GivenFiles } from "../../../core/layouts/adjusted";
import { planCluster, type NodePlan } from "../../../core/plan";
import type { Config } from "../../../core/schema/config";
import { config, problems } from "../config/fixtures";
import { configWith, NOW } from "../fixture";

const planOf = (name: string, of: Config): NodePlan => {
  const plan = planCluster(of, NOW).nodes.find(({ node }) => node.name === name);
  assert.ok(plan);
  return plan;
};

const SSL: GivenFiles = { "/etc/kubernetes/pki/": { path: "/etc/kubernetes/ssl/" } };

describe("files of a layout that are elsewhere", () => {
  it("are found by their own entry first, then by the folder nearest to them", () => {
    const given: GivenFiles = {
      ...SSL,
      "/etc/kubernetes/pki/etcd/": { path: "/etc/ssl/etcd/" },
      "/etc/kubernetes/pki/etcd/ca.crt": { path: "/etc/ssl/ca-etcd.pem" },
      "/etc/kubernetes/pki/etcd/server.crt": { owner: "etcd" },
    };
    assert.deepEqual(
      ["ca.crt", "etcd/peer.crt", "etcd/ca.crt", "etcd/server.crt"].map((name) =>
        placeOf(`/etc/kubernetes/pki/${name}`, given),
      ),
      ["/etc/kubernetes/ssl/ca.crt", "/etc/ssl/etcd/peer.crt", "/etc/ssl/ca-etcd.pem", "/etc/ssl/etcd/server.crt"],
    );
    assert.equal(placeOf("/etc/kubernetes/pkix/ca.crt", SSL), "/etc/kubernetes/pkix/ca.crt");
  });

  it("are what a plan writes, reads, signs with and links to", () => {
    const files = {
      ...SSL,
      "/var/lib/kubelet/pki/": { path: "/var/lib/kubelet/certs/" },
      "/var/lib/kubelet/pki/kubelet-client-kube-pki.pem": {
        path: "/var/lib/kubelet/certs/{node}.pem",
        owner: "kube",
        mode: "0640",
      },
    };
    const plan = planOf("cp1", configWith({ files, rotation: { generation: 2 } }));
    assert.deepEqual(
      plan.known.filter(({ path }) => path.includes("/pki/")),
      [],
    );
    assert.equal(plan.signing?.certificate, "/etc/kubernetes/ssl/ca-signing.crt");
    assert.equal(plan.signing.from.key, "/etc/kubernetes/ssl/ca.key");
    const pair = plan.files.find(({ content }) => content.kind === "pair");
    assert.deepEqual([pair?.path, pair?.owner, pair?.mode], ["/var/lib/kubelet/certs/cp1.pem", "kube", "0640"]);
    const contents = plan.files.map(({ content }) => content);
    const link = contents.find(({ kind }) => kind === "link");
    assert.equal(link?.kind === "link" && link.target, "cp1.pem");
    const kubeconfig = contents.find((content) => content.kind === "kubeconfig" && content.profile === "kubelet");
    assert.deepEqual(kubeconfig?.kind === "kubeconfig" && kubeconfig.credentials, {
      file: "/var/lib/kubelet/certs/kubelet-client-current.pem",
    });
  });

  it("leave a layout as it is where nothing is given", () => {
    for (const layout of LAYOUT_NAMES) {
      const [plain, same] = [{}, { "/none": { path: "/etc/x/none" } }].map((files) =>
        layoutOf({ layout, files, services: {}, authority: { oneCa: false } }),
      );
      assert.deepEqual(same?.files(36), plain?.files(36));
    }
  });
});

describe("services of a layout", () => {
  it("run under the name that a stack file gives, in the same order", () => {
    const services = { etcd: { kind: "systemd", unit: "etcd-member" }, kubelet: { unit: "kubelet-1" } } as const;
    const plan = planOf("cp1", configWith({ services }));
    assert.deepEqual(
      plan.consumers.map(({ name, kind, unit }) => `${name} ${kind} ${unit}`),
      [
        "etcd systemd etcd-member",
        "kube-apiserver static-pod kube-apiserver",
        "kubelet systemd kubelet-1",
        "kube-controller-manager static-pod kube-controller-manager",
        "kube-scheduler static-pod kube-scheduler",
      ],
    );
  });
});

describe("a stack file that says where files are", () => {
  const PKI = "/etc/kubernetes/pki/";
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      "a path that the layout does not have",
      { "/etc/kubernetes/ssl/": { path: "/etc/x/" } },
      'files["/etc/kubernetes/ssl/"]: given; must be a path of layout kubeadm, or a folder of such with a slash at the end; did you mean "/etc/kubernetes/pki/"?',
    ],
    [
      "a path like none of the layout's",
      { "/etc/nope": { path: "/etc/x" } },
      'files["/etc/nope"]: given; must be a path of layout kubeadm, or a folder of such with a slash at the end; docs/layouts.md has the list',
    ],
    [
      "a folder that becomes a file",
      { [PKI]: { path: "/etc/kubernetes/ssl" } },
      'files["/etc/kubernetes/pki/"].path: /etc/kubernetes/ssl; must be a folder with a slash at the end',
    ],
    [
      "two files at one place",
      { [`${PKI}ca.crt`]: { path: `${PKI}etcd/ca.crt` } },
      "files: /etc/kubernetes/pki/ca.crt and /etc/kubernetes/pki/etcd/ca.crt are both at /etc/kubernetes/pki/etcd/ca.crt; must be at places of their own; change the path of one",
    ],
    [
      "a key that all may read",
      { [`${PKI}ca.key`]: { mode: "0644" } },
      'files["/etc/kubernetes/pki/ca.key"].mode: 0644; must be 0600, 0640, 0400 or 0440; the file is secret: nobody but its owner and group may read it',
    ],
    [
      "a link and its target in two folders",
      { "/var/lib/kubelet/pki/kubelet-client-kube-pki.pem": { path: "/srv/keys/a.pem" } },
      "files: /var/lib/kubelet/pki/kubelet-client-current.pem at /var/lib/kubelet/pki/kubelet-client-current.pem and /var/lib/kubelet/pki/kubelet-client-kube-pki.pem at /srv/keys/a.pem; must be in one folder; the first is a link to the second",
    ],
    [
      "a mode of a folder",
      { [PKI]: { mode: "0600" } },
      'files["/etc/kubernetes/pki/"].mode: 0600; must be left out for a folder; give it for its files',
    ],
    [
      "a place that no node writes to",
      { [PKI]: { path: "/tmp/pki/" } },
      'files["/etc/kubernetes/pki/"].path: "/tmp/pki/"; must be an absolute path below /etc, /var/lib, /opt, /usr/local or /srv; {node} in it stands for the node\'s name',
    ],
  ];
  for (const [what, files, sentence] of cases)
    it(`is refused with ${what}`, () => {
      assert.deepEqual(problems(config({ files })), [sentence]);
    });
});
