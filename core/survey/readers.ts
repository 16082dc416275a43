/** Processes beside the components that use files of the PKI. */
import { dirname } from "node:path/posix";
import type { RunningComponent } from "./components";
import type { FileFacts, KubeconfigFacts, ReaderFacts } from "./model";
import { askAll, QUESTION, type Answer, type Ask } from "./questions";

interface Known {
  readonly files: readonly FileFacts[];
  readonly kubeconfigs: readonly KubeconfigFacts[];
  readonly running: readonly RunningComponent[];
}

/** Programs of the visit itself, whose command lines hold what is looked for. */
const OURS = new Set(["grep", "sh", "dash", "bash", "sudo", "sshd"]);

/** Folders that hold used files, and kubeconfigs by themselves: who reads one of them names it or what it lies in. */
const placesOf = ({ files, kubeconfigs }: Known): string[] => {
  const folders = files.filter(({ uses }) => uses.length > 0).map(({ path }) => dirname(path));
  return [...new Set([...folders, ...kubeconfigs.map(({ path }) => path)])];
};

export const readReaders = async (ask: Ask, known: Known): Promise<ReaderFacts[]> => {
  const places = placesOf(known);
  if (places.length === 0) return [];
  const [answer] = await askAll(ask, [QUESTION.naming(places)]);
  const components = new Set(known.running.map(({ pid }) => pid));
  const found = readersIn(answer, pathsOf(known));
  return found.filter(
    ({ pid, name }, index) =>
      !OURS.has(name) && !components.has(pid) && found.findIndex((each) => each.pid === pid) === index,
  );
};

const pathsOf = ({ files, kubeconfigs }: Known): string[] => [
  ...files.filter(({ uses }) => uses.length > 0).map(({ path }) => path),
  ...kubeconfigs.map(({ path }) => path),
];

const readersIn = (answer: Answer, paths: readonly string[]): ReaderFacts[] => {
  const names = new Map(answer.all("comm").map(([pid, ...words]) => [pid, words.join(" ")]));
  const facts = (how: ReaderFacts["how"], pid: string | undefined, path: string): ReaderFacts => ({
    pid: Number(pid),
    name: names.get(pid) ?? "",
    path,
    how,
  });
  const mounts = new Map<string | undefined, string[]>();
  for (const [pid, ...words] of answer.all("mountinfo")) mounts.set(pid, [...(mounts.get(pid) ?? []), ...words]);
  return [
    ...answer.all("cmdline").map(([pid, ...words]) => facts("command line", pid, words.join(" "))),
    ...[...mounts].flatMap(([pid, mounted]) => {
      // the folder of a pod's volumes lies beside files of the PKI, and is none of it
      const path = paths.find((each) => mounted.some((at) => at !== "/" && isWithin(each, at)));
      return path === undefined ? [] : [facts("mount", pid, path)];
    }),
  ];
};

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
