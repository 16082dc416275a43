/** The files of a node, read in one go, and what must hold among them at any moment. */
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import type { Lab } from "../../lab/lab";
import { STUB_RECORDS } from "../../lab/stubs";
import { parseRecords, type StubRecord } from "./records";

/** Path -> text. */
export type Files = ReadonlyMap<string, string>;

export interface NodeState {
  readonly node: string;
  readonly files: Files;
  readonly records: readonly StubRecord[];
  /** What a transaction leaves only while it runs. */
  readonly debris: readonly string[];
}

const FOLDERS = ["/etc/etcd", "/var/lib/kubernetes", "/var/lib/kubelet", "/var/lib/kube-proxy"];
const STATE = "/var/lib/kube-pki";

/** Every plain file of the PKI as `path base64`, then the records, then the names of what should not stay. */
const READ = `
for file in $(find ${FOLDERS.join(" ")} -maxdepth 1 -type f ! -name '.*') ${STUB_RECORDS}/*.log; do
  echo "file $file $(base64 -w0 <"$file")"
done 2>/dev/null
for name in $(find ${FOLDERS.join(" ")} -maxdepth 1 -name '.*') $(ls -d ${STATE}/tx ${STATE}/run.* ${STATE}/look.*); do
  echo "debris $name"
done 2>/dev/null`;

export const readNode = async (lab: Lab, node: string): Promise<NodeState> => {
  const files = new Map<string, string>();
  const debris: string[] = [];
  const records: StubRecord[] = [];
  for (const line of (await lab.must(node, READ)).split("\n")) {
    const [word, path = "", data = ""] = line.split(" ");
    const text = Buffer.from(data, "base64").toString();
    if (word === "debris") debris.push(path);
    else if (path.startsWith(STUB_RECORDS))
      records.push(...parseRecords(node, path.slice(STUB_RECORDS.length + 1).replace(/\.log$/, ""), text));
    else if (word === "file") files.set(path, text);
  }
  return { node, files, records, debris };
};

export const certificatesIn = (text: string): X509Certificate[] =>
  (text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );

/** Leaf files without suffix, and the CA file beside them that must have signed them. */
export const LEAVES: Readonly<Record<string, string>> = {
  "/etc/etcd/server": "/etc/etcd/ca.crt",
  "/etc/etcd/peer": "/etc/etcd/ca.crt",
  "/var/lib/kubernetes/kube-apiserver": "/var/lib/kubernetes/ca.crt",
  "/var/lib/kubernetes/apiserver-kubelet-client": "/var/lib/kubernetes/ca.crt",
  "/var/lib/kubernetes/apiserver-etcd-client": "/var/lib/kubernetes/etcd-ca.crt",
  "/var/lib/kubernetes/front-proxy-client": "/var/lib/kubernetes/front-proxy-ca.crt",
  "/var/lib/kubelet/kubelet": "/var/lib/kubelet/ca.crt",
};

const KUBERNETES = "/var/lib/kubernetes";

const isSigned = (leaf: X509Certificate, by: readonly X509Certificate[]): boolean =>
  by.some((ca) => leaf.checkIssued(ca) && leaf.verify(ca.publicKey));

const pairTrouble = (name: string, certificate: string, key: string, cas: string): string[] => {
  const [leaf] = certificatesIn(certificate);
  if (leaf === undefined) return [`${name}: no certificate`];
  if (key === "" || !leaf.checkPrivateKey(createPrivateKey(key))) return [`${name}: certificate and key do not match`];
  return isSigned(leaf, certificatesIn(cas)) ? [] : [`${name}: not signed by a CA that is trusted beside it`];
};

/** Certificate and key of a kubeconfig, and the CA in it. */
export const partsOfKubeconfig = (text: string): Record<"certificate" | "key" | "ca", string> => {
  const field = (name: string): string =>
    Buffer.from(new RegExp(`${name}: *(\\S+)`).exec(text)?.[1] ?? "", "base64").toString();
  return {
    certificate: field("client-certificate-data"),
    key: field("client-key-data"),
    ca: field("certificate-authority-data"),
  };
};

const der = (key: KeyObject): string => key.export({ type: "spki", format: "der" }).toString("hex");

const tokenKeyTrouble = (key: string, keys: string): string[] => {
  const verifying = (keys.match(/-----BEGIN PUBLIC KEY-----[^]*?-----END PUBLIC KEY-----/g) ?? []).map((pem) =>
    der(createPublicKey(pem)),
  );
  return verifying.includes(der(createPublicKey(key))) ? [] : ["service-accounts.key: its public half is not trusted"];
};

/** What is not whole on a node: halves that do not match, leaves that the CA beside them did not sign. */
export const troubles = (files: Files): string[] => {
  const text = (path: string): string => files.get(path) ?? "";
  const found: string[] = [];
  for (const [base, ca] of Object.entries(LEAVES))
    if (files.has(`${base}.crt`)) found.push(...pairTrouble(base, text(`${base}.crt`), text(`${base}.key`), text(ca)));
  for (const [path, config] of files) {
    if (!path.endsWith("kubeconfig")) continue;
    const { certificate, key, ca } = partsOfKubeconfig(config);
    found.push(...pairTrouble(path, certificate, key, ca));
  }
  if (!files.has(`${KUBERNETES}/ca.crt`)) return found;
  for (const name of ["ca", "ca-signing"]) {
    const key = text(`${KUBERNETES}/${name}.key`);
    const certificates = certificatesIn(text(`${KUBERNETES}/${name}.crt`));
    if (key !== "" && !certificates.some((ca) => ca.checkPrivateKey(createPrivateKey(key))))
      found.push(`${name}: certificate and key do not match`);
  }
  return [
    ...found,
    ...tokenKeyTrouble(text(`${KUBERNETES}/service-accounts.key`), text(`${KUBERNETES}/service-accounts.pub`)),
  ];
};

const nameOf = ({ subject }: X509Certificate): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? "";

const CA_FILES: readonly string[] = [...new Set(Object.values(LEAVES))];

/** What on a node is not of this generation alone: a CA that is trusted, a leaf that is presented. */
export const notOfGeneration = (files: Files, generation: number): string[] => {
  const suffix = `-g${String(generation)}`;
  const cas = [...files].flatMap(([path, text]): [string, X509Certificate[]][] => {
    if (CA_FILES.includes(path)) return [[path, certificatesIn(text)]];
    return path.endsWith("kubeconfig") ? [[path, certificatesIn(partsOfKubeconfig(text).ca)]] : [];
  });
  const trusted = cas
    .map(([path, certificates]) => ({ path, names: certificates.map(nameOf) }))
    .filter(({ names }) => names.length !== 1 || names[0]?.endsWith(suffix) !== true)
    .map(({ path, names }) => `${path} trusts ${names.join(", ")}`);
  const presented = [...files].flatMap(([path, text]): string[] => {
    const leaf = path.endsWith("kubeconfig") ? partsOfKubeconfig(text).certificate : text;
    if (!path.endsWith("kubeconfig") && LEAVES[path.replace(/\.crt$/, "")] === undefined) return [];
    const issuer = /^CN=(.*)$/m.exec(certificatesIn(leaf)[0]?.issuer ?? "")?.[1] ?? "";
    return issuer.endsWith(suffix) ? [] : [`${path} is signed by ${issuer}`];
  });
  const keys = files.get(`${KUBERNETES}/service-accounts.pub`)?.match(/BEGIN PUBLIC KEY/g)?.length ?? 1;
  return [...trusted, ...presented, ...(keys === 1 ? [] : [`service-accounts.pub holds ${String(keys)} keys`])];
};
