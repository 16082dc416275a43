/** Checks of the subjects in `certificates.profiles`: each can work, and none gives or takes rights by accident. */
import { profileRow, usualRow } from "../../certificates/inventory";
import { excessOf, FIXED_NAMES, NODES_GROUP, type Subject } from "../../certificates/subjects";
import { mustBe } from "../../format/problem";
import { fieldRow, isField } from "../../format/protocolFields";
import { NODE_NAME } from "../../layouts/layout";
import { ADMIN, PROFILE_NAMES, type ProfileName } from "../../model/profiles";
import { ROLES } from "../../model/roles";
import type { Config, ProfileConfig } from "../../schema/config";
import { pathText } from "../problems";
import type { Check } from "./check";
import { withoutRotation } from "./plannedSans";

const PURPOSE = "or set privileged: true where it is meant";

const at = (profile: ProfileName, ...field: readonly string[]): string =>
  pathText(["certificates", "profiles", profile, ...field]);

const subjectsOf = (profile: ProfileName, config: Config): { readonly given: Subject; readonly usual: Subject }[] => {
  const [row, usual] = [profileRow(profile, config), usualRow(profile, config)];
  return config.nodes.map((node) => ({
    given: { commonName: row.commonName(node), organizations: row.organizations(config) },
    usual: { commonName: usual.commonName(node), organizations: usual.organizations(config) },
  }));
};

const unknownKeys = (profile: ProfileName, { commonName }: ProfileConfig, { nodes }: Config): string[] =>
  typeof commonName !== "object"
    ? []
    : Object.keys(commonName)
        .filter((key) => !ROLES.some((role) => role === key) && !nodes.some(({ name }) => name === key))
        .map((key) =>
          mustBe(
            at(profile, "commonName"),
            `key ${JSON.stringify(key)}`,
            `the name of a node under \`nodes\`, or one of ${ROLES.join(", ")}`,
          ),
        );

/** What cannot work at all. */
const impossible = (profile: ProfileName, config: Config): string[] => {
  const fixed = FIXED_NAMES[profile];
  const { longest } = fieldRow("subject");
  return subjectsOf(profile, config).flatMap(({ given, usual }) => {
    if (!isField("subject", given.commonName))
      return [
        mustBe(
          at(profile, "commonName"),
          `${JSON.stringify(given.commonName)} on one node`,
          `at most ${String(longest)} characters, which is all that a certificate holds`,
        ),
      ];
    if (fixed !== undefined && given.commonName !== usual.commonName)
      return [
        mustBe(
          at(profile, "commonName"),
          JSON.stringify(given.commonName),
          `${JSON.stringify(usual.commonName)}, or left out`,
          fixed,
        ),
      ];
    return profile === "kubelet" && !given.organizations.includes(NODES_GROUP)
      ? [mustBe(at(profile, "organizations"), `without ${NODES_GROUP}`, "with it, as the API server knows nodes by it")]
      : [];
  });
};

/** The stack's own administrator has it too, and is on no node. */
const sameEverywhere = (profile: ProfileName, { commonName }: ProfileConfig): string[] =>
  profile === ADMIN &&
  (typeof commonName === "object" || (typeof commonName === "string" && commonName.includes(NODE_NAME)))
    ? [
        mustBe(
          at(profile, "commonName"),
          typeof commonName === "string" ? JSON.stringify(commonName) : "a map",
          "a name that is the same everywhere",
          "the stack's own administrator has it too",
        ),
      ]
    : [];

const unmeant = (profile: ProfileName, { privileged }: ProfileConfig, config: Config): string[] =>
  privileged === true
    ? []
    : subjectsOf(profile, config).flatMap(({ given, usual }) =>
        excessOf(profile, given, usual, config).map(({ field, value, why }) =>
          mustBe(
            at(profile, field),
            `${JSON.stringify(value)} ${why}`,
            field === "commonName" ? JSON.stringify(usual.commonName) : "left out",
            PURPOSE,
          ),
        ),
      );

export const subjectProblems: Check = ({ sections, now }) => {
  const config = withoutRotation(sections, now);
  if (config === undefined) return [];
  return PROFILE_NAMES.flatMap((profile) => {
    const own = config.certificates.profiles[profile];
    if (own === undefined || (own.commonName ?? own.organizations) === undefined) return [];
    const never = [
      ...unknownKeys(profile, own, config),
      ...sameEverywhere(profile, own),
      ...impossible(profile, config),
    ];
    // of nodes that have the same fault the first one will do
    return (never.length > 0 ? never : unmeant(profile, own, config)).slice(0, 1);
  });
};
