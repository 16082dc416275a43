/** Modes and owners of files as the CIS Kubernetes Benchmark (1.12) asks for them, sections 1.1 and 4.1. */
import type { ConsumerName } from "../../model/reload";
import type { FileFacts } from "../../survey/model";
import { componentOn, fileAt, readersOf, usesInput, valueOf, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { isInUse } from "../held";
import { isOpen, isSecretFile, isWritable, modeBits } from "./files";

interface Item {
  /** Items of the benchmark, of the mode and of the owner. */
  readonly mode: string;
  readonly owner: string;
  readonly most: number;
  readonly files: (node: NodeView) => readonly (FileFacts | undefined)[];
}

const manifestOf = (name: ConsumerName) => (node: NodeView) =>
  node.survey.staticPods.filter(({ component }) => component === name).map(({ manifest }) => fileAt(node, manifest));

const named =
  (...names: readonly string[]) =>
  (node: NodeView) =>
    node.survey.files.filter(({ path }) => names.some((name) => path.endsWith(`/${name}`)));

const unitFiles = (node: NodeView) => {
  const start = componentOn(node, "kubelet")?.start;
  return start?.by === "systemd" ? [start.file, ...start.dropIns].map((path) => fileAt(node, path)) : [];
};

const configurationOf = (node: NodeView) => {
  const path = componentOn(node, "kubelet")?.configurationFile;
  return path === undefined ? [] : [fileAt(node, path)];
};

const dataFolder = (node: NodeView) => {
  const path = valueOf(componentOn(node, "etcd"), "data-dir");
  return path === undefined ? [] : [fileAt(node, path)];
};

const isPki = (node: NodeView, file: FileFacts): boolean => file.state === "file" && isInUse(node, file);

const pkiFiles = (secret: boolean) => (node: NodeView) =>
  node.survey.files.filter(
    (file) =>
      isPki(node, file) && (secret ? file.keys.length > 0 : file.certificates.length > 0 && !isSecretFile(node, file)),
  );

/** The first item that a file belongs to counts. */
const ITEMS: readonly Item[] = [
  { mode: "CIS 1.1.1", owner: "CIS 1.1.2", most: 0o600, files: manifestOf("kube-apiserver") },
  { mode: "CIS 1.1.3", owner: "CIS 1.1.4", most: 0o600, files: manifestOf("kube-controller-manager") },
  { mode: "CIS 1.1.5", owner: "CIS 1.1.6", most: 0o600, files: manifestOf("kube-scheduler") },
  { mode: "CIS 1.1.7", owner: "CIS 1.1.8", most: 0o600, files: manifestOf("etcd") },
  { mode: "CIS 1.1.11", owner: "CIS 1.1.12", most: 0o700, files: dataFolder },
  { mode: "CIS 1.1.13", owner: "CIS 1.1.14", most: 0o600, files: named("admin.conf", "super-admin.conf") },
  { mode: "CIS 1.1.15", owner: "CIS 1.1.16", most: 0o600, files: named("scheduler.conf") },
  { mode: "CIS 1.1.17", owner: "CIS 1.1.18", most: 0o600, files: named("controller-manager.conf") },
  { mode: "CIS 4.1.1", owner: "CIS 4.1.2", most: 0o600, files: unitFiles },
  {
    mode: "CIS 4.1.3",
    owner: "CIS 4.1.4",
    most: 0o600,
    files: ({ survey }) => survey.files.filter((file) => usesInput(file, "kube-proxy/kubeconfig")),
  },
  {
    mode: "CIS 4.1.5",
    owner: "CIS 4.1.6",
    most: 0o600,
    files: ({ survey }) => survey.files.filter((file) => usesInput(file, "kubelet/kubeconfig")),
  },
  {
    mode: "CIS 4.1.7",
    owner: "CIS 4.1.8",
    most: 0o644,
    files: ({ survey }) => survey.files.filter((file) => usesInput(file, "kubelet/client-ca")),
  },
  { mode: "CIS 4.1.9", owner: "CIS 4.1.10", most: 0o600, files: configurationOf },
  { mode: "CIS 1.1.20", owner: "CIS 1.1.19", most: 0o644, files: pkiFiles(false) },
  { mode: "CIS 1.1.21", owner: "CIS 1.1.19", most: 0o600, files: pkiFiles(true) },
];

const itemsOf = (node: NodeView): (readonly [FileFacts, Item])[] => {
  const found = new Map<string, readonly [FileFacts, Item]>();
  for (const item of ITEMS)
    for (const file of item.files(node))
      if (file !== undefined && ["file", "other"].includes(file.state) && !found.has(file.path))
        found.set(file.path, [file, item]);
  return [...found.values()];
};

const octal = (mode: number): string => `0${mode.toString(8)}`;

const tooOpen = (node: NodeView): Issue[] =>
  itemsOf(node)
    // what is worse is told of by itself
    .filter(
      ([file, { most }]) => (modeBits(file) & 0o777 & ~most) !== 0 && !isOpen(node, file) && !isWritable(node, file),
    )
    .map(([{ path, mode }, item]) => ({
      urgency: "notice",
      subject: path,
      text: `${path} has mode ${mode}, where the CIS benchmark asks for ${octal(item.most)} or less`,
      remedy: `\`chmod ${octal(item.most)} ${path}\` if no reader needs more`,
      source: item.mode,
    }));

/** root, or the user that a reader runs as. */
const isOwned = (node: NodeView, file: FileFacts): boolean => {
  const uids = readersOf(file).flatMap((name) => componentOn(node, name)?.uid ?? []);
  const ofEtcd =
    file.path === valueOf(componentOn(node, "etcd"), "data-dir") ? componentOn(node, "etcd")?.uid : undefined;
  return [0, ...uids, ofEtcd].includes(file.uid);
};

const owned = (node: NodeView): Issue[] =>
  itemsOf(node)
    .filter(([file]) => !isOwned(node, file))
    .map(([{ path, owner, group }, item]) => ({
      urgency: "notice",
      subject: path,
      text: `${path} belongs to ${owner}:${group}, who is neither root nor the user of a component that reads it, and can change it`,
      remedy: `\`chown root:root ${path}\`, unless the tool that installed the cluster wants it so`,
      source: item.owner,
    }));

export const CIS: readonly Check[] = [
  {
    id: "file-mode",
    finds: "modes above those of the CIS Kubernetes Benchmark (1.1.x, 4.1.x), where nothing worse is told of them",
    look: eachNode(tooOpen),
  },
  {
    id: "file-owner",
    finds: "owners other than root and the users that components run as (CIS 1.1.x, 4.1.x)",
    look: eachNode(owned),
  },
];
