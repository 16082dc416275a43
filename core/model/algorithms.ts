/** The algorithms of keys. */
export const ALGORITHMS = ["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export const isAlgorithm = (name: string): name is Algorithm => ALGORITHMS.some((each) => each === name);

/** What a provider has to be told of each; `curve` is the name of NIST's prime curve. */
export const KEYS = {
  "ECDSA-P256": { kind: "ECDSA", curve: "P256", bits: 256 },
  "ECDSA-P384": { kind: "ECDSA", curve: "P384", bits: 384 },
  "RSA-2048": { kind: "RSA", bits: 2048 },
  "RSA-3072": { kind: "RSA", bits: 3072 },
  "RSA-4096": { kind: "RSA", bits: 4096 },
} as const satisfies Record<Algorithm, object>;
