/** Whether those who ask the front proxy's client for its name will know it. */
import type { ProfileName } from "../model/profiles";
import type { Place } from "./live";
import { together, type Remark } from "./remarks";
import { listOf } from "./visits";

const CLIENT: ProfileName = "front-proxy-client";

/**
 * An aggregated API server takes the allowed names from its cluster's API server (ConfigMap extension-apiserver-authentication),
 * and believes every name where there are none. What is wrong, and the name to give; undefined: nothing.
 */
export const unbelieved = ({
  plan,
  survey,
}: Place): { readonly what: string; readonly allowed: string } | undefined => {
  const leaf = plan.leaves.find(({ profile }) => profile === CLIENT);
  const names = listOf(survey, "kube-apiserver", "requestheader-allowed-names");
  const [allowed] = names;
  if (leaf === undefined || allowed === undefined || names.includes(leaf.commonName)) return undefined;
  const what =
    `${CLIENT}: CN ${leaf.commonName} is none of --requestheader-allowed-names (${names.join(", ")}), so no aggregated API ` +
    "server, such as metrics-server, would believe it";
  return { what, allowed };
};

/** As a stack file has it. */
export const COMMON_NAME_FIELD = `certificates.profiles["${CLIENT}"].commonName`;

export const frontProxyRemarks = (places: readonly Place[]): Remark[] =>
  together(
    "refused",
    places.flatMap((place) => {
      const found = unbelieved(place);
      return found === undefined
        ? []
        : [{ node: place.plan.node.name, text: `${found.what}: set ${COMMON_NAME_FIELD}: ${found.allowed}` }];
    }),
  );
