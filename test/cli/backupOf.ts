/** `kube-pki backup` of a node behind a real ssh, and what it has left. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Scratch } from "../node/scratch";
import { Harness, type Ran } from "./harness";
import { identityIn, SshNode } from "./sshNode";

export class BackupOf {
  public readonly harness = new Harness();
  /** Who is asked; each test makes its own. */
  public node: Scratch | undefined;

  private constructor(
    private readonly ssh: SshNode,
    private readonly identity: string,
    public readonly recipient: string,
  ) {
    this.harness.pulumi(ssh.outputs());
  }

  public static async any(): Promise<BackupOf> {
    const identity = await generateX25519Identity();
    const made: { at?: BackupOf } = {};
    const ssh = await SshNode.start((words) => {
      const { status, stdout, stderr } = made.at?.node?.runSync(words) ?? {
        status: 255,
        stdout: "",
        stderr: "no node",
      };
      return { code: status, stdout, stderr };
    });
    made.at = new BackupOf(ssh, identity, await identityToRecipient(identity));
    return made.at;
  }

  public get output(): string {
    return join(this.harness.folder, "out");
  }

  public run(...args: string[]): Promise<Ran> {
    const { folder } = this.harness;
    return this.harness.run(["backup", "--output", this.output, "--identity", identityIn(folder), ...args]);
  }

  /** What the holder of the key finds in the file of this kind. */
  public async decrypted(ending: string): Promise<Buffer> {
    const name = readdirSync(this.output).find((each) => each.endsWith(`${ending}.age`)) ?? "";
    assert.match(name, /^n1-\d{8}T\d{6}Z\./);
    assert.equal(statSync(join(this.output, name)).mode & 0o777, 0o600);
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.identity);
    return Buffer.from(await decrypter.decrypt(readFileSync(join(this.output, name))));
  }

  public remove(): void {
    this.ssh.stop();
    this.node?.remove();
    this.harness.remove();
  }
}
