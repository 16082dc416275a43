/** Machines: clocks, room, what could not be read. */
import { nodesWith, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { isInUse } from "../held";
import { day, DAY_MS } from "../words";
import { mountOf } from "../../survey/mounts";
import { unique } from "../../format/unique";

/** Seconds that the way to a node and back cannot explain. */
const CLOCK_OFF = 30;
/** kubeadm and kube-controller-manager date certificates back by so much; a clock further behind refuses new ones. */
const BACKDATED = 300;
const CLOCKS_APART = 10;

const seconds = (count: number): string => `${String(Math.round(Math.abs(count)))} s`;

const clock = ({ survey: { host } }: NodeView): Issue[] => {
  const ahead = host.clockAheadSeconds;
  if (Math.abs(ahead) <= CLOCK_OFF) return [];
  return [
    {
      urgency: ahead < -BACKDATED ? "now" : "soon",
      subject: "clock",
      text:
        ahead < 0
          ? `its clock is ${seconds(ahead)} behind, so a certificate that was issued just now is not valid there${ahead < -BACKDATED ? "" : ", unless its signer dated it back"}`
          : `its clock is ${seconds(ahead)} ahead, so certificates end there before their time`,
      remedy: "set the clock and keep it by NTP (chrony, systemd-timesyncd)",
    },
  ];
};

const clocksApart: Check["look"] = ({ nodes }) => {
  const fine = nodes
    .filter((node) => clock(node).length === 0)
    .sort((a, b) => a.survey.host.clockAheadSeconds - b.survey.host.clockAheadSeconds);
  const [last, first] = [fine[0], fine.at(-1)];
  if (first === undefined || last === undefined) return [];
  const apart = first.survey.host.clockAheadSeconds - last.survey.host.clockAheadSeconds;
  if (apart <= CLOCKS_APART) return [];
  return [
    {
      node: last.name,
      urgency: "soon",
      subject: "clock",
      text: `its clock is ${seconds(apart)} behind that of ${first.name}`,
      remedy: "keep both by NTP (chrony, systemd-timesyncd); etcd warns from 1 s on",
    },
  ];
};

const pathsInUse = (node: NodeView): string[] =>
  node.survey.files.filter((file) => isInUse(node, file)).map(({ path, real }) => real ?? path);

const readOnly = (node: NodeView): Issue[] => {
  const { host } = node.survey;
  const mounts = [...host.readOnly, ...host.room.map(({ mount }) => mount)];
  const inUse = pathsInUse(node).map((path) => ({ path, mount: mountOf(path, mounts) ?? "" }));
  return unique(inUse.map(({ mount }) => mount).filter((mount) => host.readOnly.includes(mount))).map((mount) => ({
    urgency: "soon",
    subject: mount,
    text: `${mount} is mounted read-only, so what is in it cannot be renewed in place (${inUse.find((each) => each.mount === mount)?.path ?? ""})`,
    remedy: "mount it writable, or renew these files by a new image",
  }));
};

const ROOM_BYTES = 64 * 1024 * 1024;

const littleRoom = (node: NodeView): Issue[] => {
  const { room } = node.survey.host;
  const mounts = room.map(({ mount }) => mount);
  const used = new Set([...pathsInUse(node), "/var/lib/kube-pki"].map((path) => mountOf(path, mounts)));
  return room
    .filter(({ mount, freeBytes }) => used.has(mount) && freeBytes < ROOM_BYTES)
    .map(({ mount, freeBytes }) => ({
      urgency: "soon",
      subject: mount,
      text: `${mount} has ${String(Math.floor(freeBytes / 1024 / 1024))} MiB left, too little to renew certificates with a backup`,
      remedy: "make room",
    }));
};

/** Without it a restart by hand is a moved manifest, and the kubelet backs off before each but the first (node/61-pod.sh). */
const noCrictl = ({ survey: { host, components } }: NodeView): Issue[] =>
  host.tools.includes("crictl") || !components.some(({ start }) => start.by === "static-pod")
    ? []
    : [
        {
          urgency: "notice",
          subject: "crictl",
          text: "crictl is not installed, so in a rotation the kubelet waits 10 to 20 s before the second and third restart of a static pod, an API server's too",
          remedy: "install cri-tools",
        },
      ];

/** Of a file that is read as something by a component, other checks say what is wrong with it. */
const isToldElsewhere = ({ survey }: NodeView, sentence: string): boolean =>
  survey.files.some(
    ({ path, uses }) => sentence.startsWith(`${path} holds no `) && uses.some(({ input }) => input !== undefined),
  );

const unread = (node: NodeView): Issue[] =>
  node.survey.unread
    .filter((sentence) => !isToldElsewhere(node, sentence))
    .map((sentence) => ({
      urgency: "notice",
      subject: "survey",
      text: `not looked at: ${sentence}`,
      remedy: "look at it by hand, or mend what keeps it from being read and run this again",
    }));

const old = ({ survey: { host } }: NodeView, { now }: Cluster): Issue[] =>
  now.getTime() - Date.parse(host.readAt) > DAY_MS
    ? [
        {
          urgency: "notice",
          subject: "survey",
          text: `it was read on ${day(host.readAt)}, and what has changed since then is not in here`,
          remedy: "read it again",
        },
      ]
    : [];

const unreached: Check["look"] = (cluster) =>
  cluster.unreached.map(({ host, reason }) => ({
    node: host,
    urgency: "now",
    subject: "survey",
    text: `it could not be read: ${reason}`,
    remedy: "see that `ssh` reaches it, and run this again",
  }));

const isSurveyed = (name: string, addresses: readonly string[], { nodes }: Cluster): boolean =>
  nodes.some(
    ({ survey: { host } }) => host.hostname === name || addresses.some((address) => host.addresses.includes(address)),
  );

const leftOut: Check["look"] = (cluster) =>
  (cluster.facts?.nodes ?? [])
    .filter(
      ({ name, addresses }) => !isSurveyed(name, addresses, cluster) && nodesWith(cluster, "kube-apiserver").length > 0,
    )
    .map(({ name, addresses }) => ({
      node: name,
      urgency: "notice",
      subject: "survey",
      text: "it is a node of the cluster and was not looked at",
      remedy: `name it too (${addresses[0] ?? name})`,
    }));

const notReady: Check["look"] = (cluster) =>
  (cluster.facts?.nodes ?? [])
    .filter(({ ready }) => !ready)
    .map(({ name }) => ({
      node: name,
      urgency: "now",
      subject: "node",
      text: "the cluster says that it is not Ready",
      remedy: `look at \`kubectl describe node ${name}\` and its kubelet's log`,
    }));

export const HOSTS: readonly Check[] = [
  { id: "unreached", finds: "hosts that could not be read", look: unreached },
  { id: "not-ready", finds: "nodes that the cluster says are not Ready", look: notReady },
  { id: "clock", finds: "clocks more than 30 s off", look: eachNode(clock) },
  { id: "clocks-apart", finds: "clocks of nodes more than 10 s apart", look: clocksApart },
  { id: "read-only", finds: "read-only file systems that files in use are on", look: eachNode(readOnly) },
  { id: "little-room", finds: "file systems with under 64 MiB left", look: eachNode(littleRoom) },
  { id: "no-crictl", finds: "static pods on a node without crictl", look: eachNode(noCrictl) },
  { id: "left-out", finds: "nodes of the cluster that were not looked at", look: leftOut },
  { id: "survey-old", finds: "surveys that are older than a day", look: eachNode(old) },
  {
    id: "unread",
    finds: "what could not be looked at, such as keys where there is no openssl",
    look: eachNode(unread),
  },
];
