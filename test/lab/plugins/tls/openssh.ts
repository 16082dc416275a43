import { createHash, randomBytes, type JsonWebKey, type KeyObject } from "node:crypto";
import { toPem } from "./pem";

/** The forms of a key that SSH uses: https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key */

const curves: Readonly<Record<string, string>> = { "P-256": "nistp256", "P-384": "nistp384", "P-521": "nistp521" };

/** The public key in the SSH wire form; undefined for what SSH has no name for (P224). */
export function wireKey(publicKey: KeyObject): Buffer | undefined {
  const type = publicKey.asymmetricKeyType;
  if (type === "ec" && publicKey.asymmetricKeyDetails?.namedCurve === "secp224r1") return undefined;
  const jwk = publicKey.export({ format: "jwk" });
  if (type === "rsa") return Buffer.concat([string("ssh-rsa"), mpint(part(jwk, "e")), mpint(part(jwk, "n"))]);
  if (type === "ed25519") return Buffer.concat([string("ssh-ed25519"), string(part(jwk, "x"))]);
  const curve = curves[jwk.crv ?? ""];
  if (type !== "ec" || curve === undefined) return undefined;
  return Buffer.concat([string(`ecdsa-sha2-${curve}`), string(curve), string(point(jwk))]);
}

export function authorizedKey(wire: Buffer): string {
  const name = wire.subarray(4, 4 + wire.readUInt32BE(0)).toString();
  return `${name} ${wire.toString("base64")}\n`;
}

export function fingerprints(wire: Buffer): { md5: string; sha256: string } {
  const md5 = createHash("md5").update(wire).digest("hex").match(/../g) ?? [];
  const sha256 = createHash("sha256").update(wire).digest("base64").replace(/=+$/, "");
  return { md5: md5.join(":"), sha256: `SHA256:${sha256}` };
}

/** An unencrypted OpenSSH private key; empty for what SSH has no name for. */
export function opensshPrivateKey(privateKey: KeyObject): string {
  const jwk = wireable(privateKey);
  if (jwk === undefined) return "";
  const { wire, secret } = jwk;
  const check = randomBytes(4);
  const body = Buffer.concat([check, check, secret, string("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, i) => i + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const header = [Buffer.from("openssh-key-v1\0"), string("none"), string("none"), string(""), one];
  return toPem("OPENSSH PRIVATE KEY", Buffer.concat([...header, string(wire), string(Buffer.concat([body, padding]))]));
}

function wireable(privateKey: KeyObject): { wire: Buffer; secret: Buffer } | undefined {
  if (privateKey.asymmetricKeyDetails?.namedCurve === "secp224r1") return undefined;
  const jwk = privateKey.export({ format: "jwk" });
  const d = part(jwk, "d");
  if (jwk.kty === "RSA") {
    const [n, e] = [mpint(part(jwk, "n")), mpint(part(jwk, "e"))];
    const rest = [mpint(d), mpint(part(jwk, "qi")), mpint(part(jwk, "p")), mpint(part(jwk, "q"))];
    return {
      wire: Buffer.concat([string("ssh-rsa"), e, n]),
      secret: Buffer.concat([string("ssh-rsa"), n, e, ...rest]),
    };
  }
  if (jwk.crv === "Ed25519") {
    const wire = Buffer.concat([string("ssh-ed25519"), string(part(jwk, "x"))]);
    return { wire, secret: Buffer.concat([wire, string(Buffer.concat([d, part(jwk, "x")]))]) };
  }
  const curve = curves[jwk.crv ?? ""];
  if (curve === undefined) return undefined;
  const wire = Buffer.concat([string(`ecdsa-sha2-${curve}`), string(curve), string(point(jwk))]);
  return { wire, secret: Buffer.concat([wire, mpint(d)]) };
}

function part(jwk: JsonWebKey, name: "n" | "e" | "d" | "p" | "q" | "qi" | "x" | "y"): Buffer {
  return Buffer.from(jwk[name] ?? "", "base64url");
}

function point(jwk: JsonWebKey): Buffer {
  return Buffer.concat([Buffer.from([4]), part(jwk, "x"), part(jwk, "y")]);
}

function string(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes as Buffer);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function mpint(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  return string((digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}
