/** Private keys as ssh2 reads them. */
import { createPrivateKey } from "node:crypto";

const sized = (bytes: Buffer | string): Buffer => {
  const body = Buffer.from(bytes as Buffer);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  return Buffer.concat([size, body]);
};

/** Without a passphrase, in the one form that an Ed25519 key has in OpenSSH (openssh-portable PROTOCOL.key). */
const openssh = (secret: Buffer, shared: Buffer): string => {
  const type = sized("ssh-ed25519");
  const publicPart = Buffer.concat([type, sized(shared)]);
  const check = Buffer.alloc(8); // twice the same number: here it is 0
  const body = Buffer.concat([check, publicPart, sized(Buffer.concat([secret, shared])), sized("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const count = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[sized("none"), sized("none"), sized(""), count, sized(publicPart), sized(Buffer.concat([body, padding]))],
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
};

/** Go's ssh reads PKCS#8 as well, so the provider takes such a key; ssh2 does not. */
export const readableKey = (pem: string): string => {
  if (!pem.includes("-----BEGIN PRIVATE KEY-----")) return pem;
  const key = createPrivateKey(pem);
  switch (key.asymmetricKeyType) {
    case "rsa":
      return key.export({ type: "pkcs1", format: "pem" }).toString();
    case "ec":
      return key.export({ type: "sec1", format: "pem" }).toString();
    default: {
      const { d = "", x = "" } = key.export({ format: "jwk" });
      return openssh(Buffer.from(d, "base64url"), Buffer.from(x, "base64url"));
    }
  }
};
