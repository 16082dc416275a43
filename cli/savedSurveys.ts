/** Surveys that `kube-pki survey` has printed, from files: the option `--from` of several commands. */
import type { Survey } from "../core/survey/model";
import { parsedSurveys, SurveyError } from "../core/survey/parse";
import { Failure } from "./failure";
import { textOfFile } from "./options";

/** @param file - is stdin */
export const savedSurveys = (file: string): readonly Survey[] => {
  const surveys = surveysIn(file);
  if (surveys.length === 0) throw new Failure(`--from ${file}: there is no survey in it`);
  return surveys;
};

const surveysIn = (file: string): readonly Survey[] => {
  const text = textOfFile("from", file);
  try {
    return parsedSurveys(text);
  } catch (error) {
    if (!(error instanceof SurveyError)) throw error;
    throw new Failure(`--from ${file}: ${error.message}`);
  }
};
