import assert from "node:assert/strict";
import { Answer } from "../../../core/survey/questions";
import { clusterNodes, kubeadmFacts } from "../../../core/survey/clusterFacts";
import { hostFacts } from "../../../core/survey/hostFacts";
import { kubeconfigFacts } from "../../../core/survey/kubeconfigFacts";
import { listeningSockets } from "../../../core/survey/listeners";
import { namedFiles } from "../../../core/survey/namedFiles";
import { componentOf, processesIn, versionIn } from "../../../core/survey/processes";
import { readReaders } from "../../../core/survey/readers";
import { renewersIn } from "../../../core/survey/renewers";
import { commandLineOptions, effectiveOptions } from "../../../core/survey/runningOptions";
import { tlsPorts } from "../../../core/survey/served";
import { staticPodOf } from "../../../core/survey/staticPods";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const answer = (lines: readonly string[]): Answer => Answer.of(lines);
const valuesOf = (options: readonly { readonly name: string; readonly values: readonly string[] }[]) =>
  Object.fromEntries(options.map(({ name, values }) => [name, values.join(" ")]));

describe("the options that a process runs with", () => {
  it("are those of its command line, the last one of each", () => {
    const options = commandLineOptions(["kube-apiserver", "--a=1", "--b", "2", "-c=x=y", "--d_e=3", "--f", "--a=4"]);
    assert.deepEqual(valuesOf(options), { a: "1 4", b: "2", c: "x=y", "d-e": "3", f: "true" });
  });

  it("are etcd's environment too, which its command line goes before", () => {
    const options = effectiveOptions("etcd", {
      commandLine: commandLineOptions(["etcd", "--name=cp1"]),
      environment: "ETCD_NAME=other\nETCD_CERT_FILE=/etc/ssl/member.pem\nKUBE_X=1",
      file: "",
    });
    assert.deepEqual(valuesOf(options), { name: "cp1", "cert-file": "/etc/ssl/member.pem" });
  });

  it("are nothing but its configuration file where etcd has one", () => {
    const options = effectiveOptions("etcd", {
      commandLine: commandLineOptions(["etcd", "--config-file=/etc/etcd.yaml", "--cert-file=/no"]),
      environment: "ETCD_KEY_FILE=/no",
      file: "name: cp1\nclient-transport-security:\n  cert-file: /yes.crt\n  client-cert-auth: true\n",
    });
    assert.deepEqual(valuesOf(options), {
      "cert-file": "/yes.crt",
      "client-cert-auth": "true",
      name: "cp1",
      "config-file": "/etc/etcd.yaml",
    });
  });

  it("are a kubelet's configuration file, which its command line goes before", () => {
    const options = effectiveOptions("kubelet", {
      commandLine: commandLineOptions(["kubelet", "--client-ca-file=/cli.crt", "--config=/c"]),
      environment: "",
      file: "authentication:\n  x509:\n    clientCAFile: /file.crt\ntlsCertFile: /k.crt\nport: 10250\n",
    });
    assert.deepEqual(valuesOf(options), {
      "client-ca-file": "/cli.crt",
      config: "/c",
      "tls-cert-file": "/k.crt",
      port: "10250",
    });
  });
});

describe("the files that a component names", () => {
  it("are told with the option and what they are to it", () => {
    const options = commandLineOptions([
      "x",
      "--etcd-certfile=/pki/etcd.crt",
      "--service-account-key-file=/pki/sa.pub",
      "--service-account-key-file=/pki/old.pub",
      "--audit-webhook-config-file=/etc/audit.conf",
      "--etcd-servers=https://127.0.0.1:2379",
      "--authorization-mode=Node,RBAC",
    ]);
    assert.deepEqual(
      namedFiles("kube-apiserver", options).map(({ path, kind, use }) => [path, kind, use.input ?? "-", use.secret]),
      [
        ["/pki/etcd.crt", "pki", "kube-apiserver/etcd-client", false],
        ["/pki/sa.pub", "pki", "kube-apiserver/service-account-public", false],
        ["/pki/old.pub", "pki", "kube-apiserver/service-account-public", false],
        ["/etc/audit.conf", "kubeconfig", "-", true],
      ],
    );
  });
});

describe("a static pod", () => {
  const manifest = [
    "kind: Pod",
    "metadata: { name: etcd-cp1 }",
    "spec:",
    "  containers:",
    "    - command: [etcd, --cert-file=/certs/server.crt]",
    "      image: etcd:3.6",
    "      volumeMounts:",
    "        - { name: certs, mountPath: /certs }",
    "        - { name: deep, mountPath: /certs/deep/ }",
    "  volumes:",
    "    - { name: certs, hostPath: { path: /etc/ssl/etcd } }",
    "    - { name: deep, hostPath: { path: /srv/deep } }",
    "    - { name: empty, emptyDir: {} }",
  ].join("\n");

  it("is known by its command, and its paths by their mounts", () => {
    const pod = staticPodOf("/m/etcd.yaml", manifest, "");
    assert.equal(pod?.facts.component, "etcd");
    assert.deepEqual(pod.facts.hostPaths, ["/etc/ssl/etcd", "/srv/deep"]);
    assert.equal(pod.onHost("/certs/server.crt"), "/etc/ssl/etcd/server.crt");
    assert.equal(pod.onHost("/certs/deep/x"), "/srv/deep/x");
    assert.equal(pod.onHost("/certsx/y"), "/certsx/y");
  });

  it("is none where the text is another object, or no YAML", () => {
    assert.equal(staticPodOf("/m/x", "kind: Service", ""), undefined);
    assert.equal(staticPodOf("/m/x", "{ - [", ""), undefined);
  });
});

