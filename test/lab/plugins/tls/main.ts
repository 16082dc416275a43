import { serve } from "../host";
import { certRequest, locallySignedCert, privateKey, selfSignedCert } from "./types";

/** The pinned version of the npm package, put in by build.ts. */
declare const pluginVersion: string;

serve({
  version: pluginVersion,
  types: {
    "tls:index/privateKey:PrivateKey": privateKey,
    "tls:index/certRequest:CertRequest": certRequest,
    "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
    "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
  },
});
