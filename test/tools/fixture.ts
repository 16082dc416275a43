// A machine of its own for a toolchain test: an empty cache, a PATH with nothing
// but what the test puts there, and a server that plays a release site.

import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tool } from "../../tools/catalog";
import { ensure } from "../../tools/toolchain";

export const version = "1.36.3";
export const asset = `release/v${version}/bin/{os}/{arch}/widget`;

/** A tool with a release, a Go build and a version question, as the real rows have them. */
export const widget: Tool = {
  name: "widget",
  version,
  binaries: ["widget"],
  installed: { args: ["--version"], minimum: "1.36.0", sameMinor: true },
  release: { kind: "files", site: "kubernetes", asset, checksums: `${asset}.sha256`, unpack: false },
  build: [{ binary: "widget", module: "pause", package: ".", ldflags: "" }],
  seconds: 60,
};

/** The text of a program that says who made it. */
export function program(maker: string): string {
  return `#!/bin/sh\necho "${maker} v${version}"\n`;
}

/** What the fake Go does: it is called as `go build -ldflags FLAGS -o TARGET PACKAGE`. */
const goodBuild = `printf '#!/bin/sh\\necho "built v${version}"\\n' >"$5"; chmod 755 "$5"`;

export function digestOf(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), "kube-pki-tools-"));
  readonly bin = join(this.root, "bin");
  readonly cache = join(this.root, "cache", "kube-pki");
  readonly lines: string[] = [];
  readonly env: NodeJS.ProcessEnv = {
    PATH: this.bin,
    HOME: this.root,
    XDG_CACHE_HOME: join(this.root, "cache"),
    KUBE_PKI_KUBERNETES_SITE: "off",
    KUBE_PKI_ETCD_SITE: "off",
    KUBE_PKI_PULUMI_SITE: "off",
    CALLS: join(this.root, "calls"),
  };

  constructor() {
    mkdirSync(this.bin);
    // What the fake programs and the unpacking of archives need.
    for (const name of ["sh", "tar", "gzip", "chmod", "cat", "mkdir", "sleep"]) {
      const at = ["/bin", "/usr/bin"].map((folder) => join(folder, name)).find(existsSync);
      if (at !== undefined) symlinkSync(at, join(this.bin, name));
    }
  }

  /** Puts a program on PATH. */
  put(name: string, text: string): string {
    const path = join(this.bin, name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  }

  /** A Go that answers for its version, notes each package it is told to build, and then runs `build`. */
  putGo(goVersion = "go1.26.8", build = goodBuild): void {
    const text = [
      "#!/bin/sh",
      "set -eu",
      `if [ "$1" = env ]; then echo ${goVersion}; exit 0; fi`,
      'echo "$6" >>"$CALLS"',
      build,
    ];
    this.put("go", `${text.join("\n")}\n`);
  }

  /** The packages that the fake Go was told to build. */
  calls(): readonly string[] {
    const path = join(this.root, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  }

  async get(
    tools: readonly Tool[] = [widget],
    names: readonly string[] = tools.flatMap((tool) => tool.binaries),
  ): Promise<Record<string, string>> {
    return ensure(names, (line) => this.lines.push(line), {
      env: this.env,
      catalog: tools,
      patience: { answerMs: 1_000, stallMs: 1_000 },
    });
  }

  said(): string {
    return this.lines.join("\n");
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface PlayedSite {
  readonly address: string;
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

/** Plays a release site; a path without an answer gets 404, as on the real ones. */
export async function playSite(answers: Readonly<Record<string, string | Buffer | Answer>>): Promise<PlayedSite> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").slice(1);
    if (request.method !== "HEAD") asked.push(path);
    const answer = answers[path];
    if (typeof answer === "function") answer(request, response);
    else if (answer === undefined) response.writeHead(404).end();
    else response.writeHead(200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
