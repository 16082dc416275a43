/** Every end-to-end scenario by name. */
import type { Scenario } from "../scenario";
import { bootstrap } from "./bootstrap";
import { drift } from "./drift";
import { failureScenarios } from "./failures";
import { foreignCaScenarios } from "./foreignCa";
import { init } from "./init";
import { issuedTree } from "./issuedTree";
import { loginScenarios } from "./logins";
import { lossScenarios } from "./losses";
import { nodeScenarios } from "./nodes";
import { ownCertificates } from "./ownCertificates";
import { packageScenario } from "./package";
import { ports } from "./ports";
import { powerCut } from "./powerCut";
import { preflight } from "./preflight";
import { recover } from "./recover";
import { renewal } from "./renewal";
import { rotationScenarios } from "./rotation";
import { rotationKill } from "./rotationKill";
import { stubScenarios } from "./rotationKillStub";
import { tlsBalancer } from "./tlsBalancer";
import { vaultScenarios } from "./vault";
import { vip } from "./vip";
import { workerScenarios } from "./rotationWorkers";

export const SCENARIOS: readonly Scenario[] = [
  renewal,
  issuedTree,
  init,
  bootstrap,
  drift,
  ...nodeScenarios,
  ...loginScenarios,
  ...failureScenarios,
  ...rotationScenarios,
  ...foreignCaScenarios,
  ownCertificates,
  packageScenario,
  ports,
  powerCut,
  preflight,
  recover,
  tlsBalancer,
  vip,
  ...lossScenarios,
  rotationKill,
  ...workerScenarios,
  ...stubScenarios,
  ...vaultScenarios,
];
