/** Bars of one figure, a panel for each case: SVG of text and rectangles. */
import type { Row } from "./results";

const BAR = 16;
const GAP = 10;
const LABEL = 250;
const WIDTH = 760;
const VALUE = 60;
const TITLE = 34;

/** Told apart without colour as well: each bar has its name. */
const COLOURS = ["#1f6feb", "#8c959f", "#bf8700", "#57606a"];

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly colour: string;
}

interface Panel {
  readonly title: string;
  readonly groups: readonly (readonly Bar[])[];
}

/** A panel for each case, in it a group of bars for each number of nodes and round trip time. */
const panelsOf = (rows: readonly Row[], value: (row: Row) => number): Panel[] => {
  const whos = [...new Set(rows.map(({ who }) => who))];
  return [...new Set(rows.map(({ name }) => name))].map((name) => {
    const here = rows.filter((row) => row.name === name);
    const groupOf = ({ nodes, rttMs }: Row) => `${String(nodes)} nodes${rttMs > 0 ? `, ${String(rttMs)} ms` : ""}`;
    const groups = [...new Set(here.map(groupOf))].map((group) =>
      here
        .filter((row) => groupOf(row) === group)
        .map((row) => ({
          label: `${row.who}, ${group}`,
          value: value(row),
          colour: COLOURS[whos.indexOf(row.who) % COLOURS.length] ?? "",
        })),
    );
    return { title: name, groups };
  });
};

export const chart = (rows: readonly Row[], what: string, value: (row: Row) => number): string => {
  const parts: string[] = [];
  let y = TITLE;
  const text = (x: number, at: number, words: string, more = ""): void => {
    parts.push(`<text x="${String(x)}" y="${String(at)}"${more}>${escaped(words)}</text>`);
  };
  text(0, 16, what, ' font-weight="bold"');
  for (const { title, groups } of panelsOf(rows, value)) {
    const most = Math.max(...groups.flat().map((bar) => bar.value)) || 1;
    y += GAP;
    text(0, y, title, ' font-weight="bold"');
    y += GAP;
    for (const group of groups) {
      for (const bar of group) {
        const length = ((WIDTH - LABEL - VALUE) * bar.value) / most;
        text(LABEL - 8, y + 12, bar.label, ' text-anchor="end"');
        parts.push(
          `<rect x="${String(LABEL)}" y="${String(y)}" width="${length.toFixed(1)}" height="${String(BAR - 3)}" fill="${bar.colour}"/>`,
        );
        text(LABEL + length + 6, y + 12, bar.value.toFixed(1));
        y += BAR;
      }
      y += GAP;
    }
  }
  const size = `width="${String(WIDTH)}" height="${String(y)}" viewBox="0 0 ${String(WIDTH)} ${String(y)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12" fill="#24292f">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
};
