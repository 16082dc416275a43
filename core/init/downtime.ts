/** Whether the first `pulumi up` has to stop an etcd that has no quorum without one of its members: `acceptEtcdDowntime`. */
import { caOf } from "../authorities/oneCa";
import type { Raw } from "./checked";
import type { FoundNode } from "./nodes";
import { remark, type Remark } from "./remarks";
import { hasService } from "./visits";

/** With fewer etcd members there is no quorum while one restarts. */
const MEMBERS_FOR_QUORUM = 3;

/** Where etcd's CA is to be replaced. */
export const needsDowntime = (
  nodes: readonly FoundNode[],
  authority: { readonly oneCa: boolean },
  adopted: Readonly<Record<string, string>> | undefined,
): boolean => {
  const members = nodes.filter(({ visit: { survey } }) => hasService(survey, "etcd"));
  return adopted?.[caOf({ authority }, "etcd")] !== undefined && members.length < MEMBERS_FOR_QUORUM;
};

export const downtimeRemarks = (raw: Raw): Remark[] =>
  Reflect.get(raw["rollout"] ?? {}, "acceptEtcdDowntime") === true
    ? [
        remark(
          "changed",
          "etcd restarts with fewer than three members, so that the API takes no writes for some seconds (rollout.acceptEtcdDowntime)",
        ),
      ]
    : [];
