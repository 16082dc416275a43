/** The answer of etcd's JSON gateway to a snapshot request, as the database file that it carries. */
import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";

interface Piece {
  readonly result?: { readonly blob?: string; readonly remaining_bytes?: string };
  readonly error?: { readonly message?: string };
}

const HEADER_END = "\r\n\r\n";
/** The last piece: SHA-256 of all before it (etcd server/etcdserver/api/v3rpc/maintenance.go). */
const SUM_BYTES = 32;

/** HTTP in, the snapshot out, its sum included, as `etcdctl snapshot save` writes it. Fails where it is not whole. */
export class SnapshotDecoder extends Transform {
  private text = "";
  private inHeader = true;
  private readonly hash = createHash("sha256");
  /** What may be the sum. */
  private kept: Buffer = Buffer.alloc(0);
  private bytes = 0;

  public override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.consume(chunk.toString("latin1"));
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  public override _flush(done: TransformCallback): void {
    try {
      if (this.inHeader) throw new Error("etcd did not answer");
      if (this.text.trim() !== "") this.piece(this.text);
      if (this.bytes <= SUM_BYTES || !this.hash.digest().equals(this.kept))
        throw new Error("the snapshot of etcd was cut short, or changed on its way: run again");
      this.push(this.kept);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  private consume(text: string): void {
    this.text += text;
    if (this.inHeader) {
      const end = this.text.indexOf(HEADER_END);
      if (end < 0) return;
      const [status = ""] = this.text.split("\r\n", 1);
      if (!/^HTTP\/1\.[01] 200 /.test(status)) throw new Error(`etcd gives no snapshot: ${status}`);
      this.text = this.text.slice(end + HEADER_END.length);
      this.inHeader = false;
    }
    const lines = this.text.split("\n");
    this.text = lines.pop() ?? ""; // its end is still to come
    for (const line of lines) if (line.trim() !== "") this.piece(line);
  }

  private piece(line: string): void {
    let piece: Piece;
    try {
      piece = JSON.parse(line) as Piece;
    } catch {
      throw new Error("the snapshot of etcd was cut short: run again");
    }
    if (piece.error !== undefined) throw new Error(`etcd gives no snapshot: ${piece.error.message ?? "no reason"}`);
    const all = Buffer.concat([this.kept, Buffer.from(piece.result?.blob ?? "", "base64")]);
    const sure = all.subarray(0, Math.max(0, all.length - SUM_BYTES));
    this.bytes += all.length - this.kept.length;
    this.kept = Buffer.from(all.subarray(sure.length));
    if (sure.length === 0) return;
    this.hash.update(sure);
    this.push(sure);
  }
}
