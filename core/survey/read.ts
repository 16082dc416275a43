/**
 * Reads a node: asks a few rounds of questions, each about what the answers before it named. Nothing is decided here; the
 * result holds what is there.
 */
import { clusterNodes, kubeadmFacts } from "./clusterFacts";
import { readComponents } from "./components";
import { readFiles } from "./files";
import { bootMoment, hostFacts } from "./hostFacts";
import { listeningSockets } from "./listeners";
import { recordFacts } from "./record";
import { SURVEY_VERSION, type ClusterFacts, type HostFacts, type KubeconfigFacts, type Survey } from "./model";
import { COMPONENT_NAMES, HYPERKUBE } from "./processes";
import { askAll, QUESTION, type Ask } from "./questions";
import { readPlainFiles } from "./plainFiles";
import { readReaders } from "./readers";
import { readServed, withServed } from "./served";
import { renewersIn } from "./renewers";
import { readStaticPods, withManifest } from "./staticPods";
import { unitsIn } from "./units";

/** How much of a node is read. */
export interface Scope {
  /** Also what is served, whose keys there are, and what the API server tells of the cluster. */
  readonly whole: boolean;
  /** Also what is served where kube-pki has noted that its certificates are. @default false */
  readonly noted?: boolean;
  /** Units that should be there, by name. */
  readonly units: readonly string[];
}

const WHOLE: Scope = { whole: true, units: [] };

/** Whether a node has what was installed there. */
export const NOTED: Scope = { whole: false, noted: true, units: [] };

/** @param clock milliseconds since 1970, by the reader's clock */
export const survey = async (
  ask: Ask,
  clock: () => number,
  { whole, noted: isNotedAsked = false, units: wanted }: Scope = WHOLE,
): Promise<Survey> => {
  const sent = clock();
  const [host] = await askAll(ask, [QUESTION.host()]);
  const back = clock();
  const [listeners, units, processes, noted] = await askAll(ask, [
    QUESTION.listeners(),
    QUESTION.units(),
    QUESTION.processes([...COMPONENT_NAMES, HYPERKUBE]),
    QUESTION.record(),
  ]);
  const own = recordFacts(noted);
  const record = isNotedAsked && own !== undefined ? await withServed(ask, own) : own;
  const pids = processes.all("process").map(([pid]) => Number(pid));
  const running = await readComponents(ask, pids, bootMoment(host), listeningSockets(listeners));
  const pods = await readStaticPods(ask, running);
  const { files, kubeconfigs, unread } = await readFiles(ask, running, pods, {
    written: record?.files ?? [],
    keys: whole,
  });
  const facts = hostFacts(host, { sent, back });
  const missing = await missingUnits(ask, wanted);
  const cluster = whole ? await readCluster(ask, kubeconfigs) : undefined;
  return {
    version: SURVEY_VERSION,
    host: facts,
    components: running.map((each) => withManifest(each, pods)),
    files: [...files, ...(await readPlainFiles(ask, running, pods, files))],
    kubeconfigs,
    served: whole ? await readServed(ask, running) : [],
    staticPods: pods.map(({ facts: pod }) => pod),
    readers: await readReaders(ask, { files, kubeconfigs, running }),
    renewers: renewersIn(units.text("units") ?? ""),
    ...(record === undefined ? {} : { record }),
    ...(missing === undefined ? {} : { missingUnits: missing }),
    ...(cluster === undefined ? {} : { cluster }),
    unread: [...unread, ...unreadHere(facts)],
  };
};

/** Undefined where nobody asked, or nothing told. */
const missingUnits = async (ask: Ask, names: readonly string[]): Promise<string[] | undefined> => {
  if (names.length === 0) return undefined;
  const [answer] = await askAll(ask, [QUESTION.unit(names)]);
  const units = unitsIn(answer.text("unit"));
  const told = names.flatMap((name) => {
    const state = units.find((unit) => unit.names.includes(name))?.property("LoadState") ?? "";
    return state === "" ? [] : [{ name, state }];
  });
  return told.length === 0 ? undefined : told.flatMap(({ name, state }) => (state === "not-found" ? [name] : []));
};

/** Whom a cluster is asked by: its administrator first. A kubelet may not list nodes. */
const ADMINISTRATORS = [/\/admin[^/]*$/, /super-admin/, /kubeconfig/];

const administrators = (kubeconfigs: readonly KubeconfigFacts[]): string[] => {
  const paths = ADMINISTRATORS.flatMap((pattern) =>
    kubeconfigs.map(({ path }) => path).filter((path) => pattern.test(path)),
  );
  return [...new Set(paths)];
};

const readCluster = async (ask: Ask, kubeconfigs: readonly KubeconfigFacts[]): Promise<ClusterFacts | undefined> => {
  for (const kubeconfig of administrators(kubeconfigs)) {
    const [list, configuration] = await askAll(ask, [
      QUESTION.cluster(kubeconfig, "nodes"),
      QUESTION.cluster(kubeconfig, "kubeadm"),
    ]);
    const nodes = clusterNodes(list.text("objects"));
    if (nodes === undefined) continue;
    const kubeadm = kubeadmFacts(configuration.text("objects"));
    return { nodes, ...(kubeadm === undefined ? {} : { kubeadm }) };
  }
  return undefined;
};

const unreadHere = ({ uid, openssl }: HostFacts): string[] => [
  ...(uid === 0 ? [] : ["it was not read as root, so keys and kubeconfigs of root could not be looked at"]),
  ...(openssl === undefined ? ["it has no openssl, so keys and what is served could not be looked at"] : []),
];
