/** Where a cluster has files of its layout elsewhere, and services that run in another way: `files` and `services`. */
import { basename } from "node:path/posix";
import type { GivenFiles, GivenServices } from "../layouts/adjusted";
import { fileOn, NODE_NAME, type ConsumerRow, type FileRow, type Layout } from "../layouts/layout";
import type { Survey } from "../survey/model";
import { isAt, NEWEST, pathsOf, readsOf, rowsFor, rowsOn, type Read } from "./reads";
import { mostCommon } from "./remarks";
import { unique } from "../format/unique";
import { componentOf, fileAt, kubeconfigAt } from "./visits";

/** A node by its name in the cluster. */
export interface NamedSurvey {
  readonly name: string;
  readonly survey: Survey;
}

/** Where one node has the file of a row: for each of its readers, else if it lies where the layout has it. */
const seenAt = (row: FileRow, { name, survey }: NamedSurvey, layout: Layout): string[] => {
  const own = fileOn(row, name);
  const rows = rowsOn(layout, NEWEST, name);
  const reads = readsOf(survey).filter(({ use }) => rowsFor([own], use).length > 0);
  if (reads.length === 0) return isThere(survey, own.path) ? [own.path] : [];
  const isExpected = ({ file, use }: Read): boolean =>
    rowsFor(rows, use).some((each) => isAt(file, survey, pathsOf(each, layout)));
  const inputs = unique(reads.map(({ use: { input, secret } }) => `${input ?? ""} ${String(secret)}`));
  return inputs.flatMap((each) => {
    const same = reads.filter(({ use: { input, secret } }) => `${input ?? ""} ${String(secret)}` === each);
    // of an option that may be given several times one of the files has to be the layout's
    return same.some(isExpected) ? [own.path] : same.slice(0, 1).map(({ file }) => file.path);
  });
};

const isThere = (survey: Survey, path: string): boolean =>
  fileAt(survey, path)?.state === "file" || kubeconfigAt(survey, path) !== undefined;

/** One path for all nodes, with the node's name in it where they differ by that alone. */
const shared = (seen: readonly { readonly name: string; readonly path: string }[]): string | undefined => {
  const plain = unique(seen.map(({ path }) => path));
  if (plain.length <= 1) return plain[0];
  const named = unique(seen.map(({ name, path }) => path.replaceAll(name, NODE_NAME)));
  return named.length === 1 ? named[0] : mostCommon(seen.map(({ path }) => path));
};

type Moves = ReadonlyMap<string, string>;

/** What is several files of the layout at once is the first of them (presence.ts tells what becomes of the others). */
const apart = (places: readonly (readonly [string, string])[]): Moves =>
  new Map(places.filter(([, place], index) => places.findIndex(([, each]) => each === place) === index));

/** By the path in the layout, also of those that are where it has them. */
const actualPlaces = (nodes: readonly NamedSurvey[], layout: Layout): Moves =>
  apart(
    layout
      .files(NEWEST)
      // a rotation's own files are nowhere before it, and the pair is known by the link to it
      .filter(({ rotationOnly, content }) => rotationOnly !== true && content.kind !== "pair")
      .flatMap((row) => {
        const seen = nodes.flatMap((node) => seenAt(row, node, layout).map((path) => ({ name: node.name, path })));
        const own = seen.every(({ name, path }) => path === fileOn(row, name).path);
        const path = own && seen.length > 0 ? row.path : shared(seen);
        return path === undefined ? [] : [[row.path, path] as const];
      }),
  );

/** What two paths end with, by whole names: "etcd/server.crt". */
const commonEnd = (one: string, other: string): string => {
  const [a, b] = [one.split("/"), other.split("/")];
  let count = 0;
  while (count < Math.min(a.length, b.length) - 1 && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count === 0 ? "" : a.slice(-count).join("/");
};

/** A folder that has moved with what is in it; undefined for a file that has another name. */
const folderOf = (from: string, to: string): readonly [string, string] | undefined => {
  const end = commonEnd(from, to);
  return end === "" ? undefined : [from.slice(0, -end.length), to.slice(0, -end.length)];
};

/** The innermost folder that has all of them in it. */
const commonFolder = (paths: readonly string[]): string => {
  const [first = "", ...others] = paths;
  let folder = first.slice(0, first.lastIndexOf("/") + 1);
  while (!others.every((path) => path.startsWith(folder)))
    folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
  return folder;
};

/** As few entries as say it: folders where all that is known of them has moved alike, files else. */
const entriesOf = (places: Moves): GivenFiles => {
  const moved = [...places].filter(([from, to]) => from !== to);
  const folders = new Map<string, string>();
  for (const [from, to] of moved) {
    const folder = folderOf(from, to);
    if (folder === undefined || folders.has(folder[0])) continue;
    const [inside, outside] = folder;
    const isWhole = [...places].every(
      ([path, place]) => !path.startsWith(inside) || place === `${outside}${path.slice(inside.length)}`,
    );
    if (isWhole) folders.set(inside, outside);
  }
  const isCovered = (path: string): boolean => [...folders.keys()].some((folder) => path.startsWith(folder));
  const outermost = [...folders].filter(
    ([folder]) => ![...folders.keys()].some((each) => each !== folder && folder.startsWith(each)),
  );
  // no wider than what has moved: /var/lib/kubelet/pki/, and not /var/lib/
  const narrowed = outermost.map(([from, to]) => {
    const inner = commonFolder(moved.map(([path]) => path).filter((path) => path.startsWith(from)));
    return [inner, `${to}${inner.slice(from.length)}`] as const;
  });
  return Object.fromEntries([
    ...narrowed.map(([from, path]) => [from, { path }] as const),
    ...moved.filter(([from]) => !isCovered(from)).map(([from, path]) => [from, { path }] as const),
  ]);
};

export const givenFiles = (nodes: readonly NamedSurvey[], layout: Layout): GivenFiles =>
  entriesOf(actualPlaces(nodes, layout));

/** How most nodes run a service, where a layout can say so. */
const serviceOf = (
  { name, kind, unit }: ConsumerRow,
  nodes: readonly NamedSurvey[],
): GivenServices[ConsumerRow["name"]] => {
  const starts = nodes.flatMap(({ survey }) => componentOf(survey, name)?.start ?? []);
  const kinds = starts.flatMap(({ by }) => (by === "systemd" || by === "static-pod" ? [by] : []));
  const most = mostCommon(kinds) ?? kind;
  const units = starts.flatMap((start) =>
    start.by === "systemd" && most === start.by ? [basename(start.unit, ".service")] : [],
  );
  const own = mostCommon(units) ?? unit;
  return { ...(most === kind ? {} : { kind: most }), ...(own === unit ? {} : { unit: own }) };
};

export const givenServices = (nodes: readonly NamedSurvey[], layout: Layout): GivenServices =>
  Object.fromEntries(
    layout.consumers.flatMap((row) => {
      const given = serviceOf(row, nodes) ?? {};
      return Object.keys(given).length === 0 ? [] : [[row.name, given]];
    }),
  );
