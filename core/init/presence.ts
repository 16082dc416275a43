/** Which certificates a cluster has at all: what none of its nodes has, or has from somebody else, is not the stack's. */
import { PROFILE_NAMES, type ProfileName } from "../model/profiles";
import { isHidden, isPlanned, liveLeaf, type Place } from "./live";
import { remark, type Found, type Remark } from "./remarks";
import { hasService, optionOf } from "./visits";

const KUBELET_SERVING: ProfileName = "kubelet-server";

const names = (places: readonly Place[]): string => places.map(({ plan }) => plan.node.name).join(", ");

/** Whether its kubelet asks the cluster for a serving certificate. */
export const asksCluster = ({ survey }: Pick<Place, "survey">): boolean =>
  ["server-tls-bootstrap", "rotate-server-certificates"].some(
    (option) => optionOf(survey, "kubelet", option) === "true",
  );

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

/** The profiles that are disabled in the stack file. */
export const absentProfiles = (places: readonly Place[]): Found<readonly ProfileName[]> => {
  const asking = places.filter(asksCluster);
  const looked = PROFILE_NAMES.filter((profile) => asking.length === 0 || profile !== KUBELET_SERVING)
    .map((profile) => ({ profile, planned: places.filter((place) => isPlanned(place, profile)) }))
    .filter(({ planned }) => planned.length > 0)
    .map(({ profile, planned }) => ({ profile, ...presenceOf(profile, planned) }));
  const absent = looked.filter(({ value }) => value === "nowhere").map(({ profile }) => profile);
  return {
    value: [...absent, ...(asking.length === 0 ? [] : [KUBELET_SERVING])],
    remarks: [
      ...looked.flatMap(({ remarks }) => remarks),
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
