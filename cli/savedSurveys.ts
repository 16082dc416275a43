/** Surveys that `kube-pki survey` has printed, from files: the option `--from` of several commands. */
import { readFileSync } from "node:fs";
import type { Survey } from "../core/survey/model";
import { parsedSurveys, SurveyError } from "../core/survey/parse";
import { Failure } from "./failure";

/** @param file - is stdin */
export const savedSurveys = (file: string): readonly Survey[] => {
  const surveys = surveysIn(file);
  if (surveys.length === 0) throw new Failure(`--from ${file}: there is no survey in it`);
  return surveys;
};

const surveysIn = (file: string): readonly Survey[] => {
  try {
    return parsedSurveys(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    const at = error instanceof SurveyError ? `--from ${file}` : "--from";
    throw new Failure(`${at}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
