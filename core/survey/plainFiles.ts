/** What is no part of the PKI, and whose owner and mode decide who can change it: manifests, configuration, units, etcd's data. */
import type { RunningComponent } from "./components";
import { fileFacts, readStats } from "./fileFacts";
import type { FileFacts } from "./model";
import { Answer, type Ask } from "./questions";
import { valueOf } from "./runningOptions";
import { onHost, type StaticPod } from "./staticPods";

const pathsOf = (component: RunningComponent, pods: readonly StaticPod[]): string[] => {
  const { start, options, configurationFile } = component;
  const dataFolder = component.name === "etcd" ? valueOf(options, "data-dir") : undefined;
  const seen = [configurationFile, dataFolder].flatMap((path) =>
    path === undefined ? [] : [onHost(component, pods, path)],
  );
  return [...seen, ...(start.by === "systemd" ? [start.file, ...start.dropIns] : [])];
};

/** Nobody asks what is in them. */
const UNASKED = { certificates: Answer.of([]), key: undefined };

export const readPlainFiles = async (
  ask: Ask,
  running: readonly RunningComponent[],
  pods: readonly StaticPod[],
  known: readonly FileFacts[],
): Promise<FileFacts[]> => {
  const told = new Set(known.map(({ path }) => path));
  const all = [...pods.map(({ facts }) => facts.manifest), ...running.flatMap((each) => pathsOf(each, pods))];
  const paths = [...new Set(all)].filter((path) => path.startsWith("/") && !told.has(path));
  const stats = await readStats(ask, paths);
  return paths
    .map((path) => fileFacts(path, { stats: stats.get(path), ...UNASKED }, []))
    .filter(({ state }) => state !== "missing");
};
