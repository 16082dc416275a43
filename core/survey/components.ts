/** The components that run on a node, with what they were started with. */
import type { ConsumerName } from "../model/reload";
import type { ListeningSocket } from "./listeners";
import type { ComponentFacts, OptionFacts, Start } from "./model";
import { unique } from "../format/unique";
import { componentOf, processesIn, versionIn, type Process } from "./processes";
import { askAll, QUESTION, type Ask } from "./questions";
import { readNames, readTexts } from "./texts";
import { unitsIn, type UnitFacts } from "./units";
import {
  commandLineOptions,
  configurationFileOf,
  dropInFolderOf,
  effectiveOptions,
  type Given,
} from "./runningOptions";

/** A component before it is known which manifest it comes from. */
export type RunningComponent = Omit<ComponentFacts, "start"> & {
  readonly start: Exclude<Start, { readonly by: "static-pod" }>;
};

interface Found {
  readonly name: ConsumerName;
  readonly process: Process;
  readonly version: string | undefined;
}

/** @param bootedAt milliseconds since 1970, by the node's clock */
export const readComponents = async (
  ask: Ask,
  pids: readonly number[],
  bootedAt: number,
  sockets: readonly ListeningSocket[],
): Promise<RunningComponent[]> => {
  if (pids.length === 0) return [];
  const [answer] = await askAll(ask, [QUESTION.process(pids)]);
  const processes = processesIn(answer, bootedAt).flatMap((process): Omit<Found, "version">[] => {
    const name = componentOf(process.args);
    return name === undefined || isSomebodys(name, process) ? [] : [{ name, process }];
  });
  const [told, units] = await askAll(ask, [
    QUESTION.version(processes.map(({ process: { pid } }) => pid)),
    QUESTION.unit(unique(processes.flatMap(({ process: { unit } }) => unit ?? []))),
  ]);
  const versions = told.byPath();
  const found = processes.map((each) => ({
    ...each,
    version: versionIn(versions.get(String(each.process.pid))?.plain("version")),
  }));
  const texts = await readTexts(
    ask,
    found.flatMap((each) => configurationFileOf(each.name, toldOptions(each)) ?? []),
  );
  const dropIns = await readDropIns(ask, found);
  return found.map((each) =>
    componentFacts(each, sockets, unitsIn(units.text("unit")), {
      file: texts.get(configurationFileOf(each.name, toldOptions(each)) ?? "") ?? "",
      dropIns: dropIns.get(each) ?? [],
    }),
  );
};

/** An etcd of an application, or a control plane of a cluster inside the cluster: of its own only kube-proxy is an ordinary pod. */
const isSomebodys = (name: ConsumerName, { inOrdinaryPod }: Process): boolean => inOrdinaryPod && name !== "kube-proxy";

/** Without what a configuration file says. */
const toldOptions = ({ name, process: { args, environment } }: Omit<Found, "version">): OptionFacts[] =>
  effectiveOptions(name, { commandLine: commandLineOptions(args), environment, file: "" });

/** Deeper than anybody's. */
const DROP_IN_LEVELS = 3;

/** The texts that change a configuration file, in the order in which they are read (cmd/kubelet/app/server.go). */
const readDropIns = async (ask: Ask, all: readonly Found[]): Promise<ReadonlyMap<Found, readonly string[]>> => {
  const texts = new Map<Found, readonly string[]>();
  for (const found of all) {
    const folder = dropInFolderOf(found.name, toldOptions(found));
    if (folder === undefined) continue;
    const paths = (await readNames(ask, [folder], DROP_IN_LEVELS)).filter((path) => path.endsWith(".conf")).sort();
    const own = await readTexts(ask, paths);
    texts.set(
      found,
      paths.map((path) => own.get(path) ?? ""),
    );
  }
  return texts;
};

const componentFacts = (
  { name, process, version }: Found,
  sockets: readonly ListeningSocket[],
  units: readonly UnitFacts[],
  configuration: Pick<Given, "file" | "dropIns">,
): RunningComponent => {
  const { pid, uid, gid, args, environment, startedAt } = process;
  const configurationFile = configurationFileOf(name, toldOptions({ name, process }));
  return {
    name,
    pid,
    uid,
    gid,
    startedAt,
    ...(version === undefined ? {} : { version }),
    start: startOf(process, units),
    options: effectiveOptions(name, { commandLine: commandLineOptions(args), environment, ...configuration }),
    ...(configurationFile === undefined ? {} : { configurationFile }),
    listens: sockets.filter(({ inode }) => process.sockets.has(inode)).map(({ address, port }) => ({ address, port })),
  };
};

const startOf = ({ unit, inPod }: Process, units: readonly UnitFacts[]): RunningComponent["start"] => {
  if (unit === undefined) return { by: inPod ? "pod" : "other" };
  const facts = units.find(({ names }) => names.includes(unit));
  return {
    by: "systemd",
    unit,
    file: facts?.property("FragmentPath") ?? "",
    dropIns: (facts?.property("DropInPaths") ?? "").split(" ").filter((path) => path !== ""),
    environmentFiles: facts?.environmentFiles ?? [],
    needsReload: facts?.property("NeedDaemonReload") === "yes",
    enabled: facts?.property("UnitFileState") === "enabled",
  };
};
