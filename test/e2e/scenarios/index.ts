/** Every end-to-end scenario by name. */
import type { Scenario } from "../scenario";
import { bootstrap } from "./bootstrap";
import { failureScenarios } from "./failures";
import { nodeScenarios } from "./nodes";
import { renewal } from "./renewal";

export const SCENARIOS: readonly Scenario[] = [renewal, bootstrap, ...nodeScenarios, ...failureScenarios];
