import { pulumi } from "@pulumi/tls/package.json";
import { serve } from "../host";
import { certRequest, locallySignedCert, privateKey, selfSignedCert } from "./types";

serve({
  version: pulumi.version,
  types: {
    "tls:index/privateKey:PrivateKey": privateKey,
    "tls:index/certRequest:CertRequest": certRequest,
    "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
    "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
  },
});
