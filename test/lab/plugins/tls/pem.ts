export function toPem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The first block of the text, which must carry this label. */
export function fromPem(label: string, pem: string): Buffer {
  const block = /-----BEGIN ([^-]+)-----\s([\s\S]*?)-----END \1-----/.exec(pem);
  if (block === null) throw new Error(`failed to decode PEM of expected type "${label}" from bytes`);
  if (block[1] !== label) throw new Error(`invalid PEM type - expected "${label}", got "${block[1] ?? ""}"`);
  return Buffer.from(block[2] ?? "", "base64");
}
