/** Every end-to-end scenario by name. */
import type { Scenario } from "../scenario";
import { bootstrap } from "./bootstrap";
import { drift } from "./drift";
import { failureScenarios } from "./failures";
import { faultScenarios } from "./faults";
import { foreignCaScenarios } from "./foreignCa";
import { init } from "./init";
import { kubeadmCommands, kubeadmLife } from "./kubeadmLife";
import { issuedTree } from "./issuedTree";
import { languages } from "./languages";
import { loginScenarios } from "./logins";
import { lossScenarios } from "./losses";
import { neighbours } from "./neighbours";
import { nodeScenarios } from "./nodes";
import { lostState } from "./lostState";
import { ownCertificates } from "./ownCertificates";
import { packageScenario } from "./package";
import { ports } from "./ports";
import { powerCut } from "./powerCut";
import { preflight } from "./preflight";
import { endedWorker, recover, recoverAdoption, recoverCa } from "./recover";
import { renewal, renewalOfOne } from "./renewal";
import { restore } from "./restore";
import { restoreEtcd } from "./restoreEtcd";
import { rotationScenarios } from "./rotation";
import { rotationKill } from "./rotationKill";
import { stubScenarios } from "./rotationKillStub";
import { servingBootstrap } from "./servingBootstrap";
import { tlsBalancer } from "./tlsBalancer";
import { tokenSigner } from "./tokenSigner";
import { vaultScenarios } from "./vault";
import { vip } from "./vip";
import { workerScenarios } from "./rotationWorkers";

export const SCENARIOS: readonly Scenario[] = [
  renewal,
  renewalOfOne,
  issuedTree,
  init,
  bootstrap,
  drift,
  ...nodeScenarios,
  kubeadmCommands,
  kubeadmLife,
  neighbours,
  ...loginScenarios,
  ...failureScenarios,
  ...faultScenarios,
  ...rotationScenarios,
  ...foreignCaScenarios,
  languages,
  lostState,
  ownCertificates,
  packageScenario,
  ports,
  powerCut,
  preflight,
  recover,
  recoverCa,
  recoverAdoption,
  endedWorker,
  restore,
  restoreEtcd,
  servingBootstrap,
  tlsBalancer,
  tokenSigner,
  vip,
  ...lossScenarios,
  rotationKill,
  ...workerScenarios,
  ...stubScenarios,
  ...vaultScenarios,
];
