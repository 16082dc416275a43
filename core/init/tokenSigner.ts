/** Who signs service account tokens where it is not a key in a file (KEP-740, stable in Kubernetes 1.36). */
import { optionOf } from "./visits";
import type { Survey } from "../survey/model";

/** The socket of the signer that the API server asks, which excludes key files of its own; undefined: it has such files. */
export const externalSigner = (survey: Survey): string | undefined =>
  optionOf(survey, "kube-apiserver", "service-account-signing-endpoint");

export const signerText = (endpoint: string): string =>
  `an external signer (--service-account-signing-endpoint=${endpoint}) signs service account tokens`;
