import { createHash, createPublicKey } from "node:crypto";
import type { Failure } from "../host";
import { number, text, unknown, type Properties } from "../values";
import { issue, issuerOf, type Issued } from "./certificate";
import { algorithmOf, curves, generate, parsePrivateKey, privateKeyPem, publicKeyInfo, type Algorithm } from "./keys";
import { nameFromInput } from "./name";
import { alternativesFromInput } from "./names";
import { authorizedKey, fingerprints, opensshPrivateKey, wireKey } from "./openssh";
import { fromPem, toPem } from "./pem";
import { readRequest, writeRequest } from "./request";
import { certificateOptions, subjectOf, tlsResource } from "./resource";

const sha1 = (bytes: Buffer): string => createHash("sha1").update(bytes).digest("hex");

function oneOf(inputs: Properties, property: string, allowed: readonly string[]): Failure[] {
  const given = text(inputs[property]);
  if (given === undefined || given === unknown || allowed.includes(given)) return [];
  return [{ property, reason: `value must be one of: ["${allowed.join('" "')}"], got: "${given}"` }];
}

export const privateKey = tlsResource({
  inputs: { algorithm: "replace", rsaBits: "replace", ecdsaCurve: "replace" },
  required: ["algorithm"],
  defaults: { rsaBits: 2048, ecdsaCurve: "P224" },
  computed: [
    "privateKeyPem",
    "privateKeyPemPkcs8",
    "privateKeyOpenssh",
    "publicKeyPem",
    "publicKeyOpenssh",
    "publicKeyFingerprintMd5",
    "publicKeyFingerprintSha256",
  ],
  check: (inputs) => [
    ...oneOf(inputs, "algorithm", ["RSA", "ECDSA", "ED25519"]),
    ...oneOf(inputs, "ecdsaCurve", Object.keys(curves)),
  ],
  make(inputs) {
    const curve = (text(inputs["ecdsaCurve"]) ?? "P224") as keyof typeof curves;
    const key = generate(text(inputs["algorithm"]) as Algorithm, number(inputs["rsaBits"]) ?? 2048, curve);
    const publicKey = createPublicKey(key);
    const wire = wireKey(publicKey);
    const prints = wire && fingerprints(wire);
    return {
      id: sha1(publicKeyInfo(key)),
      outputs: {
        privateKeyPem: privateKeyPem(key),
        privateKeyPemPkcs8: String(key.export({ format: "pem", type: "pkcs8" })),
        privateKeyOpenssh: opensshPrivateKey(key),
        publicKeyPem: String(publicKey.export({ format: "pem", type: "spki" })),
        publicKeyOpenssh: wire ? authorizedKey(wire) : "",
        publicKeyFingerprintMd5: prints?.md5 ?? "",
        publicKeyFingerprintSha256: prints?.sha256 ?? "",
      },
    };
  },
});

const requestInputs = {
  privateKeyPem: "replaceIfPem",
  subject: "replace",
  dnsNames: "replace",
  ipAddresses: "replace",
  uris: "replace",
} as const;

export const certRequest = tlsResource({
  inputs: requestInputs,
  required: ["privateKeyPem"],
  defaults: {},
  computed: ["keyAlgorithm", "certRequestPem"],
  make(inputs) {
    const key = named("Failed to parse private key PEM", () => parsePrivateKey(text(inputs["privateKeyPem"]) ?? ""));
    const der = writeRequest(nameFromInput(subjectOf(inputs)), alternativesFromInput(inputs), key);
    return {
      id: sha1(der),
      outputs: { keyAlgorithm: algorithmOf(key), certRequestPem: toPem("CERTIFICATE REQUEST", der) },
    };
  },
});

const certificateInputs = {
  validityPeriodHours: "replace",
  allowedUses: "replace",
  earlyRenewalHours: "update",
  isCaCertificate: "replace",
  maxPathLength: "replaceIfGiven",
  setSubjectKeyId: "replace",
} as const;
const certificateDefaults = { earlyRenewalHours: 0, isCaCertificate: false, setSubjectKeyId: false };
const certificateOutputs = ["certPem", "validityStartTime", "validityEndTime"];

export const selfSignedCert = tlsResource({
  inputs: { ...requestInputs, ...certificateInputs, setAuthorityKeyId: "replace" },
  required: ["privateKeyPem", "validityPeriodHours", "allowedUses"],
  defaults: { ...certificateDefaults, setAuthorityKeyId: false },
  computed: [...certificateOutputs, "keyAlgorithm"],
  expires: true,
  make(inputs) {
    const key = named("Failed to parse private key PEM", () => parsePrivateKey(text(inputs["privateKeyPem"]) ?? ""));
    const template = {
      ...certificateOptions(inputs),
      subject: nameFromInput(subjectOf(inputs)),
      alternatives: alternativesFromInput(inputs),
      publicKeyInfo: publicKeyInfo(key),
    };
    const issued = named("Failed to create certificate", () => issue(template, key));
    return certificate(issued, { keyAlgorithm: algorithmOf(key) });
  },
});

export const locallySignedCert = tlsResource({
  inputs: {
    caCertPem: "replaceIfPem",
    caPrivateKeyPem: "replaceIfPem",
    certRequestPem: "replaceIfPem",
    ...certificateInputs,
  },
  required: ["caCertPem", "caPrivateKeyPem", "certRequestPem", "validityPeriodHours", "allowedUses"],
  defaults: certificateDefaults,
  computed: [...certificateOutputs, "caKeyAlgorithm"],
  expires: true,
  make(inputs) {
    const request = named("Failed to parse certificate request PEM", () =>
      readRequest(fromPem("CERTIFICATE REQUEST", text(inputs["certRequestPem"]) ?? "")),
    );
    const key = named("Failed to parse CA private key PEM", () =>
      parsePrivateKey(text(inputs["caPrivateKeyPem"]) ?? ""),
    );
    const ca = named("Failed to parse CA certificate PEM", () =>
      fromPem("CERTIFICATE", text(inputs["caCertPem"]) ?? ""),
    );
    const issued = named("Failed to create certificate", () =>
      issue({ ...certificateOptions(inputs), ...request }, key, issuerOf(ca, key)),
    );
    return certificate(issued, { caKeyAlgorithm: algorithmOf(key) });
  },
});

function certificate(issued: Issued, more: Properties): { id: string; outputs: Properties } {
  const outputs = {
    ...more,
    certPem: toPem("CERTIFICATE", issued.der),
    validityStartTime: issued.notBefore.toISOString(),
    validityEndTime: issued.notAfter.toISOString(),
  };
  return { id: issued.serial.toString(), outputs };
}

/** Says which of the inputs an error is about. */
function named<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
