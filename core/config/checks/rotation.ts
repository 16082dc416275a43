/** Checks of `rotation`: it must replace something, and a schedule must leave every leaf its full validity. */
import { isAdopted, retiresOld } from "../../authorities/rotation";
import { managesServiceAccount } from "../../authorities/serviceAccount";
import { formatDuration } from "../../format/duration";
import { mustBe } from "../../format/problem";
import { momentText } from "../../format/x509";
import { AT_REST, ROTATABLE, type Rotatable } from "../../model/phases";
import { PROFILE_NAMES } from "../../model/profiles";
import { joinedOf, withEtcd } from "../../nodes/topology";
import type { Sections } from "../../schema/sections";
import { stateAsOf } from "../generations";
import { MOST_GENERATIONS } from "../../schema/rotation";
import { exactlyOne, pathText } from "../problems";
import type { Check } from "./check";

const DAY = 86_400;

/** A rotation costs attention and restarts: one a month is a mistake rather than a policy. */
const SHORTEST_ROTATION = 30 * DAY;

/** The longest validity in use, and the field it was read from. */
const longestLeaf = (
  { validity, profiles }: Sections["certificates"],
  users: Sections["users"],
): { at: string; seconds: number } =>
  [
    ...PROFILE_NAMES.flatMap((name) => {
      const own = profiles[name];
      if (own?.enabled === false) return [];
      return own?.validity === undefined
        ? [{ at: "certificates.validity", seconds: validity }]
        : [{ at: pathText(["certificates", "profiles", name, "validity"]), seconds: own.validity }];
    }),
    ...users.map((user, index) => ({ at: pathText(["users", index, "validity"]), seconds: user.validity ?? 0 })),
  ].reduce((longest, each) => (each.seconds > longest.seconds ? each : longest), {
    at: "certificates.validity",
    seconds: 0,
  });

/** A CA signs until it is rotated, and the last leaf it signs must expire before it does. */
export const clockProblems: Check = ({ sections: { rotation, authority, certificates, users = [] }, now }) => {
  if (rotation === undefined) return [];
  const { rotateEvery, since, generation } = rotation;
  const problems: string[] = [];
  if (since !== undefined && rotateEvery === undefined)
    problems.push(
      mustBe("rotation.since", `${momentText(since)} without rotateEvery`, "given with rotateEvery or left out"),
    );
  if (since !== undefined && since > now)
    problems.push(
      mustBe("rotation.since", `${momentText(since)} is in the future`, `no later than now, ${momentText(now)}`),
    );
  if (rotateEvery === undefined) return problems;
  if (since !== undefined && generation + (now.getTime() - since.getTime()) / 1000 / rotateEvery > MOST_GENERATIONS)
    problems.push(
      mustBe(
        "rotation.since",
        `${momentText(since)}, more than ${String(MOST_GENERATIONS)} times rotateEvery ago`,
        "when the present generation became current",
      ),
    );
  const every = formatDuration(rotateEvery);
  if (since === undefined)
    problems.push(
      mustBe(
        "rotation.rotateEvery",
        `${every} without since`,
        "given with since",
        `set since to when generation ${String(generation)} became current, such as "${momentText(now)}"`,
      ),
    );
  if (rotateEvery < SHORTEST_ROTATION)
    problems.push(mustBe("rotation.rotateEvery", every, `at least ${formatDuration(SHORTEST_ROTATION)}`));
  else if (authority !== undefined && certificates !== undefined) {
    const leaf = longestLeaf(certificates, users);
    const longest = authority.validity - leaf.seconds;
    if (rotateEvery > longest)
      problems.push(
        mustBe(
          "rotation.rotateEvery",
          every,
          `at most ${formatDuration(longest)}, so that no leaf outlives its CA`,
          `that is authority.validity, ${formatDuration(authority.validity)}, less ${leaf.at}, ${formatDuration(leaf.seconds)}`,
        ),
      );
  }
  return problems;
};

/** By the clock all phases follow each other in one run. */
export const soakProblems: Check = ({ sections: { rotation } }) =>
  rotation?.soak === undefined || rotation.rotateEvery === undefined
    ? []
    : [
        mustBe(
          "rotation.soak",
          `${formatDuration(rotation.soak)} with rotation.rotateEvery, by which one run goes through all phases`,
          "left out with rotateEvery",
          "or raise rotation.generation yourself, and set one phase after another",
        ),
      ];

const nothingToRotate = (at: string, phase: string): string =>
  mustBe(
    at,
    `${JSON.stringify(phase)} with generation 1, which replaces nothing`,
    '"done"',
    "other phases are for a generation from 2, or for a cluster that is taken over (adopt)",
  );

