/** A table of certificates, each with its life on one time axis. */
import { counted } from "../../../format/counted";
import { day } from "../../../format/day";
import type { CaStatus, LeafStatus } from "../../stackStatus";
import { STATUS } from "../../status";
import { commonName } from "../../report";
import { markup } from "../markup";
import { axisOf, percent, type Axis } from "./axis";

/** One line: a CA or a leaf. */
export interface Life {
  readonly id: string;
  readonly title: string;
  /** More of it, below the title. */
  readonly more?: string;
  /** The CN of what has signed it; of a CA its own. */
  readonly signer: string;
  readonly status: LeafStatus["status"];
  readonly daysLeft: number;
  readonly from: Date | undefined;
  readonly to: Date;
  /** When it is replaced, and the word for it. */
  readonly next: Date;
  readonly nextText: string;
  /** The word once that time has come. */
  readonly pastText: string;
}

/** What a link leads to: nothing in it that an id may not have. */
const idOf = (...parts: readonly (string | undefined)[]): string =>
  parts.map((part) => (part ?? "").replace(/[^A-Za-z0-9]/g, (sign) => `_${sign.charCodeAt(0).toString(16)}`)).join("-");

export const lifeOfLeaf = (row: LeafStatus): Life => ({
  id: idOf("leaf", row.stack, row.node, row.certificate),
  title: row.certificate,
  signer: commonName(row.issuer),
  status: row.status,
  daysLeft: row.daysLeft,
  from: row.notBefore === undefined ? undefined : new Date(row.notBefore),
  to: new Date(row.notAfter),
  next: new Date(row.nextRenewal),
  nextText: "renewal",
  pastText: "renewal was due",
});

/** @param signed how many certificates of the page it has signed */
export const lifeOfCa = (row: CaStatus, signed: number): Life => ({
  id: idOf("ca", row.stack, row.authority, String(row.generation)),
  title: `${row.authority}, generation ${String(row.generation)}`,
  more: `phase ${row.phase}, ${row.signs ? "signs" : "trusted only"}; signed ${String(signed)} of those below`,
  signer: commonName(row.subject),
  status: row.status,
  daysLeft: row.daysLeft,
  from: new Date(row.notBefore),
  to: new Date(row.notAfter),
  next: new Date(row.rotateBefore),
  nextText: "rotate before",
  pastText: "had to be rotated before",
});

/** In which everything of these lies, and the present. */
export const axisFor = (lives: readonly Life[], now: Date): Axis =>
  axisOf([now, ...lives.flatMap(({ from, to, next }) => [...(from === undefined ? [] : [from]), to, next])]);

const left = (axis: Axis, moment: Date): string => `left:${String(percent(axis, moment))}%`;

export const inWords = ({ from, to, next, nextText, pastText, daysLeft }: Life, now: Date): string => {
  const validity = `${from === undefined ? "valid" : `valid from ${day(from)}`} to ${day(to)}`;
  const end = daysLeft < 0 ? `expired ${counted(-daysLeft, "day")} ago` : `${counted(daysLeft, "day")} left`;
  return `${end}, ${next <= now ? pastText : nextText} ${day(next)}, ${validity}`;
};

const row = (life: Life, axis: Axis, now: Date): string => {
  const { tone } = STATUS[life.status];
  const more = life.more === undefined ? "" : `<span class="more">${markup(life.more)}</span>`;
  const begin = life.from ?? axis.from;
  const width = Math.max(0, percent(axis, life.to) - percent(axis, begin));
  const bar = `<span class="bar${life.from === undefined ? " unsure" : ""}" style="${left(axis, begin)};width:${width.toFixed(2)}%"></span>`;
  const marks = `<span class="renewal" style="${left(axis, life.next)}"></span><span class="now" style="${left(axis, now)}"></span>`;
  return `<tr id="${life.id}" class="${tone}"><th scope="row">${markup(life.title)}${more}</th><td>${markup(life.signer)}</td><td class="status">${life.status}</td><td class="time"><div class="line" role="img" aria-label="${markup(inWords(life, now))}">${bar}${marks}</div></td><td class="date">${day(life.next)}</td><td class="date">${day(life.to)}</td><td class="number">${String(life.daysLeft)}</td></tr>`;
};

const ticks = (axis: Axis): string =>
  axis.ticks
    // no text beyond the right end
    .map(({ at, text }) => `<span class="tick" style="${left(axis, at)}">${percent(axis, at) > 92 ? "" : text}</span>`)
    .join("");

/** Heads of the columns that are not the same of CAs and of leaves. */
interface Heads {
  readonly signer: string;
  readonly next: string;
}

/** @param caption what the table is of, for those who hear it */
export const timeline = (caption: string, lives: readonly Life[], axis: Axis, now: Date, heads: Heads): string =>
  [
    `<div class="table" role="region" tabindex="0" aria-label="${markup(caption)}"><table>`,
    `<caption>${markup(caption)}</caption>`,
    `<thead><tr><th scope="col" class="name">Certificate</th><th scope="col" class="name">${heads.signer}</th><th scope="col" class="short">Status</th><th scope="col" class="time">Life<div class="line" aria-hidden="true">${ticks(axis)}<span class="now" style="${left(axis, now)}"></span></div></th><th scope="col" class="short">${heads.next}</th><th scope="col" class="short">Not after</th><th scope="col" class="short number">Days left</th></tr></thead>`,
    "<tbody>",
    ...lives.map((life) => row(life, axis, now)),
    "</tbody></table></div>",
  ].join("\n");
