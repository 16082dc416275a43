/** The state that a release leaves behind, kept as data so that each later version can be previewed on it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { ClusterPki, type ClusterPkiArgs } from "../../components";

/** One stack of one release. */
export interface Release {
  readonly version: string;
  readonly name: string;
  /** When it was made, ISO 8601: a preview is planned for then, so that nothing is due. */
  readonly now: string;
  /** What the program was given. */
  readonly args: Omit<ClusterPkiArgs, "now">;
  /** As `pulumi stack export` gives it, secrets encrypted. */
  readonly deployment: unknown;
}

export const program =
  ({ args, now }: Pick<Release, "args" | "now">) =>
  (): Record<string, unknown> => {
    const { certificates, authorities, trust } = new ClusterPki("prod", { ...args, now: new Date(now) });
    return { certificates, authorities, trust };
  };

const ENDING = ".json.gz";

/** An inline program names ours by its place on the machine, which is another one there. */
const CHECKOUT = join(__dirname, "..", "..");
const ANY_CHECKOUT = "@checkout@";

const versions = (): string[] =>
  readdirSync(__dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

const read = (path: string): Release =>
  JSON.parse(gunzipSync(readFileSync(path)).toString().replaceAll(ANY_CHECKOUT, CHECKOUT)) as Release;

export const releases = (): Release[] =>
  versions().flatMap((version) =>
    readdirSync(join(__dirname, version))
      .filter((name) => name.endsWith(ENDING))
      .map((name) => read(join(__dirname, version, name))),
  );

/** Where in a checkout a resource was made is of no use to another one. */
const OF_THE_CHECKOUT = ["sourcePosition", "stackTrace"];

export const keep = (release: Release): string => {
  const folder = join(__dirname, release.version);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${release.name}${ENDING}`);
  const text = JSON.stringify(release, (name, value: unknown) => (OF_THE_CHECKOUT.includes(name) ? undefined : value));
  writeFileSync(path, gzipSync(text.replaceAll(CHECKOUT, ANY_CHECKOUT), { level: 9 }));
  return path;
};
