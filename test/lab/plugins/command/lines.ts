import { StringDecoder } from "node:string_decoder";

/** Cuts a stream of bytes into lines. */
export class Lines {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(private readonly emit: (line: string) => void) {}

  add(chunk: Buffer): void {
    this.take(this.decoder.write(chunk));
  }

  /** What is left without a line end is a line too. */
  end(): void {
    this.take(this.decoder.end());
    if (this.rest !== "") this.emit(this.rest);
    this.rest = "";
  }

  private take(more: string): void {
    const lines = (this.rest + more).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.emit(line.replace(/\r$/, ""));
  }
}
