/** Surveys of kubeadm's clusters whose etcd is on nodes of its own: units by etcdadm, or static pods that kubeadm wrote. */
import type { Visit } from "../../../core/init/visits";
import type { CertificateFacts, Survey } from "../../../core/survey/model";
import { kubeadmCluster, surveyOf, visitOf, withCertificates, withoutFiles, type Cas } from "./cluster";
import { leafOf } from "./facts";
import { etcd, HARD, pair, unit, YEARS } from "./hardway";

/** Control planes and workers, without what is etcd's. */
const othersOf = (cas: Cas, client: Partial<CertificateFacts>): Visit[] =>
  kubeadmCluster(cas, (survey) => {
    const own = {
      ...survey,
      components: survey.components.filter(({ name }) => name !== "etcd"),
      files: survey.files.map((file) => ({ ...file, uses: file.uses.filter(({ component }) => component !== "etcd") })),
      staticPods: survey.staticPods.filter(({ component }) => component !== "etcd"),
    };
    return withCertificates(
      withoutFiles(own, (path) => /etcd\/(?:server|peer|health)/.test(path)),
      ({ subject }) => (subject === "CN=kube-apiserver-etcd-client" ? client : {}),
    );
  });

/** etcdadm's certs/certs.go; control planes have that of the first member. */
const clientOf = (member: string) => ({ subject: `O=system:masters, CN=${member}-kube-apiserver-etcd-client` });

export const etcdadmCluster = (cas: Cas): Visit[] => {
  const home = "/etc/etcd/pki";
  const members = HARD.slice(0, 3).map((node) => {
    const parts = etcd(node, cas, home);
    const clients = [
      ...pair(
        `${home}/etcdctl-etcd-client`,
        leafOf(cas.etcd, { ...YEARS, subject: `O=system:masters, CN=${node.name}-etcdctl` }),
      ),
      ...pair(`${home}/apiserver-etcd-client`, leafOf(cas.etcd, { ...YEARS, ...clientOf(node.name) })),
    ];
    return visitOf(surveyOf(node, { ...parts, files: [...parts.files, ...clients] }));
  });
  return [...members, ...othersOf(cas, clientOf("e1"))];
};

/** A kubelet that only runs static pods: it is told of no cluster. */
const STANDALONE = unit("kubelet", { config: "/etc/systemd/system/kubelet.service.d/kubelet.conf" });

export const externalEtcdCluster = (cas: Cas): Visit[] => {
  const pki = "/etc/kubernetes/pki";
  const members = HARD.slice(0, 3).map((node): Survey => {
    const parts = etcd(node, cas, `${pki}/etcd`);
    const client = (subject: string): CertificateFacts => leafOf(cas.etcd, { subject });
    const [member, ...rest] = parts.components;
    const manifest = "/etc/kubernetes/manifests/etcd.yaml";
    const pod = member === undefined ? [] : [{ ...member, start: { by: "static-pod", manifest } as const }];
    return surveyOf(node, {
      ...parts,
      components: [...pod, ...rest, STANDALONE],
      files: [
        ...parts.files,
        ...pair(`${pki}/etcd/healthcheck-client`, client("CN=kube-etcd-healthcheck-client")),
        ...pair(`${pki}/apiserver-etcd-client`, client("CN=kube-apiserver-etcd-client")),
      ],
    });
  });
  return [...members.map((survey) => visitOf(survey)), ...othersOf(cas, {})];
};
