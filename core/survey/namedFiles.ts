/** Which files a component was told to read, and as what. */
import { inputOfOption } from "../nodes/options";
import type { ConsumerName } from "../model/reload";
import type { OptionFacts, Use } from "./model";
import { valueOf } from "./runningOptions";

/** Options that name a kubeconfig: client-go's own, and those of webhooks. */
const KUBECONFIG = /(?:^|-)kubeconfig$|-webhook-config-file$/;
/** Options that name a certificate, a CA or a key. */
const PKI = /(?:^|-)(?:cert|key|ca|cafile|certfile|keyfile|certificate|certificate-authority)(?:-file)?$/;
const SECRET = /(?:^|-)key(?:file|-file)?$/;

export interface NamedFile {
  readonly path: string;
  readonly kind: "kubeconfig" | "pki";
  readonly use: Use;
}

export const namedFiles = (component: ConsumerName, options: readonly OptionFacts[]): NamedFile[] =>
  options.flatMap(({ name, values }) => {
    const kind = KUBECONFIG.test(name) ? "kubeconfig" : PKI.test(name) ? "pki" : undefined;
    if (kind === undefined) return [];
    const known = inputOfOption(component, name);
    const use: Use = {
      component,
      option: name,
      ...(known === undefined ? {} : { input: known.input }),
      secret: known?.secret ?? (kind === "kubeconfig" || SECRET.test(name)),
    };
    return [...new Set(values)].filter((path) => path.startsWith("/")).map((path) => ({ path, kind, use }));
  });

const KUBELET_PKI = "/var/lib/kubelet/pki";

/** What a kubelet serves with where no option says it (kubernetes/kubernetes cmd/kubelet/app/server.go). */
export const kubeletServing = (options: readonly OptionFacts[]): NamedFile[] => {
  if (valueOf(options, "tls-cert-file") !== undefined) return [];
  const folder = valueOf(options, "cert-dir") ?? KUBELET_PKI;
  const use = (secret: boolean): Use => ({
    component: "kubelet",
    option: "cert-dir",
    input: "kubelet/serving",
    secret,
  });
  const current = `${folder}/kubelet-server-current.pem`;
  return valueOf(options, "server-tls-bootstrap") === "true"
    ? [{ path: current, kind: "pki", use: use(true) }]
    : [
        { path: `${folder}/kubelet.crt`, kind: "pki", use: use(false) },
        { path: `${folder}/kubelet.key`, kind: "pki", use: use(true) },
      ];
};
