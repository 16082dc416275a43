import assert from "node:assert/strict";
import { PROFILE_NAMES } from "../../../../core/model/profiles";
import { HARDWAY } from "../../fixture";
import { config, problems, type Raw } from "../fixtures";

const profiles = (given: Raw, more: Raw = {}): Raw => config({ certificates: { profiles: given }, ...more });
const older = { cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com:6443" } };
const newer = { cluster: { name: "prod", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" } };
const ON_PURPOSE = "or set privileged: true where it is meant";

describe("subjects of profiles", () => {
  const accepted: Readonly<Record<string, Raw>> = {
    "of what nobody reads": profiles({
      apiserver: { commonName: "kubernetes", organizations: ["system:masters"] },
      "etcd-server": { commonName: "etcd.{node}" },
      "etcd-healthcheck-client": { commonName: "health", organizations: ["system:masters"] },
      "front-proxy-client": { commonName: "aggregator" },
      "kubelet-server": { commonName: "{node}" },
    }),
    "by node and role": profiles({ "etcd-peer": { commonName: { "control-plane": "a", cp1: "b", etcd: "c" } } }),
    "that Kubernetes knows": profiles({
      kubelet: { commonName: "system:node:{node}", organizations: ["system:nodes", "rack-7"] },
      scheduler: { commonName: "system:kube-scheduler", organizations: ["system:kube-scheduler"] },
    }),
    "of an older kubeadm": profiles(
      { admin: { organizations: ["system:masters"] }, "super-admin": { commonName: "kubernetes-admin" } },
      older,
    ),
    "of an older kubeadm's client of kubelets": profiles(
      { "apiserver-kubelet-client": { commonName: "kubelets", organizations: ["system:masters"] } },
      newer,
    ),
    "whose rights are given on purpose": profiles({
      "controller-manager": { organizations: ["system:masters"], privileged: true },
      "apiserver-kubelet-client": { commonName: "system:kube-apiserver", organizations: [], privileged: true },
    }),
  };
  for (const [what, raw] of Object.entries(accepted))
    it(`may be those ${what}`, () => {
      assert.deepEqual(problems(raw), []);
    });

  const at = "certificates.profiles";
  const refused: readonly (readonly [Raw, string])[] = [
    [
      profiles({ kubelet: { commonName: "{node}" } }),
      `${at}.kubelet.commonName: "cp1"; must be "system:node:cp1", or left out; the node authorizer knows each node by it`,
    ],
    [
      profiles({ kubelet: { organizations: ["nodes"] } }),
      `${at}.kubelet.organizations: without system:nodes; must be with it, as the API server knows nodes by it`,
    ],
    [
      profiles({ scheduler: { commonName: "scheduler", privileged: true } }),
      `${at}.scheduler.commonName: "scheduler"; must be "system:kube-scheduler", or left out; the role bindings of Kubernetes itself know it by no other name`,
    ],
    [
      profiles({ "kube-proxy": { organizations: ["system:masters"] } }),
      `${at}["kube-proxy"].organizations: "system:masters" is a group with rights of its own; must be left out; ${ON_PURPOSE}`,
    ],
    [
      profiles({ admin: { commonName: "system:kube-scheduler" } }),
      `${at}.admin.commonName: "system:kube-scheduler" is a user of Kubernetes itself; must be "kubernetes-admin"; ${ON_PURPOSE}`,
    ],
    [
      profiles({ "apiserver-kubelet-client": { commonName: "kubelets" } }, newer),
      `${at}["apiserver-kubelet-client"].commonName: "kubelets" has no rights on kubelets without a role binding of your own, so logs, exec and metrics end; must be "kube-apiserver-kubelet-client"; ${ON_PURPOSE}`,
    ],
    [
      profiles({ "apiserver-kubelet-client": { organizations: [] } }, older),
      `${at}["apiserver-kubelet-client"].organizations: "kube-apiserver-kubelet-client" has no rights on kubelets without a role binding of your own, so logs, exec and metrics end; must be left out; ${ON_PURPOSE}`,
    ],
    [
      profiles({ "apiserver-kubelet-client": { organizations: ["kubeadm:cluster-admins"] } }, HARDWAY),
      `${at}["apiserver-kubelet-client"].organizations: "kube-apiserver-kubelet-client" has no rights on kubelets without a role binding of your own, so logs, exec and metrics end; must be left out; ${ON_PURPOSE}`,
    ],
    [
      profiles({ "etcd-healthcheck-client": { organizations: ["system:masters"] } }, { authority: { oneCa: true } }),
      `${at}["etcd-healthcheck-client"].organizations: "system:masters" is a group with rights of its own; must be left out; ${ON_PURPOSE}`,
    ],
    [
      profiles({ admin: { commonName: "admin-{node}" } }),
      `${at}.admin.commonName: "admin-{node}"; must be a name that is the same everywhere; the stack's own administrator has it too`,
    ],
    [
      profiles({ admin: { commonName: { cp1: "a" } } }),
      `${at}.admin.commonName: a map; must be a name that is the same everywhere; the stack's own administrator has it too`,
    ],
    [
      profiles({ "etcd-peer": { commonName: { cp9: "x" } } }),
      `${at}["etcd-peer"].commonName: key "cp9"; must be the name of a node under \`nodes\`, or one of control-plane, etcd, worker`,
    ],
    [
      profiles({ apiserver: { commonName: `{node}-${"x".repeat(62)}` } }),
      `${at}.apiserver.commonName: "cp1-${"x".repeat(62)}" on one node; must be at most 64 characters, which is all that a certificate holds`,
    ],
    [
      profiles({ apiserver: { commonName: "API server" } }),
      `${at}.apiserver.commonName: "API server"; must be a name of at most 64 letters, digits, :, ., _ and -, or a map from a node's name or a role to such a name`,
    ],
  ];
  for (const [raw, sentence] of refused)
    it(sentence, () => {
      assert.deepEqual(
        problems(raw).filter((each) => each.startsWith(at)),
        [sentence],
      );
    });

  it("of no profile are refused where they say what is usual", () => {
    for (const name of PROFILE_NAMES) assert.deepEqual(problems(profiles({ [name]: {} })), [], name);
  });
});
