import { unsecret } from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

const caUses = ["cert_signing", "crl_signing", "digital_signature"];
export const leafUses = ["key_encipherment", "digital_signature", "server_auth", "client_auth"];

export interface Chain {
  trigger?: string;
  subject?: tls.CertRequestArgs["subject"];
  names?: Pick<tls.CertRequestArgs, "dnsNames" | "ipAddresses" | "uris">;
  ca?: Partial<tls.SelfSignedCertArgs>;
  leaf?: Partial<tls.LocallySignedCertArgs>;
}

/** A CA, a leaf key, its request and its certificate. */
export const chain = (options: Chain) => () => {
  const trigger = options.trigger === undefined ? {} : { replacementTrigger: options.trigger };
  const caKey = new tls.PrivateKey("ca-key", { algorithm: "ECDSA", ecdsaCurve: "P256" }, trigger);
  const ca = new tls.SelfSignedCert("ca", {
    privateKeyPem: caKey.privateKeyPem,
    subject: { commonName: "kubernetes" },
    validityPeriodHours: 1000,
    isCaCertificate: true,
    allowedUses: caUses,
    ...options.ca,
  });
  const leafKey = new tls.PrivateKey("leaf-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
  const request = new tls.CertRequest("request", {
    privateKeyPem: leafKey.privateKeyPem,
    subject: options.subject ?? { commonName: "kube-apiserver" },
    ...options.names,
  });
  const leaf = new tls.LocallySignedCert("leaf", {
    certRequestPem: request.certRequestPem,
    caPrivateKeyPem: caKey.privateKeyPem,
    caCertPem: ca.certPem,
    validityPeriodHours: 100,
    allowedUses: leafUses,
    ...options.leaf,
  });
  return { ca: ca.certPem, leaf: leaf.certPem, request: request.certRequestPem, key: unsecret(leafKey.privateKeyPem) };
};
