/** When nodes may change (`rollout.window`): at these days and times of a time zone, by the clock of the machine that runs pulumi. */

import { STRATEGIES, type Strategy } from "./model/strategies";

export const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
export type Day = (typeof DAYS)[number];

interface Rollout {
  readonly window?: Window | undefined;
  readonly strategy: Strategy;
}

export interface Window {
  /** Days on which it opens; one that ends after midnight belongs to the day on which it opened. */
  readonly days: readonly Day[];
  /** `22:00`. */
  readonly from: string;
  /** `06:00`; not after `from`: of the next day. */
  readonly to: string;
  /** Of the IANA database: `Europe/Paris`. */
  readonly timeZone: string;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** In a week it opens at least once; a change of the clock may take an opening away. */
const SEARCHED_MINUTES = 8 * DAY_MINUTES;

const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
};

export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** Day and minute there. */
const clockIn = (timeZone: string): ((at: Date) => { readonly day: number; readonly minute: number }) => {
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return {
      day: DAYS.findIndex((day) => day === parts["weekday"]),
      minute: minutesOf(`${parts["hour"] ?? ""}:${parts["minute"] ?? ""}`),
    };
  };
};

const openAt = ({ days, from, to, timeZone }: Window): ((at: Date) => boolean) => {
  const [opens, closes] = [minutesOf(from), minutesOf(to)];
  const clock = clockIn(timeZone);
  const isDay = (day: number): boolean => days.some((each) => each === DAYS[(day + DAYS.length) % DAYS.length]);
  return (at) => {
    const { day, minute } = clock(at);
    if (opens < closes) return isDay(day) && minute >= opens && minute < closes;
    return (isDay(day) && minute >= opens) || (isDay(day - 1) && minute < closes);
  };
};

export const isOpen = (window: Window, at: Date): boolean => openAt(window)(at);

/** The next time, to the minute, at which it opens; undefined: in eight days it does not. */
const nextOpening = (window: Window, after: Date): Date | undefined => {
  const isOpenAt = openAt(window);
  const start = Math.floor(after.getTime() / MINUTE_MS) * MINUTE_MS;
  for (let minute = 1; minute <= SEARCHED_MINUTES; minute += 1) {
    const at = new Date(start + minute * MINUTE_MS);
    if (isOpenAt(at)) return at;
  }
  return undefined;
};

/** Why nodes may not change now; undefined: they may. A cluster that is dead waits for no window. */
export const closedText = ({ window, strategy }: Rollout, now: Date): string | undefined => {
  if (window === undefined || STRATEGIES[strategy].recovers || isOpen(window, now)) return undefined;
  const { days, from, to, timeZone } = window;
  const opening = nextOpening(window, now)?.toISOString().slice(0, 16);
  const when = opening === undefined ? "" : `, next at ${opening}Z`;
  const on = days.length === DAYS.length ? "daily" : days.join(", ");
  return `rollout.window: it is closed now, and open ${on} from ${from} to ${to} (${timeZone})${when}; run again then, or change the window`;
};
