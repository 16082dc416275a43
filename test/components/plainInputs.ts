/** A configuration that is all plain, as what components are made from. */
import { Inputs } from "../../components/inputs";
import { planCluster } from "../../core/plan";
import type { Config } from "../../core/schema/config";

export const plainInputs = (config: Config, now = config.asOf): Inputs =>
  Object.assign(Object.create(Inputs.prototype) as Inputs, {
    config,
    plan: planCluster(config, now),
    late: new Map(),
  });
