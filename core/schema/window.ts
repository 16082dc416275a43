/** The schema of `rollout.window`. */
import { z } from "zod";
import { DAYS, isTimeZone } from "../maintenanceWindow";
import { choice, matching, object, patterned } from "./fields";

const timeOfDay = patterned('a time of day such as "22:00"', /^(?:[01]\d|2[0-3]):[0-5]\d$/);

export const window = object({
  days: z
    .array(choice(DAYS), { error: `a list of ${DAYS.join(", ")}` })
    .min(1, { error: "a list of at least one day" })
    .default([...DAYS])
    .describe("Days on which it opens."),
  from: timeOfDay.describe("When it opens."),
  to: timeOfDay.describe("When it closes; the next day, if that is not after `from`."),
  timeZone: matching('a time zone such as "Europe/Paris"', isTimeZone).prefault("UTC").describe("Time zone of both."),
}).optional();