describe("a process", () => {
  it("is a component by what it was started as", () => {
    assert.equal(componentOf(["/usr/local/bin/kube-apiserver", "--x"]), "kube-apiserver");
    assert.equal(componentOf(["/hyperkube", "kubelet"]), "kubelet");
    assert.equal(componentOf(["bash", "-c", "kubelet"]), undefined);
  });

  const processOf = (cgroup: string, stat = "7 (x) S 0", bootedAt = 0) =>
    processesIn(
      answer([
        "path 7",
        `stat ${stat}`,
        `cgroup ${cgroup}`,
        "command etcd",
        "command ",
        "command --x=a b",
        "environment ETCD_NAME=cp1",
        "owner 990 991 /proc/7",
        "sockets 7",
        "socket 11",
        "socket 12",
      ]),
      bootedAt,
    )[0];

  it("has its start from the kernel's ticks since boot, whatever it is called", () => {
    const stat = `7 (a ) b) S ${"0 ".repeat(18)}4200 0`;
    const process = processOf("0::/system.slice/etcd.service", stat, Date.parse("2026-01-01T00:00:00Z"));
    assert.equal(process?.startedAt, "2026-01-01T00:00:42Z");
    assert.deepEqual([process.pid, process.uid, process.gid], [7, 990, 991]);
    assert.deepEqual([process.unit, process.inPod], ["etcd.service", false]);
    assert.deepEqual([process.args, process.environment], [["etcd", "", "--x=a b"], "ETCD_NAME=cp1\n"]);
    assert.deepEqual([...process.sockets], ["11", "12"]);
  });

  it("is in a pod by its control group, a static one if its UID is a digest", () => {
    const pods: Readonly<Record<string, readonly [inPod: boolean, inOrdinaryPod: boolean]>> = {
      "0::/kubepods.slice/kubepods-pod0123456789abcdef0123456789abcdef.slice/cri-containerd-1.scope": [true, false],
      "0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/c": [true, false],
      "0::/kubepods.slice/kubepods-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-1.scope": [true, true],
      "0::/kubepods/pod01234567-89ab-cdef-0123-456789abcdef/c": [true, true],
      "0::/user.slice/user-1000.slice": [false, false],
    };
    for (const [cgroup, [inPod, inOrdinaryPod]] of Object.entries(pods)) {
      const process = processOf(cgroup);
      assert.deepEqual([process?.unit, process?.inPod, process?.inOrdinaryPod], [undefined, inPod, inOrdinaryPod]);
    }
  });

  it("tells its version", () => {
    assert.equal(versionIn("Kubernetes v1.36.3\n"), "1.36.3");
    assert.equal(versionIn("etcd Version: 3.6.8\nGit SHA: x\n"), "3.6.8");
    assert.equal(versionIn("haproxy 2.6"), undefined);
  });
});

describe("sockets that listen", () => {
  it("are read from the kernel's tables", () => {
    const lines = [
      "tcp 0100007F:280B 11",
      "tcp 00000000:192B 12",
      "tcp6 00000000000000000000000000000000:192B 13",
      "tcp6 000000FD000000000000000001000000:1F90 14",
    ];
    assert.deepEqual(
      listeningSockets(answer(lines)).map(({ address, port, inode }) => `${address} ${String(port)} ${inode}`),
      ["127.0.0.1 10251 11", "0.0.0.0 6443 12", ":: 6443 13", "fd00::1 8080 14"],
    );
  });
});

describe("what is asked for a certificate", () => {
  it("is where TLS may be: not a port that is plain by default or by an option, nor a random one", () => {
    const listens = [2379, 2381, 10248, 45_000].map((port) => ({ address: "::", port }));
    const options = commandLineOptions(["etcd", "--listen-metrics-urls=http://127.0.0.1:2381"]);
    assert.deepEqual(tlsPorts({ listens, options }), ["127.0.0.1:2379"]);
  });
});

