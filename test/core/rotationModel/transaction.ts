/**
 * What verbs `apply` and `trust` do on a node (node/70-apply.sh and what it calls), one micro step at a time: each `yield`
 * is a moment in which the cluster has to work. The lines are the product's own.
 */
import type { ConsumerName } from "../../../core/model/reload";
import { SIGNING_FLAGS, type Disk, type ModelNode, type Process, type Text } from "./node";
import { readPayload, type Payload } from "./readPayload";
import { fileText, isCa, isTrust, issuerOf, pinOf } from "./texts";

/** The node's answer to a payload that must not be carried out; nothing was touched. */
export class Refusal extends Error {}

/** What a fault makes of a step that has begun to change things. */
export class Failure extends Error {}

export interface Surroundings {
  /** A kubelet has started. */
  readonly kubeletStarted: (node: ModelNode) => void;
  /** A controller manager has started. */
  readonly publish: () => void;
}

export type Steps = Generator<string, void>;

/** The whole; a `Failure` thrown into it at a `yield` is what a failed proof is: the old set is put back. */
export function* transaction(node: ModelNode, text: string, around: Surroundings): Steps {
  if (node.journal !== undefined) {
    node.write(node.journal);
    node.journal = undefined;
    node.inDoubt = true;
    yield `${node.name}: an interrupted step was put back`;
  }
  const payload = readPayload(text);
  checkGuards(node, payload);
  const isEmpty = !payload.lines("have").some(([path = ""]) => node.leafIn(path) !== undefined);
  const ours = oursOf(node, payload);
  const parts = mergedParts(node, payload, ours);
  checkChains(node, payload, parts);
  const staged = stage(node, { payload, parts, ours });
  const before: Disk = new Map(node.disk);
  const changed = new Set([...staged].filter(([path, to]) => !sameText(node.disk.get(path), to)).map(([path]) => path));
  const restarted = new Set<ConsumerName>();
  if (changed.size > 0) {
    node.journal = before;
    node.write(new Map([...before, ...staged]));
  }
  const proven = node.applied.get(payload.verb) === payload.sum && !node.inDoubt;
  try {
    yield `${node.name}: ${payload.verb} swapped ${String(changed.size)} files`;
    // what has no leaf yet is started by the apply that brings the first one
    const handled = consumersOf(payload).filter(
      (name) => !(payload.verb === "trust" && isEmpty && node.processes.get(name)?.up === false),
    );
    for (const name of handled) yield* settle({ node, payload, name, changed, proven, restarted }, around);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    node.write(before);
    yield `${node.name}: ${payload.verb} put the old set back`;
    for (const name of consumersOf(payload)) if (restarted.has(name)) yield* restart(node, name, around);
    node.journal = undefined;
    throw error;
  }
  node.journal = undefined;
  node.inDoubt = false;
  node.isNew = false;
  node.applied.set(payload.verb, payload.sum);
  for (const [part, texts] of ours) node.ours.set(part, texts);
}

const sameText = (one: Text | undefined, other: Text): boolean => one?.join() === other.join();

const consumersOf = (payload: Payload): ConsumerName[] =>
  payload.lines("consumer").map(([name]) => name as ConsumerName);

const usesOf = (payload: Payload, name: ConsumerName) => [
  ...payload.lines("use").filter(([consumer]) => consumer === name),
  ...payload
    .lines("replaceflag")
    .filter(([consumer]) => consumer === name)
    .map(() => [name, "restart", SIGNING_FLAGS]),
];

const asksRestart = (payload: Payload, name: ConsumerName, changed: ReadonlySet<string>): boolean =>
  usesOf(payload, name).some(([, need, path]) => need === "restart" && changed.has(path ?? ""));

/** Where nothing asks for anything, but the last step may have been cut: whether it began before its files. */
const isBehind = (payload: Payload, process: Process, changed: ReadonlySet<string>): boolean => {
  const paths = new Set(usesOf(payload, process.name).map(([, , path]) => path ?? ""));
  return [...paths].every((path) => !changed.has(path)) && process.isStale(paths);
};

interface Settling {
  readonly node: ModelNode;
  readonly payload: Payload;
  readonly name: ConsumerName;
  readonly changed: ReadonlySet<string>;
  readonly proven: boolean;
  readonly restarted: Set<ConsumerName>;
}

