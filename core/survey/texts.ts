/** Texts of files, by path. */
import { askAll, QUESTION, type Ask, type Question } from "./questions";

const readBy = async (ask: Ask, paths: readonly string[], question: (paths: readonly string[]) => Question) => {
  if (paths.length === 0) return new Map<string, string>();
  const [answer] = await askAll(ask, [question(paths)]);
  return new Map([...answer.byPath()].map(([path, section]) => [path, section.plain("text")]));
};

/** Each that can be read, without what sounds like a secret. */
export const readTexts = (ask: Ask, paths: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  readBy(ask, paths, QUESTION.texts);

/** The same of kubeconfigs. */
export const readKubeconfigs = (ask: Ask, paths: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  readBy(ask, paths, QUESTION.kubeconfigs);

/** What is no folder in these, so many levels down. */
export const readNames = async (ask: Ask, folders: readonly string[], levels: number): Promise<string[]> => {
  if (folders.length === 0) return [];
  const [answer] = await askAll(ask, [QUESTION.folders(folders, levels)]);
  return answer.all("name").map((words) => words.join(" "));
};
