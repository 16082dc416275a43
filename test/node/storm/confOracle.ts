/** What may become of a kubeconfig, read as kubectl reads it. */
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { isApply } from "./body";
import { API, CONFS } from "./layout";
import { EVER, ENDED, first, type Invariant, type Moment } from "./moment";
import { casIn, type CaName } from "./pool";
import type { Snapshot } from "./snapshot";

type Fields = Record<string, unknown>;
interface Config {
  readonly clusters: readonly { readonly name: string; readonly cluster: Fields }[];
  readonly users: readonly { readonly name: string; readonly user: Fields }[];
  readonly rest: Fields;
}

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

/** Undefined: kubectl would not read it. */
const read = (text: string): Config | undefined => {
  try {
    const { clusters, users, ...rest } = fieldsOf(parse(Buffer.from(text, "latin1").toString()));
    return {
      clusters: listOf(clusters).map((each) => ({ name: String(each["name"]), cluster: fieldsOf(each["cluster"]) })),
      users: listOf(users).map((each) => ({ name: String(each["name"]), user: fieldsOf(each["user"]) })),
      rest,
    };
  } catch {
    return undefined;
  }
};

const dataOf = ({ "certificate-authority-data": data }: Fields): string => (typeof data === "string" ? data : "");
/** By its data, else by the file that it names. */
const trustOf = (cluster: Fields, at: Snapshot): CaName[] => {
  const file = cluster["certificate-authority"];
  if (dataOf(cluster) === "" && typeof file === "string") return casIn(at.get(file)?.text ?? "");
  return casIn(Buffer.from(dataOf(cluster), "base64").toString());
};
const isOurCa = (name: CaName): boolean => name === "k1" || name === "k2";
const isOwn = (cluster: Fields, at: Snapshot): boolean =>
  String(cluster["server"]).replace(/\/$/, "") === `https://${API}` || trustOf(cluster, at).some(isOurCa);

/** Who goes with a step that retires a generation. */
const RETIRED: Partial<Record<Moment["sending"]["send"], CaName>> = { close: "k1", back: "k2" };

const each = (check: (was: Config, is: Config, moment: Moment) => string | undefined) => (moment: Moment) =>
  first(CONFS, (path) => {
    const [before, after] = [moment.before.get(path), moment.after.get(path)];
    if (before?.kind !== "file" || before.text === after?.text || moment.sending.copies.has(path)) return undefined;
    if (after === undefined) return `${path} is gone`;
    const [was, is] = [read(before.text), read(after.text)];
    if (was === undefined || (was.clusters.length === 0 && was.users.length === 0)) return undefined; // nothing to keep
    const said = is === undefined ? "is no kubeconfig any more" : check(was, is, moment);
    return said === undefined ? undefined : `${path} ${said}`;
  });

const CREDENTIALS = ["client-certificate", "client-certificate-data", "client-key", "client-key-data"];
const TRUST_FIELDS = ["certificate-authority-data"];
const CLUSTER_FIELDS = [...TRUST_FIELDS, "certificate-authority", "insecure-skip-tls-verify", "server"];

const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** Nothing that leads elsewhere, and no field that is not ours. */
const keepsOthers = (was: Config, is: Config, { sending, before }: Moment): string | undefined => {
  const [may, users] = isApply(sending.send) ? [CLUSTER_FIELDS, CREDENTIALS] : [TRUST_FIELDS, []];
  if (!isDeepStrictEqual(was.rest, is.rest)) return "has other contexts or fields";
  if (was.clusters.length !== is.clusters.length || was.users.length !== is.users.length)
    return "has more or fewer entries";
  return (
    first(was.clusters.entries(), ([index, { name, cluster }]) => {
      const now = is.clusters[index];
      const ignored = isOwn(cluster, before) ? may : [];
      return name === now?.name && isDeepStrictEqual(without(cluster, ignored), without(now.cluster, ignored))
        ? undefined
        : `has another cluster ${name}`;
    }) ??
    first(was.users.entries(), ([index, { name, user }]) => {
      const now = is.users[index];
      const ignored = name === "me" ? users : [];
      return name === now?.name && isDeepStrictEqual(without(user, ignored), without(now.user, ignored))
        ? undefined
        : `has another user ${name}`;
    })
  );
};

/** Whoever was trusted as a server is, but the generation that goes; nobody new but this cluster's. */
const keepsServers = (was: Config, is: Config, { sending: { send }, before, after }: Moment): string | undefined =>
  first(was.clusters.entries(), ([index, { name, cluster }]) => {
    const [had, has] = [trustOf(cluster, before), trustOf(is.clusters[index]?.cluster ?? {}, after)];
    const lost = had.find((one) => !has.includes(one) && one !== RETIRED[send]);
    if (lost !== undefined) return `no longer trusts ${lost} in ${name}`;
    const taken = has.find((one) => !had.includes(one) && !isOurCa(one));
    return taken === undefined ? undefined : `trusts ${taken} in ${name} now`;
  });

/** Lines that hold no field of ours: comments, and how people write. */
const LINE_OF_OURS =
  /^\s*(?:- )?["']?(?:certificate-authority(?:-data)?|server|insecure-skip-tls-verify|client-(?:certificate|key)(?:-data)?)["']?\s*:/;
const keepsLines = ({ before, after, sending: { copies } }: Moment): string | undefined =>
  first(CONFS, (path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was?.kind !== "file" || was.text === is?.text || is === undefined || copies.has(path)) return undefined;
    const config = read(was.text);
    if (config === undefined || config.clusters.length === 0) return undefined;
    const left = is.text.split("\n");
    return first(was.text.split("\n"), (line) => {
      if (LINE_OF_OURS.test(line)) return undefined;
      const at = left.indexOf(line);
      if (at < 0) return `${path} has lost the line ${JSON.stringify(line.slice(0, 60))}`;
      left.splice(0, at + 1);
      return undefined;
    });
  });

/** Whoever reads it loses its server when the first generation goes. */
export const lacksNewCa = (of: Snapshot, path: string): boolean => {
  const entry = of.get(path);
  const config = entry?.kind === "file" ? read(entry.text) : undefined;
  return (config?.clusters ?? []).some(({ cluster }) => {
    const trusted = trustOf(cluster, of);
    return trusted.includes("k1") && !trusted.includes("k2");
  });
};

export const CONF_INVARIANTS: readonly Invariant[] = [
  { name: "no reader loses its server", at: EVER, check: each(keepsServers) },
  { name: "nothing unknown is gone: kubeconfig entries and fields", at: EVER, check: each(keepsOthers) },
  { name: "nothing unknown is gone: kubeconfig lines", at: ENDED, check: keepsLines },
];
