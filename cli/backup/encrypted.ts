/** Files that nobody but the holder of an age identity can read (https://age-encryption.org/v1). */
import { createWriteStream, renameSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { mustBe } from "../../core/format/problem";
import { Failure } from "../failure";

type Age = typeof import("age-encryption");

/** Given to whoever encrypts; checked before a node is asked. */
export class Recipients {
  private constructor(
    private readonly age: Age,
    private readonly all: readonly string[],
  ) {}

  /** @throws Failure where one is no public key of age */
  public static async of(all: readonly string[]): Promise<Recipients> {
    const age = await import("age-encryption");
    for (const each of all) {
      try {
        new age.Encrypter().addRecipient(each);
      } catch {
        throw new Failure(
          mustBe("--recipient", JSON.stringify(each), "a public key of age (age1...)", "age-keygen prints one"),
        );
      }
    }
    return new Recipients(age, all);
  }

  /** Whole or not at all: under another name until `isWhole` has not thrown. Nothing else touches a disk. */
  public async write(source: Readable, file: string, isWhole: () => Promise<void>): Promise<void> {
    const part = `${file}.part`;
    const encrypter = new this.age.Encrypter();
    for (const each of this.all) encrypter.addRecipient(each);
    try {
      const plain = Readable.toWeb(source) as ReadableStream<Uint8Array>;
      const encrypted = await encrypter.encrypt(plain as Parameters<typeof encrypter.encrypt>[0] & ReadableStream);
      await pipeline(
        Readable.fromWeb(encrypted as unknown as ReadableStream),
        createWriteStream(part, { mode: 0o600, flags: "wx" }),
      );
      await isWhole();
      renameSync(part, file);
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    }
  }
}
