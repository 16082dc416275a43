/** How components were started, and what has changed since. */
import type { ConsumerName } from "../../model/reload";
import type { ComponentFacts, StaticPodFacts } from "../../survey/model";
import { componentOn, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { andList, day, needsRestart, restartOf } from "../words";

/** A kubelet that joins writes its kubeconfig in its first minutes, and kubeadm its manifests. */
const SETTLED_MS = 10 * 60_000;

const changedSince = ({ startedAt }: ComponentFacts, modifiedAt: string): boolean =>
  Date.parse(modifiedAt) > Date.parse(startedAt) + SETTLED_MS;

const restartNeeded = (node: NodeView): Issue[] =>
  node.survey.components.flatMap((component): Issue[] => {
    const files = node.survey.files.filter(
      ({ uses, state, modifiedAt }) =>
        state === "file" &&
        changedSince(component, modifiedAt) &&
        uses.some(
          (use) =>
            use.component === component.name &&
            // the kubelet itself writes what it rotates to
            use.input !== "kubelet/client" &&
            needsRestart(use, component.version),
        ),
    );
    if (files.length === 0) return [];
    const last =
      files
        .map(({ modifiedAt }) => modifiedAt)
        .sort()
        .at(-1) ?? "";
    return [
      {
        urgency: "soon",
        subject: component.name,
        text: `${component.name} has run since ${day(component.startedAt)} and reads ${andList(files.map(({ path }) => path))} only when it starts, but ${files.length === 1 ? "that file" : "they"} changed on ${day(last)}`,
        remedy: restartOf(component),
      },
    ];
  });

const manifestChanged = (node: NodeView): Issue[] =>
  node.survey.components.flatMap((component): Issue[] => {
    const { start } = component;
    if (start.by !== "static-pod") return [];
    const pod = node.survey.staticPods.find(({ manifest }) => manifest === start.manifest);
    if (pod === undefined || !changedSince(component, pod.modifiedAt)) return [];
    return [
      {
        urgency: "soon",
        subject: component.name,
        text: `${component.name} has run since ${day(component.startedAt)}, but ${pod.manifest} changed on ${day(pod.modifiedAt)}: what it says now may not be in force`,
        remedy:
          "compare the process with its manifest; the kubelet starts a pod again when its manifest leaves the folder and returns",
      },
    ];
  });

const needsReload = (node: NodeView): Issue[] =>
  node.survey.components.flatMap(({ name, start }): Issue[] =>
    start.by === "systemd" && start.needsReload
      ? [
          {
            urgency: "soon",
            subject: name,
            text: `the unit files of ${start.unit} have changed and systemd has not read them, so a restart would still use the old ones`,
            remedy: `\`systemctl daemon-reload && systemctl restart ${start.unit}\``,
          },
        ]
      : [],
  );

const notEnabled = (node: NodeView): Issue[] =>
  node.survey.components.flatMap(({ name, start }): Issue[] =>
    start.by === "systemd" && !start.enabled
      ? [
          {
            urgency: "soon",
            subject: name,
            text: `${start.unit} is not enabled, so ${name} will not start with the machine`,
            remedy: `\`systemctl enable ${start.unit}\``,
          },
        ]
      : [],
  );

const notRunning = (node: NodeView): Issue[] =>
  node.survey.staticPods.flatMap(({ component, manifest }): Issue[] =>
    component !== undefined && componentOn(node, component) === undefined
      ? [
          {
            urgency: "now",
            subject: component,
            text: `${component} does not run, although ${manifest} is there`,
            remedy: `look at the log of its last container (\`crictl ps -a --name ${component}\`) and of the kubelet`,
          },
        ]
      : [],
  );

const duplicates = (pods: readonly StaticPodFacts[]): (readonly [ConsumerName, readonly string[]])[] => {
  const names = [...new Set(pods.flatMap(({ component }) => component ?? []))];
  return names
    .map((name) => [name, pods.filter(({ component }) => component === name).map(({ manifest }) => manifest)] as const)
    .filter(([, manifests]) => manifests.length > 1);
};

const stray = (node: NodeView): Issue[] =>
  duplicates(node.survey.staticPods).map(([name, manifests]) => ({
    urgency: "now",
    subject: name,
    text: `${andList(manifests)} each define ${name}, and the kubelet runs whichever it reads, copies included`,
    remedy: "move all but one out of the folder; a name that begins with a dot is not read",
    source: "kubernetes/kubeadm#2823",
  }));

export const PROCESSES: readonly Check[] = [
  { id: "not-running", finds: "static pods of components that do not run", look: eachNode(notRunning) },
  { id: "manifest-stray", finds: "several manifests for one component, such as a backup copy", look: eachNode(stray) },
  {
    id: "restart-needed",
    finds: "components older than a file that they read only when they start",
    look: eachNode(restartNeeded),
  },
  { id: "manifest-changed", finds: "static pods older than their manifest", look: eachNode(manifestChanged) },
  { id: "unit-needs-reload", finds: "units whose files systemd has not read again", look: eachNode(needsReload) },
  { id: "unit-not-enabled", finds: "components whose unit does not start at boot", look: eachNode(notEnabled) },
];