/** With rotateEvery the generation is 1 only for now, so phases are not checked. */
export const phaseProblems: Check = ({ sections, now }) => {
  const { rotation, authority, adopt } = sections;
  if (rotation === undefined || authority === undefined || !("adopt" in sections)) return [];
  if (rotation.rotateEvery !== undefined) return [];
  const hasPrevious = (what: Rotatable) =>
    isAdopted({ adopt }, what) || (rotation[what]?.generation ?? rotation.generation) > AT_REST.generation;
  const own = ROTATABLE.flatMap((what) => {
    const phase = rotation[what]?.phase ?? AT_REST.phase;
    return phase === AT_REST.phase || hasPrevious(what) ? [] : [nothingToRotate(`rotation.${what}.phase`, phase)];
  });
  if (rotation.phase === AT_REST.phase) return own;
  const followers = ROTATABLE.filter((what) => rotation[what]?.phase === undefined);
  const moves = followers.some((what) => stateAsOf(what, { rotation, authority, adopt }, now).phase !== AT_REST.phase);
  return moves ? own : [nothingToRotate("rotation.phase", rotation.phase), ...own];
};

const tokenKeyProblems: Check = ({ sections: { authority }, secretsHidden }) => {
  const tokens = authority?.serviceAccount;
  if (tokens === undefined || secretsHidden === true) return [];
  return exactlyOne("authority.serviceAccount", ["key", "enabled: false"], [tokens.key !== undefined, !tokens.enabled]);
};

export const serviceAccountProblems: Check = (given) => {
  const { sections, secretsHidden } = given;
  const { rotation, authority, adopt } = sections;
  const unclear = tokenKeyProblems(given);
  if (unclear.length > 0) return unclear;
  if (rotation?.serviceAccount === undefined || authority === undefined || !("adopt" in sections)) return [];
  if (secretsHidden === true || managesServiceAccount({ authority, adopt })) return [];
  return [
    mustBe(
      "rotation.serviceAccount",
      "given, but the stack does not have the key that signs this cluster's tokens",
      "left out without that key",
      "give it as authority.serviceAccount.key, or take it over with adopt.serviceAccount: true",
    ),
  ];
};

/**
 * Without restarts a service knows what is trusted only as of its last start. Between phases an operator can restart it; within
 * one `up` that is not possible.
 */
export const restartProblems: Check = ({ sections, now }) => {
  const { rotation, authority, adopt, restart } = sections;
  if (restart !== "never" || authority === undefined || !("adopt" in sections) || !("rotation" in sections)) return [];
  if (rotation?.force.includes("restarts") === true) return [];
  const done = ROTATABLE.filter((what) => {
    if (rotation === undefined) return isAdopted({ adopt }, what);
    const state = stateAsOf(what, { rotation, authority, adopt }, now);
    return retiresOld(state) && (state.generation > AT_REST.generation || isAdopted({ adopt }, what));
  });
  if (done.length === 0 && rotation?.rotateEvery === undefined) return [];
  const what = rotation?.rotateEvery === undefined ? `phase done of ${done.join(", ")}` : "rotation.rotateEvery";
  return [
    mustBe(
      "restart",
      `"never" with ${what}`,
      '"auto" or "always", because a service trusts only the CAs that it read at its last start',
      "or stop at phase trust and at phase issue, restart every service of every node yourself after each, and then set " +
        "phase done with rotation.force: [restarts]",
    ),
  ];
};

/** With fewer etcd members there is no quorum while one restarts. */
const MEMBERS_FOR_QUORUM = 3;

/** etcd reads its CAs at start only, so another CA means a restart; and with one or two members there is no quorum meanwhile. */
export const etcdDowntimeProblems: Check = ({ sections, now }) => {
  const { rotation, authority, adopt, nodes, restart, rollout } = sections;
  if (nodes === undefined || rollout === undefined || rollout.acceptEtcdDowntime || restart === "never") return [];
  const isRotated =
    rotation !== undefined &&
    authority !== undefined &&
    stateAsOf("etcd", { rotation, authority, adopt }, now).generation > AT_REST.generation;
  const members = joinedOf(withEtcd(nodes).filter(({ roles }) => roles.includes("etcd")));
  if (members.length === 0 || members.length >= MEMBERS_FOR_QUORUM) return [];
  if (!isRotated && !isAdopted({ adopt }, "etcd")) return [];
  return [
    mustBe(
      "rollout.acceptEtcdDowntime",
      `false with etcd members on ${members.map(({ name }) => name).join(" and ")} only`,
      "true, because a change of the etcd CA restarts etcd, and the API takes no writes for some seconds",
      "or have three members",
    ),
  ];
};
