/** The shape of `users`: client certificates for users. */
import { z } from "zod";
import { isField } from "../format/protocolFields";
import { flag, matching, object, validity } from "./fields";

/** Without a colon no user can be named system:... by mistake. */
const isUserName = (given: string): boolean => isField("subject", given) && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(given);

const user = object({
  name: matching("at most 64 letters, digits, ., _ and -, the first a letter or a digit", isUserName).describe(
    "The user that RBAC sees, and the key of the kubeconfig in the output.",
  ),
  organizations: z
    .array(
      matching("at most 64 letters, digits, :, ., _ and -", (given) => isField("subject", given)),
      { error: "a list of one organization" },
    )
    .default([])
    .describe("The group that RBAC sees; at most one."),
  validity: validity.optional().describe("Validity of the certificate; certificates.validity by default."),
  privileged: flag.default(false).describe("Allow a group of Kubernetes itself, such as system:masters."),
});

export const users = z.array(user, { error: "a list of users, each with a name" }).default([]);
