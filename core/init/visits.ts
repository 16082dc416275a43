/** Surveys, and how what they hold is looked up. */
import { isIp } from "../format/addresses";
import type { ConsumerInput, ConsumerName } from "../model/reload";
import type {
  CertificateFacts,
  ClusterFacts,
  ComponentFacts,
  FileFacts,
  KubeconfigFacts,
  Survey,
} from "../survey/model";

/** Where ssh found a host. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** As ssh-keyscan prints it; absent: nobody has looked at it. */
  readonly hostKey?: string | undefined;
}

/** One host, and what it told. */
export interface Visit {
  /** Absent for a survey that was saved: nobody knows how it was reached. */
  readonly ssh?: SshTarget | undefined;
  readonly survey: Survey;
}

export const componentOf = ({ components }: Survey, name: ConsumerName): ComponentFacts | undefined =>
  components.find((each) => each.name === name);

/** It runs, or its manifest is there. */
export const hasService = (survey: Survey, name: ConsumerName): boolean =>
  componentOf(survey, name) !== undefined || survey.staticPods.some(({ component }) => component === name);

/** The values of an option; none where it is not given. */
export const optionValues = (survey: Survey, name: ConsumerName, option: string): readonly string[] =>
  componentOf(survey, name)
    ?.options.filter((each) => each.name === option)
    .flatMap(({ values }) => values)
    .filter((value) => value !== "") ?? [];

/** Of an option that is given twice the last one counts. */
export const optionOf = (survey: Survey, name: ConsumerName, option: string): string | undefined =>
  optionValues(survey, name, option).at(-1);

/** An option that holds a list with commas. */
export const listOf = (survey: Survey, name: ConsumerName, option: string): string[] =>
  optionValues(survey, name, option)
    .flatMap((value) => value.split(","))
    .map((value) => value.trim())
    .filter((value) => value !== "");

/** The files that a component reads as this; `secret` undefined: either half. */
export const filesFor = (survey: Survey, input: ConsumerInput, secret?: boolean): FileFacts[] =>
  survey.files.filter(({ uses }) =>
    uses.some((use) => use.input === input && (secret === undefined || use.secret === secret)),
  );

export const fileAt = ({ files }: Survey, path: string): FileFacts | undefined =>
  files.find((each) => each.path === path);

export const kubeconfigAt = ({ kubeconfigs }: Survey, path: string): KubeconfigFacts | undefined =>
  kubeconfigs.find((each) => each.path === path);

type Entries = "clusters" | "users";

/** The entry that the current context names; without one that it names the only one there is. */
export const currentEntry = <K extends Entries>(
  kubeconfig: KubeconfigFacts,
  kind: K,
): KubeconfigFacts[K][number] | undefined => {
  const entries: readonly KubeconfigFacts[K][number][] = kubeconfig[kind];
  const context = kubeconfig.contexts.find(({ name }) => name === kubeconfig.currentContext);
  const named = context?.[kind === "clusters" ? "cluster" : "user"];
  return entries.find(({ name }) => name === named) ?? (entries.length === 1 ? entries[0] : undefined);
};

/**
 * `host:port` of a server's URL; https is port 443 where none is given. A dot at the end of a name says nothing to TLS (Go's
 * crypto/tls leaves it out); a path stays, for whoever says that it cannot be.
 */
export const hostPortOf = (server: string): string => {
  const [, scheme = "", given = "", path = ""] = /^(?:https:\/\/|([a-z]+:\/\/))?([^/]*)(.*)$/.exec(server) ?? [];
  const [, host = "", port = ":443"] = /^(.*?)\.?(:\d+)?$/.exec(given) ?? [];
  return `${scheme}${host}${port}${path === "/" ? "" : path}`;
};

/** Where a kubeconfig leads to. */
export const serverIn = (kubeconfig: KubeconfigFacts): string | undefined => {
  const server = currentEntry(kubeconfig, "clusters")?.server;
  return server === undefined || server === "" ? undefined : hostPortOf(server);
};

/** The client certificate of a kubeconfig, by itself or in the file that it names. */
export const clientIn = (
  survey: Survey,
  kubeconfig: KubeconfigFacts,
): { readonly certificate: CertificateFacts; readonly file?: FileFacts } | undefined => {
  const user = currentEntry(kubeconfig, "users");
  const [inline] = user?.certificates ?? [];
  if (inline !== undefined) return { certificate: inline };
  const file = user?.certificateFile === undefined ? undefined : fileAt(survey, user.certificateFile);
  const [certificate] = file?.certificates ?? [];
  return file === undefined || certificate === undefined ? undefined : { certificate, file };
};

/** The parts of a subject with this name: "O" of "O=system:masters, CN=kubernetes-admin". */
export const subjectParts = (subject: string, name: string): string[] =>
  subject
    .split(/, (?=[A-Za-z0-9.]+=)/)
    .flatMap((part) => (part.startsWith(`${name}=`) ? [part.slice(name.length + 1)] : []));

export const commonNameOf = ({ subject }: Pick<CertificateFacts, "subject">): string =>
  subjectParts(subject, "CN").at(-1) ?? "";

/** Each node of the cluster's own list once, whoever was asked. */
export const listedNodes = (visits: readonly Pick<Visit, "survey">[]): ClusterFacts["nodes"] => {
  const all = visits.flatMap(({ survey }) => survey.cluster?.nodes ?? []);
  return all.filter(({ name }, index) => all.findIndex((each) => each.name === name) === index);
};

/** kubeadm's ClusterConfiguration, by the first host that could see it. */
export const kubeadmOf = (visits: readonly Pick<Visit, "survey">[]): ClusterFacts["kubeadm"] =>
  visits.map(({ survey }) => survey.cluster?.kubeadm).find((each) => each !== undefined);

/** The host of a URL, without brackets; undefined where it is none. */
export const urlParts = (
  url: string,
): { readonly scheme: string; readonly host: string; readonly port: number } | undefined => {
  const match = /^([a-z]+):\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})\/?$/.exec(url);
  const host = match?.[2] ?? match?.[3];
  return match?.[1] === undefined || host === undefined
    ? undefined
    : { scheme: match[1], host, port: Number(match[4]) };
};

export const isWildcard = (address: string): boolean => ["", "*", "0.0.0.0", "::", "[::]"].includes(address);
export const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || (isIp(address) && address.startsWith("127."));
