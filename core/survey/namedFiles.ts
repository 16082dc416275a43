/** Which files a component was told to read, and as what. */
import { unique } from "../format/unique";
import { inputOfOption, isRepeatable } from "../nodes/options";
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

/** "CERTIFICATE,KEY" or "CERTIFICATE,KEY:NAMES", given once for each name that has a certificate of its own. */
const SNI = "tls-sni-cert-key";

interface Value {
  readonly path: string;
  readonly secret: boolean;
}

/** What of an option counts: of one that is given again, as drop-ins and variables of extra arguments do it, the last. */
const valuesOf = (component: ConsumerName, { name, values }: OptionFacts, secret: boolean): Value[] => {
  if (name === SNI)
    return values.flatMap((value) => {
      const [certificate = "", key = ""] = value.replace(/:.*$/, "").split(",");
      return [
        { path: certificate, secret: false },
        { path: key, secret: true },
      ];
    });
  const counting = isRepeatable(component, name) ? unique(values) : values.slice(-1);
  return counting.map((path) => ({ path, secret }));
};

const allNamed = (component: ConsumerName, options: readonly OptionFacts[]): NamedFile[] =>
  options.flatMap((option) => {
    const { name } = option;
    const kind = KUBECONFIG.test(name) ? "kubeconfig" : PKI.test(name) ? "pki" : undefined;
    if (kind === undefined) return [];
    const known = inputOfOption(component, name);
    const input = known === undefined ? {} : { input: known.input };
    const isSecret = known?.secret ?? (kind === "kubeconfig" || SECRET.test(name));
    return valuesOf(component, option, isSecret)
      .filter(({ path }) => path !== "")
      .map(({ path, secret }) => ({ path, kind, use: { component, option: name, ...input, secret } }));
  });

const isAbsolute = ({ path }: NamedFile): boolean => path.startsWith("/");

export const namedFiles = (component: ConsumerName, options: readonly OptionFacts[]): NamedFile[] =>
  allNamed(component, options).filter(isAbsolute);

/** Files that nobody can find who does not know the folder that a process was started in: a sentence each. */
export const unfoundFiles = (component: ConsumerName, options: readonly OptionFacts[]): string[] =>
  allNamed(component, options)
    .filter((file) => !isAbsolute(file) && /[./]/.test(file.path))
    .map(
      ({ path, use: { option } }) =>
        `${component} was given --${option}=${path}, which is no absolute path, so that file could not be looked at`,
    );

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
