import { serve } from "../host";
import { approleRole, policy } from "./access";
import { configCluster, issuer } from "./adopted";
import { autoTidy, configIssuers, configUrls, crlConfig } from "./configs";
import { intermediateCertRequest, intermediateSetSigned } from "./intermediates";
import { rootCert, rootSignIntermediate } from "./issuers";
import { mount } from "./mount";
import { vaultResource } from "./resource";
import { role } from "./role";
import { Server } from "./server";
import { sign } from "./sign";

/** The pinned version of the npm package, put in by build.ts. */
declare const pluginVersion: string;

const server = new Server();
serve({
  version: pluginVersion,
  provider: server,
  types: {
    "vault:index/mount:Mount": vaultResource(mount, server),
    "vault:index/policy:Policy": vaultResource(policy, server),
    "vault:appRole/authBackendRole:AuthBackendRole": vaultResource(approleRole, server),
    "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert": vaultResource(rootCert, server),
    "vault:pkiSecret/secretBackendConfigIssuers:SecretBackendConfigIssuers": vaultResource(configIssuers, server),
    "vault:pkiSecret/secretBackendRole:SecretBackendRole": vaultResource(role, server),
    "vault:pkiSecret/secretBackendSign:SecretBackendSign": vaultResource(sign, server),
    "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate": vaultResource(
      rootSignIntermediate,
      server,
    ),
    "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest": vaultResource(
      intermediateCertRequest,
      server,
    ),
    "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned": vaultResource(
      intermediateSetSigned,
      server,
    ),
    "vault:pkiSecret/secretBackendIssuer:SecretBackendIssuer": vaultResource(issuer, server),
    "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls": vaultResource(configUrls, server),
    "vault:pkiSecret/backendConfigCluster:BackendConfigCluster": vaultResource(configCluster, server),
    "vault:pkiSecret/secretBackendCrlConfig:SecretBackendCrlConfig": vaultResource(crlConfig, server),
    "vault:pkiSecret/backendConfigAutoTidy:BackendConfigAutoTidy": vaultResource(autoTidy, server),
  },
});
