/** What kubeadm itself writes for the first control plane of `test/core/fixture.ts`: `npm run golden` asks it anew. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface GoldenCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** CN */
  readonly issuer: string;
  readonly isCa: boolean;
  readonly keyUsages: readonly string[];
  readonly extendedKeyUsages: readonly string[];
  readonly sans: readonly string[];
}

export interface GoldenFile {
  readonly path: string;
  readonly mode: string;
  readonly holds: "certificate" | "private key" | "public key" | "kubeconfig";
  /** Of a kubeconfig. */
  readonly server?: string;
  readonly certificate?: GoldenCertificate;
}

export interface GoldenManifest {
  readonly flags: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
}

export interface Golden {
  /** Its version. */
  readonly kubeadm: string;
  readonly files: readonly GoldenFile[];
  /** Of static pods, by component. */
  readonly manifests: Readonly<Record<string, GoldenManifest>>;
  /** Of its KubeletConfiguration what the PKI and proofs depend on. */
  readonly kubelet: {
    readonly clientCaFile: string;
    readonly healthz: string;
    readonly rotateCertificates: boolean;
  };
}

export const GOLDEN_FILE = join(__dirname, "golden.json");

export const readGolden = (): Golden => JSON.parse(readFileSync(GOLDEN_FILE, "utf8")) as Golden;
