/** A layout with what a stack file says of this cluster's own places, owners and units. */
import { basename, dirname, join } from "node:path/posix";
import type { ConsumerName } from "../model/reload";
import { withPaths, type ConsumerRow, type FileRow, type Layout, type Signing } from "./layout";

/** What is different of a file of the layout, or of everything in a folder of it. */
export interface GivenFile {
  /** Where it is instead; of a folder with a slash at the end. */
  readonly path?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Of files only. */
  readonly mode?: string | undefined;
}

/** By the path in the layout; a folder ends with a slash. */
export type GivenFiles = Readonly<Record<string, GivenFile>>;

export type GivenServices = Readonly<
  Partial<
    Record<
      ConsumerName,
      { readonly kind?: ConsumerRow["kind"] | undefined; readonly unit?: string | undefined } | undefined
    >
  >
>;

const isFolder = (path: string): boolean => path.endsWith("/");

/** The entries that speak of a file, the most particular first: its own, then folders from the inside out. */
const entriesFor = (path: string, given: GivenFiles): (readonly [string, GivenFile])[] =>
  Object.entries(given)
    .filter(([at]) => at === path || (isFolder(at) && path.startsWith(at)))
    .sort(([one], [other]) => other.length - one.length);

/** Where a file of the layout is in this cluster. */
export const placeOf = (path: string, given: GivenFiles): string => {
  const [at, entry] = entriesFor(path, given).find(([, { path: to }]) => to !== undefined) ?? [];
  return at === undefined || entry?.path === undefined ? path : `${entry.path}${path.slice(at.length)}`;
};

const rowIn = (row: FileRow, given: GivenFiles): FileRow => {
  const entries = entriesFor(row.path, given).map(([, entry]) => entry);
  const first = <K extends "owner" | "group" | "mode">(field: K): Partial<Record<K, string>> => {
    const value = entries.find((entry) => entry[field] !== undefined)?.[field];
    return value === undefined ? {} : ({ [field]: value } as Record<K, string>);
  };
  return {
    ...row,
    path: placeOf(row.path, given),
    // a link leads to a file beside it (core/config/checks/files.ts)
    content: withPaths(
      row.content,
      (target) => basename(placeOf(join(dirname(row.path), target), given)),
      (path) => placeOf(path, given),
    ),
    ...first("owner"),
    ...first("group"),
    ...first("mode"),
  };
};

const signingIn = ({ certificate, key, from }: Signing, given: GivenFiles): Signing => ({
  certificate: placeOf(certificate, given),
  key: placeOf(key, given),
  from: { certificate: placeOf(from.certificate, given), key: placeOf(from.key, given) },
});

const serviceIn = (row: ConsumerRow, given: GivenServices): ConsumerRow => {
  const { kind = row.kind, unit = row.unit } = given[row.name] ?? {};
  return { ...row, kind, unit };
};

export const adjusted = (layout: Layout, files: GivenFiles, services: GivenServices): Layout => ({
  ...layout,
  files: (kubernetesMinor) => layout.files(kubernetesMinor).map((row) => rowIn(row, files)),
  signing: signingIn(layout.signing, files),
  consumers: layout.consumers.map((row) => serviceIn(row, services)),
});
