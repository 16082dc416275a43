/** The shape of `certificates.renewAt`: single certificates at times of their own. */
import { z } from "zod";
import { moment } from "./fields";

const ofNode = z.record(z.string(), moment, { error: "a map from a certificate to a time" });

export const renewAt = z
  .record(z.string(), ofNode, { error: "a map from a node (- for none) to its certificates" })
  .default({})
  .describe(
    "Times at which single certificates are renewed besides, with a new key: by node and certificate, as `kube-pki status` " +
      "names them; `kube-pki renew` writes it.",
  );
