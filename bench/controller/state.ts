/** What a state holds, by kind of resource and by field. */
import type { Column } from "../../core/report/report";

interface StateRow {
  readonly kind: string;
  readonly field: string;
  readonly count: number;
  readonly bytes: number;
}

export const STATE_COLUMNS: readonly Column<StateRow>[] = [
  { title: "RESOURCE", cell: ({ kind }) => kind },
  { title: "FIELD", cell: ({ field }) => field },
  { title: "COUNT", cell: ({ count }) => String(count), align: "right" },
  { title: "KB", cell: ({ bytes }) => (bytes / 1000).toFixed(1), align: "right" },
  { title: "BYTES EACH", cell: ({ bytes, count }) => (bytes / count).toFixed(0), align: "right" },
];

/** Smaller ones are told together. */
const LEAST_SHARE = 0.01;

type Bag = Readonly<Record<string, unknown>>;

interface Resource extends Bag {
  readonly type: string;
  readonly urn: string;
}

/** @param text a checkpoint as a backend of files keeps it */
const resourcesOf = (text: string): readonly Resource[] =>
  (JSON.parse(text) as { checkpoint: { latest: { resources: readonly Resource[] } } }).checkpoint.latest.resources;

/** `inputs` and `outputs` by their own fields. */
const fieldsOf = (resource: Resource): (readonly [string, unknown])[] =>
  Object.entries(resource).flatMap(([name, value]) =>
    name === "inputs" || name === "outputs"
      ? Object.entries(value as Bag).map(([inner, each]) => [`${name}.${inner}`, each] as const)
      : [[name, value] as const],
  );

export const stateRows = (text: string): StateRow[] => {
  const rows = new Map<string, StateRow>();
  const add = (kind: string, field: string, count: number, bytes: number): void => {
    const before = rows.get(`${kind} ${field}`) ?? { kind, field, count: 0, bytes: 0 };
    rows.set(`${kind} ${field}`, { kind, field, count: before.count + count, bytes: before.bytes + bytes });
  };
  for (const resource of resourcesOf(text)) {
    const kind = resource.type.slice(resource.type.lastIndexOf(":") + 1);
    for (const [field, value] of fieldsOf(resource)) add(kind, field, 1, Buffer.byteLength(JSON.stringify(value)));
  }
  const all = [...rows.values()];
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { kind, field, bytes } of all)
    if (bytes < total * LEAST_SHARE) {
      rows.delete(`${kind} ${field}`);
      add("(others)", "", 1, bytes);
    }
  return [...rows.values()].sort((a, b) => b.bytes - a.bytes);
};

interface RoleRow {
  readonly role: string;
  readonly nodes: number;
  readonly bytes: number;
}

export const ROLE_COLUMNS: readonly Column<RoleRow>[] = [
  { title: "NODES", cell: ({ nodes }) => String(nodes), align: "right" },
  { title: "ROLE", cell: ({ role }) => role },
  { title: "STATE KB EACH", cell: ({ bytes, nodes }) => (bytes / nodes / 1000).toFixed(1), align: "right" },
];

/** What resources of one node take, by its role; of the whole cluster there is one. */
export const roleRows = (text: string, nodes: readonly { name: string; roles: readonly string[] }[]): RoleRow[] => {
  const role = new Map(nodes.map(({ name, roles }) => [name, roles[0] ?? ""]));
  const bytes = new Map<string, number>();
  for (const resource of resourcesOf(text)) {
    const words = (resource.urn.split("::").at(-1) ?? "").split("-");
    const whose = words.map((word) => role.get(word)).find((each) => each !== undefined) ?? "(cluster)";
    bytes.set(whose, (bytes.get(whose) ?? 0) + Buffer.byteLength(JSON.stringify(resource)));
  }
  const count = (whose: string) => [...role.values()].filter((each) => each === whose).length || 1;
  return [...bytes].map(([whose, sum]) => ({ role: whose, nodes: count(whose), bytes: sum }));
};
