/** Checks of `rollout.readers`: the node handles each program once, and knows the layout's own services already. */
import { mustBe } from "../../format/problem";
import { LAYOUTS } from "../../layouts";
import { repeated } from "../problems";
import type { Check } from "./check";

export const readerProblems: Check = ({ sections: { rollout, layout } }) => {
  if (rollout === undefined) return [];
  const at = (index: number): string => `rollout.readers[${String(index)}].name`;
  const names = rollout.readers.map(({ name }) => name);
  const own = new Set<string>(layout === undefined ? [] : LAYOUTS[layout].consumers.map(({ name }) => name));
  return [
    ...names.flatMap((name, index) =>
      own.has(name)
        ? [
            mustBe(
              at(index),
              name,
              "a program beside the layout's services",
              "those are restarted by themselves: remove it",
            ),
          ]
        : [],
    ),
    ...repeated(names, (index, first) =>
      mustBe(at(index), `${names[index] ?? ""} is rollout.readers[${String(first)}] too`, "listed once"),
    ),
  ];
};
