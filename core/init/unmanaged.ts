/** Certificates of the cluster's CAs that the stack does not renew, and that end one day all the same. */
import { isSignedBy } from "../doctor/signers";
import { day } from "../doctor/words";
import { unique } from "../format/unique";
import { NODE_NAME } from "../layouts/layout";
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import { PROFILE_NAMES } from "../model/profiles";
import type { CertificateFacts, FileFacts, Moment } from "../survey/model";
import { TITLES } from "./cas";
import { liveLeaf, type Cas, type Place } from "./live";
import { together, type Remark } from "./remarks";

interface Unmanaged {
  readonly node: string;
  readonly path: string;
  readonly authority: AuthorityName;
  readonly notAfter: Moment;
}

/** A kubelet renews these itself. */
const isKubelets = ({ path, uses }: FileFacts): boolean =>
  /\/kubelet-(?:client|server)-[^/]*\.pem$/.test(path) ||
  uses.some(({ input }) => input === "kubelet/serving" || input === "kubelet/client");

const placesIn = ({ path, real }: Pick<FileFacts, "path" | "real">): string[] => [path, real ?? path];

/** Where certificates of the layout are, by name and by where links lead. */
const managedPaths = (place: Place): ReadonlySet<string> => {
  const live = PROFILE_NAMES.flatMap((profile) => liveLeaf(place, profile)?.path ?? []);
  const paths = new Set([...place.plan.known.map(({ path }) => path), ...live]);
  return new Set([
    ...paths,
    ...place.survey.files.filter(({ path }) => paths.has(path)).flatMap((file) => placesIn(file)),
  ]);
};

const unmanagedOn = (place: Place, cas: Cas): Unmanaged[] => {
  const { plan, survey } = place;
  const managed = managedPaths(place);
  const found = [
    ...survey.files
      .filter((file) => !isKubelets(file) && placesIn(file).every((path) => !managed.has(path)))
      .map(({ path, certificates: [leaf] }) => ({ path, leaf })),
    ...survey.kubeconfigs
      .filter(({ path }) => !managed.has(path))
      .flatMap(({ path, users }) => users.map(({ certificates: [leaf] }) => ({ path, leaf }))),
  ];
  const isLive = (leaf: CertificateFacts | undefined): leaf is CertificateFacts =>
    leaf !== undefined && !leaf.isCa && leaf.notAfter > survey.host.readAt;
  return found.flatMap(({ path, leaf }) =>
    !isLive(leaf)
      ? []
      : AUTHORITIES.filter((name) => {
          const ca = cas[name];
          return ca !== undefined && isSignedBy(leaf, ca);
        })
          .slice(0, 1)
          .map((authority) => ({ node: plan.node.name, path, authority, notAfter: leaf.notAfter })),
  );
};

/** "/etc/calico/{node}.crt", so that each node's is told of in one sentence. */
const patternOf = (path: string, names: readonly string[]): string =>
  names.reduce(
    (text, name) =>
      text.replace(new RegExp(`(?<![A-Za-z0-9])${name.replaceAll(".", "\\.")}(?![A-Za-z0-9])`, "g"), NODE_NAME),
    path,
  );

/** One sentence for each place, whatever the nodes have there. */
export const unmanagedRemarks = (places: readonly Place[], cas: Cas): Remark[] => {
  const names = places.map(({ plan }) => plan.node.name).sort((a, b) => b.length - a.length);
  const all = places
    .flatMap((place) => unmanagedOn(place, cas))
    .map((each) => ({ ...each, at: patternOf(each.path, names) }));
  return unique(all.map(({ at }) => at)).flatMap((at) => {
    const own = all.filter((each) => each.at === at);
    const first = own.reduce((one, other) => (other.notAfter < one.notAfter ? other : one));
    const text =
      `${at} holds a certificate of ${TITLES[first.authority]}, until ${day(first.notAfter)}, which the stack does not renew: ` +
      "list it under certificates.own (docs/certificates.md), or see that who made it renews it, also in a rotation";
    return together(
      "left",
      own.map(({ node }) => ({ node, text })),
    );
  });
};
