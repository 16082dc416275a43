/**
 * A cluster as kubespray makes it (kubernetes-sigs/kubespray roles/etcd, roles/kubernetes, with etcd_deployment_type=host,
 * loadbalancer_apiserver_type=haproxy and auto_renew_certificates=true): etcd as a unit on the control plane, kubeadm with
 * that as its external etcd, and proxies on the workers. The proxy is a static pod as kubespray's, of the lab's shell image
 * with the node's own haproxy.
 */
import { installKubeadm } from "./kubeadm";
import { certificates, etcdFolder, kubernetes, port, renewalTimer } from "./kubesprayFiles";
import type { Lab } from "./lab";
import { step, type Log } from "./progress";
import { labNetwork, withRole, type NodeSpec } from "./topology";
import { inWaves } from "./waves";

/** Users and folders, on every node: roles/adduser and roles/kubernetes/preinstall. */
const FURNISH = `
groupadd --system kube-cert
useradd --system --no-create-home --shell /usr/sbin/nologin --gid kube-cert kube
useradd --system --no-create-home --shell /usr/sbin/nologin etcd
install -d -o kube -m 0755 ${kubernetes} ${kubernetes}/manifests
install -d -m 0755 ${certificates}
ln -s ${certificates} ${kubernetes}/pki
chmod 0600 ${kubernetes}/kubelet.env ${kubernetes}/kubelet-config.yaml
[ ! -e /usr/local/bin/k8s-certs-renew.sh ] || chmod 0755 /usr/local/bin/k8s-certs-renew.sh
`;

/** $1 the node, then the names of all members' certificates: make-ssl-etcd.sh and openssl.conf on the first member. */
const MAKE_ETCD_PKI = `
umask 022
install -d -o etcd -g root -m 0700 ${etcdFolder}
cd ${etcdFolder}
printf '%s\\n' 'extendedKeyUsage=clientAuth,serverAuth' 'basicConstraints=CA:FALSE' 'subjectKeyIdentifier=hash' \\
  'authorityKeyIdentifier=keyid,issuer' "subjectAltName=$2" >/root/openssl.conf
openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=etcd-ca -keyout ca-key.pem -out ca.pem
for name in member admin node; do
  openssl req -new -newkey rsa:2048 -nodes -subj "/CN=etcd-$name-$1" -keyout "$name-$1-key.pem" -out /root/csr
  openssl x509 -req -in /root/csr -CA ca.pem -CAkey ca-key.pem -CAserial /root/ca.srl -CAcreateserial -days 36500 \\
    -extfile /root/openssl.conf -out "$name-$1.pem"
done
rm -f /root/csr /root/openssl.conf /root/ca.srl
install -D -m 0640 ca.pem /usr/local/share/ca-certificates/etcd-ca.crt
`;

const etcdNames = (members: readonly NodeSpec[]): string =>
  [
    ...["localhost", ...members.map(({ name }) => name)].map((name) => `DNS:${name}`),
    ...[`etcd.kube-system.svc.${labNetwork.clusterDomain}`, "etcd.kube-system.svc", "etcd.kube-system", "etcd"].map(
      (name) => `DNS:${name}`,
    ),
    ...[...members.map(({ address }) => address), "127.0.0.1", "::1"].map((address) => `IP:${address}`),
  ].join(",");

/** A worker goes to its own proxy; ansible keeps a copy of what it changes. */
const USE_PROXY = `
cp -p ${kubernetes}/kubelet.conf "${kubernetes}/kubelet.conf.4711.$(date +%Y-%m-%d@%H:%M:%S)~"
sed -i 's#^    server:.*#    server: https://localhost:${port}#' ${kubernetes}/kubelet.conf
systemctl restart kubelet
`;

const KUBE_PROXY_TOO = `
export KUBECONFIG=${kubernetes}/admin.conf
kubectl -n kube-system get configmap kube-proxy -o yaml | sed 's#server:.*#server: https://127.0.0.1:${port}#' | kubectl replace -f -
kubectl -n kube-system delete pod -l k8s-app=kube-proxy --force --grace-period=0
`;

/** What each further run of kubespray does before anything else: copies that nobody reads. */
const AS_RUN_AGAIN = `
cd ${certificates}
for file in apiserver apiserver-kubelet-client front-proxy-client; do
  for suffix in crt key; do cp -p $file.$suffix $file.$suffix.old; done
done
cd ${kubernetes}
for file in admin controller-manager kubelet scheduler; do cp -p $file.conf $file.conf.old; done
systemctl enable --quiet --now ${renewalTimer}
`;

/** Makes users and etcd's PKI, starts etcd, has kubeadm do its part and sends workers to their proxies. */
export async function installKubespray(lab: Lab, log: Log, pki: "made" | "given" = "made"): Promise<void> {
  const { nodes } = lab;
  const members = withRole(nodes, "etcd");
  await step(log, "users and folders", () => inWaves(nodes, ({ name }) => lab.must(name, `set -eu\n${FURNISH}`)));
  const [member, ...others] = members;
  if (member === undefined || others.length > 0) throw new Error("kubespray: the lab has it with one member of etcd");
  const make = `sh -euc '${MAKE_ETCD_PKI.replaceAll("'", `'\\''`)}' sh ${member.name} ${etcdNames(members)} 2>&1`;
  if (pki === "made") await step(log, "making etcd's PKI with openssl", () => lab.must(member.name, make));
  await step(log, `starting etcd on ${member.name}`, () =>
    lab.must(member.name, "systemctl enable --quiet --now etcd"),
  );
  await installKubeadm(lab, log, pki);
  const controlPlanes = withRole(nodes, "control-plane");
  const workers = nodes.filter((node) => !controlPlanes.includes(node));
  await step(log, "sending workers to their proxies", async () => {
    await inWaves(workers, ({ name }) => lab.must(name, `set -eu\n${USE_PROXY}`));
    await lab.must(controlPlanes[0]?.name ?? "", `set -eu\n${KUBE_PROXY_TOO}`);
  });
  await inWaves(controlPlanes, ({ name }) => lab.must(name, `set -eu\n${AS_RUN_AGAIN}`));
}
