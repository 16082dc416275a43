/** What is too long for every run is played in turn, by the number of days since 1970. `KUBE_PKI_DAY=<number>` plays those of another day. */

const DAY_MS = 86_400_000;

export const today = Number(process.env["KUBE_PKI_DAY"] ?? Math.floor(Date.now() / DAY_MS));

/** Whether the one of this place in a list is played today, if each is every so many days. */
export const isOfToday = (index: number, days: number): boolean => (index + today) % days === 0;
