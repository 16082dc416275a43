/** What a stack file says of a single certificate: of a profile, or of one of the user's own. */
import { z } from "zod";
import { algorithm, duration, loss, span, validity } from "./fields";

export const leafPolicyFields = {
  validity: validity.optional().describe("Validity of this certificate."),
  renewBefore: span.optional().describe("Renew when this much validity is left, or this share of it (33%)."),
  renewEvery: duration.optional().describe("Renew at this age."),
  algorithm: algorithm.optional().describe("Key algorithm of this certificate."),
  allowLoss: z
    .array(loss, { error: "a list of names and usages" })
    .optional()
    .describe(
      "Names and usages that the certificate in place has and the new one may lack, because nobody needs them.",
    ),
};
