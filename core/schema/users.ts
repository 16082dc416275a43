/** The shape of `users`: client certificates for users. */
import { z } from "zod";
import { fieldText, flag, object, patterned, validity } from "./fields";

/** Without a colon no user can be named system:... by mistake. */
const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const user = object({
  name: patterned("at most 64 letters, digits, ., _, @ and -, the first a letter or a digit", USER_NAME).describe(
    "The user that RBAC sees, and the key of the kubeconfig in the output.",
  ),
  organizations: z
    .array(fieldText("at most 64 letters, digits, :, ., _ and -", "subject"), { error: "a list of one organization" })
    .default([])
    .describe("The group that RBAC sees; at most one."),
  validity: validity.optional().describe("Validity of the certificate; certificates.validity by default."),
  privileged: flag.default(false).describe("Allow a group of Kubernetes itself, such as system:masters."),
});

export const users = z.array(user, { error: "a list of users, each with a name" }).default([]);
