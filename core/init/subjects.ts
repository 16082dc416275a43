/** The subjects of certificates in place, as `certificates.profiles` gives them where they are not the layout's. */
import { profileRow } from "../certificates/inventory";
import { excessOf, FIXED_NAMES, NODES_GROUP, type Subject } from "../certificates/subjects";
import { isField } from "../format/protocolFields";
import { unique } from "../format/unique";
import { named, NODE_NAME } from "../layouts/layout";
import { ADMIN, PROFILE_NAMES, type ProfileName } from "../model/profiles";
import { ROLES } from "../model/roles";
import type { Config, NodeConfig } from "../schema/config";
import type { LiveLeaf } from "./live";
import { mostCommon, remark, type Found, type Remark } from "./remarks";
import { commonNameOf, subjectParts } from "./visits";

export interface SubjectFields {
  readonly commonName?: string | Readonly<Record<string, string>>;
  readonly organizations?: readonly string[];
  readonly privileged?: true;
}

/** One certificate on one node. */
interface Named {
  readonly node: NodeConfig;
  readonly commonName: string;
  readonly usual: string;
}

/** "cp1-client" of cp1 as "{node}-client", where the name stands by itself. */
const withNodeName = (text: string, { name }: NodeConfig): string =>
  text.replace(new RegExp(`(?<![A-Za-z0-9])${name.replaceAll(".", "\\.")}(?![A-Za-z0-9])`), NODE_NAME);

/** One text that says all of them; undefined where none does. */
const oneText = (all: readonly Named[]): string | undefined => {
  const [first] = all;
  if (first === undefined) return undefined;
  const same = all.every(({ commonName }) => commonName === first.commonName) ? [first.commonName] : [];
  const pattern = withNodeName(first.commonName, first.node);
  const fits = all.every(({ node, commonName }) => named(pattern, node.name) === commonName) ? [pattern] : [];
  // of one node alone it is more likely that the node's name is meant
  return (all.length > 1 ? [...same, ...fits] : [...fits, ...same])[0];
};

/** By the first role of each node, or by nodes where those of a role have nothing in common. */
const byRole = (all: readonly Named[]): Record<string, string> =>
  Object.fromEntries(
    ROLES.flatMap((role) => {
      const own = all.filter(({ node }) => ROLES.find((each) => node.roles.includes(each)) === role);
      if (own.every(({ commonName, usual }) => commonName === usual)) return [];
      const text = oneText(own);
      return text === undefined ? own.map(({ node, commonName }) => [node.name, commonName]) : [[role, text]];
    }),
  );

const commonNameField = (profile: ProfileName, all: readonly Named[]): SubjectFields["commonName"] => {
  if (FIXED_NAMES[profile] !== undefined || all.every(({ commonName, usual }) => commonName === usual))
    return undefined;
  if (profile === ADMIN) return mostCommon(all.map(({ commonName }) => commonName));
  return oneText(all) ?? byRole(all);
};

const organizationsOf = ({ certificate }: LiveLeaf): readonly string[] => subjectParts(certificate.subject, "O").sort();

const isText = (text: string): boolean => isField("subject", text);

/** What most nodes have. */
const organizationsField = (
  profile: ProfileName,
  leaves: readonly LiveLeaf[],
  usual: readonly string[],
): Found<readonly string[] | undefined> => {
  const texts = leaves.map((leaf) => organizationsOf(leaf).join("\n"));
  const most = mostCommon(texts) ?? "";
  const organizations = most === "" ? [] : most.split("\n");
  const odd = organizations.filter((each) => !isText(each));
  const differing = leaves.filter((_leaf, index) => texts[index] !== most).map(({ node }) => node);
  const isNode = profile !== "kubelet" || organizations.includes(NODES_GROUP);
  const isOwn = odd.length === 0 && isNode && organizations.join("\n") !== [...usual].sort().join("\n");
  return {
    value: isOwn ? organizations : undefined,
    remarks: [
      ...odd.map((each) =>
        remark(
          "changed",
          `${profile} loses the organization ${JSON.stringify(each)}, which no stack file can hold: rights that were given to it end`,
        ),
      ),
      ...(differing.length === 0
        ? []
        : [
            remark(
              "changed",
              `${profile} has other organizations on ${differing.join(", ")}: it gets ${organizations.join(", ") || "none"} there too`,
            ),
          ]),
    ],
  };
};

/** Rights that the certificate has by its subject in this cluster only. */
const privilegeOf = (
  profile: ProfileName,
  subjects: readonly { readonly given: Subject; readonly usual: Subject }[],
  config: Config,
): Found<boolean> => {
  const excess = subjects.flatMap(({ given, usual }) => excessOf(profile, given, usual, config));
  const names = unique(excess.map(({ value }) => value));
  return {
    value: excess.length > 0,
    remarks:
      names.length === 0
        ? []
        : [remark("left", `${profile} has rights by ${names.join(", ")}, and keeps them (privileged: true)`)],
  };
};

const fieldsFor = (profile: ProfileName, leaves: readonly LiveLeaf[], config: Config): Found<SubjectFields> => {
  const row = profileRow(profile, config);
  const usualGroups = row.organizations(config);
  const named = leaves.flatMap((leaf): Named[] => {
    const commonName = commonNameOf(leaf.certificate);
    const node = config.nodes.find(({ name }) => name === leaf.node);
    return node === undefined || !isText(commonName) ? [] : [{ node, commonName, usual: row.commonName(node) }];
  });
  const commonName = commonNameField(profile, named);
  const organizations = organizationsField(profile, leaves, usualGroups);
  const subjects = named.map((each) => ({
    given: {
      commonName: commonName === undefined ? each.usual : each.commonName,
      organizations: organizations.value ?? usualGroups,
    },
    usual: { commonName: each.usual, organizations: usualGroups },
  }));
  const privilege = privilegeOf(profile, subjects, config);
  return {
    value: {
      ...(commonName === undefined ? {} : { commonName }),
      ...(organizations.value === undefined ? {} : { organizations: organizations.value }),
      ...(privilege.value ? { privileged: true } : {}),
    },
    remarks: [...organizations.remarks, ...privilege.remarks],
  };
};

/** @param config of the draft, which says nothing of subjects */
export const subjectFields = (
  leaves: readonly LiveLeaf[],
  config: Config,
): Found<Partial<Record<ProfileName, SubjectFields>>> => {
  const found = PROFILE_NAMES.flatMap((profile) => {
    const own = leaves.filter((leaf) => leaf.profile === profile);
    return own.length === 0 ? [] : [[profile, fieldsFor(profile, own, config)] as const];
  });
  const remarks: readonly Remark[] = found.flatMap(([, each]) => each.remarks);
  return { value: Object.fromEntries(found.map(([profile, { value }]) => [profile, value])), remarks };
};
