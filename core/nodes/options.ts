/**
 * The options by which services are given files: a process that was started with another path reads another file. Where an
 * option is missing a default or a configuration file holds, of which a command line says nothing.
 */
import { isSecret, type FileRow } from "../layouts/layout";
import { consumerOf, type ConsumerInput, type ConsumerName } from "../model/reload";

interface Options {
  /** Of what is no secret: a certificate, a CA. */
  readonly plain?: string;
  /** Of a key, or of what holds one. */
  readonly secret?: string;
}

/**
 * Not here: what several files may be given for (`--service-account-key-file`), what a rotation moves to files of its own
 * (`kube-controller-manager/signing`) and what is read through another file (`kubelet/client`).
 */
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
  "kube-apiserver/service-account-private": { secret: "--service-account-signing-key-file" },
  "kube-controller-manager/kubeconfig": { secret: "--kubeconfig" },
  "kube-controller-manager/root-ca": { plain: "--root-ca-file" },
  "kube-controller-manager/client-ca": { plain: "--client-ca-file" },
  "kube-controller-manager/requestheader-ca": { plain: "--requestheader-client-ca-file" },
  "kube-controller-manager/service-account-private": { secret: "--service-account-private-key-file" },
  "kube-scheduler/kubeconfig": { secret: "--kubeconfig" },
  "kubelet/serving": { plain: "--tls-cert-file", secret: "--tls-private-key-file" },
  "kubelet/client-ca": { plain: "--client-ca-file" },
  "kubelet/kubeconfig": { secret: "--kubeconfig" },
  "kube-proxy/kubeconfig": { secret: "--kubeconfig" },
};

/** The options that name this file, where services have one for it. */
export const optionsOf = ({
  uses,
  content,
}: Pick<FileRow, "uses" | "content">): readonly { readonly consumer: ConsumerName; readonly option: string }[] =>
  uses.flatMap((input) => {
    const option = OPTIONS[input]?.[isSecret(content) ? "secret" : "plain"];
    return option === undefined ? [] : [{ consumer: consumerOf(input), option }];
  });
