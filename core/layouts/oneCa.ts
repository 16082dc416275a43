/** Clusters where one CA is all three authorities: a file has it for everybody who reads any of them. */
import type { AuthorityName } from "../model/authorities";
import { unique } from "../format/unique";
import type { FileRow, Layout } from "./layout";

/** The one that all are. */
export const ONE_CA: AuthorityName = "kubernetes";

const isOther = ({ content }: FileRow): boolean => content.kind === "ca" && content.authority !== ONE_CA;

/** Whoever reads the CA of another authority reads the cluster's, in its file. */
const merged = (rows: readonly FileRow[]): readonly FileRow[] => {
  const others = rows.filter(isOther);
  return rows
    .filter((row) => !isOther(row))
    .map((row) =>
      row.content.kind === "ca"
        ? {
            ...row,
            on: unique([row, ...others].flatMap(({ on }) => on)),
            uses: unique([row, ...others].flatMap(({ uses }) => uses)),
          }
        : row,
    );
};

export const withOneCa = (layout: Layout): Layout => ({
  ...layout,
  files: (kubernetesMinor) => merged(layout.files(kubernetesMinor)),
});
