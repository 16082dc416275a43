/** Label selectors (Kubernetes API, LabelSelector): without one nothing is selected, an empty one selects all. */
import type { Selector } from "./kube";

type Labels = Readonly<Record<string, string>>;
type Expression = NonNullable<Selector["matchExpressions"]>[number];

const OPERATORS: Readonly<
  Record<string, (label: string | undefined, values: readonly (string | undefined)[]) => boolean>
> = {
  In: (label, values) => values.includes(label),
  NotIn: (label, values) => !values.includes(label),
  Exists: (label) => label !== undefined,
  DoesNotExist: (label) => label === undefined,
};

const holds = (labels: Labels, { key, operator, values = [] }: Expression): boolean =>
  // an operator of a later version: rather one too many
  OPERATORS[operator]?.(labels[key], values) ?? true;

export const selects = (selector: Selector | undefined, labels: Labels): boolean =>
  selector !== undefined &&
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every((each) => holds(labels, each));
