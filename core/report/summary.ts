/** What a stack holds, in a few lines: what `pulumi up` shows at its end. */
import { counted } from "../format/counted";
import { NO_NODE } from "../certificates/renewAt";
import { unique } from "../format/unique";
import { AT_REST } from "../model/phases";
import type { AuthorityRow } from "./authorityRows";
import type { CertificateRow } from "./report";

export interface Summary {
  readonly certificates: string;
  /** By authority. */
  readonly authorities: Readonly<Record<string, string>>;
}

const first = (moments: readonly string[]): string =>
  new Date(Math.min(...moments.map((each) => Date.parse(each)))).toISOString().slice(0, 10);

const certificatesText = (rows: readonly CertificateRow[]): string => {
  if (rows.length === 0) return "none";
  const nodes = unique(rows.map(({ node }) => node).filter((node) => node !== NO_NODE));
  const renewal = first(rows.map(({ nextRenewal }) => nextRenewal));
  const end = first(rows.map(({ notAfter }) => notAfter));
  const { length } = rows;
  return `${String(length)}, for ${counted(nodes.length, "node")}; the first renewal is due ${renewal}, the first end ${end}`;
};

const authorityText = (rows: readonly AuthorityRow[]): string => {
  const texts = rows.map(
    ({ generation, signs, rotateBefore, notAfter }) =>
      `generation ${String(generation)} ${signs ? `signs, to be rotated before ${first([rotateBefore])}` : `is trusted, and ends ${first([notAfter])}`}`,
  );
  const phase = rows[0]?.phase;
  return [...(phase === undefined || phase === AT_REST.phase ? [] : [`phase ${phase}`]), ...texts].join("; ");
};

export const summaryOf = (certificates: readonly CertificateRow[], authorities: readonly AuthorityRow[]): Summary => ({
  certificates: certificatesText(certificates),
  authorities: Object.fromEntries(
    unique(authorities.map(({ authority }) => authority)).map((authority) => [
      authority,
      authorityText(authorities.filter((row) => row.authority === authority)),
    ]),
  ),
});
