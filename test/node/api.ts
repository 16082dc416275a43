import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:https";
import { TLSSocket } from "node:tls";
import { leaf, type Pair } from "./pki";

const CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

interface Csr {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly request: string; readonly signerName: string; readonly usages: readonly string[] };
}

/** An API server that knows signing requests: who asked, and what a controller manager makes of it. */
export class Api {
  port = 0;
  readonly csrs = new Map<string, Csr>();
  /** Common names of those who asked. */
  readonly askedBy = new Set<string>();
  /** What is answered to a request; 201 makes the object. */
  postCode = 201;
  condition: "Approved" | "Denied" = "Approved";
  private readonly server: Server;

  private constructor(
    serving: Pair,
    trusted: readonly Pair[],
    /** Who signs, for each certificate in turn; the last one goes on. Nobody: it stays pending. */
    readonly signers: Pair[],
  ) {
    const options = { ...serving, ca: trusted.map(({ cert }) => cert), requestCert: true, rejectUnauthorized: false };
    this.server = createServer(options, (request, response) => {
      const { socket } = request;
      assert.ok(socket instanceof TLSSocket);
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const [code, body] = socket.authorized
          ? this.answer(request.method ?? "", request.url ?? "", Buffer.concat(chunks).toString(), socket)
          : [401, {}];
        const text = JSON.stringify(body);
        response.writeHead(code, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
        response.end(text);
      });
    });
  }

  static start(serving: Pair, trusted: readonly Pair[], ...signers: Pair[]): Promise<Api> {
    const api = new Api(serving, trusted, signers);
    return new Promise((resolve) => {
      api.server.listen(0, "127.0.0.1", () => {
        const address = api.server.address();
        api.port = typeof address === "object" && address !== null ? address.port : 0;
        resolve(api);
      });
    });
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private readonly certificates = new Map<string, string>();

  private answer(method: string, url: string, text: string, socket: TLSSocket): readonly [number, object] {
    if (!url.startsWith(CSRS)) return [200, {}];
    this.askedBy.add(new X509Certificate(socket.getPeerCertificate().raw).subject);
    if (method === "POST") {
      if (this.postCode !== 201) return [this.postCode, { kind: "Status", message: "nodes may not do that" }];
      const csr = JSON.parse(text) as Csr;
      if (this.csrs.has(csr.metadata.name)) return [409, { kind: "Status" }];
      this.csrs.set(csr.metadata.name, csr);
      return [201, csr];
    }
    const csr = this.csrs.get(url.slice(CSRS.length + 1));
    if (csr === undefined) return [404, { kind: "Status" }];
    // the second answer and those after it have the certificate, as it is with a controller that needs its time
    return [200, { ...csr, status: this.status(csr) }];
  }

  private readonly seen = new Set<string>();

  private status({ metadata: { name }, spec }: Csr): object {
    const managed = { fields: { "f:status": { "f:certificate": {} } } };
    if (!this.seen.has(name)) {
      this.seen.add(name);
      return managed;
    }
    const conditions = [{ type: this.condition, status: "True" }];
    if (this.condition === "Denied" || this.signers.length === 0) return { ...managed, conditions };
    const known = this.certificates.get(name) ?? this.sign(spec.request);
    this.certificates.set(name, known);
    return { ...managed, conditions, certificate: Buffer.from(known).toString("base64") };
  }

  private sign(request: string): string {
    const signer = this.signers.length > 1 ? this.signers.shift() : this.signers[0];
    if (signer === undefined) return "";
    return leaf(signer, "", { csr: Buffer.from(request, "base64").toString() }).cert;
  }
}
