/** Who is trusted by whom, by which names and keys. */
import { file, PKI } from "../healthy";
import { issue } from "../pki";
import { NODES, type State } from "../world";

const CONTROL_PLANES = ["cp1", "cp2"] as const;

export const TRUSTED: readonly State[] = [
  {
    what: "an etcd client of a CA that etcd does not know",
    spoil: async (world) => {
      await world.renew("cp1", `${PKI}/apiserver-etcd-client.crt`, { by: world.ca.kubernetes });
    },
    says: "now cp1: etcd refuses /etc/kubernetes/pki/apiserver-etcd-client.crt (kube-apiserver's client certificate): no CA in /etc/kubernetes/pki/etcd/ca.crt has signed it [not-trusted]",
  },
  {
    what: "a peer of another CA",
    spoil: async (world) => {
      await world.renew("cp2", `${PKI}/etcd/peer.crt`, { by: await issue({ cn: "etcd-ca", isCa: true }) });
    },
    says: "now cp2: etcd on cp1 and cp2 refuses /etc/kubernetes/pki/etcd/peer.crt (etcd's peer certificate): no CA in /etc/kubernetes/pki/etcd/ca.crt has signed it [not-trusted]",
  },
  {
    what: "a worker that still has the CA of before",
    spoil: async (world) => {
      world.file("w1", `${PKI}/ca.crt`).certificates = [(await issue({ cn: "kubernetes", isCa: true })).facts as never];
    },
    says: "now w1: the kubelet refuses kube-apiserver's client certificate of cp1 and cp2: no CA in /etc/kubernetes/pki/ca.crt has signed it, although other nodes accept it [not-trusted]",
  },
  {
    what: "a worker that has the CA's key under another name",
    spoil: async (world) => {
      const renamed = await issue({ cn: "kubernetes-ca", isCa: true, keys: world.ca.kubernetes.keys });
      world.file("w1", `${PKI}/ca.crt`).certificates = [renamed.facts as never];
    },
    says: "now w1: the kubelet refuses kube-apiserver's client certificate of cp1 and cp2: no CA in /etc/kubernetes/pki/ca.crt has signed it, although other nodes accept it [not-trusted]",
  },
  {
    what: "a worker in the middle of a rotation",
    spoil: async (world) => {
      world
        .file("w1", `${PKI}/ca.crt`)
        .certificates.push((await issue({ cn: "kubernetes-g2", isCa: true })).facts as never);
    },
    says: 'soon cp1, cp2: the kubelets\' client CAs differ: /etc/kubernetes/pki/ca.crt lacks "CN=kubernetes-g2", which w1 has [ca-differs]',
  },
  {
    what: "a controller manager that signs with a CA nobody trusts",
    spoil: async (world) => {
      const other = await issue({ cn: "kubernetes-g2", isCa: true });
      const ca = world.file("cp1", `${PKI}/ca.crt`);
      const key = world.file("cp1", `${PKI}/ca.key`);
      const isSigning = ({ input }: { input?: string }) => input === "kube-controller-manager/signing";
      world.node("cp1").files.push(
        file(`${PKI}/ca-signing.crt`, {
          mode: "0644",
          certificates: [other.facts],
          uses: ca.uses.filter(isSigning),
        }) as never,
        file(`${PKI}/ca-signing.key`, { keys: [other.facts.publicKey], uses: key.uses.filter(isSigning) }) as never,
      );
      ca.uses = ca.uses.filter((use) => !isSigning(use));
      key.uses = key.uses.filter((use) => !isSigning(use));
    },
    says: "now cp1: kube-controller-manager signs with /etc/kubernetes/pki/ca-signing.crt, and kube-apiserver on cp1 and cp2 trusts no client of that CA, so kubelets get certificates that are refused [signing-ca]",
  },
  {
    what: "one CA for clients and etcd",
    spoil: async (world) => {
      for (const name of CONTROL_PLANES) {
        for (const path of ["etcd/server", "etcd/peer", "etcd/healthcheck-client", "apiserver-etcd-client"])
          await world.renew(name, `${PKI}/${path}.crt`, { by: world.ca.kubernetes });
        world.file(name, `${PKI}/etcd/ca.crt`).certificates = [world.ca.kubernetes.facts as never];
        world.file(name, `${PKI}/etcd/ca.key`).keys = [world.ca.kubernetes.facts.publicKey];
      }
    },
    says: "notice cp1, cp2: etcd trusts the CA of the cluster's clients (/etc/kubernetes/pki/etcd/ca.crt), so every node and user with a client certificate can read and write etcd [etcd-ca-shared]",
  },
  {
    what: "one CA for clients and the front proxy, any name allowed",
    spoil: async (world) => {
      for (const name of CONTROL_PLANES) {
        await world.renew(name, `${PKI}/front-proxy-client.crt`, { by: world.ca.kubernetes });
        world.file(name, `${PKI}/front-proxy-ca.crt`).certificates = [world.ca.kubernetes.facts as never];
        world.file(name, `${PKI}/front-proxy-ca.key`).keys = [world.ca.kubernetes.facts.publicKey];
        world.set(name, "kube-apiserver", "requestheader-allowed-names");
      }
    },
    says: "now cp1, cp2: the front proxy's CA /etc/kubernetes/pki/front-proxy-ca.crt signs clients too and --requestheader-allowed-names is empty, so every client certificate can act as any user [requestheader-ca-shared]",
  },
  {
    what: "a client CA of the past",
    spoil: async (world) => {
      const old = await issue({ cn: "company-vpn", isCa: true });
      for (const name of CONTROL_PLANES) {
        const ca = world.file(name, `${PKI}/ca.crt`);
        const clientCa = `${PKI}/clients.crt`;
        const isClient = ({ input }: { input?: string }) => input === "kube-apiserver/client-ca";
        world.node(name).files.push(
          file(clientCa, {
            mode: "0644",
            certificates: [world.ca.kubernetes.facts, old.facts],
            uses: ca.uses.filter(isClient),
          }) as never,
        );
        ca.uses = ca.uses.filter((use) => !isClient(use));
      }
    },
    says: 'notice cp1, cp2: "CN=company-vpn" in /etc/kubernetes/pki/clients.crt has signed nothing that was found, and kube-apiserver lets in whoever has a client certificate of it [ca-unused]',
  },
  {
    what: "a kubeconfig with the CA of before",
    spoil: async (world) => {
      const [cluster] = world.kubeconfig("cp1", "/etc/kubernetes/scheduler.conf").clusters;
      cluster!.authorities = [(await issue({ cn: "kubernetes", isCa: true })).facts as never];
    },
    says: "now cp1: the CA in /etc/kubernetes/scheduler.conf has not signed the certificate of kube-apiserver on cp1, so its reader does not connect [kubeconfig-untrusted]",
  },
  {
    what: "a worker that trusts a balancer's CA",
    spoil: async (world) => {
      const [cluster] = world.kubeconfig("w1", "/etc/kubernetes/kubelet.conf").clusters;
      cluster!.authorities = [(await issue({ cn: "balancer", isCa: true })).facts as never];
    },
    says: "soon w1: the CA in /etc/kubernetes/kubelet.conf has not signed the certificate of kube-apiserver on cp1 and cp2, which is right only if something else at api.example.com ends TLS [kubeconfig-untrusted]",
  },
  {
    what: "a kubelet whose client certificate the API servers do not know",
    spoil: async (world) => {
      await world.renew("w1", "/var/lib/kubelet/pki/kubelet-client-current.pem", {
        by: await issue({ cn: "kubernetes", isCa: true }),
      });
    },
    says: "now w1: kube-apiserver on cp1 and cp2 refuses the client certificate in /var/lib/kubelet/pki/kubelet-client-current.pem: no CA in its --client-ca-file has signed it [kubeconfig-refused]",
  },
  {
    what: "a kubeconfig that verifies nothing",
    spoil: (world) => {
      world.kubeconfig("w1", "/etc/kubernetes/kubelet.conf").clusters[0]!.insecure = true;
    },
    says: "soon w1: /etc/kubernetes/kubelet.conf does not verify its server (insecure-skip-tls-verify), so whoever answers at api.example.com gets what its reader sends [kubeconfig-insecure]",
  },
  {
    what: "an administrator of system:masters",
    spoil: async (world) => {
      await world.renew("cp1", "/etc/kubernetes/admin.conf", { by: world.ca.kubernetes, o: "system:masters" });
    },
    says: "notice cp1: the client certificate in /etc/kubernetes/admin.conf is of the group system:masters, which RBAC cannot limit, until 2027-06-01 [kubeconfig-masters]",
  },
  {
    what: "another token key on one control plane",
    spoil: async (world) => {
      const { publicKey } = (await issue({ cn: "sa" })).facts;
      world.file("cp2", `${PKI}/sa.key`).keys = [publicKey];
      world.file("cp2", `${PKI}/sa.pub`).publicKeys = [publicKey, world.ca.tokens.facts.publicKey];
    },
    says: "now cp2: kube-apiserver and kube-controller-manager sign service account tokens with /etc/kubernetes/pki/sa.key, and kube-apiserver on cp1 refuses them: its --service-account-key-file has no key that fits [service-account-keys]",
  },
  {
    what: "pods that get a CA which has signed nothing of the API server",
    spoil: async (world) => {
      const other = await issue({ cn: "kubernetes", isCa: true });
      for (const name of CONTROL_PLANES) {
        const ca = world.file(name, `${PKI}/ca.crt`);
        const isRoot = ({ input }: { input?: string }) => input === "kube-controller-manager/root-ca";
        world.node(name).files.push(
          file("/etc/kubernetes/root.crt", {
            mode: "0644",
            certificates: [other.facts],
            uses: ca.uses.filter(isRoot),
          }) as never,
        );
        ca.uses = ca.uses.filter((use) => !isRoot(use));
      }
    },
    says: "now cp1, cp2: pods get /etc/kubernetes/root.crt as the CA of the API server (--root-ca-file), and no CA in it has signed the certificate of kube-apiserver on cp1 and cp2 [root-ca]",
  },
  {
    what: "an API server's certificate without the endpoint's name",
    spoil: async (world) => {
      const sans = world
        .file("cp2", `${PKI}/apiserver.crt`)
        .certificates[0]!.sans.filter((san) => san !== "DNS:api.example.com");
      await world.renew("cp2", `${PKI}/apiserver.crt`, { by: world.ca.kubernetes, sans });
    },
    says: "now cp2: /etc/kubernetes/pki/apiserver.crt lacks the name api.example.com (server in /etc/kubernetes/admin.conf and 3 more), so clients that connect by it refuse it [apiserver-sans]",
  },
  {
    what: "a certificate without a name that kubeadm's configuration has",
    spoil: (world) => {
      world.facts().kubeadm!.certSans = ["old.example.com"];
    },
    says: "soon cp1, cp2: /etc/kubernetes/pki/apiserver.crt lacks the name old.example.com (certSANs of kubeadm), so clients that connect by it refuse it [apiserver-sans]",
  },
  {
    what: "an API server that moved to another address",
    spoil: (world) => {
      world.set("cp2", "kube-apiserver", "advertise-address", "10.0.0.99");
    },
    says: "soon cp2: /etc/kubernetes/pki/apiserver.crt lacks the name 10.0.0.99 (--advertise-address), so clients that connect by it refuse it [apiserver-sans]",
  },
  {
    what: "an etcd certificate without the node's address",
    spoil: async (world) => {
      await world.renew("cp2", `${PKI}/etcd/peer.crt`, { by: world.ca.etcd, sans: ["DNS:cp2"] });
    },
    says: "now cp2: /etc/kubernetes/pki/etcd/peer.crt lacks the name 10.0.0.12 (--initial-advertise-peer-urls), so clients that connect by it refuse it [etcd-sans]",
  },
  {
    what: "a kubelet whose certificate names another host",
    spoil: async (world) => {
      for (const name of CONTROL_PLANES) {
        world.set(name, "kube-apiserver", "kubelet-certificate-authority", `${PKI}/ca.crt`);
        world.file(name, `${PKI}/ca.crt`).uses.push({
          component: "kube-apiserver",
          option: "kubelet-certificate-authority",
          input: "kube-apiserver/kubelet-ca",
          secret: false,
        });
      }
      for (const name of NODES)
        await world.renew(name, "/var/lib/kubelet/pki/kubelet.crt", {
          by: world.ca.kubernetes,
          ...(name === "w1" && { sans: ["DNS:w9"] }),
        });
    },
    says: "now w1: /var/lib/kubelet/pki/kubelet.crt names neither the host nor one of its addresses, so kube-apiserver refuses the kubelet for logs and exec [kubelet-sans]",
  },
  {
    what: "an etcd server certificate that is no client's",
    spoil: async (world) => {
      await world.renew("cp1", `${PKI}/etcd/server.crt`, { by: world.ca.etcd, usages: ["serverAuth"] });
    },
    says: "now cp1: /etc/kubernetes/pki/etcd/server.crt lacks the extended key usage clientAuth, so etcd, which calls itself with it, refuses it [usage-missing]",
  },
  {
    what: "a scheduler whose certificate is a server's",
    spoil: async (world) => {
      await world.renew("cp1", "/etc/kubernetes/scheduler.conf", { by: world.ca.kubernetes, usages: ["serverAuth"] });
    },
    says: "now cp1: the client certificate in /etc/kubernetes/scheduler.conf lacks the extended key usage clientAuth, so kube-apiserver refuses it [usage-missing]",
  },
  {
    what: "a kubelet with the certificate of another node",
    spoil: async (world) => {
      await world.renew("w1", "/var/lib/kubelet/pki/kubelet-client-current.pem", {
        by: world.ca.kubernetes,
        cn: "system:node:cp2",
      });
    },
    says: "now w1: the kubelet's client certificate says that it is cp2, a node whose address is 10.0.0.12 [kubelet-identity]",
  },
];
