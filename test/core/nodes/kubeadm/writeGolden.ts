/**
 * `npm run golden`: has the lab's kubeadm write its tree for the first control plane of `test/core/fixture.ts` into a
 * scratch folder and keeps what it wrote as data, golden.json. Changes nothing on the machine: manifests come from a dry run.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "prettier";
import { parse, stringify } from "yaml";
import { ensure } from "../../../../tools/toolchain";
import { certificateFacts, kubeconfigFacts, type CertificateFacts } from "../../../e2e/certificateFacts";
import { RAW } from "../../fixture";
import { GOLDEN_FILE, type Golden, type GoldenCertificate, type GoldenFile, type GoldenManifest } from "./golden";

const HOME = "/etc/kubernetes";

const EXTENDED: Readonly<Record<string, "server" | "client">> = {
  "1.3.6.1.5.5.7.3.1": "server",
  "1.3.6.1.5.5.7.3.2": "client",
};
/** RFC 5280 4.2.1.3, the first bit first. */
const KEY_USAGES = [
  "digitalSignature",
  "contentCommitment",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
];

const certificateOf = (facts: CertificateFacts): GoldenCertificate => {
  const parts = (text: string, name: string) =>
    text.split(/, |\n/).flatMap((each) => (each.startsWith(`${name}=`) ? [each.slice(name.length + 1)] : []));
  return {
    commonName: parts(facts.subject, "CN").join(),
    organizations: parts(facts.subject, "O"),
    issuer: parts(facts.issuer, "CN").join(),
    isCa: facts.isCa,
    keyUsages: KEY_USAGES.filter((_, bit) => (facts.keyUsage & (1 << bit)) !== 0),
    extendedKeyUsages: facts.extendedKeyUsage.map((oid) => EXTENDED[oid] ?? oid),
    sans: facts.sans.map((san) => san.replace(/^dns:/, "DNS:").replace(/^ip:/, "IP:")),
  };
};

const contentOf = (text: string): Pick<GoldenFile, "holds" | "server" | "certificate"> => {
  if (text.includes("BEGIN CERTIFICATE"))
    return { holds: "certificate", certificate: certificateOf(certificateFacts(text)) };
  if (text.includes("PRIVATE KEY")) return { holds: "private key" };
  if (text.includes("PUBLIC KEY")) return { holds: "public key" };
  const { server, certificate } = kubeconfigFacts(text);
  if (server === undefined || certificate === undefined) throw new Error(`neither PEM nor a kubeconfig: ${text}`);
  return { holds: "kubeconfig", server, certificate: certificateOf(certificate) };
};

const configText = (certificatesDir: string, version: string): string => {
  const { cluster, nodes } = RAW as {
    cluster: { name: string; endpoint: string; extraSans: string[] };
    nodes: { name: string; address: string }[];
  };
  const apiVersion = "kubeadm.k8s.io/v1beta4";
  const documents = [
    {
      apiVersion,
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: nodes[0]?.address },
      nodeRegistration: { name: nodes[0]?.name, criSocket: "unix:///run/containerd/containerd.sock" },
    },
    {
      apiVersion,
      kind: "ClusterConfiguration",
      kubernetesVersion: version,
      clusterName: cluster.name,
      certificatesDir,
      controlPlaneEndpoint: cluster.endpoint,
      apiServer: { certSANs: cluster.extraSans },
    },
  ];
  return documents.map((each) => stringify(each)).join("---\n");
};

interface Pod {
  readonly spec: {
    readonly containers: readonly {
      readonly command: readonly string[];
      readonly ports: readonly { readonly containerPort: number }[];
    }[];
  };
}

const manifestOf = (text: string): GoldenManifest => {
  const [container] = (parse(text) as Pod).spec.containers;
  return {
    flags: Object.fromEntries(
      (container?.command.slice(1) ?? []).map((flag) => {
        const [name = "", ...value] = flag.replace(/^--/, "").split("=");
        return [name, value.join("=")];
      }),
    ),
    ports: (container?.ports ?? []).map(({ containerPort }) => containerPort),
  };
};

interface KubeletConfiguration {
  readonly authentication: { readonly x509: { readonly clientCAFile: string } };
  readonly healthzBindAddress: string;
  readonly healthzPort: number;
  readonly rotateCertificates: boolean;
}

const kubeletOf = (text: string): Golden["kubelet"] => {
  const { authentication, healthzBindAddress, healthzPort, rotateCertificates } = parse(text) as KubeletConfiguration;
  return {
    clientCaFile: authentication.x509.clientCAFile,
    healthz: `${healthzBindAddress}:${String(healthzPort)}`,
    rotateCertificates,
  };
};

const main = async (): Promise<void> => {
  process.umask(0o022);
  const { kubeadm } = await ensure(["kubeadm"], console.error);
  const root = mkdtempSync(join(tmpdir(), "kube-pki-golden-"));
  const tree = join(root, "kubernetes");
  const dry = join(root, "dry");
  for (const folder of [tree, dry]) mkdirSync(folder);
  const config = join(root, "config.yaml");
  const run = (...args: string[]): string =>
    execFileSync(kubeadm, args, { encoding: "utf8", env: { ...process.env, KUBEADM_INIT_DRYRUN_DIR: dry } });
  const version = run("version", "-o", "short").trim();
  writeFileSync(config, configText(join(tree, "pki"), version));
  run("init", "phase", "certs", "all", "--config", config);
  run("init", "phase", "kubeconfig", "all", "--config", config, "--kubeconfig-dir", tree);
  for (const phase of [["control-plane", "all"], ["etcd", "local"], ["kubelet-start"]])
    run("init", "phase", ...phase, "--config", config, "--dry-run");

  const files = readdirSync(tree, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(tree, name)).isFile())
    .sort()
    .map((name): GoldenFile => {
      const mode = `0${(statSync(join(tree, name)).mode & 0o7777).toString(8)}`;
      return { path: `${HOME}/${name}`, mode, ...contentOf(readFileSync(join(tree, name), "utf8")) };
    });
  const dryText = (name: string) => readFileSync(join(dry, name), "utf8").replaceAll(tree, HOME);
  const manifests = Object.fromEntries(
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((name) => [
      name,
      manifestOf(dryText(`${name}.yaml`)),
    ]),
  );
  const golden: Golden = { kubeadm: version, files, manifests, kubelet: kubeletOf(dryText("config.yaml")) };
  writeFileSync(GOLDEN_FILE, await format(JSON.stringify(golden), { parser: "json", printWidth: 120 }));
  rmSync(root, { recursive: true });
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
