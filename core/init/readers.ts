/** Other programs that read files of the stack: those that the stack can restart, and those that are only told. */
import { isField } from "../format/protocolFields";
import type { Role } from "../model/roles";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import type { StaticPodFacts } from "../survey/model";
import type { FoundNode } from "./nodes";
import { together, type Found } from "./remarks";
import { unique } from "../format/unique";

/** As `rollout.readers` has it. */
export interface ReaderFields {
  readonly kind: "static-pod";
  readonly name: string;
  readonly reads: readonly string[];
  readonly roles?: readonly Role[];
}

const nameOf = ({ manifest }: StaticPodFacts): string => manifest.replace(/^.*\//, "").replace(/\.(?:ya?ml|json)$/, "");

interface OnNode {
  readonly node: FoundNode;
  readonly plan: NodePlan;
}

/** Files of the stack that a pod mounts by name: of a folder nobody knows which of its files it reads. */
const readBy = ({ hostPaths }: StaticPodFacts, { plan }: OnNode): string[] =>
  plan.files.map(({ path }) => path).filter((path) => hostPaths.includes(path));

/** The node finds it by the name of its manifest, which therefore has to be its program's. */
const isFindable = (pod: StaticPodFacts, { node }: OnNode): boolean =>
  isField("unit", nameOf(pod)) &&
  isField("name", nameOf(pod)) &&
  node.visit.survey.readers.some(({ name }) => name === nameOf(pod).slice(0, 15) || name === nameOf(pod));

const rolesOf = (on: readonly OnNode[], all: readonly OnNode[]): readonly Role[] | undefined => {
  const names = new Set(on.map(({ plan }) => plan.node.name));
  const candidates: readonly Role[] = ["control-plane", "etcd", "worker"];
  const exactly = (roles: readonly Role[]): boolean => {
    const meant = all.filter(({ plan }) => plan.node.roles.some((role) => roles.includes(role)));
    return meant.length === names.size && meant.every(({ plan }) => names.has(plan.node.name));
  };
  return candidates.map((role) => [role]).find(exactly) ?? (exactly(candidates) ? candidates : undefined);
};

const podReaders = (all: readonly OnNode[]): Found<readonly ReaderFields[]> => {
  const pods = all.flatMap((on) =>
    on.node.visit.survey.staticPods
      .filter((pod) => pod.component === undefined && readBy(pod, on).length > 0)
      .map((pod) => ({ on, pod, name: nameOf(pod), reads: readBy(pod, on) })),
  );
  const said: { node: string; text: string }[] = [];
  const value = unique(pods.map(({ name }) => name)).flatMap((name): ReaderFields[] => {
    const own = pods.filter((each) => each.name === name);
    const roles = rolesOf(
      own.map(({ on }) => on),
      all,
    );
    const reads = unique(own.flatMap((each) => each.reads));
    if (roles !== undefined && own.every(({ pod, on }) => isFindable(pod, on)))
      return [{ kind: "static-pod", name, reads, ...(roles.join() === "control-plane" ? {} : { roles }) }];
    const why = roles === undefined ? "does not run on every node of a role" : "has a program of another name";
    said.push(
      ...own.map(({ on }) => ({
        node: on.node.name,
        text: `the static pod ${name} reads ${reads.join(", ")}, but ${why}, so rollout.readers cannot name it: restart it yourself after a renewal`,
      })),
    );
    return [];
  });
  return { value, remarks: together("left", said) };
};

/** What else names a file or folder of the PKI. */
const otherReaders = (all: readonly OnNode[], known: readonly ReaderFields[]) =>
  all.flatMap(({ node }) =>
    node.visit.survey.readers
      .filter(({ name }) => !known.some((reader) => reader.name.startsWith(name)))
      .map(({ name, path, how }) => ({
        node: node.name,
        text: `${name} ${how === "mount" ? "mounts" : "names"} ${path}: if it reads certificates only at its start, list it under rollout.readers, or restart it after a renewal`,
      })),
  );

const renewers = (all: readonly OnNode[]) =>
  all.flatMap(({ node }) =>
    node.visit.survey.renewers.map((unit) => ({
      node: node.name,
      text: `${unit} renews certificates too: disable it, or it replaces what the stack has installed`,
    })),
  );

export const readerFields = (
  nodes: readonly FoundNode[],
  plans: readonly NodePlan[],
): Found<readonly ReaderFields[]> => {
  const all = plans.flatMap((plan) => {
    const node = nodes.find(({ name }) => name === plan.node.name);
    return node === undefined ? [] : [{ node, plan }];
  });
  const pods = podReaders(all);
  return {
    value: pods.value,
    remarks: [...pods.remarks, ...together("left", otherReaders(all, pods.value)), ...together("left", renewers(all))],
  };
};

export type GivenReaders = Config["rollout"]["readers"];
