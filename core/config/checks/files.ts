/** Checks of `files`: each entry speaks of the layout, and no two files come to lie at one place. */
import { dirname, join } from "node:path/posix";
import { kubernetesMinor } from "../../format/kubernetesVersion";
import { mustBe } from "../../format/problem";
import { nearest } from "../../format/spelling";
import { namedLayout } from "../../layouts";
import { adjusted, placeOf, type GivenFile, type GivenFiles } from "../../layouts/adjusted";
import { isSecret, type FileRow } from "../../layouts/layout";
import { pathText } from "../problems";
import type { Check } from "./check";

const isFolder = (path: string): boolean => path.endsWith("/");
const at = (key: string, field?: keyof GivenFile): string =>
  pathText(["files", key, ...(field === undefined ? [] : [field])]);

const ofEntry = (key: string, { path, mode }: GivenFile, rows: readonly FileRow[], layout: string): string[] => {
  const spokenOf = rows.filter((row) => row.path === key || (isFolder(key) && row.path.startsWith(key)));
  if (spokenOf.length === 0) {
    const meant = nearest(key, [...new Set(rows.flatMap((row) => [row.path, `${dirname(row.path)}/`]))]);
    return [
      mustBe(
        at(key),
        "given",
        `a path of layout ${layout}, or a folder of such with a slash at the end`,
        meant === undefined ? "docs/layouts.md has the list" : `did you mean ${JSON.stringify(meant)}?`,
      ),
    ];
  }
  return [
    ...(path !== undefined && isFolder(path) !== isFolder(key)
      ? [
          mustBe(
            at(key, "path"),
            path,
            isFolder(key) ? "a folder with a slash at the end" : "a file, without a slash at the end",
          ),
        ]
      : []),
    ...(mode !== undefined && isFolder(key)
      ? [mustBe(at(key, "mode"), mode, "left out for a folder", "give it for its files")]
      : []),
    ...(mode !== undefined && spokenOf.some(({ content }) => isSecret(content)) && !/^0[46][04]0$/.test(mode)
      ? [
          mustBe(
            at(key, "mode"),
            mode,
            "0600, 0640, 0400 or 0440",
            "the file is secret: nobody but its owner and group may read it",
          ),
        ]
      : []),
  ];
};

/** What lies at one place must be one and the same. */
const collisions = (rows: readonly FileRow[], moved: readonly FileRow[]): string[] =>
  moved.flatMap((row, index) => {
    const other = moved.findIndex(({ path }) => path === row.path);
    const [here, there] = [rows[index]?.path ?? "", rows[other]?.path ?? ""];
    return here === there
      ? []
      : [
          mustBe(
            "files",
            `${there} and ${here} are both at ${row.path}`,
            "at places of their own",
            "change the path of one",
          ),
        ];
  });

/** A link names what it leads to by its last name alone, so that a kubelet can rotate over it. */
const linksApart = (rows: readonly FileRow[], given: GivenFiles): string[] =>
  rows.flatMap(({ path, content }) => {
    if (content.kind !== "link") return [];
    const target = join(dirname(path), content.target);
    const [link, file] = [placeOf(path, given), placeOf(target, given)];
    return dirname(link) === dirname(file)
      ? []
      : [
          mustBe(
            "files",
            `${path} at ${link} and ${target} at ${file}`,
            "in one folder",
            "the first is a link to the second",
          ),
        ];
  });

export const filesProblems: Check = ({ sections: { files, layout, cluster, authority } }) => {
  if (files === undefined || layout === undefined || cluster === undefined || authority === undefined) return [];
  const minor = kubernetesMinor({ cluster });
  const named = namedLayout(layout, authority);
  const rows = named.files(minor);
  const entries = Object.entries(files).flatMap(([key, entry]) => ofEntry(key, entry, rows, layout));
  if (entries.length > 0) return entries;
  return [...linksApart(rows, files), ...collisions(rows, adjusted(named, files, {}).files(minor))];
};
