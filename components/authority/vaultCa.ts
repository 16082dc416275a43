import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
// a declaration that names the whole of it costs whoever compiles against ours as much as the SDK does
import type { Provider } from "@pulumi/vault/provider";
import { grantedValidity } from "../../core/certificates/validity";
import type { Algorithm } from "../../core/model/algorithms";
import { vaultKey } from "../../core/vault/roles";
import type { CaSigner } from "./caSigner";

/** A CA in a mount. */
export interface VaultCa {
  readonly certificatePem: pulumi.Output<string>;
  /** What the mount calls it. */
  readonly issuerId: pulumi.Output<string>;
}

export interface VaultCaArgs {
  /** Where the server is and whose token is used. */
  readonly provider: Provider;
  /** Path of the mount that holds it. */
  readonly mount: pulumi.Input<string>;
  /** Subject CN, and the issuer's name in the mount; unique per cluster and generation. */
  readonly commonName: string;
  /** Key algorithm of the CA. */
  readonly algorithm: Algorithm;
  /** Validity of the CA in seconds. */
  readonly validitySeconds: number;
}

/** Key and subject of a CA, self-signed or not. */
const made = ({ mount, commonName, algorithm }: VaultCaArgs) => ({
  backend: mount,
  type: "internal", // the key cannot be exported
  commonName,
  ...vaultKey(algorithm),
  excludeCnFromSans: true,
});

/** A self-signed CA. */
export const rootCa = (base: string, args: VaultCaArgs, options: pulumi.CustomResourceOptions): VaultCa => {
  const { provider, mount, commonName, validitySeconds } = args;
  const name = `${base}-certificate`;
  const { certificate, issuerId } = new vault.pkisecret.SecretBackendRootCert(
    name,
    { ...made(args), issuerName: commonName, ttl: `${String(validitySeconds)}s` },
    { ...options, provider },
  );
  const certificatePem = pulumi.all([certificate, mount]).apply(([pem, path]) => {
    grantedValidity(name, pem, validitySeconds, `the mount ${path}`);
    return pem;
  });
  return { certificatePem, issuerId };
};

/** Generates the key of a CA that another CA signs. Returns the signing request, PEM. */
export const caRequest = (
  base: string,
  args: VaultCaArgs,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> =>
  new vault.pkisecret.SecretBackendIntermediateCertRequest(
    `${base}-request`,
    { ...made(args), addBasicConstraints: true },
    { ...options, provider: args.provider },
  ).csr;

/** A CA signed by another one. Only this CA is trusted: with its root any other CA below it could issue certificates too. */
export const signedCa = (
  base: string,
  args: VaultCaArgs,
  { requestPem, caSigner }: { readonly requestPem: pulumi.Output<string>; readonly caSigner: CaSigner },
  options: pulumi.CustomResourceOptions,
): VaultCa => {
  const { provider, mount, commonName, validitySeconds } = args;
  const certificatePem = caSigner(`${base}-certificate`, { commonName, requestPem, validitySeconds }, options);
  const own = { ...options, provider };
  const { importedIssuers } = new vault.pkisecret.SecretBackendIntermediateSetSigned(
    `${base}-signed`,
    { backend: mount, certificate: certificatePem },
    own,
  );
  const issuerRef = pulumi
    .all([importedIssuers, mount])
    .apply(([all, path]) => importedOne(`${base}-signed`, path, all));
  const { issuerId } = new vault.pkisecret.SecretBackendIssuer(
    `${base}-issuer`,
    { backend: mount, issuerRef, issuerName: commonName },
    own,
  );
  return { certificatePem, issuerId };
};

/** The server reports an imported issuer once: after a run that was killed before the answer it reports none. */
export const importedOne = (name: string, mount: string, imported: readonly string[]): string => {
  const [first] = imported;
  if (first === undefined)
    throw new Error(
      `${name}: ${mount} already has this CA, imported by a run that was interrupted; delete it ` +
        `(\`bao list -detailed ${mount}/issuers\`, \`bao delete ${mount}/issuer/ID\`; its key stays), then run ` +
        `\`pulumi up --replace '**${name}'\``,
    );
  return first;
};
