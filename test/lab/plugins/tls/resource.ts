import type { Failure, ResourceType } from "../host";
import { bool, equal, isObject, number, paths, text, texts, unknown, type Change, type Properties } from "../values";
import { extendedUsages, keyUsages } from "./usages";

/** What a change of an input asks for. */
export type Rule =
  | "replace"
  /** Replace, but only if the state holds a PEM text: states of old versions hold a digest there. */
  | "replaceIfPem"
  /** Replace, but an input that is no longer given keeps its value. */
  | "replaceIfGiven"
  | "update";

export interface Definition {
  readonly inputs: Readonly<Record<string, Rule>>;
  readonly required: readonly string[];
  readonly defaults: Properties;
  /** Outputs that are made at create and never change. */
  readonly computed: readonly string[];
  readonly check?: (inputs: Properties) => Failure[];
  /** A certificate: it has `readyForRenewal` and is replaced when that is due. */
  readonly expires?: boolean;
  /** The computed outputs, from inputs with defaults. */
  make(inputs: Properties): { id: string; outputs: Properties };
}

/** The behaviour that all resources of the tls provider share: everything is made once, by the plugin itself. */
export function tlsResource(definition: Definition): ResourceType {
  const { defaults, computed, expires = false } = definition;
  const planned = (inputs: Properties): Properties => ({
    ...defaults,
    ...inputs,
    ...(expires && { readyForRenewal: alwaysReady(inputs) }),
  });
  const kept = (state: Properties, inputs: Properties): Properties => ({
    ...Object.fromEntries([...computed, "id"].map((name) => [name, state[name] ?? null])),
    ...keptInputs(definition, state, inputs),
    ...planned(inputs),
  });

  return {
    check: (inputs) => [
      ...definition.required
        .filter((name) => inputs[name] === undefined || inputs[name] === null)
        .map((property) => ({ property, reason: `Missing required property: '${property}'` })),
      ...usageFailures(inputs),
      ...(definition.check?.(inputs) ?? []),
    ],

    diff({ state }, inputs) {
      const plan = { ...keptInputs(definition, state, inputs), ...planned(inputs) };
      const changes = Object.entries(definition.inputs).flatMap(([name, rule]) =>
        paths(state[name], plan[name], name).map((change) => ({ ...change, replace: replaces(rule, state[name]) })),
      );
      return [...changes, ...(expires ? renewal(state, plan) : [])];
    },

    create(inputs, context) {
      const plan = planned(inputs);
      if (context.preview)
        return { id: "", state: { ...plan, ...Object.fromEntries(computed.map((c) => [c, unknown])) } };
      const { id, outputs } = definition.make(plan);
      return { id, state: { ...plan, ...outputs, id } };
    },

    update: (state, inputs) => kept(state, inputs),
    read(known) {
      const ready = expires && isDue(known.state, known.state);
      return ready ? { ...known, state: { ...known.state, readyForRenewal: true } } : known;
    },
  };
}

function keptInputs(definition: Definition, state: Properties, inputs: Properties): Properties {
  const names = Object.keys(definition.inputs).filter((name) => definition.inputs[name] === "replaceIfGiven");
  return Object.fromEntries(
    names.filter((name) => inputs[name] === undefined).map((name) => [name, state[name] ?? null]),
  );
}

function replaces(rule: Rule, before: Properties[string] | undefined): boolean {
  if (rule === "replaceIfPem")
    return /^-----BEGIN [A-Za-z ]+-----\n[\s\S]+\n-----END [A-Za-z ]+-----\n?$/.test(text(before) ?? "");
  return rule !== "update";
}

function renewal(state: Properties, plan: Properties): (Change & { replace: boolean })[] {
  if (isDue(state, plan)) return [{ path: "readyForRenewal", kind: "update", replace: true }];
  // A refresh may have found it ready; a plan that moves the due time says otherwise.
  if (equal(state["readyForRenewal"] ?? false, plan["readyForRenewal"])) return [];
  return [{ path: "readyForRenewal", kind: "update", replace: false }];
}

function isDue(state: Properties, plan: Properties): boolean {
  const end = Date.parse(text(state["validityEndTime"]) ?? "");
  const earlyHours = number(plan["earlyRenewalHours"]) ?? 0;
  return end - earlyHours * 3_600_000 <= Date.now();
}

function alwaysReady(inputs: Properties): boolean {
  const validity = number(inputs["validityPeriodHours"]);
  return validity === 0 || (number(inputs["earlyRenewalHours"]) ?? 0) >= (validity ?? Infinity);
}

function usageFailures(inputs: Properties): Failure[] {
  const known = new Set([unknown, ...Object.keys(keyUsages), ...Object.keys(extendedUsages)]);
  return texts(inputs["allowedUses"]).flatMap((use, i) =>
    known.has(use)
      ? []
      : [
          {
            property: `allowedUses[${String(i)}]`,
            reason: `value must be one of: ["${[...known].slice(1).sort().join('" "')}"], got: "${use}"`,
          },
        ],
  );
}

/** The options that certificates of both kinds take. */
export function certificateOptions(inputs: Properties) {
  const maxPathLength = number(inputs["maxPathLength"]);
  return {
    validityHours: number(inputs["validityPeriodHours"]) ?? 0,
    allowedUses: texts(inputs["allowedUses"]),
    isCa: bool(inputs["isCaCertificate"]) ?? false,
    maxPathLength: maxPathLength !== undefined && maxPathLength >= 0 ? maxPathLength : undefined,
    setSubjectKeyId: bool(inputs["setSubjectKeyId"]) ?? false,
    setAuthorityKeyId: bool(inputs["setAuthorityKeyId"]) ?? false,
  };
}

export function subjectOf(inputs: Properties): Properties | undefined {
  return isObject(inputs["subject"]) ? inputs["subject"] : undefined;
}
