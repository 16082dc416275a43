import { X509Certificate } from "node:crypto";
import type { AuthorityName } from "../../core/model/authorities";
import type { Lab } from "../lab/lab";
import { pkiDir, type Installer, type Topology } from "../lab/topology";

type Files = (topology: Topology) => Readonly<Record<AuthorityName, readonly string[]>>;

const byKubeadm: Files = (topology) => ({
  kubernetes: [`${pkiDir(topology)}/ca.crt`],
  etcd: [`${pkiDir(topology)}/etcd/ca.crt`],
  frontProxy: [`${pkiDir(topology)}/front-proxy-ca.crt`],
});

/** Where a node keeps what it trusts, by authority; a node has those of its roles. */
const FILES: Readonly<Record<Installer, Files>> = {
  kubeadm: byKubeadm,
  "external-etcd": byKubeadm,
  etcdadm: (topology) => ({
    ...byKubeadm(topology),
    etcd: [...byKubeadm(topology).etcd, "/etc/etcd/pki/ca.crt"],
  }),
  kubespray: (topology) => ({ ...byKubeadm(topology), etcd: ["/etc/ssl/etcd/ssl/ca.pem"] }),
  hardway: () => ({
    kubernetes: ["/var/lib/kubernetes/ca.crt", "/var/lib/kubelet/ca.crt"],
    etcd: ["/etc/etcd/ca.crt", "/var/lib/kubernetes/etcd-ca.crt"],
    frontProxy: ["/var/lib/kubernetes/front-proxy-ca.crt"],
  }),
  // one file for all
  fleet: (topology) => ({ kubernetes: [`${pkiDir(topology)}/ca.pem`], etcd: [], frontProxy: [] }),
};

const pathsIn = ({ topology }: Lab) =>
  Object.entries(FILES[topology.installer](topology)).flatMap(([authority, paths]) =>
    paths.map((path) => ({ authority: authority as AuthorityName, path })),
  );

export interface NodeTrust {
  readonly node: string;
  readonly authority: AuthorityName;
  /** Common names in the file. */
  readonly names: readonly string[];
}

/** The CAs in every file of every node, read by other means than the product's. */
export const trustOnNodes = async (lab: Lab): Promise<NodeTrust[]> => {
  const rows = await Promise.all(
    lab.nodes.flatMap(({ name: node }) =>
      pathsIn(lab).map(async ({ authority, path }) => {
        const bundle = `openssl crl2pkcs7 -nocrl -certfile ${path} | openssl pkcs7 -print_certs -noout`;
        const text = await lab.must(node, `[ ! -f ${path} ] || { ${bundle}; }`);
        return {
          node,
          authority,
          names: [...text.matchAll(/^subject=.*CN ?= ?(\S+)$/gm)].map(([, name = ""]) => name),
        };
      }),
    ),
  );
  return rows.filter(({ names }) => names.length > 0);
};

/** Keys of CAs beside a CA file that holds no certificate of theirs: `kubeadm certs renew` and `join` would sign with them. */
export const keysOfNoCa = async (lab: Lab): Promise<string[]> => {
  const found = await Promise.all(
    lab.nodes.flatMap(({ name: node }) =>
      pathsIn(lab).map(async ({ path }) => {
        const key = path.replace(/\.crt$/, ".key").replace(/\.pem$/, "-key.pem");
        const said = await lab.must(node, `[ ! -f ${key} ] || { openssl pkey -in ${key} -pubout && cat ${path}; }`);
        const [own, ...certificates] = said.match(/-----BEGIN [^]*?-----END .*/g) ?? [];
        const held = certificates.map((pem) =>
          new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" }),
        );
        return own === undefined || held.some((pem) => pem.toString().trim() === own) ? [] : [`${node}:${key}`];
      }),
    ),
  );
  return found.flat();
};
