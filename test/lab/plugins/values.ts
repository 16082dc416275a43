/** A property as it travels between engine and plugin. */
export type Value = null | boolean | number | string | Value[] | Properties;
export interface Properties {
  [name: string]: Value;
}

/** What the engine sends, and is sent, for a value that is not known before the update runs. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The mark of an object that wraps a secret, as the engine sends and stores it. */
export const secretMark = "4dabf18193072939515e22adb298388d";

/** The same without the wrapping of secrets. */
export function revealed(value: Value): Value {
  if (Array.isArray(value)) return value.map(revealed);
  if (!isObject(value)) return value;
  const wrapped = value[secretMark] === undefined ? undefined : value["value"];
  if (wrapped !== undefined) return revealed(wrapped);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revealed(inner)]));
}

export function isObject(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object under a name, or an empty one. */
export function part(object: Properties, name: string): Properties {
  const value = object[name];
  return isObject(value) ? value : {};
}

export function hasUnknown(value: Value | undefined): boolean {
  if (value === unknown) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

export function text(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function number(value: Value | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export function bool(value: Value | undefined): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

export function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function equal(a: Value | undefined, b: Value | undefined): boolean {
  return paths(a, b).length === 0;
}

export type Kind = "add" | "delete" | "update";
export interface Change {
  readonly path: string;
  readonly kind: Kind;
}

/** The innermost places where two values differ, as the engine writes them: `a.b[0]`. Null is the same as absent. */
export function paths(before: Value | undefined, after: Value | undefined, path = ""): Change[] {
  const absent = (value: Value | undefined): value is null | undefined => value === undefined || value === null;
  if (absent(before)) return absent(after) ? [] : [{ path, kind: "add" }];
  if (absent(after)) return [{ path, kind: "delete" }];
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) => paths(before[i], after[i], `${path}[${String(i)}]`)).flat();
  }
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) => paths(before[name], after[name], path === "" ? name : `${path}.${name}`));
  }
  return before === after ? [] : [{ path, kind: "update" }];
}
