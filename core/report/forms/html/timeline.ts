/** A table of certificates, each with its life on one time axis. */
import type { CaStatus, LeafStatus } from "../../stackStatus";
import { STATUS } from "../../status";
import { commonName } from "../../report";
import { markup } from "../markup";
import { axisOf, percent, type Axis } from "./axis";

/** One line: a CA or a leaf. */
export interface Life {
  readonly id: string;
  readonly title: string;
  readonly issuer: string;
  readonly status: LeafStatus["status"];
  readonly daysLeft: number;
  readonly from: Date | undefined;
  readonly to: Date;
  /** When it is replaced, and the word for it. */
  readonly next: Date;
  readonly nextText: string;
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

/** What a link leads to: nothing in it that an id may not have. */
const idOf = (...parts: readonly (string | undefined)[]): string =>
  parts.map((part) => (part ?? "").replace(/[^A-Za-z0-9]/g, (sign) => `_${sign.charCodeAt(0).toString(16)}`)).join("-");

export const lifeOfLeaf = (row: LeafStatus): Life => ({
  id: idOf("leaf", row.stack, row.node, row.certificate),
  title: row.certificate,
  issuer: commonName(row.issuer),
  status: row.status,
  daysLeft: row.daysLeft,
  from: row.notBefore === undefined ? undefined : new Date(row.notBefore),
  to: new Date(row.notAfter),
  next: new Date(row.nextRenewal),
  nextText: "renewal",
});

export const lifeOfCa = (row: CaStatus): Life => ({
  id: idOf("ca", row.stack, row.authority, String(row.generation)),
  title: `${row.authority}, generation ${String(row.generation)}, phase ${row.phase}${row.signs ? "" : ", trusted only"}`,
  issuer: commonName(row.subject),
  status: row.status,
  daysLeft: row.daysLeft,
  from: new Date(row.notBefore),
  to: new Date(row.notAfter),
  next: new Date(row.rotateBefore),
  nextText: "rotate before",
});

/** In which everything of these lies, and the present. */
export const axisFor = (lives: readonly Life[], now: Date): Axis =>
  axisOf([now, ...lives.flatMap(({ from, to, next }) => [...(from === undefined ? [] : [from]), to, next])]);

const left = (axis: Axis, moment: Date): string => `left:${String(percent(axis, moment))}%`;

export const inWords = ({ from, to, next, nextText, daysLeft }: Life): string =>
  `${from === undefined ? "valid" : `valid from ${day(from)}`} to ${day(to)}, ${nextText} ${day(next)}, ${String(daysLeft)} days left`;

const row = (life: Life, axis: Axis, now: Date): string => {
  const { tone } = STATUS[life.status];
  const begin = life.from ?? axis.from;
  const width = Math.max(0, percent(axis, life.to) - percent(axis, begin));
  const bar = `<span class="bar${life.from === undefined ? " unsure" : ""}" style="${left(axis, begin)};width:${width.toFixed(2)}%"></span>`;
  const marks = `<span class="renewal" style="${left(axis, life.next)}"></span><span class="now" style="${left(axis, now)}"></span>`;
  return `<tr id="${life.id}" class="${tone}"><th scope="row">${markup(life.title)}</th><td>${markup(life.issuer)}</td><td class="status">${life.status}</td><td class="time"><div class="line" role="img" aria-label="${markup(inWords(life))}">${bar}${marks}</div></td><td class="date">${day(life.next)}</td><td class="date">${day(life.to)}</td><td class="number">${String(life.daysLeft)}</td></tr>`;
};

const ticks = (axis: Axis): string =>
  axis.ticks
    // no text beyond the right end
    .map(({ at, text }) => `<span class="tick" style="${left(axis, at)}">${percent(axis, at) > 92 ? "" : text}</span>`)
    .join("");

/** @param caption what the table is of, for those who hear it */
export const timeline = (caption: string, lives: readonly Life[], axis: Axis, now: Date): string =>
  [
    `<div class="table" role="region" tabindex="0" aria-label="${markup(caption)}"><table>`,
    `<caption>${markup(caption)}</caption>`,
    `<thead><tr><th scope="col" class="name">Certificate</th><th scope="col" class="name">Issuer</th><th scope="col" class="short">Status</th><th scope="col" class="time">Life<div class="line" aria-hidden="true">${ticks(axis)}</div></th><th scope="col" class="short">${lives[0]?.nextText === "renewal" ? "Renewal" : "Rotate before"}</th><th scope="col" class="short">Not after</th><th scope="col" class="short number">Days left</th></tr></thead>`,
    "<tbody>",
    ...lives.map((life) => row(life, axis, now)),
    "</tbody></table></div>",
  ].join("\n");
