/** A time axis: where a moment lies on it, in percent, and what is written below. */

export interface Axis {
  readonly from: Date;
  readonly to: Date;
  readonly ticks: readonly { readonly at: Date; readonly text: string }[];
}

const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600];
const MOST_TICKS = 8;
const DAY_MS = 86_400_000;

const monthsIn = (from: Date, to: Date): number =>
  (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();

/** The first days of months, so many months apart, years at January. */
const ticksIn = (from: Date, to: Date): Axis["ticks"] => {
  const every = MONTHS.find((months) => monthsIn(from, to) / months <= MOST_TICKS) ?? 1200;
  const first = Math.ceil((from.getUTCFullYear() * 12 + from.getUTCMonth() + 1) / every) * every;
  const count = Math.max(0, Math.floor((to.getUTCFullYear() * 12 + to.getUTCMonth() - first) / every) + 1);
  return Array.from({ length: count }, (_, index) => {
    const month = first + index * every;
    const at = new Date(Date.UTC(Math.floor(month / 12), month % 12, 1));
    return { at, text: at.toISOString().slice(0, every % 12 === 0 ? 4 : 7) };
  });
};

/** Holds all of these moments, and some days around them. */
export const axisOf = (moments: readonly Date[]): Axis => {
  const times = moments.map((moment) => moment.getTime());
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const margin = Math.max(DAY_MS, 0.02 * (most - least));
  const [from, to] = [new Date(least - margin), new Date(most + margin)];
  return { from, to, ticks: ticksIn(from, to) };
};

/** 0 at the left end, 100 at the right one. */
export const percent = ({ from, to }: Axis, moment: Date): number =>
  Math.round(((moment.getTime() - from.getTime()) / (to.getTime() - from.getTime())) * 10_000) / 100;
