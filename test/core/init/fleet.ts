/** Surveys of a cluster in the places of the layout fleet: one CA in one file, units, and a scheduler that is a static pod. */
import type { Visit } from "../../../core/init/visits";
import type { ComponentFacts, FileFacts } from "../../../core/survey/model";
import { surveyOf, visitOf, type Cas } from "./cluster";
import { HARD } from "./hardway";
import { movedTo } from "./kubespray";

const KUBERNETES = "/etc/kubernetes";
const PKI = `${KUBERNETES}/pki`;

/** From the hard way's places. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/^\/etc\/etcd\/(?:server|peer)\./, `${PKI}/etcd.`],
  [/^\/(?:etc\/etcd|var\/lib\/kubelet)\/ca\./, `${PKI}/ca.`],
  [/^\/var\/lib\/kubelet\/kubelet\./, "/var/lib/kubelet/pki/kubelet."],
  [/^\/var\/lib\/(kubelet|kube-proxy)\/kubeconfig$/, `${KUBERNETES}/$1.kubeconfig`],
  [/^\/var\/lib\/kubernetes\/(\S+\.kubeconfig)$/, `${KUBERNETES}/$1`],
  [/^\/var\/lib\/kubernetes\/(?:etcd-|front-proxy-)?ca\./, `${PKI}/ca.`],
  [/^\/var\/lib\/kubernetes\/kube-apiserver\./, `${PKI}/apiserver.`],
  [/^\/var\/lib\/kubernetes\/service-accounts\./, `${PKI}/service-account.`],
  [/^\/var\/lib\/kubernetes\//, `${PKI}/`],
  [/^(\/etc\/kubernetes\/\S+)\.(?:crt|pub)$/, "$1.pem"],
  [/^(\/etc\/kubernetes\/\S+)\.key$/, "$1-key.pem"],
];

const moved = (path: string): string => PLACES.reduce((at, [from, to]) => at.replace(from, to), path);

const once = (files: readonly FileFacts[]): FileFacts[] =>
  files.filter((file, index) => files.findIndex(({ path }) => path === file.path) === index);

const asPod = (component: ComponentFacts): ComponentFacts =>
  component.name === "kube-scheduler"
    ? { ...component, start: { by: "static-pod", manifest: `${KUBERNETES}/manifests/kube-scheduler.yaml` } }
    : component;

export const fleetCluster = (cas: Cas): Visit[] => {
  const one: Cas = { ...cas, etcd: cas.kubernetes, frontProxy: cas.kubernetes };
  const worker = HARD.find(({ name }) => name === "w1");
  return HARD.map((node) => {
    // kubelets on control planes too
    const makes = node.name.startsWith("cp") && worker !== undefined ? [node.make, worker.make] : [node.make];
    const parts = makes.map((make) => make(node, one));
    const { components, files, kubeconfigs } = movedTo(
      surveyOf(node, {
        components: parts.flatMap((each) => each.components),
        files: parts.flatMap((each) => each.files),
        kubeconfigs: parts.flatMap((each) => each.kubeconfigs),
      }),
      moved,
    );
    const own = { components: components.map(asPod), files: once(files), kubeconfigs };
    return visitOf(
      surveyOf(node, node.name.startsWith("cp") ? { ...own, renewers: ["consul-template.service"] } : own),
    );
  });
};
