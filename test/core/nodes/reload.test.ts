import assert from "node:assert/strict";
import { MINORS as KNOWN } from "../../../core/model/kubernetesMinors";
import {
  becauseOf,
  consumerOf,
  needsRestartOnRemoval,
  needOf,
  type ConsumerInput,
  type Need,
} from "../../../core/model/reload";

interface Expected {
  readonly need: Need;
  /** From which minor version on; a restart before it. */
  readonly since?: number;
  /** Retiring a CA only clears the program's memory: it is no server that would still accept clients of it. */
  readonly forgets?: true;
  /** Where that was read: k8s is kubernetes/kubernetes, etcd is etcd-io/etcd. */
  readonly source: string;
}

const FILE_WATCH = "k8s apiserver/pkg/server/dynamiccertificates: fsnotify and a poll each minute";
const INLINE = "k8s client-go/rest: a kubeconfig's inline data is read once";

/** Read in the sources, not in our table. An input that is missing here does not compile. */
const EXPECTED: Readonly<Record<ConsumerInput, Expected>> = {
  "etcd/serving": {
    need: "reload",
    source: "etcd client/pkg/transport/listener.go: TLSInfo.GetCertificate reads the files",
  },
  "etcd/peer": { need: "reload", source: "etcd client/pkg/transport/listener.go, as server and as client" },
  "etcd/trusted-ca": { need: "restart", source: "etcd client/pkg/tlsutil: NewCertPool at start, etcd-io/etcd#11555" },
  "kube-apiserver/serving": { need: "reload", source: FILE_WATCH },
  "kube-apiserver/client-ca": { need: "reload", source: FILE_WATCH },
  "kube-apiserver/requestheader-ca": { need: "reload", source: FILE_WATCH },
  "kube-apiserver/proxy-client": {
    need: "reload",
    source: "k8s kube-aggregator/pkg/apiserver/apiserver.go, " + FILE_WATCH,
  },
  "kube-apiserver/etcd-client": { need: "reload", source: "etcd TLSInfo.GetClientCertificate reads the files" },
  "kube-apiserver/etcd-ca": { need: "restart", source: "etcd client/pkg/transport: the pool is built once" },
  "kube-apiserver/kubelet-client": {
    need: "reload",
    source: "k8s pkg/kubelet/client: ReloadTLSFiles, polled every 5 minutes",
  },
  "kube-apiserver/kubelet-ca": {
    need: "reload",
    since: 36,
    source: "k8s client-go/transport/ca_rotation.go, gate ClientsAllowCARotation of 1.36",
  },
  "kube-apiserver/service-account-public": {
    need: "restart",
    source: "k8s pkg/kubeapiserver/options/authentication.go: read at start",
  },
  "kube-apiserver/service-account-private": {
    need: "restart",
    source: "k8s pkg/controlplane/apiserver/options: read at start",
  },
  "kube-apiserver/client": { need: "reload", source: "no process holds an administrator's kubeconfig" },
  "kube-controller-manager/kubeconfig": { need: "restart", forgets: true, source: INLINE },
  "kube-controller-manager/signing": {
    need: "reload",
    source: "k8s pkg/controller/certificates/signer/ca_provider.go, " + FILE_WATCH,
  },
  "kube-controller-manager/root-ca": {
    need: "restart",
    source: "k8s cmd/kube-controller-manager/app: read once, kubernetes/kubernetes#137410",
  },
  "kube-controller-manager/client-ca": { need: "reload", source: FILE_WATCH },
  "kube-controller-manager/requestheader-ca": { need: "reload", source: FILE_WATCH },
  "kube-controller-manager/service-account-private": {
    need: "restart",
    source: "k8s cmd/kube-controller-manager/app: read once",
  },
  "kube-scheduler/kubeconfig": { need: "restart", forgets: true, source: INLINE },
  "kubelet/serving": {
    need: "reload",
    since: 31,
    source: "k8s gate ReloadKubeletServerCertificateFile, beta and on in 1.31",
  },
  "kubelet/client": { need: "restart", source: "k8s client-go/util/certificate: the manager keeps it in memory" },
  "kubelet/client-ca": { need: "reload", source: FILE_WATCH },
  "kubelet/kubeconfig": {
    need: "restart",
    forgets: true,
    source: "k8s pkg/kubelet/certificate/transport.go: a transport of its own, built once",
  },
  "kube-proxy/kubeconfig": { need: "restart", forgets: true, source: INLINE },
};

const MINORS = [30, 31, 32, 33, 34, 35, 36, 37];
const UNKNOWN = KNOWN.newest + 1;

describe("reload rules", () => {
  for (const [name, { need, since = 0, forgets, source }] of Object.entries(EXPECTED)) {
    const input = name as ConsumerInput;
    const from = since === 0 ? "" : ` from 1.${String(since)} on`;
    it(`${input}: ${need}${from}${forgets ? ", but not for a retired CA" : ""} (${source})`, () => {
      for (const minor of MINORS)
        assert.equal(needOf(input, minor), minor >= since ? need : "restart", `1.${String(minor)}`);
      for (const minor of MINORS) assert.equal(needsRestartOnRemoval(input, minor), forgets !== true);
      assert.equal(consumerOf(input), input.replace(/\/.*/, ""));
      for (const minor of MINORS) {
        const because = becauseOf(input, minor);
        assert.equal(because === `reads it by itself only since 1.${String(since)}`, minor < since, because);
        assert.ok(because.length > 10);
      }
    });
  }

  it("restart everything in a minor version that nobody has looked at", () => {
    assert.deepEqual([KNOWN.oldest, KNOWN.newest], [MINORS[0], MINORS.at(-1)]);
    for (const input of Object.keys(EXPECTED) as ConsumerInput[]) {
      assert.equal(needOf(input, UNKNOWN), "restart", input);
      assert.ok(needsRestartOnRemoval(input, UNKNOWN), input);
      assert.equal(becauseOf(input, UNKNOWN), `nobody has looked at 1.${String(UNKNOWN)} yet`);
    }
  });
});
