/** The DaemonSet that visits the nodes which the stack does not list, as `kubectl apply` takes it. */
import type { Config } from "../schema/config";

type Workers = NonNullable<Config["inCluster"]["workers"]>;

export const WORKERS = "kube-pki-workers";
const LABEL = { "kube-pki/workers": WORKERS };

/**
 * Once, on a node: a step that failed is not tried over and over, each time with a restart of the kubelet, but by the next
 * run, which makes a new pod. Its last line, one sentence, is what the waiting side reports.
 */
const SCRIPT = `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
tell() {
  cat /state/why >/dev/termination-log
  cat /state/why >&2
  exit 1
}
[ ! -s /state/why ] || tell
try() {
  if "$@" 2>/state/err; then
    cat /state/err >&2
    return
  fi
  cat /state/err >&2
  { tail -n 1 /state/err | grep . || echo "$NODE_NAME: the step ended without a word"; } >/state/why
  tell
}
try chroot /host sh -euc '
  umask 077
  new=$(mktemp /run/kube-pki.XXXXXX)
  trap "rm -f \\"$new\\"" EXIT
  gzip -d >"$new"
  sh "$new" place' </work/node.sh.gz
for step in /work/step-*; do
  [ ! -f "$step" ] || try chroot /host sh /var/lib/kube-pki/node.sh template "$NODE_NAME" <"$step"
done
`;

/** As a pod spec writes them; all by default: a node with a taint of its own has a kubelet too. */
const tolerationsOf = ({ tolerations }: Workers): readonly object[] => tolerations ?? [{ operator: "Exists" }];

/**
 * By name and not by the label kubernetes.io/hostname, which need not be the node's name. A field selector takes one value, so
 * there is one requirement for each listed node.
 */
const unlisted = (config: Config): object => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchFields: config.nodes.map(({ name }) => ({ key: "metadata.name", operator: "NotIn", values: [name] })) },
      ],
    },
  },
});

/**
 * The work is an init container: the pod is ready when its node is done, without a probe that runs for ever, and a kubelet
 * that restarts meanwhile does not restart it. The container after it sleeps, so that nodes that join later are visited too.
 * `@revision@` and `@at-once@` are put in by the node that applies it.
 */
export const workersManifest = (config: Config, workers: Workers): object => {
  const container = { image: workers.image, imagePullPolicy: "IfNotPresent" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: WORKERS, namespace: workers.namespace, labels: LABEL },
    spec: {
      selector: { matchLabels: LABEL },
      revisionHistoryLimit: 1,
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "@at-once@" } },
      template: {
        metadata: { labels: { ...LABEL, "kube-pki/revision": "@revision@" } },
        spec: {
          hostPID: true, // systemd is asked for its units, and processes are looked at
          hostNetwork: true, // the kubelet's health is asked at 127.0.0.1
          dnsPolicy: "Default",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          priorityClassName: "system-node-critical",
          nodeSelector: { "kubernetes.io/os": "linux", ...workers.nodeSelector },
          affinity: unlisted(config),
          tolerations: tolerationsOf(workers),
          initContainers: [
            {
              name: "step",
              ...container,
              command: ["sh", "-uc", SCRIPT],
              env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
              securityContext: { privileged: true },
              volumeMounts: [
                // volumes that are unmounted on the node are released here as well
                { name: "host", mountPath: "/host", mountPropagation: "HostToContainer" },
                { name: "work", mountPath: "/work", readOnly: true },
                { name: "state", mountPath: "/state" },
              ],
            },
          ],
          containers: [{ name: "sleep", ...container, command: ["sleep", "2147483647"] }],
          terminationGracePeriodSeconds: 5,
          volumes: [
            { name: "host", hostPath: { path: "/" } },
            { name: "work", configMap: { name: `${WORKERS}-@revision@` } },
            { name: "state", emptyDir: {} },
          ],
        },
      },
    },
  };
};
