/** Which files components read, beside those that a layout has for them. */
import { fileOn, isSecret, type FileRow, type Layout } from "../layouts/layout";
import { secondInputOf } from "../nodes/options";
import type { FileFacts, Survey, Use } from "../survey/model";

/** A file that a component was told to read, by one of its options. */
export interface Read {
  readonly file: FileFacts;
  readonly use: Use;
}

/** By the input that it has, or shares with another option. */
const inputsOf = (use: Use): Use => {
  const input = use.input ?? secondInputOf(use.component, use.option);
  return input === undefined ? use : { ...use, input };
};

export const readsOf = ({ files }: Survey): Read[] =>
  files
    .filter(({ state }) => state !== "missing")
    .flatMap((file) => file.uses.map((use) => ({ file, use: inputsOf(use) })));

/** A certificate and its key are read by two options, or both from one file. */
const isHalf = ({ content }: FileRow, secret: boolean): boolean =>
  content.kind === "kubeconfig" || content.kind === "pair" || content.kind === "link" || isSecret(content) === secret;

/** The rows that hold what is read as this. */
export const rowsFor = (rows: readonly FileRow[], { input, secret }: Use): FileRow[] =>
  rows.filter((row) => input !== undefined && row.uses.includes(input) && isHalf(row, secret));

/** Where a row's file is; until a rotation the controller manager signs with the CA's own. */
export const pathsOf = ({ path, content }: FileRow, { signing: { from } }: Layout): string[] => {
  const before = content.kind === "csrSigner" ? [from.certificate] : content.kind === "caKey" ? [from.key] : [];
  return [path, ...before];
};

const realOf = ({ path, real }: FileFacts): string => real ?? path;

/** By name, or by where links lead. */
export const isAt = (file: FileFacts, { files }: Survey, paths: readonly string[]): boolean =>
  paths.some(
    (each) =>
      each === file.path ||
      each === realOf(file) ||
      files.some((other) => other.path === each && realOf(other) === realOf(file)),
  );

/** Newer than any: versions differ in what files hold, not in where they are. */
export const NEWEST = 99;

export const rowsOn = (layout: Layout, minor: number, nodeName: string): FileRow[] =>
  layout.files(minor).map((row) => fileOn(row, nodeName));
