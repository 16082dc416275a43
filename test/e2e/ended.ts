/** Clusters whose certificates have ended: every leaf is signed anew with past dates, and whatever reads them starts anew. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { hostPort } from "../../core/format/addresses";
import type { Lab } from "../lab/lab";
import { withRole } from "../lab/topology";
import { etcdPlace } from "./clients/credentials";

/** A CA of the cluster, PEM. */
export interface CaPair {
  readonly certificate: string;
  readonly key: string;
}

const FOLDER = "/root/ended";

/**
 * Signs each leaf of these CAs on the node anew, for its own key: it has ended a month ago, and all the rest of it stays. Files
 * are written through, as links and owners are to stay. The CAs are FOLDER/<n>.crt and .key.
 */
const END_LEAVES = `
cd ${FOLDER}
: >index
sign() { # certificate file, key file: new.crt, of the CA that has signed it
  for ca in [0-9]*.crt; do
    openssl verify -no_check_time -partial_chain -CAfile "$ca" "$1" >/dev/null 2>&1 || continue
    {
      printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\nrand_serial=yes\\n'
      printf 'unique_subject=no\\nx509_extensions=e\\npreserve=yes\\n[p]\\ncommonName=optional\\norganizationName=optional\\n'
      printf '[e]\\nkeyUsage=critical,digitalSignature,keyEncipherment\\n'
      usages=$(openssl x509 -in "$1" -noout -ext extendedKeyUsage 2>/dev/null | sed -n '2{s/TLS Web Server Authentication/serverAuth/;s/TLS Web Client Authentication/clientAuth/;s/ //g;p}')
      names=$(openssl x509 -in "$1" -noout -ext subjectAltName 2>/dev/null | sed -n '2{s/ //g;s/IPAddress/IP/g;p}')
      [ -z "$usages" ] || echo "extendedKeyUsage=$usages"
      [ -z "$names" ] || echo "subjectAltName=$names"
    } >ca.cnf
    openssl x509 -x509toreq -in "$1" -signkey "$2" -out request 2>/dev/null
    openssl ca -batch -config ca.cnf -in request -cert "$ca" -keyfile "\${ca%.crt}.key" -startdate 20250101000000Z \\
      -enddate "$(date -u -d '30 days ago' +%Y%m%d%H%M%SZ)" -notext -out new.crt >said 2>&1 || { cat said >&2; exit 1; }
    return 0
  done
  return 1
}
count=0
for file in $(find /etc/kubernetes /etc/etcd /etc/ssl/etcd /var/lib/kubernetes /var/lib/kubelet /var/lib/kube-proxy -type f 2>/dev/null |
  grep -E '(\\.crt|\\.pem|\\.conf|kubeconfig)$'); do
  if grep -q 'client-certificate-data:' "$file"; then
    sed -n 's/^ *client-certificate-data: *//p' "$file" | tr -d '"' | base64 -d >old.crt
    sed -n 's/^ *client-key-data: *//p' "$file" | tr -d '"' | base64 -d >old.key
    sign old.crt old.key || continue
    sed "s#^\\( *client-certificate-data: *\\).*#\\1$(base64 -w0 new.crt)#" "$file" >new
  elif grep -q 'BEGIN .*PRIVATE KEY' "$file" && grep -q 'BEGIN CERTIFICATE' "$file"; then
    openssl pkey -in "$file" -out old.key
    sign "$file" old.key || continue
    cat new.crt old.key >new
  elif grep -q 'BEGIN CERTIFICATE' "$file"; then
    ! openssl x509 -in "$file" -noout -ext basicConstraints 2>/dev/null | grep -q CA:TRUE || continue
    key=\${file%.crt}.key
    [ -f "$key" ] || key=\${file%.pem}-key.pem
    [ -f "$key" ] || continue
    sign "$file" "$key" || continue
    cat new.crt >new
  else continue
  fi
  cat new >"$file"
  count=$((count + 1))
done
echo $count`;

