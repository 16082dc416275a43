/** The files of the PKI and the kubeconfigs that a node has: those that components name, and those beside them. */
import { unique } from "../format/unique";
import { dirname } from "node:path/posix";
import type { RunningComponent } from "./components";
import { fileFacts, hasKey, readBlocks, readInnerKeys, readKeys, readStats } from "./fileFacts";
import { kubeconfigFacts } from "./kubeconfigFacts";
import type { FileFacts, KubeconfigFacts, Use } from "./model";
import { kubeletServing, namedFiles, unfoundFiles, type NamedFile } from "./namedFiles";
import { Answer, type Ask } from "./questions";
import { onHost, type StaticPod } from "./staticPods";
import { readKubeconfigs, readNames } from "./texts";

export interface Files {
  readonly files: readonly FileFacts[];
  readonly kubeconfigs: readonly KubeconfigFacts[];
  readonly unread: readonly string[];
}

/** Looked into even where no component names anything there: what a stopped node has. */
const USUAL_FOLDERS = [
  "/etc/kubernetes",
  "/var/lib/kubelet/pki",
  "/etc/etcd",
  "/var/lib/kubernetes",
  "/var/lib/kube-proxy",
];
const PKI_NAME = /\.(?:crt|cert|pem|key|pub)$/;
const KUBECONFIG_NAME = /\.(?:conf|kubeconfig)$|\/kubeconfig$/;
/** Copies that kubeadm and kube-pki keep. */
const COPIES = /\/etc\/kubernetes\/tmp\/|\/manifests\//;
/** More than any cluster has; a folder with more is not the PKI's. */
const MOST_FILES = 300;

export interface Asked {
  /** Paths that kube-pki wrote, wherever they are. */
  readonly written: readonly string[];
  /** Whether the public halves of keys are asked for. */
  readonly keys: boolean;
}

export const readFiles = async (
  ask: Ask,
  running: readonly RunningComponent[],
  pods: readonly StaticPod[],
  { written, keys }: Asked,
): Promise<Files> => {
  const named = running.flatMap((component) => {
    const files = [
      ...namedFiles(component.name, component.options),
      ...(component.name === "kubelet" ? kubeletServing(component.options) : []),
    ];
    return files.map((file) => ({ ...file, path: onHost(component, pods, file.path) }));
  });
  const lying = await beside(ask, named);
  const known = unique([...lying, ...written]);
  const configs = unique([...pathsOf(named, "kubeconfig"), ...known.filter((path) => KUBECONFIG_NAME.test(path))]);
  const texts = await readKubeconfigs(ask, configs);
  const halves = keys ? await readInnerKeys(ask, configs) : new Map<string, readonly string[]>();
  const kubeconfigs = configs.flatMap(
    (path) => kubeconfigFacts(path, texts.get(path) ?? "", halves.get(path) ?? []) ?? [],
  );
  const credentials = kubeconfigs.flatMap((config) => credentialFiles(config, named));
  const all = [...named, ...credentials];
  const paths = unique([
    ...all.map(({ path }) => path),
    ...configs,
    ...lying.filter((path) => PKI_NAME.test(path)),
    ...written,
  ]);
  const files = await readEach(ask, paths, all, keys);
  return {
    files,
    kubeconfigs,
    unread: [
      ...running.flatMap(({ name, options }) => unfoundFiles(name, options)),
      ...unreadable(new Set(configs), kubeconfigs, files),
    ],
  };
};

const pathsOf = (named: readonly NamedFile[], kind: NamedFile["kind"]): string[] =>
  named.filter((file) => file.kind === kind).map(({ path }) => path);

const beside = async (ask: Ask, named: readonly NamedFile[]): Promise<string[]> => {
  const folders = unique([...USUAL_FOLDERS, ...named.map(({ path }) => dirname(path))]).filter(
    (folder) => folder !== "/",
  );
  const found = await readNames(ask, folders, 3);
  return unique(found.filter((path) => !COPIES.test(path))).slice(0, MOST_FILES);
};

/** Certificate and key that a kubeconfig names instead of holding them. */
const credentialFiles = ({ path, users }: KubeconfigFacts, named: readonly NamedFile[]): NamedFile[] => {
  const use = named.find((file) => file.path === path)?.use;
  if (use === undefined) return [];
  const input = use.input === "kubelet/kubeconfig" ? { input: "kubelet/client" as const } : {};
  const of = (option: string, secret: boolean, file: string | undefined): NamedFile[] =>
    file?.startsWith("/") === true
      ? [{ path: file, kind: "pki", use: { component: use.component, option, secret, ...input } }]
      : [];
  return users.flatMap(({ certificateFile, keyFile }) => [
    ...of("client-certificate", false, certificateFile),
    ...of("client-key", true, keyFile),
  ]);
};

const NO_ANSWER = Answer.of([]);

const readEach = async (
  ask: Ask,
  paths: readonly string[],
  named: readonly NamedFile[],
  asksKeys: boolean,
): Promise<FileFacts[]> => {
  const [stats, blocks] = [await readStats(ask, paths), await readBlocks(ask, paths)];
  const blocksOf = (path: string): Answer => blocks.get(path) ?? NO_ANSWER;
  const keys = asksKeys
    ? await readKeys(
        ask,
        paths.filter((path) => hasKey(blocksOf(path))),
      )
    : new Map<string, Answer>();
  return paths.map((path) =>
    fileFacts(path, { stats: stats.get(path), certificates: blocksOf(path), key: keys.get(path) }, usesOf(path, named)),
  );
};

const usesOf = (path: string, named: readonly NamedFile[]): Use[] => {
  const uses = named.filter((file) => file.path === path).map(({ use }) => use);
  return uses.filter((use, index) => uses.findIndex((each) => JSON.stringify(each) === JSON.stringify(use)) === index);
};

const unreadable = (
  configs: ReadonlySet<string>,
  read: readonly KubeconfigFacts[],
  files: readonly FileFacts[],
): string[] =>
  files
    .filter(({ state }) => state === "file")
    .flatMap(({ path, certificates, keys, publicKeys }) => {
      if (configs.has(path))
        return read.some((config) => config.path === path) ? [] : [`${path} could not be read as a kubeconfig`];
      const holds = certificates.length + keys.length + publicKeys.length;
      return holds > 0 ? [] : [`${path} holds no certificate and no key that can be read`];
    });
