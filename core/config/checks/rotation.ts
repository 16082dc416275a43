/** Checks of `rotation`: what it names must have a way to go, and the clock must leave every leaf its time. */
import { isAdopted, retiresOld } from "../../authorities/rotation";
import { managesServiceAccount } from "../../authorities/serviceAccount";
import { formatDuration } from "../../format/duration";
import { momentText } from "../../format/x509";
import { AT_REST, ROTATED, type Rotated } from "../../model/phases";
import { PROFILE_NAMES } from "../../model/profiles";
import { joinedOf, withEtcd } from "../../nodes/topology";
import type { Sections } from "../../schema/sections";
import { stateAsOf } from "../generations";
import { exactlyOne, pathText } from "../problems";
import type { Check } from "./check";

const DAY = 86_400;

/** A rotation takes people's attention and restarts: one a month is a mistake rather than a policy. */
const SHORTEST_ROTATION = 30 * DAY;

/** The validity that lasts longest of those in use, and the field it was read from. */
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

/** A CA signs until it is rotated, and the leaf it signs last must still end before it. */
export const clockProblems: Check = ({ sections: { rotation, authority, certificates, users = [] }, now }) => {
  if (rotation === undefined) return [];
  const { rotateEvery, since, generation } = rotation;
  const problems: string[] = [];
  if (since !== undefined && rotateEvery === undefined)
    problems.push(`rotation.since: ${momentText(since)} without rotateEvery; allowed is both of them or neither`);
  if (since !== undefined && since > now)
    problems.push(
      `rotation.since: ${momentText(since)} is in the future; allowed is a moment up to now, ${momentText(now)}`,
    );
  if (rotateEvery === undefined) return problems;
  const at = `rotation.rotateEvery: ${formatDuration(rotateEvery)}`;
  if (since === undefined)
    problems.push(
      `${at} without since; give the moment from which generation ${String(generation)} counts as since, ` +
        `such as "${momentText(now)}"`,
    );
  if (rotateEvery < SHORTEST_ROTATION)
    problems.push(`${at}; allowed is at least ${formatDuration(SHORTEST_ROTATION)} between two rotations`);
  else if (authority !== undefined && certificates !== undefined) {
    const leaf = longestLeaf(certificates, users);
    const longest = authority.validity - leaf.seconds;
    if (rotateEvery > longest)
      problems.push(
        `${at}; allowed is up to ${formatDuration(longest)}, so that the last leaf ends before its CA: ` +
          `authority.validity, ${formatDuration(authority.validity)}, less ${leaf.at}, ${formatDuration(leaf.seconds)}`,
      );
  }
  return problems;
};

const noWay = (at: string, phase: string): string =>
  `${at}: ${JSON.stringify(phase)} with generation 1, which nothing comes before; allowed is done, ` +
  "or a generation from 2, or the phases of an adoption (adopt)";

/** By the clock the generation is 1 only for now: nothing is said about phases then. */
export const phaseProblems: Check = ({ sections, now }) => {
  const { rotation, authority, adopt } = sections;
  if (rotation === undefined || authority === undefined || !("adopt" in sections)) return [];
  if (rotation.rotateEvery !== undefined) return [];
  const hasWay = (what: Rotated) =>
    isAdopted({ adopt }, what) || (rotation[what]?.generation ?? rotation.generation) > AT_REST.generation;
  const own = ROTATED.flatMap((what) => {
    const phase = rotation[what]?.phase ?? AT_REST.phase;
    return phase === AT_REST.phase || hasWay(what) ? [] : [noWay(`rotation.${what}.phase`, phase)];
  });
  if (rotation.phase === AT_REST.phase) return own;
  const followers = ROTATED.filter((what) => rotation[what]?.phase === undefined);
  const moves = followers.some((what) => stateAsOf(what, { rotation, authority, adopt }, now).phase !== AT_REST.phase);
  return moves ? own : [noWay("rotation.phase", rotation.phase), ...own];
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
    "rotation.serviceAccount: the stack has not the key that signs this cluster's tokens; " +
      "give it as authority.serviceAccount.key, or take it over by adopt.serviceAccount: true",
  ];
};

/**
 * Without restarts a service knows what is trusted only as of its last start. Between phases people can restart it; within
 * one `up` nobody does.
 */
export const restartProblems: Check = ({ sections, now }) => {
  const { rotation, authority, adopt, restart } = sections;
  if (restart !== "never" || authority === undefined || !("adopt" in sections) || !("rotation" in sections)) return [];
  if (rotation?.force.includes("restarts") === true) return [];
  const done = ROTATED.filter((what) => {
    if (rotation === undefined) return isAdopted({ adopt }, what);
    const state = stateAsOf(what, { rotation, authority, adopt }, now);
    return retiresOld(state) && (state.generation > AT_REST.generation || isAdopted({ adopt }, what));
  });
  if (done.length === 0 && rotation?.rotateEvery === undefined) return [];
  const what = rotation?.rotateEvery === undefined ? `phase done of ${done.join(", ")}` : "rotation.rotateEvery";
  return [
    `restart: "never" with ${what}; a service that is not restarted refuses what it has not read: stop at phase trust and at ` +
      "phase issue, restart every service of every node yourself after each, and then give rotation.force: [restarts] with " +
      "phase done, or give restart: auto",
  ];
};

/** With fewer etcd members than this none can be away without etcd refusing writes meanwhile. */
const MEMBERS_FOR_QUORUM = 3;

/** etcd reads its CAs at start only, so another CA means a restart; one or two members cannot go on meanwhile. */
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
    "rollout.acceptEtcdDowntime: false; a change of the etcd authority restarts etcd, and with members on " +
      `${members.map(({ name }) => name).join(" and ")} alone it takes no writes for some seconds, nor does the API; ` +
      "give true to accept that, or have three members",
  ];
};
