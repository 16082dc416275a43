/** With which options a process runs: its command line, its environment, its configuration file. */
import { parse } from "yaml";
import type { ConsumerName } from "../model/reload";
import type { OptionFacts } from "./model";

/**
 * As Go's flag packages read a command line: "--name=value", "--name value", "-name"; Kubernetes takes "_" for "-". What follows
 * an option without "=" and does not begin with "-" is its value: a boolean of Kubernetes or etcd is never given so.
 */
export const commandLineOptions = (args: readonly string[]): OptionFacts[] => {
  const values = new Map<string, string[]>();
  args.forEach((arg, index) => {
    const [, name, value] = /^--?([A-Za-z][\w.-]*)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    if (name === undefined) return;
    const next = args[index + 1];
    const given = value ?? (next === undefined || next.startsWith("-") ? "true" : next);
    const plain = name.replaceAll("_", "-");
    values.set(plain, [...(values.get(plain) ?? []), given]);
  });
  return [...values].map(([name, given]) => ({ name, values: given, from: "command line" }));
};

/** etcd reads ETCD_CERT_FILE for --cert-file (etcd-io/etcd pkg/flags/flag.go); the components of Kubernetes read none. */
export const environmentOptions = (name: ConsumerName, environment: string): OptionFacts[] =>
  name !== "etcd"
    ? []
    : environment.split("\n").flatMap((line): OptionFacts[] => {
        const [, variable, value] = /^ETCD_([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
        if (variable === undefined || value === undefined) return [];
        return [{ name: variable.toLowerCase().replaceAll("_", "-"), values: [value], from: "environment" }];
      });

/** The option that names a configuration file, and the options that its fields are the same as. */
interface ConfigurationFile {
  readonly option: string;
  /** Of a folder whose files change what the file says, one after another by their names. */
  readonly folder?: string;
  /**
   * Whether what the file says goes before the command line and the environment (etcd server/etcdmain/config.go,
   * cmd/kube-proxy/app/options.go, cmd/kube-scheduler/app/options/deprecated.go), or the command line goes first.
   */
  readonly first: boolean;
  readonly fields: Readonly<Record<string, string>>;
}

const CLIENT_CONNECTION = { "clientConnection.kubeconfig": "kubeconfig" } as const;

/** Options that say the same as one of another name. */
const SYNONYMS: Readonly<Record<string, string>> = { "rotate-server-certificates": "server-tls-bootstrap" };

/** From k8s.io/kubelet/config/v1beta1, kube-proxy/config/v1alpha1, kube-scheduler/config/v1 and etcd.conf.yml.sample. */
const CONFIGURATION_FILES: Readonly<Partial<Record<ConsumerName, ConfigurationFile>>> = {
  kubelet: {
    option: "config",
    folder: "config-dir",
    first: false,
    fields: {
      "authentication.x509.clientCAFile": "client-ca-file",
      "authentication.anonymous.enabled": "anonymous-auth",
      "authorization.mode": "authorization-mode",
      tlsCertFile: "tls-cert-file",
      tlsPrivateKeyFile: "tls-private-key-file",
      staticPodPath: "pod-manifest-path",
      address: "address",
      port: "port",
      readOnlyPort: "read-only-port",
      healthzPort: "healthz-port",
      healthzBindAddress: "healthz-bind-address",
      rotateCertificates: "rotate-certificates",
      serverTLSBootstrap: "server-tls-bootstrap",
      clusterDomain: "cluster-domain",
    },
  },
  "kube-proxy": { option: "config", first: true, fields: CLIENT_CONNECTION },
  "kube-scheduler": { option: "config", first: true, fields: CLIENT_CONNECTION },
  etcd: {
    option: "config-file",
    first: true,
    fields: {
      "client-transport-security.cert-file": "cert-file",
      "client-transport-security.key-file": "key-file",
      "client-transport-security.trusted-ca-file": "trusted-ca-file",
      "client-transport-security.client-cert-auth": "client-cert-auth",
      "peer-transport-security.cert-file": "peer-cert-file",
      "peer-transport-security.key-file": "peer-key-file",
      "peer-transport-security.trusted-ca-file": "peer-trusted-ca-file",
      "peer-transport-security.client-cert-auth": "peer-client-cert-auth",
      name: "name",
      "data-dir": "data-dir",
      "listen-client-urls": "listen-client-urls",
      "listen-peer-urls": "listen-peer-urls",
      "advertise-client-urls": "advertise-client-urls",
      "initial-advertise-peer-urls": "initial-advertise-peer-urls",
      "initial-cluster": "initial-cluster",
    },
  },
};

/** The path of its configuration file, if it was given one. */
export const configurationFileOf = (name: ConsumerName, options: readonly OptionFacts[]): string | undefined => {
  const option = CONFIGURATION_FILES[name]?.option;
  return options.find((each) => each.name === option)?.values.at(-1);
};

/** The folder whose files change what that file says. */
export const dropInFolderOf = (name: ConsumerName, options: readonly OptionFacts[]): string | undefined => {
  const folder = CONFIGURATION_FILES[name]?.folder;
  return options.find((each) => each.name === folder)?.values.at(-1);
};

const fieldOf = (content: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (at, key) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined),
      content,
    );

/** The text as YAML; undefined if it is none. */
export const yamlOf = (text: string): unknown => {
  try {
    return parse(text, { logLevel: "silent" }) as unknown;
  } catch {
    return undefined;
  }
};

const fileOptions = (name: ConsumerName, text: string): OptionFacts[] => {
  const content = yamlOf(text);
  return Object.entries(CONFIGURATION_FILES[name]?.fields ?? {}).flatMap(([path, option]): OptionFacts[] => {
    const value = fieldOf(content, path);
    if (!["string", "number", "boolean"].includes(typeof value)) return [];
    return [{ name: option, values: [String(value)], from: "configuration file" }];
  });
};

/** What a component was given. */
export interface Given {
  readonly commandLine: readonly OptionFacts[];
  readonly environment: string;
  /** Its configuration file. */
  readonly file: string;
  /** What changes that, in the order in which it is read. */
  readonly dropIns?: readonly string[];
}

/** What holds of all that was given: each option once. */
export const effectiveOptions = (name: ConsumerName, given: Given): OptionFacts[] => {
  const files = [given.file, ...(given.dropIns ?? [])].reverse().flatMap((text) => fileOptions(name, text));
  const told = [...given.commandLine, ...environmentOptions(name, given.environment)];
  const isFirst = CONFIGURATION_FILES[name]?.first === true;
  // beside its file etcd reads no environment
  const ordered = !isFirst ? [...told, ...files] : [...files, ...(given.file === "" ? told : given.commandLine)];
  const all = ordered.map((option) => ({ ...option, name: SYNONYMS[option.name] ?? option.name }));
  return all.filter((option, index) => all.findIndex((each) => each.name === option.name) === index);
};

/** The last value of an option, which is the one that counts. */
export const valueOf = (options: readonly OptionFacts[], name: string): string | undefined =>
  options.find((option) => option.name === name)?.values.at(-1);
