import { isObject, type Properties, type Value } from "../values";

/** Of what is live, only what the inputs speak of; lists are matched by place, as in the official plugin. */
export function pruned(live: Properties, inputs: Properties): Properties {
  const common = Object.entries(live).filter(([name]) => name in inputs);
  return Object.fromEntries(common.map(([name, value]) => [name, prunedValue(value, inputs[name] ?? null)]));
}

function prunedValue(live: Value, input: Value): Value {
  if (isObject(live) && isObject(input)) return pruned(live, input);
  if (Array.isArray(live) && Array.isArray(input)) {
    return live.slice(0, input.length).map((value, i) => prunedValue(value, input[i] ?? null));
  }
  return live;
}
