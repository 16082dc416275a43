/** What people and their tools do to the PKI of nodes, wherever its layout has it. */
import type { LeafName } from "../../core/model/profiles";
import type { Lab } from "../lab/lab";
import { withRole } from "../lab/topology";
import { labLayout } from "./labConfig";
import { filesOf } from "./layoutFiles";

/** What `kubeadm certs renew` calls those that are renewed by it here. */
const OF_KUBEADM: Readonly<Partial<Record<LeafName, string>>> = { apiserver: "apiserver", scheduler: "scheduler.conf" };

/** A certificate with the names and usages that the request asks for, until what `date -d` takes. */
const SIGN = (request: string, ca: { readonly certificate: string; readonly key: string }, until: string): string => `
cd "$(mktemp -d)"
cat >request <<'END'
${request.trim()}
END
printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\nrand_serial=yes\\n' >ca.cnf
printf 'unique_subject=no\\ncopy_extensions=copy\\npreserve=yes\\n[p]\\ncommonName=optional\\norganizationName=optional\\n' >>ca.cnf
: >index
openssl ca -batch -config ca.cnf -in request -cert ${ca.certificate} -keyfile ${ca.key} -startdate 20250101000000Z \\
  -enddate "$(date -u -d '${until}' +%Y%m%d%H%M%SZ)" -notext -out new.crt >said 2>&1 || { cat said >&2; exit 1; }
cat new.crt
rm -r "$PWD"`;

/** With the key of the cluster's CA, which the first control plane has for its controller manager. @returns PEM */
export const signByHand = async (lab: Lab, request: string, until: string): Promise<string> => {
  const [controlPlane] = withRole(lab.nodes, "control-plane");
  const { from } = labLayout(lab).signing;
  return (await lab.must(controlPlane?.name ?? "", SIGN(request, from, until))).trim();
};

/** In a new folder: `new.key`, and on stdout a request for it that asks for what the certificate in `old.crt` has. */
const REQUEST = (read: string, folder: string): string => `
umask 077
mkdir ${folder} && cd ${folder}
${read} >old.crt
ext() { openssl x509 -in old.crt -noout -ext "$1" 2>/dev/null | sed -n '2{s/^ *//;p}'; }
usages=$(ext extendedKeyUsage | sed 's/TLS Web Server Authentication/serverAuth/;s/TLS Web Client Authentication/clientAuth/')
names=$(ext subjectAltName | sed 's/IP Address/IP/g')
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout new.key \\
  -subj "$(openssl x509 -in old.crt -noout -subject -nameopt compat | sed 's/^subject= *//')" \\
  -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature,keyEncipherment \\
  -addext "extendedKeyUsage=$usages" \${names:+-addext "subjectAltName=$names"}`;

const inKubeconfig = (path: string, field: string): string =>
  `sed -n 's/^ *${field}: *//p' ${path} | tr -d '"' | base64 -d`;

/** How a file of a leaf is read and written. */
const FORMS = {
  certificate: { read: (path: string) => `cat ${path}`, write: (path: string) => `cat new.crt >${path}` },
  key: { read: undefined, write: (path: string) => `cat new.key >${path}` },
  kubeconfig: {
    read: (path: string) => inKubeconfig(path, "client-certificate-data"),
    write: (path: string) => `
sed -e "s#^\\( *client-certificate-data: *\\).*#\\1$(base64 -w0 new.crt)#" \\
  -e "s#^\\( *client-key-data: *\\).*#\\1$(base64 -w0 new.key)#" ${path} >new
cat new >${path}`,
  },
} as const;

const isForm = (kind: string): kind is keyof typeof FORMS => kind in FORMS;

/** Renews a certificate on a node, with another key: by kubeadm where it made the cluster, else by openssl as whoever made it did. */
export const renewByHand = async (lab: Lab, node: string, profile: LeafName): Promise<void> => {
  const known = OF_KUBEADM[profile];
  if (lab.usesKubeadm && known !== undefined) {
    await lab.must(node, `kubeadm certs renew ${known}`);
    return;
  }
  const files = filesOf(lab, node, profile).flatMap(({ path, content: { kind } }) =>
    isForm(kind) ? [{ path, ...FORMS[kind] }] : [],
  );
  const folder = `/root/by-hand-${profile}`;
  const [read] = files.flatMap(({ path, read: reads }) => (reads === undefined ? [] : [reads(path)]));
  if (read === undefined) throw new Error(`${node}: its layout has no certificate of ${profile}`);
  const certificate = await signByHand(lab, await lab.must(node, REQUEST(read, folder)), "1 year");
  const write = files.map(({ path, write: writes }) => writes(path)).join("\n");
  await lab.must(node, `cd ${folder} && cat >new.crt && ${write}\nrm -r ${folder}`, { stdin: `${certificate}\n` });
};