function* settle({ node, payload, name, changed, proven, restarted }: Settling, around: Surroundings): Steps {
  const process = node.processes.get(name);
  if (process === undefined) return;
  const must = asksRestart(payload, name, changed) || (!proven && isBehind(payload, process, changed));
  if (!must && process.up) return;
  restarted.add(name);
  for (const [first, other] of payload.lines("before") as [ConsumerName, ConsumerName][]) {
    const waits = node.processes.get(other);
    if (first !== name || waits === undefined || restarted.has(other)) continue;
    if (!asksRestart(payload, other, changed)) continue;
    restarted.add(other);
    waits.stop();
    yield `${node.name}: ${other} stopped before ${name}`;
  }
  yield* restart(node, name, around);
}

function* restart(node: ModelNode, name: ConsumerName, around: Surroundings): Steps {
  const process = node.processes.get(name);
  if (process === undefined) return;
  process.stop();
  yield `${node.name}: ${name} stopped`;
  process.start();
  if (name === "kubelet") around.kubeletStarted(node);
  if (name === "kube-controller-manager") around.publish();
  yield `${node.name}: ${name} started`;
}

const trustIn = (node: ModelNode, path: string): Text => node.read(path).filter(isTrust);

const checkGuards = (node: ModelNode, payload: Payload): void => {
  for (const [path = "", parts = ""] of payload.lines("guard")) {
    if (!node.disk.has(path)) continue;
    const live = trustIn(node, path);
    const ours = parts.split(",").flatMap((part) => payload.parts.get(part) ?? []);
    const pins = payload
      .lines("pin")
      .filter(([at]) => at === path)
      .map(([, pin]) => pin);
    if (!live.some((text) => ours.includes(text) || pins.includes(pinOf(text))))
      throw new Refusal(`${node.name}: ${path} holds another CA: ${live.join(" ")}`);
  }
  for (const word of ["stale", "only"] as const)
    for (const [path = "", part = ""] of payload.lines(word)) {
      if (!node.disk.has(path)) continue;
      const has = (text: string) => (payload.parts.get(part) ?? []).includes(text);
      const live = trustIn(node, path);
      if (word === "stale" ? live.some(has) : !live.every(has))
        throw new Refusal(`${node.name}: ${path} ${word} ${part}: ${live.join(" ")}`);
    }
};

const inlined = (text: Text): string[] => text.flatMap((line) => /@b64:([^@]+)@/.exec(line)?.[1] ?? []);

/** By part what of it is this cluster's, of whatever generation (node/45-trust.sh, `ours_of`). */
const oursOf = (node: ModelNode, payload: Payload): Map<string, Set<string>> =>
  new Map(
    trustParts(payload).map((part) => {
      const named = [...payload.parts].filter(([name]) => name === part || name.startsWith(`${part}:g`));
      const known = payload.lines("known").flatMap(([of, which]) => (of === part ? [which] : []));
      const live = filesOf(payload, part).flatMap((path) => trustIn(node, path));
      const adopted = live.filter((text) => known.includes("any") || known.includes(pinOf(text)));
      return [part, new Set([...named.flatMap(([, text]) => text), ...(node.ours.get(part) ?? []), ...adopted])];
    }),
  );

const trustParts = (payload: Payload): string[] => [
  ...new Set([
    ...payload.lines("trust").map(([part = ""]) => part),
    ...payload.lines("guard").map(([, parts = ""]) => parts.split(",")[0] ?? ""),
  ]),
];

const filesOf = (payload: Payload, part: string): string[] =>
  payload.lines("file").flatMap(([path = "", , , , names]) => (names === part ? [path] : []));

const modeOf = (payload: Payload, part: string): string | undefined =>
  payload.lines("trust").find(([name]) => name === part)?.[1];

