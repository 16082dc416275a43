/** CoreDNS: it watches Services and EndpointSlices with a pod's token, and believes the API server by the pod's ca.crt. */
import { labNetwork } from "../../lab/topology";
import { programOnNode } from "../../lab/neighbours";
import { workload } from "../clients/userland";
import { accountWith } from "./account";

const NAME = "coredns";
const place = { namespace: "kube-system", name: NAME };

/** What kubelets tell pods to ask, by kubeadm's default: the tenth address of the services. */
export const DNS_ADDRESS = labNetwork.kubernetesServiceAddress.replace(/\.1$/, ".10");

export const API_NAME = `kubernetes.default.svc.${labNetwork.clusterDomain}`;

/** kubeadm's, without a way out of the lab. */
const COREFILE = `.:53 {
  errors
  health {
    lameduck 5s
  }
  ready
  kubernetes ${labNetwork.clusterDomain} in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 30
  }
  cache 30 {
    disable success ${labNetwork.clusterDomain}
    disable denial ${labNetwork.clusterDomain}
  }
  loadbalance
}
`;

/** The pods have no files of their own, so the configuration is in the command. */
const script = `cat >/tmp/Corefile <<'END'
${COREFILE}END
exec ${programOnNode(NAME)} -conf /tmp/Corefile`;

/** As kubeadm lays it out: two replicas, one of which may be away. */
export const coreDns = (image: string): Record<string, unknown>[] => [
  ...accountWith(place, [
    { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
  ]),
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...place, name: "kube-dns" },
    spec: {
      clusterIP: DNS_ADDRESS,
      selector: { app: NAME },
      ports: (["UDP", "TCP"] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol })),
    },
  },
  workload(
    "Deployment",
    {
      name: NAME,
      image,
      script,
      token: true,
      serviceAccount: NAME,
      graceSeconds: 30,
      fields: { readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 2 } },
    },
    { namespace: place.namespace, spec: { replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 1 } } } },
  ),
];
