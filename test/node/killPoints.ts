/** Every place where a transaction may be killed, in its order; see `point` in node/. An undo has `put-back-N`. */
export const points = [
  "received",
  "parsed",
  "prepared",
  "backed-up",
  "staged",
  "swapped-1",
  "swapped-2",
  "swapped-3",
  "swapped-4",
  "swapped",
  "restarting",
  "restarted",
  "proven",
  "committed",
  "recorded",
] as const;

/** What a transaction of five files renames one after another. */
export const renames = ["swapped-1", "swapped-2", "swapped-3", "swapped-4", "swapped-5"] as const;

/** From here on the new set is the set, whatever happens. */
export const kept: readonly string[] = ["committed", "recorded"];
/** Up to here no live file was touched. */
export const untouched: readonly string[] = ["received", "parsed", "prepared", "backed-up", "staged"];