/** What is trusted from now on of this cluster's: nothing of a kubeconfig, and nothing that is another's. */
const mergedParts = (node: ModelNode, payload: Payload, ours: ReadonlyMap<string, Set<string>>): Map<string, Text> => {
  const parts = new Map(payload.parts);
  for (const part of trustParts(payload)) {
    const wanted = payload.parts.get(part) ?? [];
    const kept = filesOf(payload, part)
      .flatMap((path) => trustIn(node, path))
      .filter((text) => ours.get(part)?.has(text));
    const mode = modeOf(payload, part);
    const order = { append: [...kept, ...wanted], prepend: [...wanted, ...kept] }[mode ?? ""] ?? wanted;
    parts.set(part, [...new Set(order)]);
  }
  return parts;
};

interface Trusting {
  readonly payload: Payload;
  readonly parts: ReadonlyMap<string, Text>;
  readonly ours: ReadonlyMap<string, Set<string>>;
}

/** What a file or kubeconfig that holds these holds from now on. */
const joined = ({ payload, parts, ours }: Trusting, part: string, live: Text): Text => {
  const set = parts.get(part) ?? [];
  switch (modeOf(payload, part)) {
    case "prepend":
      return [...new Set([...set, ...live])];
    case "retire":
      return [...new Set([...set, ...live.filter((text) => ours.get(part)?.has(text) !== true)])];
    default:
      return [...new Set([...live, ...set])];
  }
};

const checkChains = (node: ModelNode, payload: Payload, parts: ReadonlyMap<string, Text>): void => {
  const exact = new Set(payload.lines("trust").flatMap(([part, how]) => (how === "retire" ? [part] : [])));
  for (const [path = "", halves = "", ca = ""] of payload.lines("have")) {
    const leaf = halves.startsWith("cert:") && exact.has(ca) ? node.leafIn(path) : undefined;
    if (leaf !== undefined && !(parts.get(ca) ?? []).includes(issuerOf(leaf)))
      throw new Refusal(`${node.name}: ${path} is signed by another CA than the one that stays`);
  }
};

/** Every file as it will be. */
const stage = (node: ModelNode, trusting: Trusting): Disk => {
  const { payload, parts } = trusting;
  const staged: Disk = new Map();
  const kept = new Map(payload.lines("keep").map(([path = "", part = ""]) => [path, part]));
  const textOf = (name: string): Text => parts.get(name) ?? [name.replace(":", "/")]; // a key the node has made
  const contentOf = (path: string, names: string): Text => {
    if (modeOf(payload, names) !== undefined) return joined(trusting, names, trustIn(node, path));
    const text = names.split(",").flatMap((name) => expanded(textOf(name), textOf));
    const part = node.disk.has(path) ? kept.get(path) : undefined;
    if (part === undefined) return text;
    return [...joined(trusting, part, trustIn(node, path)), ...text.filter((each) => !isCa(each))];
  };
  for (const [path = "", , , , names = ""] of payload.lines("file")) staged.set(path, contentOf(path, names));
  for (const [path = "", target = ""] of payload.lines("link"))
    staged.set(path, [fileText(path.replace(/[^/]*$/, target))]);
  for (const [path = "", part = ""] of payload.lines("kubeconfig-ca")) {
    const live = node.disk.get(path);
    if (live?.some(isCa) === true)
      staged.set(path, [...joined(trusting, part, live.filter(isCa)), ...live.filter((text) => !isCa(text))]);
  }
  for (const [path = "", , from = "", key = ""] of payload.lines("seed")) {
    const text = node.disk.get(from);
    if (node.disk.has(path) || text === undefined) continue;
    const own = node.disk.get(key)?.map(issuerOf) ?? [];
    const one = text.length > 1 ? text.filter((each) => own.includes(each)) : text;
    if (one.length !== 1) throw new Refusal(`${node.name}: ${from} holds more than one certificate`);
    staged.set(path, one);
  }
  const flags = payload.lines("replaceflag").map(([, flag = ""]) => flag.slice(flag.indexOf("=") + 1));
  if (flags.length > 0 && node.disk.has(SIGNING_FLAGS)) staged.set(SIGNING_FLAGS, flags);
  return staged;
};

/** A kubeconfig's lines become what they carry or name. */
const expanded = (text: Text, textOf: (name: string) => Text): Text => {
  if (inlined(text).length === 0) return text;
  const files = text.flatMap((line) => /client-certificate: (\S+)/.exec(line)?.[1] ?? []).map(fileText);
  return [...inlined(text).flatMap(textOf), ...files];
};
