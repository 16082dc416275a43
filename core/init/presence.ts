/** Which certificates a cluster has at all: what none of its nodes has, or has from somebody else, is not the stack's. */
import { INVENTORY } from "../certificates/inventory";
import { PROFILE_NAMES, type ProfileName } from "../model/profiles";
import { isHidden, isPlanned, liveLeaf, type Place } from "./live";
import { remark, type Found, type Remark } from "./remarks";
import { hasService, optionOf } from "./visits";

const KUBELET_SERVING: ProfileName = "kubelet-server";

const names = (places: readonly Place[]): string => places.map(({ plan }) => plan.node.name).join(", ");

/** Whether its kubelet asks the cluster for a serving certificate. */
export const asksCluster = ({ survey }: Pick<Place, "survey">): boolean =>
  optionOf(survey, "kubelet", "server-tls-bootstrap") === "true";

const askedRemark = (asking: readonly Place[], places: readonly Place[]): Remark =>
  places.every((place) => asking.includes(place) || !hasService(place.survey, "kubelet"))
    ? remark(
        "left",
        "kubelets get their serving certificates from the cluster (serverTLSBootstrap), so the stack issues none: set inCluster.approveKubeletServing: true for it to approve what they ask for, or whoever does so now has to go on, and again in a rotation",
      )
    : remark(
        "refused",
        `kubelets get their serving certificates from the cluster (serverTLSBootstrap) on ${names(asking)} and not on other ` +
          `nodes: certificates.profiles["${KUBELET_SERVING}"] is one for all`,
      );

type Presence = "everywhere" | "nowhere" | "unknown";

/** Of one profile, on the nodes that the layout gives it to. */
const presenceOf = (profile: ProfileName, planned: readonly Place[]): Found<Presence> => {
  const without = planned.filter((place) => liveLeaf(place, profile) === undefined);
  const hidden = without.filter((place) => isHidden(place, profile));
  const missing = without.filter((place) => !hidden.includes(place));
  if (missing.length === planned.length) return { value: "nowhere", remarks: [] };
  return {
    value: hidden.length > 0 ? "unknown" : "everywhere",
    remarks: [
      ...(hidden.length === 0
        ? []
        : [
            remark(
              "unfound",
              `${names(hidden)}: ${profile} could not be read, as it was not read by root or not understood: the stack renews it`,
            ),
          ]),
      ...(missing.length === 0
        ? []
        : [remark("changed", `${names(missing)}: gets ${profile}, which it does not have now`)]),
    ],
  };
};

/** One pair that is several at once: renewed as the first of them, which may be used for all that the others are. */
interface Shared {
  readonly profile: ProfileName;
  readonly as: ProfileName;
  readonly path: string;
}

const sharedBy = (profile: ProfileName, places: readonly Place[]): Shared | undefined => {
  const planned = places.filter((place) => isPlanned(place, profile));
  const pathOf = (place: Place, each: ProfileName): string | undefined => liveLeaf(place, each)?.path;
  const earlier = PROFILE_NAMES.slice(0, PROFILE_NAMES.indexOf(profile)).find(
    (each) =>
      INVENTORY[profile].usages.every((usage) => INVENTORY[each].usages.includes(usage)) &&
      planned.length > 0 &&
      planned.every((place) => {
        const path = pathOf(place, profile);
        return path !== undefined && isPlanned(place, each) && path === pathOf(place, each);
      }),
  );
  const [first] = planned;
  const path = first && pathOf(first, profile);
  return earlier === undefined || path === undefined ? undefined : { profile, as: earlier, path };
};

const sharedRemark = ({ profile, as, path }: Shared): Remark =>
  remark(
    "left",
    `${profile} is the pair of ${as} (${path}), so the stack renews it as that and makes none of its own (certificates.profiles)`,
  );

/** The profiles that are disabled in the stack file. */
export const absentProfiles = (places: readonly Place[]): Found<readonly ProfileName[]> => {
  const asking = places.filter(asksCluster);
  const looked = PROFILE_NAMES.filter((profile) => asking.length === 0 || profile !== KUBELET_SERVING)
    .map((profile) => ({ profile, planned: places.filter((place) => isPlanned(place, profile)) }))
    .filter(({ planned }) => planned.length > 0)
    .map(({ profile, planned }) => ({ profile, ...presenceOf(profile, planned) }));
  const absent = looked.filter(({ value }) => value === "nowhere").map(({ profile }) => profile);
  const shared = looked.flatMap(({ profile }) => sharedBy(profile, places) ?? []);
  return {
    value: [...absent, ...shared.map(({ profile }) => profile), ...(asking.length === 0 ? [] : [KUBELET_SERVING])],
    remarks: [
      ...looked.flatMap(({ remarks }) => remarks),
      ...shared.map(sharedRemark),
      ...(asking.length === 0 ? [] : [askedRemark(asking, places)]),
      ...(absent.length === 0
        ? []
        : [
            remark(
              "left",
              `no node has a certificate ${absent.join(", ")}, so the stack makes none (certificates.profiles)`,
            ),
          ]),
    ],
  };
};
