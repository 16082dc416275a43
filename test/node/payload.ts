import { createHash } from "node:crypto";

/** A payload as the node reads it: header and body. */
export function payload(
  verb: "apply" | "request" | "trust" | "check" | "objects" | "template" | "issue" | "alive" | "restore",
  body: string,
): string {
  const sum = createHash("sha256").update(body).digest("hex");
  return `kube-pki 1 ${verb} ${String(Buffer.byteLength(body))} ${sum}\n${body}`;
}

export function sum8(text: string): string {
  return (text.split("\n")[0] ?? "").split(" ")[4]?.slice(0, 8) ?? "";
}

export function part(name: string, text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  return `part ${name} ${String(lines.length)}\n${lines.join("\n")}\n`;
}
