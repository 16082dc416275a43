/** Dates, lists and commands as the doctor's sentences have them. */
import { counted } from "../format/counted";
import { MINORS } from "../model/kubernetesMinors";
import { needOf } from "../model/reload";
import type { ComponentFacts, Moment, Use } from "../survey/model";

export const DAY_MS = 86_400_000;

/** "2027-01-31" */
export const day = (moment: Moment): string => moment.slice(0, 10);

/** "10 days", "3 hours", "1 minute". */
export function spanText(milliseconds: number): string {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (minutes < 60) return counted(minutes, "minute");
  if (minutes < 48 * 60) return counted(Math.floor(minutes / 60), "hour");
  return counted(Math.floor(minutes / 60 / 24), "day");
}

/** "expired on 2026-11-19, 10 days ago" or "expires on 2026-12-09, in 10 days". */
export function expiry(notAfter: Moment, now: Date): string {
  const left = Date.parse(notAfter) - now.getTime();
  return left <= 0
    ? `expired on ${day(notAfter)}, ${spanText(left)} ago`
    : `expires on ${day(notAfter)}, in ${spanText(left)}`;
}

/** "a", "a and b", "a, b and c". */
export const andList = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

const SHOWN = 6;

/** Of thousands of nodes the first few, and how many there are more. */
export const fewOf = (names: readonly string[]): string[] =>
  names.length <= SHOWN ? [...names] : [...names.slice(0, SHOWN - 1), `${String(names.length - SHOWN + 1)} more`];

export const nodeList = (names: readonly string[]): string => andList(fewOf(names));

/** 36 of "1.36.3". */
export const minorOf = (version: string | undefined): number | undefined => {
  const minor = /^v?\d+\.(\d+)/.exec(version ?? "")?.[1];
  return minor === undefined ? undefined : Number(minor);
};

/** What has to restart to read a changed file, by the input the file is. */
export const needsRestart = ({ input }: Pick<Use, "input">, version: string | undefined): boolean =>
  // the newest that is known is meant where a version is not: it restarts for the least
  input !== undefined && needOf(input, Math.min(minorOf(version) ?? MINORS.newest, MINORS.newest)) === "restart";

/** How one is restarted. */
export function restartOf({ name, start }: Pick<ComponentFacts, "name" | "start">): string {
  switch (start.by) {
    case "systemd":
      return `\`systemctl restart ${start.unit}\``;
    case "static-pod":
      return `\`crictl stop $(crictl ps -q --name ${name})\``;
    case "pod":
    case "other":
      return `restart ${name}`;
  }
}
