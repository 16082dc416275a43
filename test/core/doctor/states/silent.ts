/** What looks odd and is as it should be. */
import { file, kubeconfig, PKI } from "../healthy";
import { issue } from "../pki";
import type { World } from "../world";

const CONTROL_PLANES = ["cp1", "cp2"] as const;
const inline = (facts: { readonly publicKey: string }) => ({ certificates: [facts as never], key: facts.publicKey });

export const SILENT: readonly { readonly what: string; readonly change: (world: World) => void | Promise<void> }[] = [
  {
    what: "an etcd that runs as a user of its own",
    change: (world) => {
      Object.assign(world.component("cp1", "etcd"), { uid: 106, gid: 112 });
      for (const name of ["server.key", "peer.key"])
        Object.assign(world.file("cp1", `${PKI}/etcd/${name}`), { owner: "etcd", group: "etcd", uid: 106, gid: 112 });
      Object.assign(world.file("cp1", "/var/lib/etcd"), { owner: "etcd", group: "etcd", uid: 106, gid: 112 });
    },
  },
  {
    what: "certificates of a day that are renewed each day",
    change: async (world) => {
      await world.renew("cp1", "/etc/kubernetes/scheduler.conf", {
        by: world.ca.kubernetes,
        from: "2026-11-29T06:00:00Z",
        until: "2026-11-30T06:00:00Z",
      });
    },
  },
  {
    what: "a kubelet that has rotated since it started",
    change: (world) => {
      world.file("w1", "/var/lib/kubelet/pki/kubelet-client-current.pem").modifiedAt = "2026-11-20T00:00:00Z";
    },
  },
  {
    what: "a kubeconfig that was written while the kubelet joined",
    change: (world) => {
      world.file("w1", "/etc/kubernetes/kubelet.conf").modifiedAt = "2026-10-01T08:02:00Z";
    },
  },
  {
    what: "files that components read again by themselves",
    change: (world) => {
      for (const path of ["apiserver.crt", "etcd/peer.crt", "apiserver-etcd-client.crt"])
        world.file("cp1", `${PKI}/${path}`).modifiedAt = "2026-11-20T00:00:00Z";
    },
  },
  {
    what: "token keys that are certificates",
    change: (world) => {
      for (const name of CONTROL_PLANES)
        Object.assign(world.file(name, `${PKI}/sa.pub`), { publicKeys: [], certificates: [world.ca.tokens.facts] });
    },
  },
  {
    what: "several token keys",
    change: async (world) => {
      const { publicKey } = (await issue({ cn: "sa" })).facts;
      for (const name of CONTROL_PLANES) world.file(name, `${PKI}/sa.pub`).publicKeys.push(publicKey);
      world.file("cp2", `${PKI}/sa.key`).keys = [publicKey];
    },
  },
  {
    what: "an expired CA that is left in a bundle",
    change: async (world) => {
      const old = await issue({ cn: "kubernetes-2016", isCa: true, from: "2016-01-01", until: "2026-01-01" });
      for (const name of ["cp1", "cp2", "w1"] as const)
        world
          .file(name, `${PKI}/${name === "w1" ? "ca.crt" : "front-proxy-ca.crt"}`)
          .certificates.push(old.facts as never);
      for (const name of CONTROL_PLANES) {
        const ca = world.file(name, `${PKI}/ca.crt`);
        const isKubelet = ({ input }: { input?: string }) => input === "kubelet/client-ca";
        world.node(name).files.push(
          file(`${PKI}/kubelet-ca.crt`, {
            mode: "0644",
            certificates: [...ca.certificates, old.facts],
            uses: ca.uses.filter(isKubelet),
          }) as never,
        );
        ca.uses = ca.uses.filter((use) => !isKubelet(use));
      }
    },
  },
  {
    what: "the same CA signed anew with the same key",
    change: async (world) => {
      const again = await issue({ cn: "kubernetes", isCa: true, keys: world.ca.kubernetes.keys, from: "2026-09-01" });
      world.file("w1", `${PKI}/ca.crt`).certificates = [again.facts as never];
      world.kubeconfig("w1", "/etc/kubernetes/kubelet.conf").clusters[0]!.authorities = [again.facts as never];
    },
  },
  {
    what: "a chain over an intermediate CA",
    change: async (world) => {
      const middle = await issue({ cn: "etcd-issuing", isCa: true, by: world.ca.etcd });
      const { facts } = await world.renew("cp1", `${PKI}/etcd/peer.crt`, { by: middle });
      for (const each of [world.file("cp1", `${PKI}/etcd/peer.crt`).certificates, world.node("cp1").served[2]!.chain])
        each.splice(0, 1, facts as never, middle.facts as never);
    },
  },
  {
    what: "an administrator's file with another cluster in it",
    change: async (world) => {
      const other = await issue({ cn: "staging", isCa: true });
      const admin = await issue({
        cn: "kubernetes-admin",
        o: "system:masters",
        by: other,
        usages: ["clientAuth"],
        until: "2026-01-01",
      });
      world
        .node("cp1")
        .kubeconfigs.push(
          kubeconfig("/root/.kube/config", "https://staging.example.com:6443", other, inline(admin.facts)) as never,
        );
    },
  },
  {
    what: "a worker that calls a balancer of its own",
    change: async (world) => {
      world.kubeconfig("w1", "/etc/kubernetes/kubelet.conf").clusters[0]!.server = "https://127.0.0.1:6443";
      for (const name of CONTROL_PLANES) {
        const { sans } = world.file(name, `${PKI}/apiserver.crt`).certificates[0]!;
        await world.renew(name, `${PKI}/apiserver.crt`, { by: world.ca.kubernetes, sans: [...sans, "IP:127.0.0.1"] });
      }
    },
  },
  {
    what: "a name that a wildcard covers, and a server's name that is given",
    change: async (world) => {
      const { sans } = world.file("cp2", `${PKI}/apiserver.crt`).certificates[0]!;
      await world.renew("cp2", `${PKI}/apiserver.crt`, {
        by: world.ca.kubernetes,
        sans: sans.map((san) => (san === "DNS:api.example.com" ? "DNS:*.example.com" : san)),
      });
      const { clusters } = world.kubeconfig("w1", "/etc/kubernetes/kubelet.conf");
      Object.assign(clusters[0]!, { server: "https://192.0.2.9:443", tlsServerName: "kubernetes" });
    },
  },
  {
    what: "an IPv6 name in another spelling",
    change: async (world) => {
      world.set("cp1", "etcd", "initial-advertise-peer-urls", "https://[fd00:0:0::1]:2380");
      await world.renew("cp1", `${PKI}/etcd/peer.crt`, { by: world.ca.etcd, sans: ["IP:fd00::1", "IP:10.0.0.11"] });
    },
  },
  {
    what: "a certificate without any extended key usage",
    change: async (world) => {
      await world.renew("cp1", `${PKI}/etcd/server.crt`, { by: world.ca.etcd, usages: [] });
    },
  },
  {
    what: "an etcd of which only the CA file is given, and one that listens locally",
    change: (world) => {
      world.set("cp1", "etcd", "client-cert-auth");
      world.set("cp2", "etcd", "client-cert-auth");
      world.component("cp2", "etcd").listens = [{ address: "127.0.0.1", port: 2379 }];
    },
  },
  {
    what: "modes stricter than asked for",
    change: (world) => {
      world.file("w1", `${PKI}/ca.crt`).mode = "0444";
      world.file("w1", "/etc/kubernetes/kubelet.conf").mode = "0400";
    },
  },
  {
    what: "a read-only root with a writable /etc and /var/lib",
    change: (world) => {
      const { host } = world.node("w1");
      host.readOnly = ["/", "/usr"];
      host.room = ["/", "/etc", "/var/lib"].map((mount) => ({ mount, freeBytes: mount === "/" ? 0 : 5_000_000_000 }));
    },
  },
  {
    what: "versions in the middle of an upgrade",
    change: (world) => {
      for (const name of ["kube-controller-manager", "kube-scheduler", "kubelet"] as const)
        world.component("cp2", name).version = "1.35.4";
      world.component("cp2", "kube-apiserver").version = "1.35.4";
      for (const name of ["kube-controller-manager", "kube-scheduler", "kubelet"] as const)
        world.component("cp1", name).version = "1.35.4";
      world.component("w1", "kubelet").version = "1.33.1";
    },
  },
  {
    what: "a static pod of somebody else",
    change: (world) => {
      world.node("cp1").staticPods.push({
        manifest: "/etc/kubernetes/manifests/kube-vip.yaml",
        name: "kube-vip",
        images: [],
        modifiedAt: "2026-11-20T00:00:00Z",
        hostPaths: [],
      });
    },
  },
  {
    what: "a file that only a container has",
    change: (world) => {
      const uses = [{ component: "kube-apiserver", option: "oidc-ca-file", secret: false }] as const;
      world.node("cp1").files.push(file("/opt/oidc/ca.crt", { state: "missing", uses }) as never);
    },
  },
  {
    what: "the system's CA certificates",
    change: (world) => {
      const uses = [{ component: "kube-apiserver", option: "oidc-ca-file", secret: false }] as const;
      const ca = { mode: "0644", certificates: [world.ca.tokens.facts] };
      world
        .node("cp1")
        .files.push(
          file("/etc/ssl/certs/all.pem", { ...ca, uses }) as never,
          file("/etc/ssl/certs/one.pem", ca) as never,
        );
    },
  },
  {
    what: "a file without content that other checks tell of",
    change: (world) => {
      world.node("cp1").unread.push(`${PKI}/sa.pub holds no certificate and no key that can be read`);
    },
  },
  {
    what: "a file that only a pod has",
    change: (world) => {
      const node = world.node("w1");
      const path = "/var/lib/kube-proxy/kubeconfig.conf";
      const options = [{ name: "kubeconfig", values: [path], from: "configuration file" }];
      node.components.push({
        ...node.components[0]!,
        name: "kube-proxy",
        start: { by: "pod" },
        options: options as never,
      });
      const uses = [
        { component: "kube-proxy", option: "kubeconfig", input: "kube-proxy/kubeconfig", secret: true },
      ] as const;
      node.files.push(file(path, { state: "missing", uses }) as never);
    },
  },
];
