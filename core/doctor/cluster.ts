/** The surveyed nodes as a cluster, and the questions that many checks ask of them. */
import { valueOf as optionValue } from "../survey/runningOptions";
import { LAYOUTS } from "../layouts";
import { fileOn, type FileRow } from "../layouts/layout";
import type { ConsumerInput, ConsumerName } from "../model/reload";
import type { CertificateRow } from "../report/report";
import type { ClusterFacts, ComponentFacts, FileFacts, KubeconfigFacts, Survey } from "../survey/model";
import { unique } from "../format/unique";

export interface NodeView {
  readonly name: string;
  readonly survey: Survey;
  /** What the layouts put on a node of this name, by path. */
  readonly known: ReadonlyMap<string, FileRow>;
}

/** What a stack says it has issued. */
export interface StackView {
  readonly certificates: readonly Pick<
    CertificateRow,
    "node" | "certificate" | "serial" | "notAfter" | "nextRenewal"
  >[];
  readonly nodes: readonly { readonly name: string; readonly host: string }[];
}

/** A host that did not answer, and why. */
export interface Unreached {
  readonly host: string;
  readonly reason: string;
}

export interface Cluster {
  readonly nodes: readonly NodeView[];
  readonly now: Date;
  /** A leaf that expires within this is told of. */
  readonly withinSeconds: number;
  readonly facts?: ClusterFacts;
  readonly stack?: StackView;
  readonly unreached: readonly Unreached[];
}

/** What is asked again and again of one cluster, worked out once. */
export const ofCluster = <T>(make: (cluster: Cluster) => T): ((cluster: Cluster) => T) => {
  const known = new WeakMap<Cluster, { readonly value: T }>();
  return (cluster) => {
    const found = known.get(cluster) ?? { value: make(cluster) };
    known.set(cluster, found);
    return found.value;
  };
};

/** The same of one node in it. */
export const ofNode = <T>(make: (node: NodeView, cluster: Cluster) => T): ((node: NodeView, cluster: Cluster) => T) => {
  const of = ofCluster((cluster) => {
    const known = new Map<NodeView, T>();
    return (node: NodeView): T => {
      const value = known.has(node) ? (known.get(node) as T) : make(node, cluster);
      known.set(node, value);
      return value;
    };
  });
  return (node, cluster) => of(cluster)(node);
};

/** The minors that layouts differ between do not matter here: every path that any of them has is known. */
const MINORS = [30, 37];

const knownOn = (nodeName: string): ReadonlyMap<string, FileRow> =>
  new Map(
    Object.values(LAYOUTS).flatMap((layout) =>
      MINORS.flatMap((minor) => layout.files(minor)).map((row): [string, FileRow] => {
        const file = fileOn(row, nodeName);
        return [file.path, file];
      }),
    ),
  );

/** Two hosts of one name are told apart by their addresses. */
const nameOf = ({ host }: Survey, all: readonly Survey[]): string =>
  all.filter((other) => other.host.hostname === host.hostname).length > 1
    ? `${host.hostname} (${host.addresses[0] ?? "no address"})`
    : host.hostname;

export const viewsOf = (surveys: readonly Survey[]): NodeView[] =>
  surveys.map((survey) => ({ name: nameOf(survey, surveys), survey, known: knownOn(survey.host.hostname) }));

export const componentOn = ({ survey }: NodeView, name: ConsumerName): ComponentFacts | undefined =>
  survey.components.find((component) => component.name === name);

export const nodesWith = ({ nodes }: Cluster, name: ConsumerName): NodeView[] =>
  nodes.filter((node) => componentOn(node, name) !== undefined);

/** The values of an option; several in one are separated by commas. */
export const valuesOf = (component: ComponentFacts | undefined, option: string): string[] =>
  (component?.options ?? [])
    .filter(({ name }) => name === option)
    .flatMap(({ values }) => values)
    .flatMap((value) => value.split(","))
    .filter((value) => value !== "");

/** The one that counts where an option is given twice. */
export const valueOf = (component: ComponentFacts | undefined, option: string): string | undefined =>
  optionValue(component?.options ?? [], option);

/** `--flag`, `--flag=true`. */
export const isOn = (component: ComponentFacts | undefined, option: string): boolean =>
  ["true", ""].includes(valueOf(component, option) ?? "false");

export const usesInput = (file: FileFacts, ...inputs: readonly ConsumerInput[]): boolean =>
  file.uses.some(({ input }) => input !== undefined && inputs.includes(input));

/** The files that hold certificates and are read as one of these. */
export const certificateFiles = ({ survey }: NodeView, ...inputs: readonly ConsumerInput[]): FileFacts[] =>
  survey.files.filter((file) => file.certificates.length > 0 && usesInput(file, ...inputs));

/** The files that are read as the key of one of these. */
export const keyFiles = ({ survey }: NodeView, ...inputs: readonly ConsumerInput[]): FileFacts[] =>
  survey.files.filter(({ uses }) =>
    uses.some(({ input, secret }) => secret && input !== undefined && inputs.includes(input)),
  );

/** By its own path or the one it leads to. */
export const fileAt = ({ survey }: NodeView, path: string): FileFacts | undefined =>
  survey.files.find((file) => file.path === path) ?? survey.files.find(({ real }) => real === path);

/** The components that read a file, each once. */
export const readersOf = ({ uses }: FileFacts): ConsumerName[] => unique(uses.map(({ component }) => component));

/** Who reads a kubeconfig as its own way to the API server. */
const KUBECONFIG_OPTIONS = ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"];

export const kubeconfigReaders = ({ survey }: NodeView, { path }: KubeconfigFacts): ComponentFacts[] =>
  survey.components.filter(({ options }) =>
    options.some(({ name, values }) => KUBECONFIG_OPTIONS.includes(name) && values.includes(path)),
  );
