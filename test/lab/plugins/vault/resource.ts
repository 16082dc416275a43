import type { Difference, Failure, ResourceType } from "../host";
import { equal, hasUnknown, paths, text, unknown, type Properties, type Value } from "../values";
import type { Api } from "./api";
import type { Server } from "./server";

/** What a change of an input asks for. */
export type Rule =
  | "replace"
  | "update"
  /** An update that does nothing: the official plugin says it did. */
  | "ignored";

/** A resource as it stands on the server. */
export interface Found {
  readonly id: string;
  readonly outputs: Properties;
}

/** One type of the vault provider. */
export interface Definition {
  readonly inputs: Readonly<Record<string, Rule>>;
  readonly required: readonly string[];
  readonly defaults: Properties;
  /** What the server fills in: outputs, and inputs that need not be given. */
  readonly computed: readonly string[];
  /** Inputs that the official plugin compares as durations: the server says seconds where `72h` was given. */
  readonly durations?: readonly string[];
  /** The server knows it by its name, so another one cannot be made while it is there. */
  readonly named?: true;
  create(api: Api, inputs: Properties): Promise<Found>;
  /** Without it an update changes the state only. */
  update?(api: Api, id: string, inputs: Properties, state: Properties): Promise<Properties>;
  /** Undefined when it is gone. */
  read?(api: Api, id: string, state: Properties): Promise<Properties | undefined>;
  delete?(api: Api, id: string): Promise<unknown>;
  /** What the official plugin asks the server, or the state, at every plan. */
  drift?(api: () => Promise<Api>, state: Properties, inputs: Properties): Promise<Difference[]>;
}

const absent = (value: Value | undefined): value is null | undefined => value === undefined || value === null;

/** What the official plugin does not tell from a value that is not given. */
const empty = (value: Value | undefined): boolean =>
  absent(value) || value === "" || value === false || value === 0 || (Array.isArray(value) && value.length === 0);

/** The empty value of the same type. */
const emptied = (value: Value | undefined): Value => {
  if (Array.isArray(value)) return [];
  return typeof value === "boolean" ? false : typeof value === "number" ? 0 : "";
};

/** The behaviour that all resources of the vault provider share. */
export function vaultResource(definition: Definition, server: Server): ResourceType {
  const { inputs: rules, required, defaults, computed, durations = [] } = definition;
  const planned = (inputs: Properties): Properties => ({ ...defaults, ...inputs });
  const complete = (state: Properties, inputs: Properties): Properties => ({
    ...Object.fromEntries(computed.map((name) => [name, state[name] ?? null])),
    ...planned(inputs),
  });

  /** What the server has of an input that was not given is a difference, unless it is nothing. */
  const relevant = (outputs: Properties, plan: Properties): Properties =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => {
        const isOurs = rules[name] !== undefined && !computed.includes(name);
        return [name, isOurs && absent(plan[name]) && empty(value) ? null : value];
      }),
    );

  return {
    check: (inputs) => [
      ...required.filter((name) => absent(inputs[name])).map((property) => missing(property)),
      ...Object.keys(inputs)
        .filter((name) => rules[name] === undefined && !name.startsWith("__"))
        .map((property) => ({
          property,
          reason: `this stand-in has no ${property}: install the official plugin for it`,
        })),
    ],

    async diff({ state }, inputs) {
      const plan = planned(inputs);
      const changes = Object.entries(rules).flatMap(([name, rule]) =>
        (absent(plan[name]) && computed.includes(name)) ||
        (durations.includes(name) && sameDuration(state[name], plan[name]))
          ? []
          : paths(state[name], plan[name], name).map((change) => ({ ...change, replace: rule === "replace" })),
      );
      return [...changes, ...((await definition.drift?.(() => server.api, state, plan)) ?? [])];
    },

    deleteBeforeReplace: definition.named === true,

    async create(inputs, context) {
      const plan = planned(inputs);
      const unset = computed.filter((name) => absent(plan[name]));
      if (context.preview) return { id: "", state: { ...plan, ...Object.fromEntries(unset.map((c) => [c, unknown])) } };
      const { id, outputs } = await definition.create(await server.api, plan);
      return { id, state: { ...plan, ...relevant(outputs, plan), id } };
    },

    async update(state, inputs, context) {
      const id = word(state["id"]);
      if (context.preview || definition.update === undefined || hasUnknown(inputs))
        return { ...complete(state, inputs), id };
      const outputs = await definition.update(await server.api, id, planned(inputs), state);
      return { ...complete(state, inputs), ...relevant(outputs, planned(inputs)), id };
    },

    async read(known) {
      if (definition.read === undefined) return known;
      const found = await definition.read(await server.api, known.id, known.state);
      if (found === undefined) return undefined;
      const state = { ...known.state, ...relevant(found, planned(known.inputs)) };
      const inputs = Object.entries(known.inputs).map(([name, value]) => {
        const now = found[name];
        return [name, absent(now) || equal(now, value) ? value : now] as const;
      });
      return { id: known.id, inputs: Object.fromEntries(inputs), state };
    },

    async delete(state) {
      await definition.delete?.(await server.api, word(state["id"]));
    },
  };
}

