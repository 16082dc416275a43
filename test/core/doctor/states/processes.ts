/** Processes, what they serve, and the files they name. */
import { file, PKI } from "../healthy";
import { issue } from "../pki";
import type { State } from "../world";

export const RUNNING: readonly State[] = [
  {
    what: "a renewed certificate that is not served yet",
    spoil: async (world) => {
      const [served] = world.node("cp1").served;
      const chain = served!.chain;
      await world.renew("cp1", `${PKI}/apiserver.crt`, { by: world.ca.kubernetes, until: "2027-11-20" });
      served!.chain = chain;
      world.file("cp1", `${PKI}/apiserver.crt`).modifiedAt = "2026-11-20T09:00:00Z";
    },
    says: "soon cp1: kube-apiserver serves at 127.0.0.1:6443 a certificate that ends on 2027-06-01, not the one in /etc/kubernetes/pki/apiserver.crt, which ends on 2027-11-20; it has run since 2026-10-01 and the file has changed after that [served-differs]",
    remedy: "`crictl stop $(crictl ps -q --name kube-apiserver)`",
  },
  {
    what: "an expired certificate that is still served",
    spoil: async (world) => {
      const { facts } = await issue({
        cn: "cp1",
        by: world.ca.etcd,
        from: "2025-11-20",
        until: "2026-11-20",
        usages: ["serverAuth", "clientAuth"],
      });
      world.node("cp1").served.find(({ at }) => at.endsWith(":2379"))!.chain = [facts as never];
    },
    says: "now cp1: etcd serves at 127.0.0.1:2379 a certificate that ends on 2026-11-20, not the one in /etc/kubernetes/pki/etcd/server.crt, which ends on 2027-06-01 [served-differs]",
  },
  {
    what: "a port that does not answer",
    spoil: (world) => {
      world.node("w1").served[0]!.chain = [];
    },
    says: "now w1: kubelet runs and does not answer with TLS on port 10250 [nothing-served]",
  },
  {
    what: "a controller manager that has never read its new CA",
    spoil: (world) => {
      for (const path of [`${PKI}/ca.crt`, "/etc/kubernetes/controller-manager.conf"])
        world.file("cp1", path).modifiedAt = "2026-11-20T09:00:00Z";
    },
    says: "soon cp1: kube-controller-manager has run since 2026-10-01 and reads /etc/kubernetes/pki/ca.crt and /etc/kubernetes/controller-manager.conf only when it starts, but they changed on 2026-11-20 [restart-needed]",
  },
  {
    what: "a manifest that was changed and nothing restarted",
    spoil: (world) => {
      world.node("cp1").staticPods.find(({ component }) => component === "etcd")!.modifiedAt = "2026-11-02T00:00:00Z";
    },
    says: "soon cp1: etcd has run since 2026-10-01, but /etc/kubernetes/manifests/etcd.yaml changed on 2026-11-02: what it says now may not be in force [manifest-changed]",
  },
  {
    what: "a backup copy in the folder of manifests",
    spoil: (world) => {
      const { staticPods } = world.node("cp1");
      staticPods.push({ ...staticPods[1]!, manifest: "/etc/kubernetes/manifests/kube-apiserver.yaml.bak" });
    },
    says: "now cp1: /etc/kubernetes/manifests/kube-apiserver.yaml and /etc/kubernetes/manifests/kube-apiserver.yaml.bak each define kube-apiserver, and the kubelet runs whichever it reads, copies included [manifest-stray]",
  },
  {
    what: "a static pod that does not run",
    spoil: (world) => {
      const node = world.node("cp2");
      node.components = node.components.filter(({ name }) => name !== "kube-scheduler");
    },
    says: "now cp2: kube-scheduler does not run, although /etc/kubernetes/manifests/kube-scheduler.yaml is there [not-running]",
  },
  {
    what: "a unit that systemd has not read again",
    spoil: (world) => {
      const { start } = world.component("w1", "kubelet");
      if (start.by === "systemd") start.needsReload = true;
    },
    says: "soon w1: the unit files of kubelet.service have changed and systemd has not read them, so a restart would still use the old ones [unit-needs-reload]",
  },
  {
    what: "a unit that does not start at boot",
    spoil: (world) => {
      const { start } = world.component("w1", "kubelet");
      if (start.by === "systemd") start.enabled = false;
    },
    says: "soon w1: kubelet.service is not enabled, so kubelet will not start with the machine [unit-not-enabled]",
  },
  {
    what: "a file that is gone",
    spoil: (world) => {
      Object.assign(world.file("cp1", `${PKI}/apiserver.key`), { state: "missing", keys: [] });
    },
    says: "now cp1: /etc/kubernetes/pki/apiserver.key does not exist, and kube-apiserver (--tls-private-key-file) names it: it will not start again [file-missing]",
  },
  {
    what: "a CA file that is empty",
    spoil: (world) => {
      world.file("w1", `${PKI}/ca.crt`).certificates = [];
    },
    says: "now w1: /etc/kubernetes/pki/ca.crt holds no certificate that can be read, and kubelet (--client-ca-file) reads it [no-certificate]",
  },
  {
    what: "an encrypted key",
    spoil: (world) => {
      world.file("cp1", `${PKI}/front-proxy-client.key`).keys = [];
    },
    says: "now cp1: /etc/kubernetes/pki/front-proxy-client.key holds no private key that openssl can read without a passphrase, and kube-apiserver (--proxy-client-key-file) reads it [key-unreadable]",
  },
  {
    what: "a key of another certificate",
    spoil: (world) => {
      world.file("cp1", `${PKI}/apiserver-kubelet-client.key`).keys = ["ab".repeat(32)];
    },
    says: "now cp1: the key in /etc/kubernetes/pki/apiserver-kubelet-client.key is not the one of the certificate in /etc/kubernetes/pki/apiserver-kubelet-client.crt, so kube-apiserver cannot start with them [pair-differs]",
  },
  {
    what: "a kubeconfig whose key is of another certificate",
    spoil: (world) => {
      world.kubeconfig("cp1", "/etc/kubernetes/admin.conf").users[0]!.key = "ab".repeat(32);
    },
    says: "now cp1: the certificate and the key in /etc/kubernetes/admin.conf do not belong together [pair-differs]",
  },
  {
    what: "a key that everybody can read",
    spoil: (world) => {
      world.file("cp1", `${PKI}/sa.key`).mode = "0644";
    },
    says: "now cp1: every user of the machine can read the secret in /etc/kubernetes/pki/sa.key (mode 0644) [key-open]",
  },
  {
    what: "a CA file that everybody can change",
    spoil: (world) => {
      world.file("w1", `${PKI}/ca.crt`).mode = "0666";
    },
    says: "now w1: users other than its owner can change /etc/kubernetes/pki/ca.crt (mode 0666) [file-writable]",
  },
  {
    what: "a manifest with the mode of an editor",
    spoil: (world) => {
      world.file("cp1", "/etc/kubernetes/manifests/etcd.yaml").mode = "0644";
    },
    says: "notice cp1: /etc/kubernetes/manifests/etcd.yaml has mode 0644, where the CIS benchmark asks for 0600 or less [file-mode]",
  },
  {
    what: "a PKI of an installer's user",
    spoil: (world) => {
      Object.assign(world.file("cp1", `${PKI}/ca.crt`), { owner: "kube", group: "kube", uid: 998, gid: 998 });
    },
    says: "notice cp1: /etc/kubernetes/pki/ca.crt belongs to kube:kube, who is neither root nor the user of a component that reads it, and can change it [file-owner]",
  },
  {
    what: "a kubelet-client-current.pem that somebody copied",
    spoil: (world) => {
      const current = world.file("w1", "/var/lib/kubelet/pki/kubelet-client-current.pem");
      delete current.link;
      delete current.real;
    },
    says: "soon w1: /var/lib/kubelet/pki/kubelet-client-current.pem is a file where the kubelet wants a link, so it cannot rotate its client certificate [kubelet-client-plain]",
  },
  {
    what: "a certificate that nobody reads",
    spoil: async (world) => {
      const { facts } = await issue({ cn: "kube-apiserver", by: world.ca.kubernetes, until: "2026-11-01" });
      world.node("cp1").files.push(file(`${PKI}/apiserver.crt.bak`, { mode: "0644", certificates: [facts] }) as never);
    },
    says: "notice cp1: no component reads /etc/kubernetes/pki/apiserver.crt.bak (CN=kube-apiserver, until 2026-11-01) [file-unused]",
  },
];
