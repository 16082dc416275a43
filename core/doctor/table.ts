/** Every check there is, the most telling of each kind first: findings of one urgency are in this order. */
import { CIS } from "./checks/cis";
import { ENDS } from "./checks/ends";
import { FILES } from "./checks/files";
import { HOSTS } from "./checks/hosts";
import { KEYS } from "./checks/keys";
import { KUBECONFIGS } from "./checks/kubeconfigs";
import { KUBELETS } from "./checks/kubelets";
import { NAMES } from "./checks/names";
import { OTHERS } from "./checks/others";
import { PAIR_CHECKS } from "./checks/pairs";
import { PROCESSES } from "./checks/processes";
import { SERVED } from "./checks/served";
import { STACK } from "./checks/stack";
import { TOKENS } from "./checks/tokens";
import { TRUST } from "./checks/trust";
import { USAGE_CHECKS } from "./checks/usages";
import { VERSIONS } from "./checks/versions";
import type { Check } from "./finding";

export const CHECKS: readonly Check[] = [
  ...ENDS,
  ...PROCESSES,
  ...SERVED,
  ...FILES,
  ...PAIR_CHECKS,
  ...TRUST,
  ...KUBECONFIGS,
  ...TOKENS,
  ...NAMES,
  ...USAGE_CHECKS,
  ...KUBELETS,
  ...STACK,
  ...KEYS,
  ...VERSIONS,
  ...OTHERS,
  ...CIS,
  ...HOSTS,
];