describe("a machine", () => {
  const at = Date.parse("2026-01-01T00:00:10Z");
  const facts = (lines: readonly string[], time = at / 1000) =>
    hostFacts(answer([`time ${String(time)}`, "boot 3600.25 1", "user 0", ...lines]), {
      sent: at,
      back: at + 500,
    });

  it("has the time that its clock shows, as far as a question can tell", () => {
    assert.equal(facts([]).clockAheadSeconds, 0);
    assert.equal(facts([], at / 1000 + 60).clockAheadSeconds, 60);
    assert.equal(facts([], at / 1000 - 3600).clockAheadSeconds, -3599);
  });

  it("has addresses other than its own loopback and link-local ones", () => {
    const ip =
      "1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0    inet 10.0.0.1/24 brd x\n2: eth0    inet6 fe80::1/64\n";
    assert.deepEqual(facts([`addresses ${base64(ip)}`]).addresses, ["10.0.0.1"]);
    assert.deepEqual(facts([`addresses ${base64("10.0.0.1 fd00::1 \n")}`]).addresses, ["10.0.0.1", "fd00::1"]);
  });

  it("has read-only file systems where the last mount at a place is one", () => {
    const mounts = [
      "1 0 8:1 / / ro,relatime - ext4 /dev/sda ro",
      "2 1 8:2 / /var rw - ext4 /dev/sdb rw",
      "3 1 0:5 / /proc/sys ro - proc proc ro",
      "4 1 8:1 / /etc ro - ext4 /dev/sda ro",
      "5 1 8:3 / /etc rw - overlay overlay rw",
    ];
    assert.deepEqual(facts(mounts.map((line) => `mounts ${line}`)).readOnly, ["/"]);
  });
});

describe("a kubeconfig", () => {
  it("is read as far as the node shows it", () => {
    const text = [
      "clusters: [{name: lab, cluster: {server: 'https://10.0.0.1:6443', tls-server-name: api}}]",
      "users:",
      "- {name: a, user: {token: REDACTED}}",
      "- {name: b, user: {client-certificate: /a.pem, client-key: /a.pem}}",
      "contexts: [{name: c, context: {cluster: lab, user: b}}]",
      "current-context: c",
    ].join("\n");
    const facts = kubeconfigFacts("/x.conf", text, []);
    assert.equal(facts?.clusters[0]?.tlsServerName, "api");
    assert.deepEqual(
      facts.users.map(({ name, other, certificateFile }) => [name, other, certificateFile]),
      [
        ["a", ["token"], undefined],
        ["b", [], "/a.pem"],
      ],
    );
    assert.equal(kubeconfigFacts("/x.conf", "a: [", []), undefined);
    assert.equal(kubeconfigFacts("/x.conf", "kind: Secret", []), undefined);
  });
});

describe("a cluster", () => {
  it("tells its nodes and kubeadm's configuration", () => {
    const nodes = clusterNodes(
      "node cp1 v1.36.3\ncontrol-plane\nHostname cp1\nInternalIP 10.0.0.1\nready Unknown\nnode w1 v1.35.0\nready True\n",
    );
    assert.deepEqual(nodes, [
      { name: "cp1", addresses: ["10.0.0.1"], controlPlane: true, kubeletVersion: "1.36.3", ready: false },
      { name: "w1", addresses: [], controlPlane: false, kubeletVersion: "1.35.0", ready: true },
    ]);
    const configuration =
      "kubernetesVersion: v1.36.3\nclusterName: lab\netcd: { external: {} }\nnetworking: { serviceSubnet: fd00::/108 }\n";
    const kubeadm = kubeadmFacts(JSON.stringify({ data: { ClusterConfiguration: configuration } }));
    assert.deepEqual(
      [kubeadm?.kubernetesVersion, kubeadm?.etcd, kubeadm?.serviceSubnet],
      ["1.36.3", "external", "fd00::/108"],
    );
    assert.equal(kubeadmFacts(undefined), undefined);
    assert.equal(clusterNodes(undefined), undefined);
  });
});

describe("units that renew certificates", () => {
  it("are known by their usual names, while they are active", () => {
    const units = [
      "k8s-certs-renew.timer loaded active waiting Renew K8S control plane certificates",
      "consul-template.service loaded inactive dead x",
      "kubelet.service loaded active running kubelet",
    ].join("\n");
    assert.deepEqual(renewersIn(units), ["k8s-certs-renew.timer"]);
  });
});

describe("who reads files of the PKI", () => {
  const used = { path: "/var/lib/kubelet/pki/kubelet.crt", uses: [{}] };
  const readers = (mountinfo: string) =>
    readReaders(
      () =>
        Promise.resolve([answer(["comm 7 kube-vip", ...mountinfo.split("\n").map((line) => `mountinfo 7 ${line}`)])]),
      {
        files: [used],
        kubeconfigs: [],
        running: [],
      } as unknown as Parameters<typeof readReaders>[1],
    );

  it("is who mounts one, or a folder that it lies in", async () => {
    for (const mounted of [
      "/var/lib/kubelet/pki/kubelet.crt /x",
      "/var/lib/kubelet/pki /etc/ssl",
      "/lib/kubelet /var/lib/kubelet",
    ])
      assert.deepEqual(await readers(mounted), [
        { pid: 7, name: "kube-vip", path: "/var/lib/kubelet/pki/kubelet.crt", how: "mount" },
      ]);
  });

  it("is no pod whose volumes lie beside them", async () => {
    assert.deepEqual(await readers("/var/lib/kubelet/pods/1/volumes/token /var/run/secrets\n/ /"), []);
  });
});
