/** Whether one file is the CA of all: `authority.oneCa`. */
import type { ConsumerInput } from "../model/reload";
import type { Survey } from "../survey/model";
import { filesFor, hasService } from "./visits";

/** What an API server reads the CAs of the three authorities by. */
const CAS: readonly ConsumerInput[] = [
  "kube-apiserver/client-ca",
  "kube-apiserver/etcd-ca",
  "kube-apiserver/requestheader-ca",
];

const isOne = (survey: Survey): boolean => {
  const read = CAS.map((input) => filesFor(survey, input, false).map(({ path, real }) => real ?? path));
  const [first] = read[0] ?? [];
  return first !== undefined && read.every((paths) => paths.includes(first));
};

/** On every control plane. */
export const hasOneCa = (surveys: readonly Survey[]): boolean => {
  const servers = surveys.filter((survey) => hasService(survey, "kube-apiserver"));
  return servers.length > 0 && servers.every(isOne);
};