const UNITS = { s: 1, m: 60, h: 3600 } as const;

/** The old one in seconds, as the server says it; the new one with one unit, which is all this stand-in knows. */
const sameDuration = (before: Value | undefined, after: Value | undefined): boolean => {
  const [, count, unit] = /^(\d+)([smh])$/.exec(word(after)) ?? [];
  return count !== undefined && word(before) === String(Number(count) * UNITS[unit as keyof typeof UNITS]);
};

const missing = (property: string): Failure => ({
  property,
  reason: `Missing required argument. The argument "${property}" is required, but no definition was found.`,
});

/** Names of the API that are not the property's in lower case with underscores. */
const API_NAMES: Readonly<Record<string, string>> = {
  keyUsages: "key_usage",
  organizations: "organization",
  caChains: "ca_chain",
  allowedDomains: "allowed_domains",
};

export const apiName = (property: string): string =>
  API_NAMES[property] ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The body of a request: what is given of these properties, in the API's names. */
export const bodyOf = (inputs: Properties, properties: readonly string[]): Properties =>
  Object.fromEntries(
    properties.flatMap((name) => {
      const value = inputs[name];
      return absent(value) ? [] : [[apiName(name), value]];
    }),
  );

/** The body of a request that says only what changes; what is given no longer becomes empty. */
export const changesOf = (
  before: Properties,
  inputs: Properties,
  properties: readonly string[],
  computed: readonly string[],
): Properties => {
  const changed = properties.filter((name) => {
    const [old, now] = [before[name], inputs[name]];
    return !(absent(now) && computed.includes(name)) && !(empty(old) && empty(now)) && !equal(old, now);
  });
  return bodyOf(Object.fromEntries(changed.map((name) => [name, inputs[name] ?? emptied(before[name])])), changed);
};

/** These properties out of what the server says. Texts of the provider that are numbers of the API become texts. */
export const outputsOf = (data: Properties, properties: readonly string[], texts: readonly string[] = []): Properties =>
  Object.fromEntries(
    properties.flatMap((name) => {
      const value = data[apiName(name)];
      if (absent(value)) return [];
      return [[name, texts.includes(name) && typeof value === "number" ? String(value) : value]];
    }),
  );

export const certificateOutputs = ["certificate", "issuingCa", "serialNumber"];

/** A text, or an empty one. */
export const word = (value: Value | undefined): string => text(value) ?? "";

/** The path of the mount, without slashes around it. */
export const backendOf = (inputs: Properties): string => word(inputs["backend"]).replace(/^\/|\/$/g, "");

/** Says what failed, as the official plugin does: after a colon, or at once where that ends with `err=`. */
export async function doing<T>(what: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    const between = what.endsWith("err=") ? "" : ": ";
    throw new Error(`${what}${between}${error instanceof Error ? error.message : String(error)}`);
  }
}