/** Signs each of these CAs anew, for its own key and with its own name: it has ended yesterday. Prints them. */
const ENDED_CAS = `
cd ${FOLDER}
: >index
for ca in [0-9]*.crt; do
  printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\nrand_serial=yes\\n' >ca.cnf
  printf 'unique_subject=no\\nx509_extensions=e\\npreserve=yes\\n[p]\\ncommonName=optional\\norganizationName=optional\\n' >>ca.cnf
  printf '[e]\\nkeyUsage=critical,digitalSignature,keyEncipherment,keyCertSign\\nbasicConstraints=critical,CA:TRUE\\nsubjectKeyIdentifier=hash\\n' >>ca.cnf
  openssl x509 -x509toreq -in "$ca" -signkey "\${ca%.crt}.key" -out request 2>/dev/null
  openssl ca -batch -selfsign -config ca.cnf -in request -keyfile "\${ca%.crt}.key" -startdate 20250101000000Z \\
    -enddate "$(date -u -d yesterday +%Y%m%d%H%M%SZ)" -notext -out new.crt >said 2>&1 || { cat said >&2; exit 1; }
  cat new.crt
done`;

/** Puts FOLDER/<n>.ended in the place of FOLDER/<n>.crt, in files that hold nothing else and in kubeconfigs. */
const END_CAS = `
cd ${FOLDER}
count=0
for file in $(find /etc/kubernetes /etc/etcd /etc/ssl/etcd /var/lib/kubernetes /var/lib/kubelet /var/lib/kube-proxy -type f 2>/dev/null |
  grep -E '(\\.crt|\\.pem|\\.conf|kubeconfig)$'); do
  for ca in [0-9]*.crt; do
    if cmp -s "$ca" "$file"; then
      cat "\${ca%.crt}.ended" >"$file"
    elif grep -q "certificate-authority-data: *\\"\\?$(base64 -w0 "$ca")" "$file"; then
      sed "s#^\\( *certificate-authority-data: *\\).*#\\1$(base64 -w0 "\${ca%.crt}.ended")#" "$file" >new
      cat new >"$file"
    else continue
    fi
    count=$((count + 1))
    break
  done
done
echo $count`;

const namesOf = ({ nodes }: Lab): string[] => nodes.map(({ name }) => name);

/** @returns how many have ended, on these nodes together */
export const endLeaves = (lab: Lab, cas: readonly CaPair[], nodes = namesOf(lab)): Promise<number> =>
  end(lab, filesOfCas(cas), END_LEAVES, nodes);

/** Every node gets the same certificate of a CA, as it had before. @returns in how many files, on all nodes together */
export const endCas = async (lab: Lab, cas: readonly CaPair[]): Promise<number> => {
  const files = filesOfCas(cas);
  const [first = ""] = namesOf(lab);
  const text = await inFolder(lab, first, files, ENDED_CAS);
  const ended = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
  assert.equal(ended.length, cas.length, "CAs that have ended");
  const all = { ...files, ...Object.fromEntries(ended.map((pem, at) => [`${String(at)}.ended`, pem])) };
  return end(lab, all, END_CAS, namesOf(lab));
};

type Files = Readonly<Record<string, string>>;

const filesOfCas = (cas: readonly CaPair[]): Files =>
  Object.fromEntries(
    cas.flatMap(({ certificate, key }, at) => [
      [`${String(at)}.crt`, certificate],
      [`${String(at)}.key`, key],
    ]),
  );

/** Runs the script where these files are in FOLDER, which is gone afterwards. @returns its standard output */
const inFolder = async (lab: Lab, node: string, files: Files, script: string): Promise<string> => {
  const lines = Object.entries(files).map(([name, text]) => `${name} ${Buffer.from(text).toString("base64")}\n`);
  const put = `umask 077; mkdir -p ${FOLDER}; while read -r name text; do echo "$text" | base64 -d >${FOLDER}/$name; done`;
  await lab.must(node, put, { stdin: lines.join("") });
  const said = await lab.must(node, script, { timeoutMs: 300_000 });
  await lab.must(node, `rm -r ${FOLDER}`);
  return said;
};

