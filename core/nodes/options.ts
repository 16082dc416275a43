/**
 * The options by which services are given files: a process that was started with another path reads another file. Where an
 * option is missing a default or a configuration file holds, of which a command line says nothing.
 */
import { isSecret, type FileRow } from "../layouts/layout";
import type { ListenerName } from "../model/listeners";
import { consumerOf, type ConsumerInput, type ConsumerName } from "../model/reload";

interface Options {
  /** It may be given several times, and each of the files is read. */
  readonly several?: true;
  /** Of what is no secret: a certificate, a CA. */
  readonly plain?: string;
  /** Of a key, or of what holds one. */
  readonly secret?: string;
}

/** Not here: what is read through another file (`kubelet/client`). */
const OPTIONS: Readonly<Partial<Record<ConsumerInput, Options>>> = {
  "etcd/serving": { plain: "--cert-file", secret: "--key-file" },
  "etcd/peer": { plain: "--peer-cert-file", secret: "--peer-key-file" },
  "etcd/trusted-ca": { plain: "--trusted-ca-file" },
  "kube-apiserver/serving": { plain: "--tls-cert-file", secret: "--tls-private-key-file" },
  "kube-apiserver/client-ca": { plain: "--client-ca-file" },
  "kube-apiserver/requestheader-ca": { plain: "--requestheader-client-ca-file" },
  "kube-apiserver/proxy-client": { plain: "--proxy-client-cert-file", secret: "--proxy-client-key-file" },
  "kube-apiserver/etcd-client": { plain: "--etcd-certfile", secret: "--etcd-keyfile" },
  "kube-apiserver/etcd-ca": { plain: "--etcd-cafile" },
  "kube-apiserver/kubelet-client": { plain: "--kubelet-client-certificate", secret: "--kubelet-client-key" },
  "kube-apiserver/kubelet-ca": { plain: "--kubelet-certificate-authority" },
  "kube-apiserver/service-account-public": { plain: "--service-account-key-file", several: true },
  "kube-apiserver/service-account-private": { secret: "--service-account-signing-key-file" },
  "kube-controller-manager/kubeconfig": { secret: "--kubeconfig" },
  "kube-controller-manager/root-ca": { plain: "--root-ca-file" },
  "kube-controller-manager/client-ca": { plain: "--client-ca-file" },
  "kube-controller-manager/requestheader-ca": { plain: "--requestheader-client-ca-file" },
  "kube-controller-manager/signing": { plain: "--cluster-signing-cert-file", secret: "--cluster-signing-key-file" },
  "kube-controller-manager/service-account-private": { secret: "--service-account-private-key-file" },
  "kube-scheduler/kubeconfig": { secret: "--kubeconfig" },
  "kubelet/serving": { plain: "--tls-cert-file", secret: "--tls-private-key-file" },
  "kubelet/client-ca": { plain: "--client-ca-file" },
  "kubelet/kubeconfig": { secret: "--kubeconfig" },
  "kube-proxy/kubeconfig": { secret: "--kubeconfig" },
};

interface Named {
  readonly consumer: ConsumerName;
  readonly option: string;
  readonly several: boolean;
}

/**
 * The options that name this file, where services have one for it. What the controller manager signs with a rotation moves to
 * files of its own: from then on it is given those.
 */
export const optionsOf = ({
  uses,
  content,
  rotationOnly,
}: Pick<FileRow, "uses" | "content" | "rotationOnly">): readonly Named[] =>
  uses.flatMap((input) => {
    const { several = false, ...options } = OPTIONS[input] ?? {};
    const option = options[isSecret(content) ? "secret" : "plain"];
    if (option === undefined || (input === "kube-controller-manager/signing" && rotationOnly !== true)) return [];
    return [{ consumer: consumerOf(input), option, several }];
  });

/** The input that an option of a component names, without its dashes; undefined: it is no option of a file of ours. */
export const inputOfOption = (
  consumer: ConsumerName,
  option: string,
): { readonly input: ConsumerInput; readonly secret: boolean } | undefined => {
  for (const [input, { plain, secret }] of Object.entries(OPTIONS) as [ConsumerInput, Options][]) {
    if (consumerOf(input) !== consumer) continue;
    if (plain === `--${option}`) return { input, secret: false };
    if (secret === `--${option}`) return { input, secret: true };
  }
  return undefined;
};

/** Options that have to name the same file as another one of the component does. */
const SECOND: Readonly<Partial<Record<ConsumerName, Readonly<Record<string, ConsumerInput>>>>> = {
  etcd: { "peer-trusted-ca-file": "etcd/trusted-ca" },
};

/** What an option reads beside the one that `inputOfOption` knows. */
export const secondInputOf = (consumer: ConsumerName, option: string): ConsumerInput | undefined =>
  SECOND[consumer]?.[option];

/** Whether each of the values that an option is given counts, and not only the last one. */
export const isRepeatable = (consumer: ConsumerName, option: string): boolean =>
  (Object.entries(OPTIONS) as [ConsumerInput, Options][]).some(
    ([input, { several, plain, secret }]) =>
      several === true && consumerOf(input) === consumer && [plain, secret].includes(`--${option}`),
  );

/** The options by which services are given the port that they are asked at. */
export const PORT_OPTIONS = [
  { consumer: "kube-apiserver", option: "--secure-port", listener: "apiServer" },
  { consumer: "kube-controller-manager", option: "--secure-port", listener: "controllerManagerHealth" },
  { consumer: "kube-scheduler", option: "--secure-port", listener: "schedulerHealth" },
] as const satisfies readonly { consumer: ConsumerName; option: string; listener: ListenerName }[];
