/** Every certificate under a linter of the trade (zlint), with the rules of RFC 5280: those of the public web are not ours. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensure } from "../../tools/toolchain";
import { must } from "../lab/process";

/** A certificate and what it is called in sentences. */
export interface Named {
  readonly name: string;
  readonly pem: string;
}

/**
 * The rules that hold for any PKI of X.509: the profile (RFC 5280), what RSA keys (3279) and ECDSA keys (5480, 8813) may be
 * used for, names in other scripts (5891), and Community for weak keys, stray white space and odd wildcards. Not those of
 * CAs of the public web (CABF, Mozilla, Apple, Chrome, 6962), who ask for logs, policies, countries and names that a cluster
 * has not; nor ETSI's, of signatures by law.
 */
const SOURCES = "RFC5280,RFC3279,RFC5480,RFC8813,RFC5891,Community";

/** What is found and stays so, each with its reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
  e_ecdsa_allowed_ku: "kubeadm sets keyEncipherment whatever the algorithm, and clusters are compared with it",
  e_key_usage_and_extended_key_usage_inconsistent: "the same keyEncipherment, beside clientAuth",
  e_rsa_allowed_ku_no_encipherment_ca: "the same keyEncipherment, in kubeadm's CAs and those made like them",
  w_ext_subject_key_identifier_missing_sub_cert:
    "kubeadm's leaves have none either; it is a SHOULD, and to set it would replace every leaf of every stack",
  w_distribution_point_missing_ldap_or_uri:
    "Vault gives its revocation lists out by https alone, which the rule does not count",
  w_ext_aia_access_location_missing: "nor does it count https for the CA's certificate",
};

type Results = Readonly<Record<string, { readonly result: string; readonly details?: string }>>;

const FINDINGS = ["warn", "error", "fatal"];

const sentences = (name: string, results: Results): string[] =>
  Object.entries(results).flatMap(([lint, { result, details }]) =>
    FINDINGS.includes(result) && ACCEPTED[lint] === undefined
      ? [`${name}: ${lint}: ${result}${details === undefined ? "" : ` (${details})`}`]
      : [],
  );

const ONE = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;

/** Each certificate of bundles once: of a file the linter looks at the first alone, and has nothing to say of the others. */
const single = (bundles: readonly Named[]): Named[] => {
  const found = new Map<string, Named>();
  for (const { name, pem } of bundles) {
    const all = pem.match(ONE) ?? [];
    assert.ok(all.length > 0, `${name}: no certificate`);
    all.forEach((one, index) => {
      if (!found.has(one))
        found.set(one, { name: index === 0 ? name : `${name} (${String(index + 1)})`, pem: `${one}\n` });
    });
  }
  return [...found.values()];
};

/** What the linter finds, a sentence each. */
export const lint = async (bundles: readonly Named[]): Promise<string[]> => {
  const certificates = single(bundles);
  if (certificates.length === 0) return [];
  const { zlint } = await ensure(["zlint"], () => undefined);
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-lint-"));
  try {
    const files = certificates.map(({ pem }, index) => {
      const file = join(folder, `${String(index)}.pem`);
      writeFileSync(file, pem);
      return file;
    });
    const stdout = await must([zlint, "-includeSources", SOURCES, ...files], { what: "zlint" });
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, certificates.length, "answers of the linter");
    return certificates.flatMap(({ name }, index) => sentences(name, JSON.parse(lines[index] ?? "") as Results));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** @returns how many were looked at */
export const assertLintClean = async (bundles: readonly Named[]): Promise<number> => {
  assert.ok(bundles.length > 0, "no certificate to look at");
  assert.deepEqual(await lint(bundles), []);
  return single(bundles).length;
};
