/** The certificates that a cluster has in the places of planned ones. */
import { isSignedBy } from "../doctor/signers";
import { profileOf, type FileRow } from "../layouts/layout";
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import { PROFILE_NAMES, type LeafName, type ProfileName } from "../model/profiles";
import type { NodePlan } from "../plan";
import type { CertificateFacts, FileFacts, Moment, Survey } from "../survey/model";
import { INVENTORY } from "../certificates/inventory";
import type { FoundNode } from "./nodes";
import { clientIn, fileAt, filesFor, kubeconfigAt } from "./visits";

export interface LiveLeaf<L extends LeafName = ProfileName> {
  readonly node: string;
  readonly profile: L;
  /** Of the file that it lies in. */
  readonly path: string;
  readonly modifiedAt: Moment | undefined;
  readonly certificate: CertificateFacts;
}

/** The files that may hold it: what is really read, then what lies in the layout's place. */
const candidates = (survey: Survey, row: FileRow): string[] => [
  ...row.uses.flatMap((input) => filesFor(survey, input).map(({ path }) => path)),
  row.path,
];

const inFile = (file: FileFacts | undefined): Omit<LiveLeaf, "node" | "profile"> | undefined => {
  const certificate = file?.certificates.find(({ isCa }) => !isCa);
  return file === undefined || certificate === undefined
    ? undefined
    : { path: file.path, modifiedAt: file.modifiedAt, certificate };
};

/** The certificate that a file holds, or names. */
export const leafAt = (survey: Survey, path: string): Omit<LiveLeaf, "node" | "profile"> | undefined => {
  const kubeconfig = kubeconfigAt(survey, path);
  if (kubeconfig === undefined) return inFile(fileAt(survey, path));
  const client = clientIn(survey, kubeconfig);
  return (
    client && {
      path: client.file?.path ?? path,
      modifiedAt: (client.file ?? fileAt(survey, path))?.modifiedAt,
      certificate: client.certificate,
    }
  );
};

const rowsOf = ({ known }: NodePlan, profile: LeafName): FileRow[] =>
  known.filter((row) => row.content.kind !== "key" && profileOf(row).includes(profile));

export interface Place {
  readonly plan: NodePlan;
  readonly survey: Survey;
}

/** Each node of a plan with its survey. */
export const placesOf = (plans: readonly NodePlan[], nodes: readonly FoundNode[]): Place[] =>
  plans.flatMap((plan) => {
    const found = nodes.find(({ name }) => name === plan.node.name);
    return found === undefined ? [] : [{ plan, survey: found.visit.survey }];
  });

export const liveLeaf = <L extends LeafName>({ plan, survey }: Place, profile: L): LiveLeaf<L> | undefined => {
  for (const row of rowsOf(plan, profile))
    for (const path of candidates(survey, row)) {
      const found = leafAt(survey, path);
      if (found !== undefined) return { node: plan.node.name, profile, ...found };
    }
  return undefined;
};

/** Every one there is, also of profiles that the stack leaves to others. */
export const liveLeaves = (places: readonly Place[]): LiveLeaf[] =>
  places.flatMap((place) => PROFILE_NAMES.flatMap((profile) => liveLeaf(place, profile) ?? []));

/** Whether the layout gives this node such a certificate, and nothing there keeps it from being seen. */
export const isPlanned = ({ plan }: Place, profile: ProfileName): boolean => rowsOf(plan, profile).length > 0;

/** Whether something is there of which nobody can tell what it says: without root, or in a form that is not understood. */
export const isHidden = ({ plan, survey }: Place, profile: ProfileName): boolean =>
  survey.host.uid !== 0 ||
  rowsOf(plan, profile)
    .flatMap((row) => candidates(survey, row))
    .flatMap((path) => fileAt(survey, path) ?? [])
    .some(({ state, keys }) => state !== "missing" && keys.length === 0);

/** The CA of each authority, where one is known. */
export type Cas = Readonly<Partial<Record<AuthorityName, CertificateFacts>>>;

/** Those that a CA of the cluster has issued: what others say, such as a kubelet of itself, nobody has decided. */
export const issuedLeaves = (leaves: readonly LiveLeaf[], cas: Cas): LiveLeaf[] =>
  leaves.filter(({ certificate }) =>
    AUTHORITIES.some((name) => {
      const ca = cas[name];
      return ca !== undefined && isSignedBy(certificate, ca);
    }),
  );

/** The leaves of one authority. */
export const leavesOf = (leaves: readonly LiveLeaf[], authority: AuthorityName): LiveLeaf[] =>
  leaves.filter(({ profile }) => INVENTORY[profile].authority === authority);
