/** What was meant by a key that the schema does not have where it stands. */
import { nearest, slips } from "../format/spelling";
import { CONFIG_JSON_SCHEMA, type JsonSchema, type Path } from "../schema/jsonSchema";
import { pathText } from "./problems";
import { nowhere } from "./nowhere";
import { meantBy } from "./synonyms";

/** Every key of the schema with the places where it may stand; `[]` for each in a list, `*` for a key of the user's. */
const placesIn = (
  schema: JsonSchema,
  path: readonly string[],
): (readonly [key: string, place: readonly string[]])[] => {
  const { items, properties = {}, additionalProperties: every, anyOf = [] } = schema;
  return [
    ...anyOf.flatMap((each) => placesIn(each, path)),
    ...(items === undefined ? [] : placesIn(items, [...path, "[]"])),
    ...(typeof every === "object" ? placesIn(every, [...path, "*"]) : []),
    ...Object.entries(properties).flatMap(([key, inner]) => [[key, path] as const, ...placesIn(inner, [...path, key])]),
  ];
};

const PLACES = placesIn(CONFIG_JSON_SCHEMA, []);

/** How many steps two places have in common from the top. */
const shared = (place: readonly string[], other: Path): number => {
  const differs = place.findIndex((step, index) => {
    const given = other[index];
    return step === "*" ? given === undefined : step === "[]" ? typeof given !== "number" : step !== given;
  });
  return differs < 0 ? place.length : differs;
};

/** The place as it is written from here: with the index of the list that the key stands in. */
const writtenFrom = (place: readonly string[], here: Path): string => {
  const common = shared(place, here);
  const path: Path = place.map((step, index) =>
    index < common ? (here[index] ?? step) : step === "*" ? "NAME" : step,
  );
  return path
    .map((step) => (step === "[]" ? "[]" : pathText([step])))
    .reduce((text, step) => {
      if (text === "" || step.startsWith("[")) return text + step;
      return `${text}.${step}`;
    }, "");
};

/** Where else this key may stand, the nearest place first: at most two. */
const elsewhere = (key: string, here: Path): readonly string[] => {
  const places = PLACES.filter(([name, place]) => name === key && place.length > 0).map(([, place]) => place);
  const ranked = places
    .map((place) => ({ place, common: shared(place, here), steps: place.length }))
    .sort((a, b) => b.common - a.common || a.steps - b.steps);
  const [best] = ranked;
  return ranked
    .filter(({ common, steps }) => common === best?.common && steps === best.steps)
    .slice(0, 2)
    .map(({ place }) => writtenFrom(place, here));
};

/** A path in one key: `pulumi config set kube-pki:cluster.name` without --path. */
const isPathLike = (key: string, known: readonly string[]): boolean =>
  known.includes(/^(\w+)[.[]/.exec(key)?.[1] ?? "");

const or = (paths: readonly string[]): string => paths.map((path) => `\`${path}\``).join(" or ");

/** Those that may stand here, by their names alone: a duration is called the same wherever there is one. */
const siblings = (means: readonly string[], known: readonly string[]): readonly string[] => [
  ...new Set(means.flatMap((path) => path.split(".").at(-1) ?? []).filter((name) => known.includes(name))),
];

/**
 * What to do about an unknown key.
 *
 * @param known the keys that may stand in its place
 * @param here the path of what it stands in
 */
export const keyHint = (key: string, known: readonly string[], here: Path): string => {
  const guess = nearest(key, known);
  if (guess !== undefined && slips(key, guess) <= 1) return `did you mean \`${guess}\`?`;
  if (here.length === 0 && isPathLike(key, known))
    return `did you mean a path? \`pulumi config rm kube-pki:${key}\`, then \`pulumi config set --path 'kube-pki:${key}' ...\``;
  const reason = nowhere(key, here);
  if (reason !== undefined) return reason;
  const means = meantBy(key, here);
  const near = siblings(means, known);
  if (near.length > 0) return `did you mean ${or(near)}?`;
  if (means.length > 0) return `here that is ${or(means.slice(0, 2).map((path) => path.replace("*", "NAME")))}`;
  if (guess !== undefined) return `did you mean \`${guess}\`?`;
  const places = elsewhere(key, here);
  if (places.length > 0) return `it belongs under ${or(places.map((place) => (place === "" ? "the top" : place)))}`;
  return `must be one of ${known.join(", ")}`;
};
