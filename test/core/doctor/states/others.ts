/** Keys, versions, machines, stacks and everybody else. */
import { file, PKI } from "../healthy";
import { issue } from "../pki";
import { NODES, type State } from "../world";

const CONTROL_PLANES = ["cp1", "cp2"] as const;
const stackNodes = NODES.map((name) => ({ name, host: name }));

export const REST: readonly State[] = [
  {
    what: "two certificates to sign with",
    spoil: async (world) => {
      const second = await issue({ cn: "kubernetes-g2", isCa: true });
      for (const name of CONTROL_PLANES) {
        const ca = world.file(name, `${PKI}/ca.crt`);
        const isSigning = ({ input }: { input?: string }) => input === "kube-controller-manager/signing";
        world.node(name).files.push(
          file(`${PKI}/signing.crt`, {
            mode: "0644",
            certificates: [world.ca.kubernetes.facts, second.facts],
            uses: ca.uses.filter(isSigning),
          }) as never,
        );
        ca.uses = ca.uses.filter((use) => !isSigning(use));
      }
    },
    says: "now cp1, cp2: kube-controller-manager signs with /etc/kubernetes/pki/signing.crt, which must hold one certificate and holds 2, so it will not start again or goes on with the CA it has in memory [signing-bundle]",
  },
  {
    what: "a certificate signed with SHA-1",
    spoil: async (world) => {
      await world.renew("cp1", `${PKI}/apiserver-etcd-client.crt`, { by: world.ca.etcd, digest: "SHA-1" });
    },
    says: "now cp1: the certificate in /etc/kubernetes/pki/apiserver-etcd-client.crt is signed with SHA-1, and the components refuse such signatures (Go's crypto/x509) [weak-digest]",
  },
  {
    what: "a key of 1024 bits",
    spoil: async (world) => {
      await world.renew("cp1", `${PKI}/front-proxy-client.crt`, { by: world.ca.frontProxy, rsa: 1024 });
    },
    says: "soon cp1: the certificate in /etc/kubernetes/pki/front-proxy-client.crt has a key of RSA-1024, which is too weak [weak-key]",
  },
  {
    what: "a CA's key on a worker",
    spoil: (world) => {
      world.node("w1").files.push(file(`${PKI}/ca.key`, { keys: [world.ca.kubernetes.facts.publicKey] }) as never);
    },
    says: 'soon w1: /etc/kubernetes/pki/ca.key is the key of the CA "CN=kubernetes", on a node that is neither control plane nor etcd member: whoever gets it can be anybody [ca-key-strewn]',
  },
  {
    what: "a CA's key that a rotation left behind",
    spoil: (world) => {
      world.file("cp1", `${PKI}/etcd/ca.key`).keys = ["ab".repeat(32)];
    },
    says: "soon cp1: /etc/kubernetes/pki/etcd/ca.key is not the key of the first CA in /etc/kubernetes/pki/etcd/ca.crt, so `kubeadm certs renew` and joining control planes fail with it [ca-key-differs]",
  },
  {
    what: "a serving pair that was copied to the second control plane",
    spoil: (world) => {
      for (const ending of ["crt", "key"]) {
        const from = world.file("cp1", `${PKI}/etcd/server.${ending}`);
        Object.assign(world.file("cp2", `${PKI}/etcd/server.${ending}`), {
          certificates: from.certificates,
          keys: from.keys,
        });
      }
      world.node("cp2").served.find(({ at }) => at.endsWith(":2379"))!.chain = world.file(
        "cp1",
        `${PKI}/etcd/server.crt`,
      ).certificates;
      // so that the copy has all its names
      world.set("cp2", "etcd", "advertise-client-urls", "https://127.0.0.1:2379");
    },
    says: "notice cp1, cp2: /etc/kubernetes/pki/etcd/server.crt has the same key on cp1 and cp2, so whoever gets it from one can be all of them [key-copied]",
  },
  {
    what: "two CAs of one name",
    spoil: async (world) => {
      const second = await issue({ cn: "kubernetes", isCa: true });
      await world.renew("cp1", "/etc/kubernetes/scheduler.conf", { by: second });
      for (const name of NODES) {
        const { certificates } = world.file(name, `${PKI}/ca.crt`);
        certificates.push(second.facts as never);
      }
      for (const name of CONTROL_PLANES) {
        const ca = world.file(name, `${PKI}/ca.crt`);
        const isSigning = ({ input }: { input?: string }) => input === "kube-controller-manager/signing";
        world.node(name).files.push(
          file(`${PKI}/signing.crt`, {
            mode: "0644",
            certificates: [world.ca.kubernetes.facts],
            uses: ca.uses.filter(isSigning),
          }) as never,
        );
        ca.uses = ca.uses.filter((use) => !isSigning(use));
      }
    },
    says: 'soon cp1, cp2, w1: /etc/kubernetes/pki/ca.crt holds two CAs of the name "CN=kubernetes" without subject key identifiers, and clients that use OpenSSL try only the first [ca-same-name]',
  },
  {
    what: "a kubelet newer than an API server",
    spoil: (world) => {
      world.component("w1", "kubelet").version = "1.37.0";
    },
    says: "soon w1: kubelet 1.37.0 is newer than kube-apiserver 1.36.3 on cp1, which Kubernetes does not support [version-skew]",
  },
  {
    what: "a worker that missed four upgrades",
    spoil: (world) => {
      world.component("w1", "kubelet").version = "1.32.9";
    },
    says: "soon w1: kubelet 1.32.9 is more than 3 minor versions older than kube-apiserver 1.36.3 on cp2, which Kubernetes does not support [version-skew]",
  },
  {
    what: "an etcd option that etcd 3.7 does not know",
    spoil: (world) => {
      world.set("cp1", "etcd", "experimental-initial-corrupt-check", "true");
    },
    says: "soon cp1: etcd is started with --experimental-initial-corrupt-check, with which etcd 3.7 and later does not start [option-removed]",
  },
  {
    what: "a kubelet option that the next minor version does not know",
    spoil: (world) => {
      for (const name of NODES)
        for (const component of world.node(name).components)
          if (component.name !== "etcd") component.version = "1.34.2";
      world.set("w1", "kubelet", "pod-infra-container-image", "registry.k8s.io/pause:3.10");
    },
    says: "soon w1: kubelet is started with --pod-infra-container-image, with which kubelet 1.35 and later do not start [option-removed]",
  },
  {
    what: "an etcd without client certificates",
    spoil: (world) => {
      world.set("cp1", "etcd", "client-cert-auth");
      const ca = world.file("cp1", `${PKI}/etcd/ca.crt`);
      ca.uses = ca.uses.filter(({ option }) => option !== "trusted-ca-file");
    },
    says: "now cp1: etcd lets in clients without a certificate: neither --client-cert-auth nor --trusted-ca-file is set [etcd-open]",
  },
  {
    what: "a kubeadm that renews another folder",
    spoil: (world) => {
      world.facts().kubeadm!.certificatesDir = "/etc/kubernetes/ssl";
    },
    says: "soon cp1, cp2: kubeadm renews in /etc/kubernetes/ssl (certificatesDir), but kube-apiserver reads /etc/kubernetes/pki/apiserver.crt [kubeadm-folder]",
  },
  {
    what: "a kubeadm that issues for ten years",
    spoil: (world) => {
      world.facts().kubeadm!.certificateValidity = "87600h0m0s";
    },
    says: "notice cp1: kubeadm issues certificates for 3650 days (certificateValidityPeriod: 87600h0m0s), and Kubernetes cannot revoke a client certificate [kubeadm-validity]",
  },
  {
    what: "a kubeadm that issues for a month",
    spoil: (world) => {
      world.facts().kubeadm!.certificateValidity = "720h0m0s";
    },
    says: "soon cp1: kubeadm issues certificates for 30 days (certificateValidityPeriod: 720h0m0s) and renews them only at upgrades [kubeadm-validity]",
  },
  {
    what: "a timer that renews beside the stack",
    spoil: (world) => {
      world.given = { stack: { nodes: stackNodes, certificates: [] } };
      world.node("cp1").renewers.push("k8s-certs-renew.timer");
    },
    says: "soon cp1: k8s-certs-renew.timer renews certificates on this node too, behind the stack's back [renewer]",
  },
  {
    what: "a kube-vip that reads admin.conf",
    spoil: (world) => {
      for (const name of CONTROL_PLANES)
        world.node(name).readers.push({ pid: 77, name: "kube-vip", path: "/etc/kubernetes/admin.conf", how: "mount" });
    },
    says: "notice cp1, cp2: kube-vip reads /etc/kubernetes/admin.conf, and nothing restarts it when that is renewed [reader]",
  },
  {
    what: "a certificate that kubeadm renewed behind the stack",
    spoil: (world) => {
      const row = {
        node: "cp1",
        certificate: "apiserver",
        serial: "0a:bc",
        notAfter: "2027-02-01T00:00:00Z",
        nextRenewal: "2026-12-20T00:00:00Z",
      } as const;
      world.given = { stack: { nodes: stackNodes, certificates: [row] } };
      Object.assign(world.file("cp1", `${PKI}/apiserver.crt`).certificates[0]!, { serial: "beef" });
      world.node("cp1").served[0]!.chain = world.file("cp1", `${PKI}/apiserver.crt`).certificates;
    },
    says: "soon cp1: /etc/kubernetes/pki/apiserver.crt holds another certificate (serial beef, until 2027-06-01) than the one that the stack issued (serial abc, until 2027-02-01) [stack-drift]",
  },
  {
    what: "a certificate of the stack that is nowhere",
    spoil: (world) => {
      const row = {
        node: "w1",
        certificate: "kube-proxy",
        serial: "abc",
        notAfter: "2027-02-01T00:00:00Z",
        nextRenewal: "2026-12-20T00:00:00Z",
      } as const;
      world.given = {
        stack: { nodes: [...stackNodes.slice(0, 2), { name: "w1", host: "10.0.0.21" }], certificates: [row] },
      };
    },
    says: "soon w1: no file holds the certificate kube-proxy that the stack issued (serial abc, until 2027-02-01) [stack-drift]",
  },
  {
    what: "a node that the stack does not have",
    spoil: (world) => {
      world.given = { stack: { nodes: stackNodes.slice(0, 2), certificates: [] } };
    },
    says: "notice w1: it is no node of the stack, so the stack does not renew what it holds [stack-node]",
  },
  {
    what: "a host that does not answer",
    spoil: (world) => {
      world.given = { unreached: [{ host: "w2", reason: "no answer within 60 s" }] };
    },
    says: "now w2: it could not be read: no answer within 60 s [unreached]",
  },
  {
    what: "a node that is not Ready",
    spoil: (world) => {
      world.facts().nodes[2]!.ready = false;
    },
    says: "now w1: the cluster says that it is not Ready [not-ready]",
  },
  {
    what: "a clock that is behind",
    spoil: (world) => {
      world.node("w1").host.clockAheadSeconds = -400;
    },
    says: "now w1: its clock is 400 s behind, so a certificate that was issued just now is not valid there [clock]",
  },
  {
    what: "two clocks that differ",
    spoil: (world) => {
      world.node("w1").host.clockAheadSeconds = -14;
    },
    says: "soon w1: its clock is 15 s behind that of cp2 [clocks-apart]",
  },
  {
    what: "a read-only /etc",
    spoil: (world) => {
      world.node("w1").host.readOnly = ["/usr", "/etc"];
    },
    says: "soon w1: /etc is mounted read-only, so what is in it cannot be renewed in place (/etc/kubernetes/kubelet.conf) [read-only]",
  },
  {
    what: "a full disk",
    spoil: (world) => {
      world.node("w1").host.room = [{ mount: "/", freeBytes: 3_500_000 }];
    },
    says: "soon w1: / has 3 MiB left, too little to renew certificates with a backup [little-room]",
  },
  {
    what: "a control plane without crictl",
    spoil: (world) => {
      const { host } = world.node("cp1");
      host.tools = host.tools.filter((tool) => tool !== "crictl");
    },
    says: "notice cp1: crictl is not installed, so in a rotation the kubelet waits 10 to 20 s before the second and third restart of a static pod, an API server's too [no-crictl]",
  },
  {
    what: "a node that was not looked at",
    spoil: (world) => {
      world.facts().nodes.push({
        name: "w2",
        addresses: ["10.0.0.22"],
        controlPlane: false,
        kubeletVersion: "v1.36.3",
        ready: true,
      });
    },
    says: "notice w2: it is a node of the cluster and was not looked at [left-out]",
  },
  {
    what: "a survey of last week",
    spoil: (world) => {
      world.node("w1").host.readAt = "2026-11-20T00:00:00Z";
    },
    says: "notice w1: it was read on 2026-11-20, and what has changed since then is not in here [survey-old]",
  },
  {
    what: "something that could not be read",
    spoil: (world) => {
      world.node("w1").unread.push("/etc/kubernetes/kubelet.conf is larger than 1 MiB");
    },
    says: "notice w1: not looked at: /etc/kubernetes/kubelet.conf is larger than 1 MiB [unread]",
  },
];
