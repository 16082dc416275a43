/** Certificates and CAs that end. */
import { file, PKI } from "../healthy";
import { issue } from "../pki";
import { NODES, type State } from "../world";

const CURRENT = "/var/lib/kubelet/pki/kubelet-client-current.pem";

export const ENDING: readonly State[] = [
  {
    what: "an API server's certificate that expired",
    spoil: async (world) => {
      await world.renew("cp1", `${PKI}/apiserver.crt`, {
        by: world.ca.kubernetes,
        from: "2025-11-19",
        until: "2026-11-19",
      });
    },
    says: "now cp1: the certificate in /etc/kubernetes/pki/apiserver.crt expired on 2026-11-19, 10 days ago [certificate-expired]",
    remedy: "run `kubeadm certs renew apiserver`",
  },
  {
    what: "a controller manager's kubeconfig that expired",
    spoil: async (world) => {
      await world.renew("cp2", "/etc/kubernetes/controller-manager.conf", {
        by: world.ca.kubernetes,
        from: "2025-11-19",
        until: "2026-11-28",
      });
    },
    says: "now cp2: the client certificate in /etc/kubernetes/controller-manager.conf expired on 2026-11-28, 24 hours ago [certificate-expired]",
    remedy:
      "run `kubeadm certs renew controller-manager.conf`, then `crictl stop $(crictl ps -q --name kube-controller-manager)`",
  },
  {
    what: "an administrator's kubeconfig that ends soon",
    spoil: async (world) => {
      await world.renew("cp1", "/etc/kubernetes/admin.conf", {
        by: world.ca.kubernetes,
        from: "2025-12-09",
        until: "2026-12-09",
      });
    },
    says: "soon cp1: the client certificate in /etc/kubernetes/admin.conf expires on 2026-12-09, in 10 days [certificate-expires]",
  },
  {
    what: "a certificate that a stack renews and that ends soon",
    spoil: async (world) => {
      const { facts } = await world.renew("cp1", `${PKI}/front-proxy-client.crt`, {
        by: world.ca.frontProxy,
        from: "2025-12-09",
        until: "2026-12-09",
      });
      const row = {
        node: "cp1",
        certificate: "front-proxy-client",
        serial: facts.serial,
        notAfter: facts.notAfter,
        nextRenewal: "2026-10-01T00:00:00Z",
      } as const;
      world.given = { stack: { nodes: NODES.map((name) => ({ name, host: name })), certificates: [row] } };
    },
    says: "soon cp1: the certificate in /etc/kubernetes/pki/front-proxy-client.crt expires on 2026-12-09, in 10 days [certificate-expires]",
    remedy: "run `npx kube-pki up`, which renews it and restarts what has to",
  },
  {
    what: "a certificate from a signer whose clock is ahead",
    spoil: async (world) => {
      await world.renew("cp1", `${PKI}/etcd/peer.crt`, { by: world.ca.etcd, from: "2026-11-29T14:00:00Z" });
    },
    says: "now cp1: the certificate in /etc/kubernetes/pki/etcd/peer.crt is not valid before 2026-11-29T14:00:00.000Z, and by the clock of the node that is 1 hour away [certificate-not-yet-valid]",
  },
  {
    what: "a CA that expired",
    spoil: async (world) => {
      const old = world.ca.frontProxy;
      world.replaceCa(
        old,
        await issue({ cn: "front-proxy-ca", isCa: true, keys: old.keys, from: "2016-11-01", until: "2026-11-01" }),
      );
    },
    says: 'now cp1, cp2: the CA certificate "CN=front-proxy-ca" in /etc/kubernetes/pki/front-proxy-ca.crt expired on 2026-11-01, 28 days ago, and with it every certificate that it signed [ca-expired]',
  },
  {
    what: "a CA that ends within half a year, after its leaves",
    spoil: async (world) => {
      const old = world.ca.frontProxy;
      world.replaceCa(
        old,
        await issue({ cn: "front-proxy-ca", isCa: true, keys: old.keys, from: "2017-05-01", until: "2027-05-01" }),
      );
    },
    says: 'soon cp1, cp2: the CA certificate "CN=front-proxy-ca" in /etc/kubernetes/pki/front-proxy-ca.crt expires on 2027-05-01, in 153 days, and with it every certificate that it signed [ca-expires]',
  },
  {
    what: "a leaf that is to outlive its CA",
    spoil: async (world) => {
      const old = world.ca.frontProxy;
      world.replaceCa(
        old,
        await issue({ cn: "front-proxy-ca", isCa: true, keys: old.keys, from: "2017-07-01", until: "2027-07-01" }),
      );
      await world.renew("cp1", `${PKI}/front-proxy-client.crt`, { by: old, until: "2027-11-01" });
    },
    says: 'soon cp1: the certificate in /etc/kubernetes/pki/front-proxy-client.crt says it is valid until 2027-11-01, but ends with its CA "CN=front-proxy-ca" on 2027-07-01 [leaf-outlives-ca]',
  },
  {
    what: "an API server of 1.30 that has run for a year",
    spoil: (world) => {
      for (const name of ["cp1", "cp2"] as const)
        for (const component of world.node(name).components)
          if (component.name !== "etcd") component.version = "1.30.4";
      world.component("w1", "kubelet").version = "1.30.4";
      world.component("cp1", "kube-apiserver").startedAt = "2025-11-20T08:00:00Z";
      const pod = world.node("cp1").staticPods.find(({ component }) => component === "kube-apiserver")!;
      pod.modifiedAt = "2025-11-20T07:00:00Z";
      for (const file of world.node("cp1").files) file.modifiedAt = "2025-11-20T07:00:00Z";
    },
    says: "now cp1: kube-apiserver has run since 2025-11-20, and the certificate that it made for calls to itself expired on 2026-11-20, 9 days ago [loopback-expires]",
  },
  {
    what: "certificates of ten years",
    spoil: async (world) => {
      for (const [path, by] of [
        [`${PKI}/etcd/peer.crt`, world.ca.etcd],
        [`${PKI}/etcd/server.crt`, world.ca.etcd],
      ] as const)
        await world.renew("cp2", path, { by, until: "2036-05-31" });
    },
    says: "notice cp2: the certificate in /etc/kubernetes/pki/etcd/server.crt is valid for 10 years, and 1 more for over 825 days; Kubernetes cannot revoke a client certificate [long-lived]",
  },
  {
    what: "a kubelet that should have rotated",
    spoil: async (world) => {
      await world.renew("w1", CURRENT, { by: world.ca.kubernetes, from: "2025-12-20", until: "2026-12-20" });
    },
    says: "soon w1: the kubelet should have rotated its client certificate /var/lib/kubelet/pki/kubelet-client-current.pem by now: it expires on 2026-12-20, in 21 days [kubelet-client-expires]",
  },
  {
    what: "a kubelet that does not rotate",
    spoil: async (world) => {
      world.set("w1", "kubelet", "rotate-certificates", "false");
      await world.renew("w1", CURRENT, { by: world.ca.kubernetes, from: "2025-12-20", until: "2026-12-20" });
    },
    says: "soon w1: the kubelet does not rotate its client certificate /var/lib/kubelet/pki/kubelet-client-current.pem (rotateCertificates is off), which expires on 2026-12-20, in 21 days [kubelet-client-expires]",
  },
  {
    what: "a kubelet whose certificate expired",
    spoil: async (world) => {
      await world.renew("w1", CURRENT, { by: world.ca.kubernetes, from: "2025-11-20", until: "2026-11-20" });
    },
    says: "now w1: the kubelet should have rotated its client certificate /var/lib/kubelet/pki/kubelet-client-current.pem by now: it expired on 2026-11-20, 9 days ago [kubelet-client-expires]",
  },
  {
    what: "a pair that a kubelet made itself and that ends",
    spoil: async (world) => {
      const by = await issue({ cn: "w1-ca@1733400000", isCa: true, from: "2025-12-05", until: "2026-12-05" });
      await world.renew("w1", "/var/lib/kubelet/pki/kubelet.crt", { by, from: "2025-12-05", until: "2026-12-05" });
    },
    says: "notice w1: the kubelet's serving certificate /var/lib/kubelet/pki/kubelet.crt expires on 2026-12-05, in 6 days; API servers do not verify it here, others such as metrics-server may [kubelet-serving-expires]",
  },
  {
    what: "a client certificate left in kubelet.conf",
    spoil: async (world) => {
      const { facts } = await issue({
        cn: "system:node:cp1",
        o: "system:nodes",
        by: world.ca.kubernetes,
        usages: ["clientAuth"],
        from: "2025-11-01",
        until: "2026-11-01",
      });
      const [user] = world.kubeconfig("cp1", "/etc/kubernetes/kubelet.conf").users;
      delete user!.certificateFile;
      delete user!.keyFile;
      Object.assign(user!, { certificates: [facts], key: facts.publicKey });
    },
    says: "soon cp1: /etc/kubernetes/kubelet.conf still holds a client certificate of its own, which expired on 2026-11-01, 28 days ago, beside /var/lib/kubelet/pki/kubelet-client-current.pem that the kubelet rotates: it is what is left if that file is lost [kubelet-conf-left]",
  },
  {
    what: "a kubelet whose request for a serving certificate nobody approved",
    spoil: (world) => {
      world.set("w1", "kubelet", "server-tls-bootstrap", "true");
      const node = world.node("w1");
      const files = node.files.filter(({ path }) => !path.startsWith("/var/lib/kubelet/pki/kubelet."));
      const path = "/var/lib/kubelet/pki/kubelet-server-current.pem";
      const uses = [{ component: "kubelet", option: "cert-dir", input: "kubelet/serving", secret: true }] as const;
      node.files = [...files, file(path, { state: "missing", uses }) as never];
    },
    says: "now w1: the kubelet waits for its serving certificate (serverTLSBootstrap): /var/lib/kubelet/pki/kubelet-server-current.pem does not exist, so logs, exec and metrics fail [kubelet-serving-pending]",
  },
];
