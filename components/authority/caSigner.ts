import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import * as vault from "@pulumi/vault";
// a declaration that names the whole of it costs whoever compiles against ours as much as the SDK does
import type { Provider } from "@pulumi/vault/provider";
import { isKeyOf } from "../../core/certificates/signingRequests";
import { grantedValidity } from "../../core/certificates/validity";
import type { Algorithm } from "../../core/model/algorithms";
import { mustBe } from "../../core/format/problem";
import { keyArgs } from "../keyArgs";

/** A CA to be signed. */
export interface CaRequest {
  readonly commonName: string;
  /** PKCS#10, PEM. */
  readonly requestPem: pulumi.Input<string>;
  readonly validitySeconds: number;
}

/** Signs a CA whose key is elsewhere. Returns its certificate, PEM. */
export type CaSigner = (
  name: string,
  request: CaRequest,
  options: pulumi.CustomResourceOptions,
) => pulumi.Output<string>;

/** The CA itself, and below it the controller manager's own. */
const PATH_LENGTH = 1;

/** The default issuer of a mount. */
export const mountSigner =
  (provider: Provider, mount: string): CaSigner =>
  (name, { commonName, requestPem, validitySeconds }, options) =>
    new vault.pkisecret.SecretBackendRootSignIntermediate(
      name,
      {
        backend: mount,
        csr: requestPem,
        commonName,
        excludeCnFromSans: true,
        maxPathLength: PATH_LENGTH,
        ttl: `${String(validitySeconds)}s`,
      },
      { ...options, provider },
    ).certificate.apply((pem) => {
      grantedValidity(name, pem, validitySeconds, `the mount ${mount} or its CA`);
      return pem;
    });

/** A root has to outlive the CAs of many rotations and is of interest to auditors only. */
const ROOT_LIVES = 3;

const HOUR = 3600;

/** A root whose key is in the stack's state. */
export const embeddedRoot = (
  base: string,
  { commonName, algorithm, validitySeconds }: Omit<CaRequest, "requestPem"> & { readonly algorithm: Algorithm },
  options: pulumi.CustomResourceOptions,
): CaSigner => {
  const own = { ...options, protect: true }; // without its key no further CA could be signed
  const key = new tls.PrivateKey(`${base}-key`, keyArgs(algorithm), own);
  const root = new tls.SelfSignedCert(
    `${base}-certificate`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName },
      isCaCertificate: true,
      setSubjectKeyId: true,
      validityPeriodHours: (validitySeconds * ROOT_LIVES) / HOUR,
      allowedUses: ["cert_signing", "crl_signing"],
    },
    own,
  );
  return (name, request, requestOptions) =>
    new tls.LocallySignedCert(
      name,
      {
        certRequestPem: request.requestPem,
        caCertPem: root.certPem,
        caPrivateKeyPem: key.privateKeyPem,
        isCaCertificate: true,
        setSubjectKeyId: true,
        validityPeriodHours: request.validitySeconds / HOUR,
        allowedUses: ["digital_signature", "cert_signing", "crl_signing"],
      },
      requestOptions,
    ).certPem;
};

/** An offline CA, whose certificate is in the stack file. */
export const offlineSigner =
  (certificatePem: pulumi.Input<string>): CaSigner =>
  (name, { requestPem }) =>
    pulumi.all([requestPem, certificatePem]).apply(([request, certificate]) => {
      if (!isKeyOf(request, new X509Certificate(certificate)))
        throw new Error(
          mustBe(
            "authority.signed",
            `the certificate for ${name} has another key than its signing request`,
            "the certificate issued for that request",
            "have the one in `pulumi stack output signingRequests` signed",
          ),
        );
      return certificate;
    });
