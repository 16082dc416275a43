/** Which scenarios on real clusters a run of `npm test` plays. `npm run e2e -- list` names all there are. */
import type { AuthorityKind } from "./e2e/scenario";
import type { TopologyName } from "./lab/topology";

export type Played = readonly [name: string, topology: TopologyName, authority?: AuthorityKind];

/** Those that every change has to pass. */
const ALWAYS: readonly Played[] = [
  ["renewal", "ha3"],
  ["killed", "duo"],
];

/** On days whose own scenarios leave time for it and go through no rotation themselves. */
const OTHER_DAYS: Played = ["rotation", "duo"];
const ROTATES = /^(rotation-(undo|phases|nodes)|vip|adoption|foreign-ca|foreign-ca-adoption|neighbours|token-signer)$/;

/** With about how many minutes each takes on two cores; only for sharing them out. */
type Row = readonly [minutes: number, ...played: Played];

/**
 * In order, as many a day as fit: all of them in about six weeks. What has never passed is not among them yet; nor is
 * `kubeadm-upgrade`, which builds a second release, nor what takes more than 11 minutes (adoption on fleet, undo on kubespray
 * and etcdadm).
 */
const BY_DAY: readonly Row[] = [
  [5, "rotation-undo", "duo"],
  [2, "bootstrap", "single"],
  [4, "vip", "duo"],
  [2, "no-openssl", "duo"],
  [5, "rotation-phases", "duo"],
  [2, "node-added", "duo"],
  [3, "power-cut", "duo"],
  [2, "node-replaced", "duo"],
  [2, "ports", "duo"],
  [3, "renewal", "hardway"],
  [3, "tls-balancer", "duo"],
  [2, "foreign-sans", "duo"],
  [7, "adoption", "duo"],
  [2, "sudo-login", "duo"],
  [4, "foreign-ca", "duo"],
  [3, "owners", "hardway"],
  [4, "foreign-ca-adoption", "duo"],
  [2, "vault-stolen-token", "duo", "vault"],
  [5, "foreign-ca", "duo", "vault"],
  [4, "rotation-nodes", "duo"],
  [5, "rotation-nodes", "hardway"],
  [2, "init", "duo"],
  [2, "renewal", "moved"],
  [3, "renewal", "etcdadm"],
  [2, "init", "hardway"],
  [7, "rotation-nodes", "etcdadm"],
  [2, "init", "moved"],
  [2, "preflight", "duo"],
  [4, "own-certificates", "duo"],
  [2, "renewal", "kubespray"],
  [4, "drift", "duo"],
  [3, "renewal", "external-etcd"],
  [3, "renewal-of-one", "duo"],
  [2, "renewal", "ipv6"],
  [4, "recover", "ha3"],
  [3, "restore", "duo"],
  [3, "bootstrap", "hardway"],
  [3, "issued-tree", "duo"],
  [3, "failing-restart", "duo"],
  [2, "restore-etcd", "duo"],
  [2, "init", "kubespray"],
  [3, "package", "duo"],
  [5, "rotation-nodes", "kubespray"],
  [5, "recover", "hardway"],
  [6, "lost-state", "duo"],
  [5, "languages", "duo"],
  [4, "recover-ca", "duo"],
  [5, "renewal", "fleet"],
  [11, "rotation-nodes", "fleet"],
  [2, "init", "external-etcd"],
  [3, "init", "fleet"],
  [2, "init", "etcdadm"],
  [2, "init", "ipv6"],
  [11, "neighbours", "duo"],
  [5, "token-signer", "duo"],
  [6, "rotation-nodes", "ipv6"],
  [9, "rotation-nodes", "external-etcd"],
  [3, "recover", "kubespray"],
  [7, "adoption", "kubespray"],
  [11, "adoption", "etcdadm"],
  [8, "recover-adoption", "duo"],
  [5, "serving-bootstrap", "duo"],
  [3, "ended-worker", "duo"],
  [8, "restore", "ha3"],
  [8, "drift", "hardway"],
  [5, "faults-sample", "stubs"],
];

/** What a day's share may take beside what is always played; one that takes longer has a day of its own. */
export const DAY_MINUTES = 7;

/** The rows in order, each day's together. */
export const shares = (rows: readonly Row[] = BY_DAY): readonly (readonly Row[])[] => {
  const days: Row[][] = [];
  let minutes = Infinity;
  for (const row of rows) {
    minutes += row[0];
    if (minutes > DAY_MINUTES) {
      days.push([]);
      minutes = row[0];
    }
    days.at(-1)?.push(row);
  }
  return days;
};

/** Those of one day, by the number of days since 1970. */
export const playedOn = (day: number): readonly Played[] => {
  const days = shares();
  const share = days[day % days.length] ?? [];
  const isFull = share.some(([minutes, name]) => minutes > DAY_MINUTES || ROTATES.test(name));
  return [...ALWAYS, ...(isFull ? [] : [OTHER_DAYS]), ...share.map(([, ...played]): Played => played)];
};
