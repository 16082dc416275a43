/** What is too long for every run is played in turn, by the number of days since 1970. `KUBE_PKI_DAY=<number>` plays those of another day. */

const DAY_MS = 86_400_000;

export const today = Number(process.env["KUBE_PKI_DAY"] ?? Math.floor(Date.now() / DAY_MS));
