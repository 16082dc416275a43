/** Processes beside the components that use files of the PKI. */
import { dirname } from "node:path/posix";
import type { RunningComponent } from "./components";
import type { FileFacts, KubeconfigFacts, ReaderFacts } from "./model";
import { askAll, QUESTION, type Ask } from "./questions";

interface Known {
  readonly files: readonly FileFacts[];
  readonly kubeconfigs: readonly KubeconfigFacts[];
  readonly running: readonly RunningComponent[];
}

/** Programs of the visit itself, whose command line holds what is looked for. */
const OURS = new Set(["grep", "sh", "dash", "bash", "sudo", "sshd"]);

/** Folders that hold used files, and kubeconfigs by themselves: who reads one of them names it or what it lies in. */
const placesOf = ({ files, kubeconfigs }: Known): string[] => {
  const folders = files.filter(({ uses }) => uses.length > 0).map(({ path }) => dirname(path));
  return [...new Set([...folders, ...kubeconfigs.map(({ path }) => path)])];
};

export const readReaders = async (ask: Ask, known: Known): Promise<ReaderFacts[]> => {
  const places = placesOf(known);
  const answers = await askAll(ask, places.map(QUESTION.naming));
  const components = new Set(known.running.map(({ pid }) => pid));
  const found = answers.flatMap((answer, index) =>
    (["cmdline", "mountinfo"] as const).flatMap((file) =>
      answer.all(file).map(([pid, name = ""]): ReaderFacts => ({
        pid: Number(pid),
        name: Buffer.from(name, "base64").toString("utf8").trim(),
        path: places[index] ?? "",
        how: file === "cmdline" ? "command line" : "mount",
      })),
    ),
  );
  return found.filter(
    ({ pid, name }, index) =>
      !OURS.has(name) && !components.has(pid) && found.findIndex((each) => each.pid === pid) === index,
  );
};
