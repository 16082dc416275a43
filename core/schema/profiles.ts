/** The shape of `certificates.profiles`: what a stack file says of single certificates of the layout. */
import { z } from "zod";
import { NODE_NAME } from "../layouts/layout";
import { PROFILE_NAMES } from "../model/profiles";
import { fieldText, flag, object } from "./fields";
import { leafPolicyFields } from "./leafPolicy";
import { commonName } from "./own";

const COMMON_NAMES =
  "a name of at most 64 letters, digits, :, ., _ and -, or a map from a node's name or a role to such a name";

const profile = object({
  enabled: flag.default(true).describe("false: someone else manages this certificate."),
  ...leafPolicyFields,
  commonName: z
    .union([commonName, z.record(z.string(), commonName)], { error: COMMON_NAMES })
    .optional()
    .describe(
      `Common name of its subject, if the cluster has a different one than the layout; ${NODE_NAME} stands for the node's name. ` +
        "One for all nodes, or by node and role, where a node's own goes first.",
    ),
  organizations: z
    .array(fieldText("at most 64 letters, digits, :, ., _ and -", "subject"), { error: "a list of organizations" })
    .optional()
    .describe("Organizations (groups) in its subject, if an older cluster has different ones than kubeadm uses today."),
  privileged: flag
    .default(false)
    .describe(
      "Allow a subject with other rights than this certificate has by itself: system:masters, or a name and groups that role bindings of your own know.",
    ),
}).optional();

type Profiles = Record<(typeof PROFILE_NAMES)[number], typeof profile>;

export const profiles = object(Object.fromEntries(PROFILE_NAMES.map((name) => [name, profile])) as Profiles)
  .prefault({})
  .describe("Overrides for single certificates.");