const end = async (lab: Lab, files: Files, script: string, nodes: readonly string[]): Promise<number> => {
  const counts = await Promise.all(
    nodes.map(async (name) => Number((await inFolder(lab, name, files, script)).trim())),
  );
  assert.ok(
    counts.every((count) => count > 0),
    `certificates that have ended: ${counts.join(", ")}`,
  );
  return counts.reduce((sum, count) => sum + count, 0);
};

const UNITS = "etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy";

/** Whatever reads certificates ends and is started anew, as far as it comes. */
const START_ANEW = `
systemctl stop kubelet 2>/dev/null
# every container, pods' sandboxes as well
tries=30
while command -v ctr >/dev/null && [ -n "$(ctr -n k8s.io tasks ls | grep RUNNING)" ]; do
  ctr -n k8s.io tasks ls -q | xargs -r -n 1 ctr -n k8s.io tasks kill --signal KILL >/dev/null 2>&1
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "containers do not stop" >&2; exit 1; }
  sleep 0.2
done
for unit in ${UNITS} kubelet; do
  [ "$(systemctl show -p LoadState --value $unit)" != loaded ] || systemctl restart --no-block $unit
done`;

export const startAnew = async (lab: Lab, nodes = namesOf(lab)): Promise<void> => {
  await Promise.all(nodes.map((name) => lab.must(name, START_ANEW, { timeoutMs: 120_000 })));
};

/** All machines lose their power and boot. */
export const rebootAll = async (lab: Lab): Promise<void> => {
  await Promise.all(lab.nodes.map(({ name }) => lab.cutPower(name)));
  await Promise.all(lab.nodes.map(({ name }) => lab.powerOn(name)));
};

/** For a while no API server is ready, whoever asks. */
export const assertDead = async (lab: Lab): Promise<void> => {
  await sleep(20_000);
  const script = "timeout 10 openssl s_client -quiet -connect 127.0.0.1:6443 2>/dev/null";
  for (const { name } of withRole(lab.nodes, "control-plane")) {
    const asked = await lab.run(name, `printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' | ${script}`);
    assert.doesNotMatch(asked.stdout, /^HTTP\/1\.. 200/, `${name}: its API server is ready`);
  }
  const { code } = await lab.kubectl(["get", "--raw", "/readyz", "--request-timeout=5s"]);
  assert.notEqual(code, 0, "the API answers its administrator");
};

const etcdctl = async (lab: Lab, words: string): Promise<string> => {
  const { role, ca, leaf } = etcdPlace(lab.topology);
  const { name: node = "", address = "" } = withRole(lab.nodes, "etcd").find((each) => each.roles.includes(role)) ?? {};
  const { cert, key } = leaf(node);
  const options = `--endpoints=https://${hostPort(address, 2379)} --cacert=${ca} --cert=${cert} --key=${key}`;
  return lab.must(node, `etcdctl ${options} ${words}`, { timeoutMs: 60_000 });
};

const MARKS = Array.from({ length: 20 }, (_, at) => `/recover/${String(at)}`);

export const writeMarks = async (lab: Lab): Promise<void> => {
  for (const key of MARKS) await etcdctl(lab, `put ${key} value-of-${key}`);
};

/** What comes and goes by itself. */
const PASSING =
  /^\/registry\/(events|leases|masterleases|pods|endpointslices|minions|csinodes|replicasets|services\/endpoints|certificatesigningrequests|configmaps\/default\/written)\b/;

export const keysOf = async (lab: Lab): Promise<string[]> =>
  (await etcdctl(lab, "get '' --prefix --keys-only")).split("\n").filter((key) => key !== "" && !PASSING.test(key));

/** Every key of before is there, and those that were written for this hold what they did. */
export const assertKept = async (lab: Lab, before: readonly string[]): Promise<void> => {
  const now = new Set(await keysOf(lab));
  assert.deepEqual(
    before.filter((key) => !now.has(key)),
    [],
    "keys that etcd has lost",
  );
  for (const key of MARKS)
    assert.equal((await etcdctl(lab, `get ${key} --print-value-only`)).trim(), `value-of-${key}`);
};
