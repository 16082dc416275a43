/** What kubelets make and rotate themselves, and who they say they are. */
import { canonicalIp } from "../../format/addresses";
import { certificateFiles, componentOn, isOn, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { heldLeaves } from "../held";
import { entriesOf } from "../kubeconfigs";
import { endsSoon, isKubeletClient, isLeftInKubeletConf, isUnverified, leftMs, lifetimeMs } from "../lifetimes";
import { andList, expiry, nodeList, restartOf } from "../words";

/** It rotates when 70 to 90 % of the life are over (client-go util/certificate). */
const ROTATED_BY = 0.1;

const kubeletClient = (node: NodeView, cluster: Cluster): Issue[] => {
  const kubelet = componentOn(node, "kubelet");
  return heldLeaves(node, cluster).flatMap((held): Issue[] => {
    if (!isKubeletClient(held, cluster)) return [];
    const left = leftMs(held, cluster.now);
    const rotates = isOn(kubelet, "rotate-certificates");
    const isLate = rotates
      ? left < lifetimeMs(held) * ROTATED_BY
      : left <= 0 || endsSoon(held, cluster.now, cluster.withinSeconds);
    if (!isLate) return [];
    const ends = expiry(held.certificate.notAfter, cluster.now);
    return [
      {
        urgency: left <= 0 ? "now" : "soon",
        subject: held.path,
        text: rotates
          ? `the kubelet should have rotated its client certificate ${held.path} by now: it ${ends}`
          : `the kubelet does not rotate its client certificate ${held.path} (rotateCertificates is off), which ${ends}`,
        remedy:
          left <= 0
            ? rejoin(held.certificate.subject)
            : rotates
              ? UNSTICK
              : "set rotateCertificates: true in its configuration and restart it",
        at: held.certificate.notAfter,
      },
    ];
  });
};

const rejoin = (subject: string): string =>
  `on a control plane run \`kubeadm kubeconfig user --org system:nodes --client-name system:node:${NODE_USER.exec(subject)?.[1] ?? "NAME"}\`, put the result in place of kubelet.conf and restart the kubelet`;
const UNSTICK =
  "look at `kubectl get csr` and the kubelet's log: kube-controller-manager has to approve and sign what it asks for";

const unverified = (node: NodeView, cluster: Cluster): Issue[] =>
  heldLeaves(node, cluster)
    .filter(
      (held) =>
        isUnverified(held, cluster) &&
        (leftMs(held, cluster.now) <= 0 || endsSoon(held, cluster.now, cluster.withinSeconds)),
    )
    .map(({ certificate, path }) => ({
      urgency: "notice",
      subject: path,
      text: `the kubelet's serving certificate ${path} ${expiry(certificate.notAfter, cluster.now)}; API servers do not verify it here, others such as metrics-server may`,
      remedy:
        "delete it and its key and restart the kubelet, which makes itself a new pair, or set serverTLSBootstrap: true there and inCluster.approveKubeletServing: true in the stack file",
      at: certificate.notAfter,
    }));

/** The kubelet's link points to what it rotated to last; over anything else it cannot rotate. */
const plainKubeletClient = (node: NodeView): Issue[] => {
  const kubelet = componentOn(node, "kubelet");
  return node.survey.files.flatMap(({ path, state, link, uses }): Issue[] =>
    kubelet !== undefined &&
    state === "file" &&
    link === undefined &&
    path.endsWith("/kubelet-client-current.pem") &&
    uses.length > 0
      ? [
          {
            urgency: "soon",
            subject: path,
            text: `${path} is a file where the kubelet wants a link, so it cannot rotate its client certificate`,
            remedy:
              "rename it to kubelet-client-DATE.pem in the same folder, put a link of the old name to it and restart the kubelet",
            source: "kubernetes/kubernetes#53288",
          },
        ]
      : [],
  );
};

/** kubeadm writes it there at `init`, and the kubelet reads it again whenever its own file is gone. */
const leftInKubeletConf = (node: NodeView, cluster: Cluster): Issue[] => {
  const [current] = certificateFiles(node, "kubelet/client");
  return heldLeaves(node, cluster)
    .filter((held) => isLeftInKubeletConf(node, held))
    .map(({ path, certificate }) => ({
      urgency: leftMs({ certificate }, cluster.now) <= 0 ? "soon" : "notice",
      subject: path,
      text: `${path} still holds a client certificate of its own, which ${expiry(certificate.notAfter, cluster.now)}, beside ${current?.path ?? "the file"} that the kubelet rotates: it is what is left if that file is lost`,
      remedy: `name ${current?.path ?? "the file"} in it as client-certificate and client-key, and restart the kubelet`,
      at: certificate.notAfter,
      source: "kubernetes/kubeadm#1361",
    }));
};

const NODE_USER = /(?:^|, )CN=system:node:([^,+]+)/;

const nodeNameOf = (node: NodeView): string | undefined => {
  const [own] = certificateFiles(node, "kubelet/client").flatMap(({ certificates }) => certificates);
  const inline = entriesOf(node).flatMap(({ path, client }) => (path.endsWith("/kubelet.conf") ? client : []))[0];
  return NODE_USER.exec((own ?? inline)?.subject ?? "")?.[1];
};

/** Nobody approves kubernetes.io/kubelet-serving by itself. */
const servingPending = (node: NodeView): Issue[] =>
  node.survey.files
    .filter(({ state, uses }) => state === "missing" && uses.some(({ input }) => input === "kubelet/serving"))
    .filter(() => isOn(componentOn(node, "kubelet"), "server-tls-bootstrap"))
    .map(({ path }) => ({
      urgency: "now",
      subject: path,
      text: `the kubelet waits for its serving certificate (serverTLSBootstrap): ${path} does not exist, so logs, exec and metrics fail`,
      remedy:
        "set inCluster.approveKubeletServing: true in the stack file, or approve its request (`kubectl get csr`, `kubectl certificate approve`)",
      source: "kubernetes/kubernetes#73356",
    }));

/** What the cluster says of a name goes before what other nodes say. */
const wrongNode = (name: string, node: NodeView, { facts, nodes }: Cluster): string | undefined => {
  const { addresses } = node.survey.host;
  if (facts === undefined || addresses.length === 0) {
    const twins = nodes.filter((other) => other !== node && nodeNameOf(other) === name);
    return twins.length > 0 ? `and so does the one of ${nodeList(twins.map((twin) => twin.name))}` : undefined;
  }
  const registered = facts.nodes.find((each) => each.name === name);
  if (registered === undefined) return "a node that the cluster does not have";
  const own = addresses.map((address) => canonicalIp(address) ?? address);
  const isHere = registered.addresses.some((address) => own.includes(canonicalIp(address) ?? address));
  return isHere ? undefined : `a node whose address is ${andList(registered.addresses)}`;
};

const identity = (node: NodeView, cluster: Cluster): Issue[] => {
  const kubelet = componentOn(node, "kubelet");
  const name = nodeNameOf(node);
  const wrong = name === undefined ? undefined : wrongNode(name, node, cluster);
  return kubelet === undefined || name === undefined || wrong === undefined
    ? []
    : [
        {
          urgency: "now",
          subject: "kubelet",
          text: `the kubelet's client certificate says that it is ${name}, ${wrong}`,
          remedy: `give the kubelet a certificate of its own name, then ${restartOf(kubelet)}`,
          source: "kubernetes/kubernetes#118216",
        },
      ];
};

export const KUBELETS: readonly Check[] = [
  {
    id: "kubelet-identity",
    finds: "kubelets with the client certificate of another node",
    look: eachNode(identity),
  },
  {
    id: "kubelet-serving-pending",
    finds: "kubelets whose request for a serving certificate nobody has approved",
    look: eachNode(servingPending),
  },
  {
    id: "kubelet-client-expires",
    finds: "the kubelet's client certificate, where the kubelet does not rotate it or has failed to",
    look: eachNode(kubeletClient),
  },
  {
    id: "kubelet-client-plain",
    finds: "a kubelet-client-current.pem that is no link",
    look: eachNode(plainKubeletClient),
  },
  {
    id: "kubelet-conf-left",
    finds: "a client certificate left in kubelet.conf beside the file that the kubelet rotates",
    look: eachNode(leftInKubeletConf),
  },
  {
    id: "kubelet-serving-expires",
    finds: "serving certificates that kubelets made for themselves and that end",
    look: eachNode(unverified),
  },
];
