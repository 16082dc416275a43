/** The components that run on a node, with what they were started with. */
import type { ConsumerName } from "../model/reload";
import type { ListeningSocket } from "./listeners";
import type { ComponentFacts, Start } from "./model";
import { componentOf, processOf, versionIn, type Process } from "./processes";
import { askAll, QUESTION, type Answer, type Ask } from "./questions";
import { commandLineOptions, configurationFileOf, effectiveOptions } from "./runningOptions";

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
  const answers = await askAll(ask, pids.map(QUESTION.process));
  const processes = pids.flatMap((pid, index): Omit<Found, "version">[] => {
    const answer = answers[index];
    const process = answer === undefined ? undefined : processOf(pid, answer, bootedAt);
    const name = process === undefined ? undefined : componentOf(process.args);
    return process === undefined || name === undefined ? [] : [{ name, process }];
  });
  const versions = await askAll(
    ask,
    processes.map(({ process: { pid } }) => QUESTION.version(pid)),
  );
  const found = processes.map((each, index) => ({ ...each, version: versionIn(versions[index]?.text("version")) }));
  const units = await askAll(
    ask,
    found.map(({ process: { unit } }) => QUESTION.unit(unit ?? "-.slice")),
  );
  const files = await askAll(
    ask,
    found.map((each) => QUESTION.text(configurationOf(each) ?? "/")),
  );
  return found.map((each, index) => componentFacts(each, sockets, units[index], files[index]?.text("text") ?? ""));
};

const configurationOf = ({ name, process: { args, environment } }: Omit<Found, "version">): string | undefined => {
  const options = effectiveOptions(name, { commandLine: commandLineOptions(args), environment, file: "" });
  return configurationFileOf(name, options);
};

const componentFacts = (
  { name, process, version }: Found,
  sockets: readonly ListeningSocket[],
  unit: Answer | undefined,
  file: string,
): RunningComponent => {
  const { pid, uid, gid, args, environment, startedAt } = process;
  const configurationFile = configurationOf({ name, process });
  return {
    name,
    pid,
    uid,
    gid,
    startedAt,
    ...(version === undefined ? {} : { version }),
    start: startOf(process, unit),
    options: effectiveOptions(name, { commandLine: commandLineOptions(args), environment, file }),
    ...(configurationFile === undefined ? {} : { configurationFile }),
    listens: sockets.filter(({ inode }) => process.sockets.has(inode)).map(({ address, port }) => ({ address, port })),
  };
};

const startOf = ({ unit, inPod }: Process, answer: Answer | undefined): RunningComponent["start"] => {
  if (unit === undefined) return { by: inPod ? "pod" : "other" };
  const text = answer?.text("unit") ?? "";
  const property = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1] ?? "";
  const environmentFiles = [...text.matchAll(/^EnvironmentFiles=(\S+)/gm)].map(([, path = ""]) => path);
  return {
    by: "systemd",
    unit,
    file: property("FragmentPath"),
    dropIns: property("DropInPaths")
      .split(" ")
      .filter((path) => path !== ""),
    environmentFiles,
    needsReload: property("NeedDaemonReload") === "yes",
    enabled: property("UnitFileState") === "enabled",
  };
};
