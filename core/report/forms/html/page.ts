/** The status as one page that needs nothing else: no network, no script. */
import { NO_NODE } from "../../../certificates/renewAt";
import type { StatusReport } from "../../stackStatus";
import { needsAttention, STATUS, STATUSES } from "../../status";
import { markup } from "../markup";
import { outlook, type Placed } from "./outlook";
import { STYLE } from "./style";
import { axisFor, lifeOfCa, lifeOfLeaf, inWords, timeline, type Life } from "./timeline";

/** Nothing is loaded, nothing runs, nothing is sent. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

interface Part {
  readonly title: string;
  readonly lives: readonly Life[];
  /** Parts of one kind share an axis, so that they can be compared. */
  readonly isCa: boolean;
}

const HEADS = { ca: { signer: "Name", next: "Rotate before" }, leaf: { signer: "Issuer", next: "Renewal" } } as const;

const groupedBy = <T>(rows: readonly T[], titleOf: (row: T) => string): ReadonlyMap<string, readonly T[]> =>
  rows.reduce(
    (groups, row) => groups.set(titleOf(row), [...(groups.get(titleOf(row)) ?? []), row]),
    new Map<string, readonly T[]>(),
  );

const partsOf = ({ authorities, certificates }: StatusReport, placed: Placed): readonly Part[] => [
  ...[...groupedBy(authorities, ({ stack }) => placed(stack, "CAs"))].map(([title, rows]) => ({
    title,
    lives: rows.map((row) =>
      lifeOfCa(row, certificates.filter(({ stack, issuer }) => stack === row.stack && issuer === row.subject).length),
    ),
    isCa: true,
  })),
  ...[
    ...groupedBy(certificates, ({ stack, node }) => placed(stack, node === NO_NODE ? "on no node" : `node ${node}`)),
  ].map(([title, rows]) => ({ title, lives: rows.map(lifeOfLeaf), isCa: false })),
];

const counts = (parts: readonly Part[]): string => {
  const all = parts.flatMap(({ lives }) => lives);
  const items = STATUSES.flatMap((status) => {
    const count = all.filter((life) => life.status === status).length;
    return count === 0
      ? []
      : [`<li class="${STATUS[status].tone}"><b>${String(count)}</b><span class="status">${status}</span></li>`];
  });
  return `<ul class="counts">${items.join("")}</ul>`;
};

/** The most urgent first; each leads to its line. */
const urgent = (parts: readonly Part[], explanations: readonly string[], now: Date): string => {
  const links = STATUSES.filter(needsAttention).flatMap((status) =>
    parts.flatMap(({ title, lives }) =>
      lives
        .filter((life) => life.status === status)
        .map(
          (life) =>
            `<li class="${STATUS[status].tone}"><span class="status">${status}</span> <a href="#${life.id}">${markup(`${title}, ${life.title}`)}</a>: ${inWords(life, now)}</li>`,
        ),
    ),
  );
  const told = explanations.map((text) => `<li>${markup(text)}</li>`);
  return links.length + told.length === 0
    ? "<p>Nothing needs attention.</p>"
    : [
        ...(links.length === 0 ? [] : [`<ul>${links.join("")}</ul>`]),
        ...(told.length === 0 ? [] : [`<h3>In words</h3><ul>${told.join("")}</ul>`]),
      ].join("\n");
};

const sign = (mark: string, text: string): string =>
  `<span class="key"><span class="line">${mark}</span>${text}</span>`;

const LEGEND = `<p class="quiet good">${[
  sign('<span class="bar" style="left:0;width:1.4rem"></span>', "valid"),
  sign('<span class="renewal" style="left:50%"></span>', "next renewal, or rotate before"),
  sign('<span class="now" style="left:50%"></span>', "as of this page"),
].join(" ")}</p>`;

const MEANINGS = `<details><summary>What each status means</summary><dl>${STATUSES.map(
  (status) =>
    `<div><dt class="status ${STATUS[status].tone}">${status}</dt><dd>${markup(STATUS[status].text)}</dd></div>`,
).join("")}</dl></details>`;

export const statusPage = (report: StatusReport): string => {
  const { asOf, explanations } = report;
  const stacks = [...new Set([...report.authorities, ...report.certificates].map(({ stack }) => stack ?? ""))];
  const placed: Placed = (stack, text) => (stack === undefined || stacks.length === 1 ? text : `${stack}: ${text}`);
  const parts = partsOf(report, placed);
  const axes = new Map(
    [true, false].map((isCa) => [
      isCa,
      axisFor(
        parts.filter((part) => part.isCa === isCa).flatMap(({ lives }) => lives),
        asOf,
      ),
    ]),
  );
  const title = `Certificates of ${stacks.join(", ") || "no stack"}`;
  const sections = parts.map(({ title: heading, lives, isCa }, index) => {
    const axis = axes.get(isCa);
    return axis === undefined
      ? ""
      : `<section aria-labelledby="part-${String(index)}"><h2 id="part-${String(index)}">${markup(heading)}</h2>\n${timeline(`${heading}, ${String(lives.length)} certificates`, lives, axis, asOf, isCa ? HEADS.ca : HEADS.leaf)}</section>`;
  });
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${markup(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#attention">to what needs attention</a>
<header><h1>${markup(title)}</h1><p class="quiet">as of <time datetime="${asOf.toISOString()}">${asOf.toISOString().replace(/\.\d+Z$/, "Z")}</time></p></header>
<main>
<section aria-labelledby="counts"><h2 id="counts">At a look</h2>
${counts(parts)}
${outlook(report, placed)}</section>
<section aria-labelledby="attention"><h2 id="attention">Needs attention</h2>
${urgent(parts, explanations, asOf)}</section>
${LEGEND}
${MEANINGS}
${sections.join("\n")}
</main>
</body>
</html>
`;
};
