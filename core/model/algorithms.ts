/** The algorithms of keys. */
export const ALGORITHMS = ["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
