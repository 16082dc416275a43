/** Every end-to-end scenario by name. */
import type { Scenario } from "../scenario";
import { renewal } from "./renewal";

export const SCENARIOS: readonly Scenario[] = [renewal];
